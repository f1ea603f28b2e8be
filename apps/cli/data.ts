// The data that a recipe names, from disk.

import { createHash } from "node:crypto";
import { type Dataset, FormatError, type PixelOptions } from "ductus";
import type { DataSplit } from "ductus/formats";
import { loadDirectory, loadMnist, loadTraining } from "ductus/node";
import { OPTIONS, type Recipe, shellWord, UsageError, withMade } from "ductus/recipe";
import { inWords } from "./reasons.js";

/** What of a recipe is about data. */
export type DataRecipe = Pick<Recipe, "data" | "dataHash" | "limit" | "validation" | keyof PixelOptions> &
  Partial<Pick<Recipe, "made" | "seed">>;

/** A training file in two parts, and a test file. */
export type Split = DataSplit<Dataset | undefined>;

/** SHA-256 of training data in a folder of their own, by which they are known again. */
export function hashOf({ images, labels }: Dataset): string {
  return createHash("sha256").update(images).update(labels).digest("hex");
}

/**
 * A recipe and the data that it names.
 * @param given the folder given for it, if it is not the recipe's own, or that of MNIST in the package
 * @throws {Error} if they cannot be loaded, or are not the data that it was used with before
 */
export function withData<R extends DataRecipe>(
  recipe: R,
  given?: string,
): { readonly recipe: R; readonly split: Split } {
  const data = recipe.data === undefined ? undefined : (given ?? recipe.data);
  let split: Split;
  try {
    split = named(() =>
      data === undefined ? loadMnist(given, divisionOf(recipe)) : loadDirectory(data, divisionOf(recipe)),
    );
  } catch (error) {
    throw withAdvice(error, recipe, given);
  }
  const all = { ...split, training: madeOf(recipe, split.training) };
  if (data === undefined) return { recipe, split: all };
  const dataHash = hashOf(split.training);
  if (recipe.dataHash !== undefined && recipe.dataHash !== dataHash) {
    const advice =
      given === undefined
        ? "give their folder with --data"
        : `give the folder of those, or train another model with \`ductus train --data ${shellWord(given)}\``;
    throw new Error(`${data}: expected the data that the model was trained with, got others: ${advice}`);
  }
  return { recipe: { ...recipe, data, dataHash }, split: all };
}

/** What of a recipe says how its training file is divided and its pixels made. */
function divisionOf({ validation, limit, pixelMax, invert, transpose }: DataRecipe) {
  return { validation, limit, pixelMax, invert, transpose };
}

/** An error of loading, with what to do where that is known. */
function withAdvice(error: unknown, { data, dataHash }: DataRecipe, given: string | undefined): unknown {
  if (!(error instanceof Error) || error instanceof UsageError) return error;
  const { message } = error;
  if (data === undefined && given !== undefined && error instanceof FormatError && message.includes("SHA-256")) {
    const [file] = message.split(":", 1);
    return new Error(
      `${given}: expected MNIST, with which the model was trained, got another ${file}: ` +
        "leave out --data, or give MNIST's folder",
    );
  }
  if (data === undefined && given !== undefined) {
    return new Error(`${message}: the model was trained with MNIST; leave out --data, or give MNIST's folder`);
  }
  if (dataHash === undefined) return error;
  return new Error(
    given === undefined
      ? `${message}: the model was trained with these data; give their folder with --data`
      : `${message}: give the folder of the data that the model was trained with`,
  );
}

/**
 * The training file of a recipe in two parts, without the test file.
 * @throws {Error} if it cannot be loaded
 */
export function trainingData(recipe: DataRecipe) {
  const { training, ...rest } = named(() => loadTraining(recipe.data, divisionOf(recipe)));
  return { ...rest, training: madeOf(recipe, training) };
}

/** Training images, and the pictures that the recipe asks to be made of them. */
function madeOf({ made, seed = 1 }: DataRecipe, training: Dataset): Dataset {
  return named(() => withMade(training, { made, seed }));
}

/** What cannot be divided is named as on the command line, and what the system says is in words. */
function named<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof RangeError && /^(validation|made): /.test(error.message))
      throw new UsageError(`--${error.message}`);
    error.message = error.message.replace(/(?<=, got )the system's error (E[A-Z]+)$/, (_, code) => inWords(code));
    throw error;
  }
}

/** @throws {UsageError} for a value that these data do not allow */
export function checkAgainstData({ batchSize, method, limit }: Recipe, { training, validation }: Split): void {
  if (batchSize > training.length && batchSize === OPTIONS.batchSize.default) {
    const images = `${training.length} image${training.length === 1 ? "" : "s"}`;
    const name = limit === undefined ? "--batch-size" : `--limit ${limit}`;
    throw new UsageError(
      `${name}: expected as many training images as a mini-batch, ${batchSize}, got ${images}: ` +
        `give --batch-size ${training.length}, or fewer`,
    );
  }
  if (batchSize > training.length) {
    throw new UsageError(
      `--batch-size: expected at most ${training.length}, the number of training samples, got ${batchSize}`,
    );
  }
  if (method.patience !== undefined && validation === undefined) {
    throw new UsageError(
      "--patience: expected validation data to find the best epoch by, got none: raise --validation",
    );
  }
}
