// A recipe in the metadata of a model: what is not one is refused.

import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { calibrationOf, decodeSafetensors, encodeSafetensors } from "../../src/formats/index.js";
import { Network } from "../../src/network/network.js";
import { historyOf } from "../../src/recipe/history.js";
import { checkMetadata, recipeMetadata, recipeOf } from "../../src/recipe/metadata.js";
import { commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import { networkOptionsOf, type Recipe } from "../../src/recipe/recipe.js";
import { trainByRecipe } from "../../src/recipe/session.js";
import { Values } from "../../src/recipe/values.js";
import { randomDataset } from "../helpers.js";

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
    ["batch_size", "0x10", /metadata batch_size: expected a whole number from 1 to 1000000, got "0x10"/],
    ["batch_size", "1e1", /metadata batch_size: expected 10 as ductus train writes it, got "1e1"$/],
    ["batch_size", " 10", /metadata batch_size: expected a whole number .*, got " 10"/],
    ["learning_rate", "0x1", /metadata learning_rate: expected a number above 0, up to 3.4e38, got "0x1"/],
    ["learning_rate", "+.50", /metadata learning_rate: expected 0.5 as ductus train writes it, got "\+.50"$/],
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
    expect(() => check([key, text]), key).not.toThrow(/\\d|\[0-9|\^/);
  }
});

test("numbers as they are written are read again, be they as small as they may", () => {
  for (const learningRate of [1e-7, 2 ** -149, 0.1, 3.4e38]) {
    const recipe = { ...parse({}), learningRate };
    const metadata = new Map(Object.entries(recipeMetadata(recipe, [])));
    expect(recipeOf(metadata, recipe, "model")).toEqual(recipe);
  }
});

describe("a key that Ductus does not know", () => {
  const recipe = parse({});
  const right = recipeMetadata(recipe, []);
  const check = (key: string, metadata: Record<string, string> = right) =>
    checkMetadata({ ...recipe, metadata: new Map(Object.entries({ ...metadata, [key]: "1" })) }, "model");

  test.each([
    ["batch_sise", "batch_size"],
    ["data_sha265", "data_sha256"],
    ["sed", "seed"],
    ["histroy", "history"],
    ["best_epochs", "best_epoch"],
    ["calibrations", "calibration"],
  ])("%s is refused beside a recipe, and %s named", (key, nearest) => {
    const problem =
      `expected a key that Ductus knows, or one of your own, with a dot or a colon, as my.note, got "${key}": ` +
      `did you mean ${nearest}?`;
    expect(() => check(key)).toThrow(new FormatError("model", `metadata: ${problem}`));
    expect(() => check(key, {})).not.toThrow();
  });

  test.each(["note", "__proto__x", "a\u001b[2Jb", "", "x".repeat(1000)])("%j is refused beside a recipe", (key) => {
    expect(() => check(key)).toThrow(/^model: metadata: expected a key that Ductus knows, .*, got ".{0,60}"\.*$/);
    expect(() => check(key)).not.toThrow(/\p{Cc}/u);
  });

  test.each(["my.note", "my:note", "."])("%s is the user's own", (key) => {
    expect(() => check(key)).not.toThrow();
  });

  test("is refused where a session saves it", async () => {
    using network = await Network.create({ ...networkOptionsOf(recipe), layers: [4, 2], threads: 1 });
    const session = trainByRecipe(network, recipe, { training: randomDataset(10, 4, 2) });
    expect(() => session.save({ note: "x" })).toThrow(new TypeError(unknownNote()));
    const again = await Network.load(session.save({ "my.note": "x", test_correct: "1 / 2" }), { threads: 1 });
    expect(again.metadata.get("my.note")).toBe("x");
    expect(() => checkMetadata(again, "model")).not.toThrow();
    again.dispose();
  });

  const unknownNote = () =>
    'metadata: expected a key that Ductus knows, or one of your own, with a dot or a colon, as my.note, got "note"';
});

test("a network's own metadata have no more members than they should", async () => {
  using network = await Network.create({ layers: [4, 2], threads: 1 });
  const { metadata, tensors } = decodeSafetensors(network.save());
  const load = (key: string, text: string) =>
    Network.load(encodeSafetensors({ tensors, metadata: new Map([...metadata, [key, text]]) }), { threads: 1 });
  const method = metadata.get("method") as string;
  for (const [key, text] of [
    ["method", method.replace("{", '{"more":1,')],
    ["method", "[]"],
    ["method", "5"],
    ["layers", "[04,2]"],
    ["seed", "007"],
    ["epochs", "0x1"],
    ["preparation", '{"form":"whole"}'],
  ]) {
    await expect(load(key, text), `${key} ${text}`).rejects.toThrow(
      expect.objectContaining({
        name: "FormatError",
        message: expect.stringMatching(`^model: metadata ${key}: expected`),
      }),
    );
  }
  const calibration = (text: string) => () => calibrationOf(new Map([["calibration", text]]));
  const right = '{"temperature":1,"sure":0.9';
  expect(calibration(`${right}}`)).not.toThrow();
  expect(calibration(`${right},"sures":1}`)).toThrow(/^model: metadata calibration: .*unknown option sures.*sure\?/);
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
    [[{ ...right, more: 1 }]],
    [[{ ...right, constructor: 1 }]],
    [[{ epoch: 5, cost: 1, accuracy: 2, seconds: -1 }]],
  ])("%j is refused", (entries) => {
    expect(read(...entries)).toThrow(FormatError);
    expect(read(...entries)).toThrow(/^model: metadata history: expected .*, got .* \(file corrupt\?\)$/);
  });
});
