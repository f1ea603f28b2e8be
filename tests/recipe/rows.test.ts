// The rows of a report on a recipe: every option that had an effect, with its default if it was not given.

import { expect, test } from "vitest";
import { recipeRows } from "../../src/recipe/command.js";
import { commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import type { Recipe } from "../../src/recipe/recipe.js";
import { Values } from "../../src/recipe/values.js";

const LAYERS = [784, 30, 10];

function parse(given: Readonly<Record<string, string>>): Recipe {
  return recipeFrom(new Values(given, [], commandOptions())).recipe;
}

test("the plain recipe is shown with the defaults of all that had an effect, and what data it had", () => {
  expect(recipeRows(parse({}), [784, 10])).toEqual([
    ["hidden", "none"],
    ["epochs", "30"],
    ["batch-size", "10"],
    ["learning-rate", "2.5"],
    ["schedule", "constant"],
    ["warm-up", "0"],
    ["cost", "quadratic"],
    ["optimizer", "sgd"],
    ["weight-decay", "0"],
    ["averaging", "0"],
    ["label-smoothing", "0"],
    ["freeze", "0"],
    ["patience", "none"],
    ["shift", "0"],
    ["rotation", "0"],
    ["scale", "0"],
    ["shear", "0"],
    ["elastic", "0"],
    ["init", "scaled"],
    ["seed", "1"],
    ["from", "random weights"],
    ["validation", "a sixth"],
    ["limit", "all"],
    ["made", "none"],
    ["data", "MNIST"],
    ["pixel-max", "as the data have it"],
    ["invert", "false"],
    ["transpose", "false"],
  ]);
});

test.each([
  [{}, LAYERS, { activation: "sigmoid", dropout: "0" }],
  [{ optimizer: "nesterov" }, LAYERS, { momentum: "0.9" }],
  [{ optimizer: "adam" }, LAYERS, { momentum: "0.9", beta2: "0.999", epsilon: "1e-8" }],
  [{ elastic: "1" }, LAYERS, { sigma: "4" }],
])("the defaults of options that need others are shown beside those: %j", (given, layers, more) => {
  const rows = (...args: Parameters<typeof recipeRows>) => Object.fromEntries(recipeRows(...args));
  expect(rows(parse(given), layers)).toMatchObject(more);
  const plain = rows(parse({}), [784, 10]);
  for (const name of Object.keys(more)) expect(plain).not.toHaveProperty(name);
  // What models of older versions keep without effect is not shown.
  const old = { ...parse({}), method: { momentum: 0.5, dropout: 0.5 }, distortions: { sigma: 5 } };
  expect(rows(old, [784, 10])).toEqual(plain);
});
