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
  type Recipe,
  recipeFrom,
  UsageError,
  type Values,
} from "ductus/recipe";
import { withData } from "./data.js";
import { readStart, startFrom } from "./from.js";
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
  const whole = (path: string | undefined) => (path === undefined ? undefined : resolve(path));
  return { recipe: { ...recipe, data: whole(recipe.data), from: whole(recipe.from) }, hidden };
}

/**
 * What trains, and on what.
 * @throws {UsageError} for a value that cannot be used
 */
export function recipeOptions(values: Values) {
  const options = localRecipe(values);
  checkEffects(values);
  return {
    ...options,
    kernels: values.choice("kernels", ["wasm", "reference"]) === "reference" ? createReference() : undefined,
    threads: values.number("threads", RANGES.threads),
  };
}

/** @throws {UsageError} if no layer would learn */
export function checkFrozen({ method: { frozen = 0 } }: Recipe, hidden: readonly number[]): void {
  if (frozen <= hidden.length) return;
  throw new UsageError(`--freeze: expected at most ${hidden.length}, the hidden layers, got ${frozen}`);
}

/** @throws {UsageError} for a value that cannot be used */
export function trainOptions(values: Values) {
  return {
    ...recipeOptions(values),
    checkpointEvery: values.number("checkpoint-every", RANGES.epochs) as number,
    path: values.path("out") as string,
    force: values.flag("force"),
  };
}

export async function train(args: readonly string[]): Promise<void> {
  const start = performance.now();
  const parsed = parseCommand(TRAIN, args);
  if (parsed === undefined) return printLine(helpOf(TRAIN));
  trainOptions(parsed);
  const { start: from, values } = await readStart(parsed);
  const { hidden, kernels, threads, checkpointEvery, path, force, ...options } = trainOptions(values);
  checkFrozen(options.recipe, hidden);
  const reads = [
    { path: options.recipe.data, what: "the data" },
    { path: options.recipe.from, what: "the model that it starts from" },
  ];
  const out = await Output.open(path, { kind: KINDS.model, force, keepOthers: true, exclusive: true, reads });
  const { recipe, split } = await withData(options.recipe);
  printWarnings(recipe.data, split.warnings);
  const layers = [split.training.inputs, ...hidden, split.training.classes];
  const wide = kernels === undefined && useWide(values);
  using network = await Network.create({ ...networkOptionsOf(recipe), layers, kernels, threads });
  const started = from && startFrom(from, network, split.training, parsed.path("from") as string);
  from?.dispose();
  await runTraining({ network, recipe, split, out, checkpointEvery, wide, started, json: values.flag("json"), start });
}
