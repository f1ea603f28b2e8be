// The options of a training, by their names on the command line, and the recipe that they make.

import {
  ACTIVATIONS,
  type Activation,
  COSTS,
  type Cost,
  INITIAL_WEIGHTS,
  type InitialWeights,
  OPTIMIZERS,
} from "../kernels/kernels.js";
import type { MethodOptions } from "../network/method.js";
import { RANGES, type Range } from "../ranges.js";
import { DISTORTION_OPTIONS, distortionsOf } from "./distortions.js";
import { type Option, parseNumber, UsageError, type Values, withoutUndefined } from "./options.js";
import { type Recipe, SCHEDULE } from "./recipe.js";

/** The standard is the recipe of the notes; hidden layer, learning rate and initial weights chosen on the validation set (docs/accuracy.md). */
export const TRAIN_OPTIONS = {
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
  limit: { value: "N", help: "train on the first N training samples only: 1 or more" },
} as const satisfies Readonly<Record<string, Option>>;

/** As they are written: several with commas between them. */
const SIZES: Range = { ...RANGES.hidden, words: `${RANGES.hidden.words}, several with commas between them, or none` };

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
    throw new UsageError(
      `--schedule: expected constant, cosine, or step:N:F with N from 1 to 999999 and F above 0, up to 1, got "${text}"`,
    );
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

/**
 * The recipe that options make, on MNIST, and the sizes of its hidden layers.
 * @throws {UsageError} for a value that cannot be used
 */
export function recipeFrom(values: Values): { readonly recipe: Recipe; readonly hidden: readonly number[] } {
  if (values.given.eta !== undefined && values.given["learning-rate"] !== undefined) {
    throw new UsageError("--eta and --learning-rate are the same option: give one of them");
  }
  const preset = values.choice("preset", Object.keys(PRESETS) as (keyof typeof PRESETS)[]) ?? "notes";
  values.preset = PRESETS[preset];
  const rate = values.given.eta === undefined ? "learning-rate" : "eta";
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
    data: undefined,
    validation: values.number("validation", RANGES.validation),
    limit: values.number("limit", RANGES.limit),
  };
  const sizes = values.text("hidden") as string;
  const hidden = sizes === "none" ? [] : sizes.split(",").map((size) => parseNumber("hidden", size, SIZES));
  return { recipe, hidden };
}
