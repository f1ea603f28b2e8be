// ductus train: a new network, trained by the recipe of the command line.

import { resolve } from "node:path";
import { createReference, Network } from "ductus";
import { RANGES, recipeFrom, TRAIN_OPTIONS, type Values } from "ductus/recipe";
import { checkWritable, MODEL } from "./model-file.js";
import { run, threadsFor, withData } from "./run.js";
import { printLine } from "./terminal.js";
import { type Command, helpOf, parseCommand } from "./usage.js";

export const TRAIN: Command = {
  usage: "train [options]",
  summary: `Trains a network to read digits, by mini-batch stochastic gradient descent; unless told otherwise sigmoid neurons on the quadratic cost.
Results go to standard output, progress to standard error. The model is saved after each epoch: \`ductus resume\` goes on from it.`,
  arguments: 0,
  options: {
    ...TRAIN_OPTIONS,
    data: { value: "DIR", help: "folder with four IDX files, plain or .gz, instead of MNIST" },
    kernels: { value: "KIND", help: "wasm, or reference (plain TypeScript: the same bits, slower)", standard: "wasm" },
    threads: { value: "N", help: "threads that train: 1 to 64 (default: by batch, layers and cores)" },
    out: { value: "FILE", help: "where to save the model", standard: MODEL },
    "checkpoint-every": { value: "N", help: "save it after every N epochs: 1 to 1000000", standard: "1" },
  },
};

/** @throws {UsageError} for a value that cannot be used */
export function trainOptions(values: Values) {
  const data = values.path("data");
  const { recipe, hidden } = recipeFrom(values);
  return {
    recipe: { ...recipe, data: data === undefined ? undefined : resolve(data) },
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
