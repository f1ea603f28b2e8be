// Cross-validation: every sample tests once, a network that has not seen it.

import { expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { crossValidate, type Fold, summarizeFolds } from "../../src/recipe/cross-validate.js";
import { commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import { Values } from "../../src/recipe/values.js";
import { randomDataset } from "../helpers.js";

const recipeOf = (given: Record<string, string>) =>
  recipeFrom(new Values({ epochs: "3", "batch-size": "4", ...given }, [], commandOptions())).recipe;
const data = randomDataset(61, 9, 3);

async function foldsOf(given: Record<string, string>, folds?: number): Promise<Fold[]> {
  const done: Fold[] = [];
  for await (const fold of crossValidate(recipeOf(given), [7], data, { folds, threads: 1 })) done.push(fold);
  return done;
}

test("every sample tests once", async () => {
  const folds = await foldsOf({}, 4);
  expect(folds.map(({ fold }) => fold)).toEqual([1, 2, 3, 4]);
  expect(folds.reduce((sum, { evaluation }) => sum + evaluation.count, 0)).toBe(61);
  expect(Math.max(...folds.map(({ evaluation }) => evaluation.count))).toBeLessThanOrEqual(16);
});

test("the network has not seen what tests it, and its training is that of the recipe", async () => {
  // Noise cannot be read unless it was learnt by heart.
  const noise = randomDataset(120, 80, 4, 5);
  const recipe = recipeOf({ epochs: "150", "learning-rate": "1" });
  for await (const { evaluation } of crossValidate(recipe, [40], noise, { folds: 2, threads: 1 })) {
    expect(evaluation.accuracy).toBeLessThan(0.5);
  }
  using network = await Network.create({ layers: [80, 40, 4], threads: 1 });
  await network.fit(noise, { epochs: 150, batchSize: 4, learningRate: 1 });
  expect((await network.evaluate(noise)).accuracy).toBeGreaterThan(0.9);
});

test("has the same results again and on the reference, and others with another seed", async () => {
  const correct = (folds: readonly Fold[]) =>
    folds.map(({ evaluation }) => [...evaluation.predictions, evaluation.cost]);
  const expected = correct(await foldsOf({}));
  expect(expected.length).toBe(5);
  expect(correct(await foldsOf({}))).toEqual(expected);
  expect(correct(await foldsOf({ seed: "2" }))).not.toEqual(expected);
  const onReference: Fold[] = [];
  const options = { kernels: createReference() };
  for await (const fold of crossValidate(recipeOf({}), [7], data, options)) onReference.push(fold);
  expect(correct(onReference)).toEqual(expected);
});

test("the mean and its standard error", () => {
  const fold = (accuracy: number) => ({ fold: 1, evaluation: { accuracy } }) as Fold;
  // Deviations of 1, 0, 1 hundredths: a variance of 1 by n - 1, divided by 3.
  const { mean, standardError } = summarizeFolds([fold(0.91), fold(0.92), fold(0.93)]);
  expect([mean, standardError]).toEqual([expect.closeTo(0.92, 12), expect.closeTo(0.01 / Math.sqrt(3), 12)]);
  expect(() => summarizeFolds([fold(1)])).toThrow("folds: expected 2 or more, got 1");
});

test("refuses at once what cannot be", () => {
  const start = (given: Record<string, string>, folds: number) => () =>
    crossValidate(recipeOf(given), [7], data, { folds });
  expect(start({}, 1)).toThrow("folds: expected a whole number from 2 to 1000, got 1");
  expect(start({}, 62)).toThrow("folds: expected at most 61, the number of samples, got 62");
  expect(start({ patience: "2" }, 2)).toThrow("patience: expected none");
});
