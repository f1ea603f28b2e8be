// The data that a recipe names, from disk.

import { createHash } from "node:crypto";
import { type Dataset, FormatError, type Network, type PixelOptions } from "ductus";
import type { DataSplit } from "ductus/formats";
import { type DataOptions, loadData, loadMnist, loadTestData, loadTraining, loadTrainingData } from "ductus/node";
import { OPTIONS, type Recipe, shellWord, UsageError, withMade } from "ductus/recipe";
import { inWords } from "./reasons.js";
import { ReadingProgress } from "./terminal.js";

/** What of a recipe is about data. */
export type DataRecipe = Pick<
  Recipe,
  "data" | "dataHash" | "split" | "label" | "limit" | "validation" | keyof PixelOptions
> &
  Partial<Pick<Recipe, "made" | "seed">>;

/** A training file in two parts, and a test file. */
export type Split = DataSplit<Dataset | undefined>;

/** SHA-256 of training data of a user's own, by which they are known again. */
export function hashOf({ images, labels }: Dataset): string {
  return createHash("sha256").update(images).update(labels).digest("hex");
}

/**
 * A recipe and the data that it names.
 * @param given the file or folder given for it, if it is not the recipe's own, or that of MNIST in the package
 * @throws {Error} if they cannot be loaded, or are not the data that it was used with before
 */
export async function withData<R extends DataRecipe>(
  recipe: R,
  given?: string,
): Promise<{ readonly recipe: R; readonly split: Split }> {
  const data = recipe.data === undefined ? undefined : (given ?? recipe.data);
  let split: Split;
  try {
    split = await named(() =>
      data === undefined ? loadMnist(given, divisionOf(recipe)) : reading(data, recipe, loadData),
    );
  } catch (error) {
    throw withAdvice(error, recipe, given);
  }
  const all = { ...split, training: await madeOf(recipe, split.training) };
  if (data === undefined) return { recipe, split: all };
  const dataHash = hashOf(split.training);
  if (recipe.dataHash !== undefined && recipe.dataHash !== dataHash) {
    const advice =
      given === undefined
        ? "give their place with --data"
        : `give the place of those, or train another model with \`ductus train --data ${shellWord(given)}\` ` +
          "(--from starts from this one)";
    throw new Error(`${data}: expected the data that the model was trained with, got others: ${advice}`);
  }
  return { recipe: { ...recipe, data, dataHash }, split: all };
}

/** What of a recipe says how its training file is divided and its pixels made. */
function divisionOf({ validation, limit, pixelMax, invert, transpose }: DataRecipe) {
  return { validation, limit, pixelMax, invert, transpose };
}

/** Data that are read, however long it takes, with what of a recipe says how. */
async function reading<T>(
  path: string,
  { split, label, ...recipe }: DataRecipe,
  load: (path: string, options: DataOptions) => Promise<T>,
  more: DataOptions = {},
): Promise<T> {
  const progress = new ReadingProgress();
  const onProgress = (done: number, total: number) => progress.update(done, total);
  try {
    return await load(path, { ...divisionOf(recipe), split, label, ...more, onProgress });
  } finally {
    progress.stop();
  }
}

/**
 * Data to test a network with, that it was not trained on: the test part, or all where there is but one.
 * @throws {Error} if they cannot be loaded
 */
export function testData(path: string, recipe: DataRecipe, network: Network): Promise<Dataset> {
  const { preparation, classNames, layers } = network;
  const names = Array.from({ length: layers[layers.length - 1] }, (_, label) => classNames?.[label] ?? String(label));
  return named(() => reading(path, recipe, loadTestData, { preparation, classNames: names }));
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
      ? `${message}: the model was trained with these data; give their place with --data`
      : `${message}: give the place of the data that the model was trained with`,
  );
}

/**
 * The training file of a recipe in two parts, without the test file.
 * @throws {Error} if it cannot be loaded
 */
export async function trainingData(recipe: DataRecipe) {
  const { data } = recipe;
  const { training, ...rest } = await named(() =>
    data === undefined ? loadTraining(undefined, divisionOf(recipe)) : reading(data, recipe, loadTrainingData),
  );
  return { ...rest, training: await madeOf(recipe, training) };
}

/** Training images, and the pictures that the recipe asks to be made of them. */
function madeOf({ made, seed = 1 }: DataRecipe, training: Dataset): Promise<Dataset> {
  return named(() => withMade(training, { made, seed }));
}

/** What cannot be divided is named as on the command line, and what the system says is in words. */
async function named<T>(load: () => T | Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof RangeError && /^(validation|made): /.test(error.message))
      throw new UsageError(`--${error.message}`);
    error.message = error.message.replace(/(?<=, got )the system's error (E[A-Z]+)$/, (_, code) => inWords(code));
    throw error;
  }
}

/** @throws {UsageError} for a value that these data do not allow */
export function checkAgainstData(
  { batchSize, method, limit }: Recipe,
  { training, validation }: Pick<Split, "training" | "validation">,
): void {
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
