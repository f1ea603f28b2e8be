// ductus train: a new network, trained by the recipe of the command line.

import { resolve } from "node:path";
import { createReference, Network } from "ductus";
import { RANGES } from "../ranges.js";
import { checkWritable, MODEL } from "./model-file.js";
import type { Recipe } from "./recipe.js";
import { run, threadsFor, withData } from "./run.js";
import { printLine } from "./terminal.js";
import { type Command, helpOf, parseCommand, parseNumber, UsageError, type Values } from "./usage.js";

/** The recipe of the notes; hidden layer, learning rate and initial weights chosen on the validation set (docs/accuracy.md). */
export const TRAIN: Command = {
  usage: "train [options]",
  summary: `Trains a network of sigmoid neurons to read digits, by mini-batch stochastic gradient descent on the quadratic cost.
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
      help: "initial weights: scaled, N(0, 1/sqrt(fan-in)), or normal, N(0, 1)",
      standard: "scaled",
    },
    seed: { value: "N", help: "decides initial weights and order of samples: 0 to 4294967295", standard: "1" },
    data: { value: "DIR", help: "folder with four IDX files, plain or .gz, instead of MNIST" },
    limit: { value: "N", help: "train on the first N training samples only: 1 or more" },
    kernels: { value: "KIND", help: "wasm, or reference (plain TypeScript: the same bits, slower)", standard: "wasm" },
    threads: { value: "N", help: "threads that train: 1 to 64 (default: by batch, layers and cores)" },
    out: { value: "FILE", help: "where to save the model", standard: MODEL },
    "checkpoint-every": { value: "N", help: "save it after every N epochs: 1 to 1000000", standard: "1" },
  },
};

/** @throws {UsageError} for a value that cannot be used */
export function trainOptions(values: Values) {
  if (values.given.eta !== undefined && values.given["learning-rate"] !== undefined) {
    throw new UsageError("--eta and --learning-rate are the same option: give one of them");
  }
  const rate = values.given.eta === undefined ? "learning-rate" : "eta";
  const data = values.path("data");
  const recipe: Recipe = {
    epochs: values.number("epochs", RANGES.epochs) as number,
    batchSize: values.number("batch-size", RANGES.batchSize) as number,
    learningRate: values.number(rate, RANGES.learningRate) as number,
    seed: values.number("seed", RANGES.seed) as number,
    initialWeights: values.choice("init", ["scaled", "normal"]) as "scaled" | "normal",
    data: data === undefined ? undefined : resolve(data),
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
