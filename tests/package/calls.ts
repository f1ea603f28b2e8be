// A right call of every public function, to be made wrong in one argument at a time.

import { encodePng } from "../../src/formats/index.js";
import { createReference, Dataset, Network } from "../../src/index.js";
import { commandOptions, OPTIONS, recipeFrom, recipeMetadata, Values } from "../../src/recipe/index.js";

export const data = new Dataset({ images: new Uint8Array(16), labels: Uint8Array.of(0, 1, 0, 1) });
export const network = await Network.create({ layers: [4, 3, 2], threads: 1 });
const OPEN = {};
/** Data: its members are right or wrong, and it may have others. */
const open = <T extends object>(members: T): T => Object.assign(Object.create(OPEN), members);
/** Whether an object's members can be made wrong, and whether it may have others. */
export const isOpen = (value: object) => Object.getPrototypeOf(value) === OPEN;
/** An object that other functions make: it is right or wrong as a whole. */
const whole = <T extends object>(members: T): T => Object.assign(Object.create({}), members);
const kernels = whole(createReference());
const pixels = new Uint8Array(784).map((_, k) => (k % 28 > 12 && k % 28 < 16 && k > 200 && k < 600 ? 255 : 0));
const picture = open({ width: 28, height: 28, channels: 1, depth: 8, data: pixels });
const preparation = { form: "whole", rows: 2, columns: 2, levels: [0, 1], inputs: [0, 1], ground: "dark" };
const calibration = { temperature: 1, sure: 0.9 };
const idx = (...bytes: number[]) => open({ name: "f", bytes: Uint8Array.from(bytes) });
const images = idx(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5, 6);
const labels = idx(0, 0, 8, 1, 0, 0, 0, 2, 0, 1);
const csv = open({ name: "f", bytes: new TextEncoder().encode("label,a\n0,1\n1,0\n") });
const values = new Values({}, [], commandOptions());
const recipe = whole(recipeFrom(values).recipe);
const metadata = new Map(Object.entries(recipeMetadata(recipe, [])));
const report = whole({ epoch: 1, learningRate: 1, cost: 1, correct: 1, accuracy: 1, trainingSeconds: 1, seconds: 1 });
const fold = whole({ fold: 1, evaluation: { accuracy: 1 } });
const training = { epochs: 1, batchSize: 2, learningRate: 1, validation: data };
const reader = whole({ predict: () => ({ label: 1, activations: Float32Array.of(0.1, 0.9) }) });
const found = whole({ box: {}, digits: 1, pieces: [1], pixels: new Uint8Array(4) });
const sure = () => ({ kind: "sure", confidence: 1 });

/** What has no call here: classes with tests of their own, what takes anything or nothing, and what reads files. */
export const OTHERS = [
  ...["Network", "RandomStream", "Session", "Values", "createWasmKernels", "isEntry", "calibrateMade"],
  ...[
    "loadDirectory",
    "loadMnist",
    "loadTraining",
    "loadData",
    "loadParts",
    "loadTestData",
    "loadTrainingData",
    "enableWideVectors",
  ],
];

/** Types of arguments that are right, too. */
export const ALSO: Readonly<Record<string, readonly string[]>> = {
  train: ["1.learningRate: function"],
  fit: ["1.learningRate: function"],
  predict: ["0: array"],
};

/** By entry point: functions and methods by name, each with arguments that it takes. */
export const CALLS: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  index: {
    Dataset: [{ images: new Uint8Array(4), labels: Uint8Array.of(0, 1), classes: 2, columns: 2, pixelMax: 1 }],
    accuracyOf: [1, 2],
    averageParameters: [[network], [1]],
    backpropagate: [network, new Uint8Array(4), 1],
    chooseThreads: [[4, 3, 2], 10, 2],
    classFigures: [[[1]]],
    confusionMatrix: [[0], [0], 1],
    cosineSchedule: [1, 2],
    countWeights: [[4, 3, 2]],
    createKernels: [1],
    createReference: ["f32"],
    defaultLearningRate: [{ optimizer: "adam", momentum: 0.5, hidden: [3], batchSize: 2 }],
    distort: [data, { shift: 1, seed: 1, epoch: 1, kernels, numbers: [1, 2, 3, 4] }],
    inspectDataset: [data],
    compareToTraining: [data, network.preparation],
    parseDataset: [images, labels, 2, { invert: true }],
    stepSchedule: [1, 2, 0.5],
    warmUp: [1, 1, () => 1],
  },
  "formats/index": {
    areaUnderCurve: [[1], [0]],
    calibrationError: [[0.5], [true], 15],
    calibrationMetadata: [calibration],
    calibrationOf: [new Map(), "model", 2],
    countDigits: [picture, found, reader, sure],
    deciderOf: [reader],
    decodeModel: [network.save(), { file: "model", activation: "sigmoid", cost: "quadratic", mean: 0, deviation: 1 }],
    decodePicture: [encodePng(new Uint8Array(4), 2, 2), "picture"],
    decodePng: [encodePng(new Uint8Array(4), 2, 2), "picture"],
    decodeSafetensors: [network.save(), "model"],
    encodeC: [
      network,
      { name: "digits", activation: "relu", cost: "quadratic", int8: true, classNames: ["a", "b"], preparation },
    ],
    encodeCsv: [data],
    encodeIdx: [data],
    encodeJson: [network, "relu", "quadratic"],
    encodeNpz: [network, "relu", "quadratic"],
    encodeOnnx: [network, "relu", "quadratic"],
    encodePng: [new Uint8Array(1), 1, 1, 1, "me"],
    encodePyTorch: [network],
    encodeSafetensors: [open({ tensors: new Map(), metadata: new Map() })],
    encodeWeights: [network, open({ more: "x" })],
    findDigit: [picture],
    fitCalibration: [open({ activations: [new Float32Array([0.9, 0.1])], labels: [0] }), { right: 0.9 }],
    hashBytes: [new Uint8Array(1)],
    idxDimensions: [images, 3],
    idxHeaderLength: [images.bytes],
    kindOfFile: [images.bytes],
    narrowLabels: [labels],
    parseCsv: [csv, { label: "label", classNames: ["0", "1"], columns: 1, invert: true }],
    parseDataset: [images, labels, 2, { invert: true }],
    parseSplit: [[images, labels, images, labels], { validation: 1, limit: 1, invert: true }],
    prepareDigit: [pixels, { ...preparation, form: "mnist", rows: 28, columns: 28 }],
    prepareImage: [new Uint8Array(4), preparation],
    preparePicture: [picture, preparation, found],
    quantize: [network],
    readCsv: [[csv.bytes], "f", { label: "first" }],
    readDigits: [picture, reader, { digits: 1, lines: true, verdict: sure }],
    sharesOf: [[0.5, 0.5], calibration],
    toDigit: [picture],
    toGrey: [picture],
    transposePicture: [picture],
    verdict: [[0.5, 0.5], calibration],
    withVariants: [reader, 28],
  },
  "recipe/index": {
    addToHistory: [[], report, 1],
    checkEffects: [values],
    checkMetadata: [whole({ metadata, ...recipe, epochs: 1 }), "model"],
    checkRange: ["n", 1, whole({ min: 0, max: 1, whole: true, description: "1" })],
    commandOptions: [whole(OPTIONS)],
    crossValidate: [whole({ ...recipe, batchSize: 2, epochs: 1 }), [3], data, { folds: 2, kernels }],
    describeRecipe: [recipe],
    distortionsFrom: [values],
    escapeControls: ["x"],
    historyOf: [metadata, "model", 1],
    networkOptionsOf: [recipe],
    optionsWhere: [() => true],
    nearestOf: ["tran", ["train"]],
    pixelFlags: [{ invert: true }],
    pixelOptionsFrom: [values],
    recipeFrom: [values],
    recipeMetadata: [recipe, []],
    recipeOf: [metadata, recipe, "model"],
    recipeRows: [recipe, [4, 3, 2]],
    shellWord: ["x"],
    summarizeFolds: [[fold, fold]],
    trainByRecipe: [
      network,
      whole({ ...recipe, batchSize: 2 }),
      open({ training: data, validation: data }),
      { until: 1, file: "x" },
    ],
    trainCommand: [recipe, [4, 3, 2]],
    trainOptionsOf: [recipe],
    warningIn: [[]],
    withMade: [data, { made: 0, seed: 1 }],
  },
  "node/index": {},
  "pretrained/index": { loadPretrained: [{ threads: 1 }] },
  Network: {
    create: [{ layers: [4, 2], seed: 1, initialWeights: "scaled", activation: "relu", cost: "quadratic", kernels }],
    from: [
      [network.parameters(1)],
      { seed: 1, initialWeights: "scaled", activation: "relu", cost: "quadratic", kernels },
    ],
    load: [network.save(), { file: "model", kernels }],
  },
  network: {
    evaluate: [data],
    fit: [data, training],
    parameters: [1, { now: true }],
    predict: [new Uint8Array(4)],
    setParameters: [1, open(network.parameters(1))],
    save: [open({ note: "x" })],
    threadsFor: [1],
    train: [data, training],
  },
  data: { shuffle: [1], slice: [0, 1], split: [0.5, 1], subset: [[0, 1]] },
  Dataset: {
    concat: [[data, data]],
    fromImages: [
      [
        [0, 1],
        [1, 0],
      ],
      [0, 1],
      { classes: 2 },
    ],
  },
};
