// What a recipe trains on, and what it holds back.

import type { Dataset } from "../data/dataset.js";
import type { DataSplit } from "../data/split.js";
import { UsageError } from "./options.js";
import type { Recipe } from "./recipe.js";

/** The training file of a recipe in two parts; no validation data if none are held back. */
export interface TrainingParts {
  readonly training: Dataset;
  readonly validation: Dataset | undefined;
}

/**
 * The training file as a recipe divides it.
 * @throws {UsageError} if it holds back all images
 */
export function partsOf(
  { all, training, validation }: Omit<DataSplit, "test">,
  { limit, validation: held }: Pick<Recipe, "limit" | "validation">,
): TrainingParts {
  if (held !== undefined && held >= all.length) {
    throw new UsageError(`--validation: expected fewer than the ${all.length} training images there are, got ${held}`);
  }
  const split = held === undefined ? training.length : all.length - held;
  return {
    training: all.slice(0, Math.min(limit ?? split, split)),
    validation: held === undefined ? validation : held === 0 ? undefined : all.slice(split, all.length),
  };
}
