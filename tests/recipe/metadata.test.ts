// A recipe in the metadata of a model: what is not one is refused.

import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { historyOf } from "../../src/recipe/history.js";
import { checkMetadata, recipeMetadata, recipeOf } from "../../src/recipe/metadata.js";
import { commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import type { Recipe } from "../../src/recipe/recipe.js";
import { Values } from "../../src/recipe/values.js";

function parse(given: Readonly<Record<string, string>>): Recipe {
  return recipeFrom(new Values(given, [], commandOptions())).recipe;
}

describe("metadata from elsewhere", () => {
  const read = (changed: Readonly<Record<string, string>>) => {
    const metadata = { ...recipeMetadata(parse({}), []), ...changed };
    return () => recipeOf(new Map(Object.entries(metadata)), parse({}), "model");
  };
  test.each([
    ["method_options", '{"momentum":null}', /method_options: momentum: expected a number from 0 to below 1, got null/],
    ["method_options", '{"optimizer":{}}', /method_options: optimizer: expected sgd, .*, got an object/],
    [
      "method_options",
      '{"momentum":"0.5"}',
      /method_options: momentum: expected a number from 0 to below 1, got "0.5"/,
    ],
    ["method_options", '{"momentum":7}', /method_options: momentum: expected a number from 0 to below 1, got 7/],
    ["method_options", '{"shift":1}', /method_options: expected options of ductus train, got "shift"/],
    ["method_options", '{"__proto__":{"momentum":1}}', /expected options of ductus train, got "__proto__"/],
    ["method_options", '{"a\\u001b[2Jb":1}', /expected options of ductus train, got "a.*b"/],
    ["method_options", "[]", /method_options: expected a JSON object/],
    ["method_options", "null", /method_options: expected a JSON object/],
    ["distortions", '{"shift":-1}', /distortions: shift: expected a number from 0 to 1000, got -1/],
    ["distortions", "{", /distortions: expected a JSON object/],
    ["batch_size", "0", /metadata batch_size: expected a whole number/],
    ["schedule", "step:0:1", /metadata schedule: expected/],
  ])("%s %s is a FormatError", (key, value, message) => {
    expect(read({ [key]: value })).toThrow(FormatError);
    expect(read({ [key]: value })).toThrow(message);
    expect(read({})).not.toThrow();
  });
});

test("all that a model says of its recipe is checked at once, if it has one", () => {
  const network = { seed: 1, initialWeights: "scaled", activation: "sigmoid", cost: "quadratic" } as const;
  const { recipe } = recipeFrom(new Values({}, [], commandOptions()));
  const right = Object.entries({ ...recipeMetadata(recipe, []), test_correct: "97 / 100" });
  const check = (...more: [string, string][]) =>
    checkMetadata({ ...network, metadata: new Map([...right, ...more]) }, "model");
  expect(() => check()).not.toThrow();
  expect(() => checkMetadata({ ...network, metadata: new Map([["test_correct", "mine"]]) }, "model")).not.toThrow();
  for (const [key, text] of [
    ["method_options", "[broken"],
    ["target_epochs", "x"],
    ["history", "junk"],
    ["test_correct", "x"],
    ["test_correct", "5"],
    ["test_correct", "0 / 0"],
    ["test_correct", "9 / 5"],
    ["test_correct", "-5"],
    ["test_correct", "101 / 100"],
    ["data_sha256", "\u001b[31m"],
  ] as [string, string][]) {
    expect(() => check([key, text]), key).toThrow(new RegExp(`^model: metadata ${key}: expected `));
  }
});

describe("a history", () => {
  const right = { epoch: 1, cost: 1, accuracy: 0.5, seconds: 2 };
  const read = (...entries: unknown[]) => {
    const history = new Map([["history", JSON.stringify(entries)]]);
    return () => historyOf(history, "model", 3);
  };

  test.each([[[]], [[right]], [[right, { ...right, epoch: 3, seconds: 0, validationAccuracy: 1, warning: "none" }]]])(
    "%j is right",
    (entries) => expect(read(...entries)()).toEqual(entries),
  );

  test.each([
    [[{ ...right, epoch: 4 }]],
    [[{ ...right, epoch: 0 }]],
    [[{ ...right, epoch: 1.5 }]],
    [[{ ...right, epoch: 2 }, right]],
    [[right, right]],
    [[{ ...right, accuracy: 2 }]],
    [[{ ...right, accuracy: -0.1 }]],
    [[{ ...right, validationAccuracy: 1.01 }]],
    [[{ ...right, seconds: -1 }]],
    [[{ ...right, cost: null }]],
    [[{ epoch: 5, cost: 1, accuracy: 2, seconds: -1 }]],
  ])("%j is refused", (entries) => {
    expect(read(...entries)).toThrow(FormatError);
    expect(read(...entries)).toThrow(/^model: metadata history: expected .*, got .* \(file corrupt\?\)$/);
  });
});
