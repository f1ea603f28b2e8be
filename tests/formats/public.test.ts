// Every name of ductus/formats, used from the built package as its users have it.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as formats from "../../build/lib/formats/index.js";
import { Network } from "../../build/lib/index.js";
import { idxImages, idxLabels } from "../idx-files.js";

const ROOT = new URL("../../", import.meta.url);
const LAYERS = [16, 5, 4];

let network: Network;
beforeAll(async () => {
  network = await Network.create({ layers: LAYERS, seed: 3, activation: "relu", cost: "log-likelihood", threads: 1 });
});
afterAll(() => network.dispose());

const layersOf = (network: Network) => LAYERS.slice(1).map((_, i) => network.parameters(i + 1));

test("these are the names, of the file that package.json gives for ductus/formats", () => {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8"));
  expect(exports["./formats"].default).toBe("./build/lib/formats/index.js");
  expect(Object.keys(formats).sort()).toEqual([
    "FormatError",
    "MNIST",
    "areaUnderCurve",
    "calibrationError",
    "calibrationMetadata",
    "calibrationOf",
    "countDigits",
    "deciderOf",
    "decodeModel",
    "decodePicture",
    "decodePng",
    "decodeSafetensors",
    "encodeC",
    "encodeCsv",
    "encodeIdx",
    "encodeJson",
    "encodeNpz",
    "encodeOnnx",
    "encodePng",
    "encodePyTorch",
    "encodeSafetensors",
    "encodeWeights",
    "findDigit",
    "fitCalibration",
    "hashBytes",
    "idxDimensions",
    "idxHeaderLength",
    "kindOfFile",
    "narrowLabels",
    "parseCsv",
    "parseDataset",
    "parseSplit",
    "prepareDigit",
    "prepareImage",
    "preparePicture",
    "quantize",
    "readCsv",
    "readDigits",
    "sharesOf",
    "toDigit",
    "toGrey",
    "transposePicture",
    "verdict",
    "withVariants",
  ]);
});

test("pictures: a PNG file becomes a digit", () => {
  const grey = new Uint8Array(40 * 30).fill(255);
  for (let y = 5; y < 25; y++) grey.fill(0, y * 40 + 18, y * 40 + 22);
  const picture: formats.Picture = formats.decodePng(formats.encodePng(grey, 40, 30));
  expect(formats.toGrey(picture)).toEqual(grey);
  expect(picture).toMatchObject({ width: 40, height: 30, channels: 1, depth: 8 });
  const digit = formats.toDigit(picture);
  const found = formats.findDigit(picture);
  expect(found.pixels).toEqual(digit);
  expect(found.digits).toBe(1);
  expect(digit.length).toBe(784);
  expect([digit[0], Math.max(...digit)]).toEqual([0, 255]);
  expect(() => formats.decodePng(grey, "no.png")).toThrow(formats.FormatError);
  expect(() => formats.decodePng(grey, "no.png")).toThrow(/^no.png: expected a PNG, got something else/);
});

test("readings: calibrated, judged, and read as a number", async () => {
  const activations = [0.1, 0.2, 0.97, 0.1];
  const readings = { activations: [activations, [0.6, 0.5, 0.1, 0.1]], labels: [2, 1] };
  const calibration = formats.fitCalibration(readings);
  expect(formats.calibrationOf(new Map(Object.entries(formats.calibrationMetadata(calibration))))).toEqual(calibration);
  expect(formats.verdict(activations, calibration)).toMatchObject({ label: 2, second: 1, calibrated: true });
  const { classes, none } = formats.sharesOf(activations, calibration);
  expect(classes.reduce((sum, share) => sum + share, none)).toBeCloseTo(1, 12);
  expect(formats.areaUnderCurve([0.9, 0.8], [0.1])).toBe(1);
  await expect(formats.hashBytes(new Uint8Array(0))).resolves.toMatch(/^e3b0c442/);
  const grey = new Uint8Array(90 * 40).fill(255);
  for (let y = 8; y < 32; y++) for (const x of [20, 65]) grey.fill(0, y * 90 + x, y * 90 + x + 4);
  const picture = formats.decodePicture(formats.encodePng(grey, 90, 40));
  expect(formats.kindOfFile(formats.encodePng(grey, 90, 40))).toBe("a PNG picture");
  const ones = { predict: () => ({ activations: [0, 1, 0, 0, 0, 0, 0, 0, 0, 0] }) };
  expect(
    formats
      .readDigits(picture, ones)
      .numbers.map(({ text }) => text)
      .join(""),
  ).toBe("11");
  expect(formats.countDigits(picture, formats.findDigit(picture), ones)).toBe(2);
});

test("IDX files: headers, a data set, a folder's four files", () => {
  const images: formats.IdxFile = { name: "images", bytes: idxImages(12_000, 4, 4) };
  const labels: formats.IdxFile = { name: "labels", bytes: idxLabels(12_000) };
  expect(formats.idxHeaderLength(images.bytes)).toBe(16);
  expect(formats.idxDimensions(images, 3)).toEqual([12_000, 4, 4]);
  const dataset = formats.parseDataset(images, labels);
  expect([dataset.length, dataset.inputs, dataset.classes]).toEqual([12_000, 16, 4]);
  expect(formats.encodeIdx(dataset)).toEqual({ images: images.bytes, labels: labels.bytes });
  expect(formats.narrowLabels(labels)).toBe(labels);
  expect(formats.MNIST).toHaveLength(4);
  const { training, validation, test }: formats.DataSplit = formats.parseSplit([images, labels, images, labels]);
  expect(training.length + validation.length).toBe(12_000);
  expect(test.length).toBe(12_000);
});

test("CSV: what is encoded is parsed, from bytes and from a stream", async () => {
  const options: formats.CsvOptions = { classNames: ["a", "b"] };
  const file = { name: "f.csv", bytes: new TextEncoder().encode("label,1x1,1x2\nb,1,2\na,3,4\n") };
  const dataset = formats.parseCsv(file, options);
  expect([...dataset.labels]).toEqual([1, 0]);
  expect(Buffer.concat([...formats.encodeCsv(dataset)])).toEqual(Buffer.from(file.bytes));
  expect((await formats.readCsv(new Blob([file.bytes]).stream(), "f.csv")).images).toEqual(dataset.images);
});

test("safetensors: what is encoded is decoded", () => {
  const tensor: formats.Tensor = { shape: [2, 1], data: Float32Array.of(1, -0) };
  const content: formats.Safetensors = { tensors: new Map([["x", tensor]]), metadata: new Map([["key", "value"]]) };
  expect(formats.decodeSafetensors(formats.encodeSafetensors(content))).toEqual(content);
});

test("encoders take a Network, as they take its layers with its activation and cost", () => {
  const layers = layersOf(network);
  expect(formats.encodeOnnx(network)).toEqual(formats.encodeOnnx(layers, "relu", "log-likelihood"));
  expect(formats.encodeOnnx(network)).not.toEqual(formats.encodeOnnx(layers));
  expect(formats.encodeJson(network)).toBe(formats.encodeJson(layers, "relu", "log-likelihood"));
  expect(JSON.parse(formats.encodeJson(network))).toMatchObject({
    layers: LAYERS,
    activation: "relu",
    output: "softmax",
  });
  expect(JSON.parse(formats.encodeJson(layers))).toMatchObject({ activation: "sigmoid", output: "sigmoid" });
  expect(formats.encodePyTorch(network)).toEqual(formats.encodePyTorch(layers));
  const { tensors } = formats.decodeSafetensors(formats.encodePyTorch(network));
  expect(tensors.get("2.weight")?.shape).toEqual([4, 5]);
});

test("encodeWeights: a model that Network.load() reads", async () => {
  const bytes = formats.encodeWeights(network, { source: "a test" });
  expect(formats.decodeSafetensors(bytes).metadata.get("source")).toBe("a test");
  const same = await Network.load(bytes, { threads: 1 });
  expect(await same.hash()).toBe(await network.hash());
  same.dispose();
});
