// Cross-validation: the data in k parts, each of which tests a network that was trained on the others.

import { checkArgument } from "../arguments.js";
import { Dataset } from "../data/dataset.js";
import { orderInProportion } from "../data/order.js";
import { checkObject } from "../errors.js";
import type { KernelOptions } from "../kernels/create.js";
import type { Evaluation } from "../network/metrics.js";
import { Network } from "../network/network.js";
import type { TrainOptions } from "../network/trainer.js";
import { checkKnown } from "../options/known.js";
import { checkRange, RANGES, type Range } from "../ranges.js";
import { checkRecipe, networkOptionsOf, type Recipe } from "./recipe.js";
import { trainByRecipe } from "./session.js";

/** How a recipe is validated. */
export interface CrossValidationOptions extends KernelOptions {
  /** k, parts of the data: a whole number from 2 to 1000, at most the samples. Default 5. */
  readonly folds?: number;
  /** Ends it: the signal's reason is thrown. */
  readonly signal?: TrainOptions["signal"];
}

/** The keys of CrossValidationOptions. */
const OPTIONS = {
  folds: true,
  signal: true,
  kernels: true,
  threads: true,
} as const satisfies Record<keyof CrossValidationOptions, true>;

/** A part of the data, and how the network reads it that was trained on the others. */
export interface Fold {
  /** From 1 to k. */
  readonly fold: number;
  /** How its images are read by a network that has not seen them. */
  readonly evaluation: Evaluation;
}

/** What the folds come to. */
export interface CrossValidation {
  /** All parts, 2 or more. */
  readonly folds: readonly Fold[];
  /** The mean of the folds' accuracies, 0 to 1. */
  readonly mean: number;
  /** Its standard error: the deviation of the accuracies, n - 1 in its divisor, by the root of their number. */
  readonly standardError: number;
}

const FOLDS: Range = { min: 2, max: 1000, whole: true, description: "a whole number from 2 to 1000" };

/**
 * Trains k networks by a recipe, each on all parts of the data but one, and yields how it reads that one. All parts
 * have all classes in proportion. Seed, folds and data decide which samples are in which part, and all bits.
 * @param hidden neurons of each hidden layer
 * @param data all samples; the recipe's own division is not used
 * @throws {TypeError | RangeError} at once, for an option that cannot be used, fewer samples than folds, or a recipe
 *   with patience
 * @throws {DivergenceError | ThreadError} while iterating, as Network.train()
 */
export function crossValidate(
  recipe: Recipe,
  hidden: readonly number[],
  data: Dataset,
  options: CrossValidationOptions = {},
): AsyncGenerator<Fold, void, void> {
  checkObject("options", options);
  checkKnown("crossValidate", options, OPTIONS);
  checkArgument("data", "a Dataset", data, data instanceof Dataset);
  checkArgument("hidden", "an array of layer sizes", hidden, Array.isArray(hidden));
  const { folds = 5 } = options;
  checkRange("folds", folds, FOLDS);
  checkRecipe(recipe);
  checkRange("seed", recipe.seed, RANGES.seed);
  if (folds > data.length) {
    throw new RangeError(`folds: expected at most ${data.length}, the number of samples, got ${folds}`);
  }
  if (recipe.method.patience !== undefined) {
    throw new RangeError("patience: expected none, since the part that is left out must not choose, got some");
  }
  return validate(recipe, [data.inputs, ...hidden, data.classes], data, folds, options);
}

async function* validate(
  recipe: Recipe,
  layers: readonly number[],
  data: Dataset,
  folds: number,
  { signal, kernels, threads }: CrossValidationOptions,
): AsyncGenerator<Fold, void, void> {
  const network = { ...networkOptionsOf(recipe), kernels, threads };
  const order = orderInProportion(data.labels, data.classes, recipe.seed);
  for (let fold = 1; fold <= folds; fold++) {
    const isLeftOut = (_: number, place: number) => place % folds === fold - 1;
    const test = data.subset(order.filter(isLeftOut));
    const training = data.subset(order.filter((sample, place) => !isLeftOut(sample, place)));
    const trained = await Network.create({ ...network, layers });
    try {
      for await (const _ of trainByRecipe(trained, recipe, { training }, { signal }));
      yield { fold, evaluation: await trained.evaluate(test) };
    } finally {
      trained.dispose();
    }
  }
}

/**
 * The mean accuracy of folds, and its standard error.
 * @throws {TypeError | RangeError} unless there are two folds or more
 */
export function summarizeFolds(folds: readonly Fold[]): CrossValidation {
  checkArgument("folds", "an array of folds", folds, Array.isArray(folds));
  if (folds.length < 2) throw new RangeError(`folds: expected 2 or more, got ${folds.length}`);
  const accuracies = folds.map(({ evaluation }) => evaluation.accuracy);
  const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / folds.length;
  const squares = accuracies.reduce((sum, accuracy) => sum + (accuracy - mean) ** 2, 0);
  return { folds, mean, standardError: Math.sqrt(squares / (folds.length - 1) / folds.length) };
}
