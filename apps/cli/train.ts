// ductus train: a new network, trained by the recipe of the command line.

import { resolve } from "node:path";
import { createReference, Network } from "ductus";
import {
  checkEffects,
  commandOptions,
  networkOptionsOf,
  OPTIONS,
  type OptionTable,
  RANGES,
  recipeFrom,
  type Values,
} from "ductus/recipe";
import { withData } from "./data.js";
import { KINDS } from "./kinds.js";
import { MODEL } from "./model-file.js";
import { FORCE, Output } from "./output.js";
import { printLine } from "./terminal.js";
import { JSON_LINES, runTraining } from "./training-run.js";
import { type Command, helpOf, parseCommand } from "./usage.js";
import { printWarnings } from "./warnings.js";
import { NO_WIDE, useWide } from "./wide.js";

export const TRAIN: Command = {
  usage: "train [options]",
  summary: `Trains a network to read digits, by mini-batch stochastic gradient descent; unless told otherwise
sigmoid neurons on the quadratic cost. Results go to standard output, progress to standard error. The model is saved
after each epoch: \`ductus resume\` continues from it.`,
  arguments: 0,
  options: {
    ...commandOptions(),
    kernels: { value: "KIND", help: "wasm, or reference (plain TypeScript: the same bits, slower)", default: "wasm" },
    threads: {
      value: "N",
      help: `threads that train: ${RANGES.threads.description} (default: by batch, layers and cores)`,
    },
    "no-wide": NO_WIDE,
    out: { value: "FILE", help: "where to save the model; - for standard output", default: MODEL },
    force: FORCE,
    "checkpoint-every": {
      value: "N",
      help: `save the model after every N epochs: ${RANGES.epochs.description}`,
      default: "1",
    },
    json: JSON_LINES,
  },
};

/**
 * The recipe that options make, its data in a folder with a whole path, and the sizes of its hidden layers.
 * @throws {UsageError} for a value that cannot be used
 */
export function localRecipe(values: Values, table: OptionTable = OPTIONS) {
  const { recipe, hidden } = recipeFrom(values, table);
  return { recipe: { ...recipe, data: recipe.data === undefined ? undefined : resolve(recipe.data) }, hidden };
}

/** @throws {UsageError} for a value that cannot be used */
export function trainOptions(values: Values) {
  const options = localRecipe(values);
  checkEffects(values);
  return {
    ...options,
    kernels: values.choice("kernels", ["wasm", "reference"]) === "reference" ? createReference() : undefined,
    threads: values.number("threads", RANGES.threads),
    checkpointEvery: values.number("checkpoint-every", RANGES.epochs) as number,
    path: values.path("out") as string,
    force: values.flag("force"),
  };
}

export async function train(args: readonly string[]): Promise<void> {
  const start = performance.now();
  const values = parseCommand(TRAIN, args);
  if (values === undefined) return printLine(helpOf(TRAIN));
  const { hidden, kernels, threads, checkpointEvery, path, force, ...options } = trainOptions(values);
  const reads = [{ path: options.recipe.data, what: "the data" }];
  const out = await Output.open(path, { kind: KINDS.model, force, keepOthers: true, exclusive: true, reads });
  const { recipe, split } = await withData(options.recipe);
  printWarnings(recipe.data, split.warnings);
  const layers = [split.training.inputs, ...hidden, split.training.classes];
  const wide = kernels === undefined && useWide(values);
  using network = await Network.create({ ...networkOptionsOf(recipe), layers, kernels, threads });
  await runTraining({ network, recipe, split, out, checkpointEvery, wide, json: values.flag("json"), start });
}
