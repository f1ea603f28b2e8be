// ductus train: a new network, trained by the recipe of the command line.

import { resolve } from "node:path";
import { type Activation, type Cost, createReference, type InitialWeights, type MethodOptions, Network } from "ductus";
import { ACTIVATIONS, COSTS, INITIAL_WEIGHTS, OPTIMIZERS } from "../kernels.js";
import { RANGES } from "../ranges.js";
import { DISTORTION_OPTIONS, distortionsOf } from "./distortions.js";
import { checkWritable, MODEL } from "./model-file.js";
import { type Recipe, SCHEDULE } from "./recipe.js";
import { run, threadsFor, withData } from "./run.js";
import { printLine } from "./terminal.js";
import { type Command, helpOf, parseCommand, parseNumber, UsageError, type Values, withoutUndefined } from "./usage.js";

/** The recipe of the notes; hidden layer, learning rate and initial weights chosen on the validation set (docs/accuracy.md). */
export const TRAIN: Command = {
  usage: "train [options]",
  summary: `Trains a network to read digits, by mini-batch stochastic gradient descent; unless told otherwise sigmoid neurons on the quadratic cost.
Results go to standard output, progress to standard error. The model is saved after each epoch: \`ductus resume\` goes on from it.`,
  arguments: 0,
  options: {
    epochs: { value: "N", help: `times through the training data: ${RANGES.epochs.words}`, standard: "30" },
    "batch-size": { value: "M", help: "samples in a mini-batch: 1 to the number of training samples", standard: "10" },
    "learning-rate": { value: "ETA", help: `step size: ${RANGES.learningRate.words}`, standard: "2.5" },
    eta: { value: "ETA", help: "the same as --learning-rate" },
    hidden: {
      value: "SIZES",
      help: "neurons of the hidden layers, 1 to 65536 each: 30, or 128,64, or none",
      standard: "100",
    },
    init: {
      value: "HOW",
      help: "initial weights: scaled, N(0, 1/sqrt(fan-in)), normal, N(0, 1), or he, N(0, sqrt(2/fan-in))",
      standard: "scaled",
    },
    preset: {
      value: "NAME",
      help: "other defaults: notes; book, cross-entropy with weight decay; best, distorted images, minutes",
      standard: "notes",
    },
    activation: { value: "F", help: "of the hidden layers: sigmoid, tanh or relu", standard: "sigmoid" },
    cost: { value: "C", help: "quadratic, cross-entropy, or log-likelihood (softmax)", standard: "quadratic" },
    optimizer: { value: "HOW", help: "sgd, momentum, nesterov, adam or adamw", standard: "sgd" },
    momentum: { value: "MU", help: "of momentum and nesterov; b1 of adam: 0 to below 1 (default 0.9)" },
    beta2: { value: "B", help: "of adam: 0 to below 1 (default 0.999)" },
    "weight-decay": { value: "L", help: "a weight's gradient grows by L times the weight: 0 to 1 (default 0)" },
    averaging: { value: "D", help: "use a running average of the weights, of which D stays: 0 to below 1 (default 0)" },
    "label-smoothing": { value: "E", help: "share of the label that goes to all classes: 0 to below 1 (default 0)" },
    dropout: { value: "P", help: "share of hidden neurons left out in training: 0 to below 1 (default 0)" },
    ...DISTORTION_OPTIONS,
    schedule: { value: "HOW", help: "of the learning rate: constant, cosine, or step:N:F", standard: "constant" },
    "warm-up": { value: "N", help: "epochs in which the learning rate rises: 0 to 1000000", standard: "0" },
    patience: { value: "N", help: "stop after N epochs without better validation, use the best: 1 to 1000000" },
    validation: { value: "N", help: "training images held back for validation, 0 for none (default: a sixth)" },
    seed: { value: "N", help: "decides initial weights and order of samples: 0 to 4294967295", standard: "1" },
    data: { value: "DIR", help: "folder with four IDX files, plain or .gz, instead of MNIST" },
    limit: { value: "N", help: "train on the first N training samples only: 1 or more" },
    kernels: { value: "KIND", help: "wasm, or reference (plain TypeScript: the same bits, slower)", standard: "wasm" },
    threads: { value: "N", help: "threads that train: 1 to 64 (default: by batch, layers and cores)" },
    out: { value: "FILE", help: "where to save the model", standard: MODEL },
    "checkpoint-every": { value: "N", help: "save it after every N epochs: 1 to 1000000", standard: "1" },
  },
};

/** Chosen on the validation set (docs/accuracy.md). */
export const PRESETS = {
  notes: {},
  book: {
    epochs: "60",
    "learning-rate": "0.1",
    cost: "cross-entropy",
    "weight-decay": "1e-4",
  },
  best: {
    hidden: "1000,300",
    activation: "relu",
    cost: "log-likelihood",
    init: "he",
    optimizer: "momentum",
    momentum: "0.9",
    "learning-rate": "0.05",
    schedule: "cosine",
    "batch-size": "64",
    epochs: "110",
    shift: "0.5",
    rotation: "12.5",
    scale: "0.15",
    shear: "0.15",
    elastic: "30",
    sigma: "5",
    validation: "0",
  },
} as const satisfies Record<string, Record<string, string>>;

function schedule(values: Values): string {
  const text = values.text("schedule") as string;
  if (!SCHEDULE.test(text)) {
    throw new UsageError(`--schedule: expected constant, cosine, or step:N:F with F from 0 to 1, got "${text}"`);
  }
  return text;
}

/** What differs from plain descent. */
function method(values: Values): MethodOptions {
  const optimizer = values.choice("optimizer", OPTIMIZERS);
  const options: MethodOptions = {
    optimizer: optimizer === "sgd" ? undefined : optimizer,
    momentum: values.number("momentum", RANGES.share),
    beta2: values.number("beta2", RANGES.share),
    weightDecay: values.number("weight-decay", RANGES.weightDecay),
    averaging: values.number("averaging", RANGES.share),
    labelSmoothing: values.number("label-smoothing", RANGES.share),
    dropout: values.number("dropout", RANGES.share),
    patience: values.number("patience", RANGES.epochs),
  };
  return withoutUndefined(options);
}

/** @throws {UsageError} for a value that cannot be used */
export function trainOptions(values: Values) {
  if (values.given.eta !== undefined && values.given["learning-rate"] !== undefined) {
    throw new UsageError("--eta and --learning-rate are the same option: give one of them");
  }
  const preset = values.choice("preset", Object.keys(PRESETS) as (keyof typeof PRESETS)[]) ?? "notes";
  values.preset = PRESETS[preset];
  const rate = values.given.eta === undefined ? "learning-rate" : "eta";
  const data = values.path("data");
  const recipe: Recipe = {
    epochs: values.number("epochs", RANGES.epochs) as number,
    batchSize: values.number("batch-size", RANGES.batchSize) as number,
    learningRate: values.number(rate, RANGES.learningRate) as number,
    seed: values.number("seed", RANGES.seed) as number,
    schedule: schedule(values),
    warmUp: values.number("warm-up", RANGES.warmUp) as number,
    method: method(values),
    distortions: distortionsOf(values),
    initialWeights: values.choice("init", INITIAL_WEIGHTS) as InitialWeights,
    activation: values.choice("activation", ACTIVATIONS) as Activation,
    cost: values.choice("cost", COSTS) as Cost,
    data: data === undefined ? undefined : resolve(data),
    validation: values.number("validation", RANGES.validation),
    limit: values.number("limit", RANGES.limit),
  };
  const sizes = values.text("hidden") as string;
  const hidden = sizes === "none" ? [] : sizes.split(",").map((size) => parseNumber("hidden", size, RANGES.hidden));
  return {
    recipe,
    hidden,
    kernels: values.choice("kernels", ["wasm", "reference"]) === "reference" ? createReference() : undefined,
    threads: values.number("threads", RANGES.threads),
    checkpointEvery: values.number("checkpoint-every", RANGES.epochs) as number,
    out: values.path("out") as string,
  };
}

export async function train(args: readonly string[]): Promise<void> {
  const start = performance.now();
  const values = parseCommand(TRAIN, args);
  if (values === undefined) return printLine(helpOf(TRAIN));
  const { hidden, kernels, threads, checkpointEvery, out, ...options } = trainOptions(values);
  await checkWritable(out);
  const { recipe, split } = withData(options.recipe);
  const layers = [split.training.inputs, ...hidden, split.training.classes];
  const count = threads ?? threadsFor(layers, recipe.batchSize);
  using network = await Network.create({ ...recipe, layers, kernels, threads: count });
  const printed = kernels === undefined ? count : undefined;
  await run({ network, recipe, history: [], split, out, checkpointEvery, threads: printed, start });
}
