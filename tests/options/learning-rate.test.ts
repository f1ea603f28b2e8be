// The default of the learning rate: one function for library, command line, search and page, with a rate for every
// combination of optimiser, activation and cost, at which networks learn.

import { describe, expect, test } from "vitest";
import { parseSpace } from "../../apps/cli/tune/space.js";
import { defaultOf } from "../../apps/web/train/choices.js";
import { ACTIVATIONS, COSTS, OPTIMIZERS } from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { defaultLearningRate, type LearningRateOptions, suitedLearningRate } from "../../src/options/learning-rate.js";
import { trainCommand } from "../../src/recipe/command.js";
import { recipeMetadata, recipeOf } from "../../src/recipe/metadata.js";
import { commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import { PRESETS } from "../../src/recipe/presets.js";
import { Values } from "../../src/recipe/values.js";
import { randomDataset } from "../helpers.js";

type Given = Readonly<Record<string, string>>;
const parse = (given: Given) => recipeFrom(new Values(given, [], commandOptions()));
const rateOf = (given: Given) => parse(given).recipe.learningRate;

const COMBINATIONS = OPTIMIZERS.flatMap((optimizer) =>
  ACTIVATIONS.flatMap((activation) => COSTS.map((cost) => ({ optimizer, activation, cost }))),
);

describe("the table", () => {
  test("has a rate of two digits for every combination, depth and batch size", () => {
    expect(COMBINATIONS).toHaveLength(45);
    for (const combination of COMBINATIONS) {
      for (const hidden of [[], [30], [30, 20], [30, 20, 10], [9, 9, 9, 9, 9]]) {
        for (const batchSize of [1, 3, 10, 64, 100, 1_000_000]) {
          const rate = defaultLearningRate({ ...combination, hidden, batchSize });
          expect(rate).toBeGreaterThan(1e-5);
          expect(rate).toBeLessThan(5);
          expect(rate).toBe(Number(rate.toPrecision(2)));
        }
      }
    }
  });

  test("has 2.5 for the recipe of the notes, whatever the depth", () => {
    expect(defaultLearningRate()).toBe(2.5);
    expect(defaultLearningRate({ hidden: [30, 30, 30] })).toBe(2.5);
    expect(rateOf({})).toBe(2.5);
    expect(trainCommand(parse({}).recipe, [784, 100, 10])).toContain(" --eta 2.5 ");
  });

  test("follows momentum: what mu adds up, the rate takes back", () => {
    for (const optimizer of ["momentum", "nesterov"] as const) {
      const rate = (momentum: number) => defaultLearningRate({ optimizer, momentum, cost: "cross-entropy" });
      expect(rate(0.9)).toBe(defaultLearningRate({ optimizer, cost: "cross-entropy" }));
      expect(rate(0.99)).toBeCloseTo(rate(0.9) / 10, 10);
      expect(rate(0)).toBeCloseTo(10 * rate(0.9), 10);
    }
    expect(defaultLearningRate({ optimizer: "adam", momentum: 0.5 })).toBe(defaultLearningRate({ optimizer: "adam" }));
  });

  test("falls with the widest layer on the quadratic cost, and is that of 100 neurons up to there", () => {
    for (const combination of COMBINATIONS) {
      const rates = [[1], [100], [101, 400], [500], [500, 500], [1000]].map((hidden) =>
        defaultLearningRate({ ...combination, hidden: hidden.length === 1 ? hidden : [hidden[1]] }),
      );
      expect(rates[0]).toBe(rates[1]);
      const falls = combination.cost === "quadratic" && !combination.optimizer.startsWith("adam");
      for (let i = 2; i < rates.length; i++) {
        if (falls) expect(rates[i]).toBeLessThanOrEqual(rates[i - 1]);
        else expect(rates[i]).toBe(rates[0]);
      }
      if (falls) expect(rates[5]).toBeLessThan(rates[0] / 4);
    }
  });

  test("makes up for an epsilon that makes Adam's steps small, up to the rate of plain descent", () => {
    for (const optimizer of ["adam", "adamw"] as const) {
      const rates = [1e-8, 0.01, 1, 1e6].map((epsilon) => defaultLearningRate({ optimizer, epsilon }));
      expect(rates[0]).toBe(0.001);
      expect(rates[1]).toBeGreaterThan(rates[0]);
      expect(rates[2]).toBeGreaterThan(0.5);
      expect(rates[3]).toBe(defaultLearningRate());
    }
  });

  test.each<[LearningRateOptions, RegExp]>([
    [{ optimizer: "adm" as "adam" }, /^optimizer: expected sgd, .*, got "adm": did you mean adam\?$/],
    [{ activation: "rleu" as "relu" }, /^activation: expected .*, got "rleu": did you mean relu\?$/],
    [{ cost: "hinge" as "quadratic" }, /^cost: expected .*, got "hinge"$/],
    [{ momentum: 1 }, /^momentum: expected a number from 0 to below 1, got 1$/],
    [{ batchSize: 0 }, /^batch size: expected a whole number from 1 to 1000000, got 0$/],
  ])("refuses %o", (options, message) => {
    expect(() => defaultLearningRate(options)).toThrow(message);
  });
});

describe.each(COMBINATIONS)("$optimizer, $activation, $cost", ({ optimizer, activation, cost }) => {
  const options = { optimizer, activation, cost };
  const given = { ...options, hidden: "20,10", "batch-size": "20" };
  const expected = defaultLearningRate({ ...options, hidden: [20, 10], batchSize: 20 });

  test("has the same rate on the command line, on the page and in the library", async () => {
    expect(rateOf(given)).toBe(expected);
    expect(defaultOf("eta", given)).toBe(String(expected));
    const network = await Network.create({ layers: [12, 20, 10, 3], activation, cost, kernels: createReference() });
    const [report] = await network.fit(randomDataset(20, 12, 3), { epochs: 1, batchSize: 20, optimizer });
    expect(report.learningRate).toBe(expected);
  });

  test("is searched about it", () => {
    const rate = parseSpace({ ...options, hidden: "20" }).parameters.find(({ name }) => name === "learning-rate");
    if (rate === undefined || !("range" in rate)) throw new Error("expected a range");
    const [low, high] = rate.range({});
    expect(low).toBeCloseTo(defaultLearningRate(options) / 10, 10);
    expect(high).toBeGreaterThan(3 * defaultLearningRate(options));
  });

  test("is kept as a number by models and commands", () => {
    const { recipe } = parse(given);
    const metadata = new Map(Object.entries(recipeMetadata(recipe, [])));
    expect(metadata.get("learning_rate")).toBe(String(expected));
    expect(recipeOf(metadata, recipe, "model")).toEqual(recipe);
    expect(trainCommand(recipe, [784, 20, 10, 10])).toContain(` --eta ${expected} `);
  });
});

test("an option that it does not take is named, and a wrong type refused", () => {
  const given = (options: unknown) => () => defaultLearningRate(options as LearningRateOptions);
  expect(given({ optimiser: "adam" })).toThrow(
    new TypeError("defaultLearningRate: unknown option optimiser: did you mean optimizer?"),
  );
  expect(given({ layers: "x" })).toThrow(/^defaultLearningRate: unknown option layers: expected /);
  expect(given({ hidden: "x" })).toThrow(TypeError);
});

describe("a preset's rate", () => {
  test.each(Object.keys(PRESETS))("of %s holds until another optimiser, activation or cost is given", (preset) => {
    const own = rateOf({ preset });
    const { recipe } = parse({ preset });
    const { optimizer = "sgd" } = recipe.method;
    // The same as the preset's, given once more.
    expect(rateOf({ preset, cost: recipe.cost, activation: recipe.activation, optimizer })).toBe(own);
    const other = parse({ preset, optimizer: "adam" }).recipe;
    expect(other.learningRate).toBe(
      suitedLearningRate({ ...other, ...other.method, hidden: parse({ preset }).hidden }),
    );
    expect(rateOf({ preset, optimizer: "adam", eta: "0.7" })).toBe(0.7);
  });

  test("is as documented", () => {
    expect(["notes", "book", "best"].map((preset) => rateOf({ preset }))).toEqual([2.5, 0.1, 0.05]);
  });
});

describe("wide layers learn on 10,000 images of MNIST", () => {
  const { training, test: images } = loadMnist();
  test.each([
    ["sgd", "sigmoid", 300, 0.8],
    ["nesterov", "sigmoid", 600, 0.7],
    ["sgd", "relu", 600, 0.8],
  ] as const)("%s, %s, %i neurons", async (optimizer, activation, neurons, least) => {
    using network = await Network.create({ layers: [784, neurons, 10], activation });
    const reports = await network.fit(training.slice(0, 10_000), { epochs: 2, batchSize: 10, optimizer });
    expect(reports.map(({ warning }) => warning)).toEqual([undefined, undefined]);
    expect((await network.evaluate(images)).accuracy).toBeGreaterThanOrEqual(least);
  });
});

describe("on 10,000 images of MNIST, 3 epochs with nothing else given read 90 % of the test set", () => {
  const { training, test: images } = loadMnist();
  // One of each kind of row in the table; npm run bench:defaults has all of them.
  test.each([
    ["sgd", "sigmoid", "quadratic"],
    ["sgd", "tanh", "log-likelihood"],
    ["momentum", "sigmoid", "quadratic"],
    ["momentum", "relu", "cross-entropy"],
    ["nesterov", "sigmoid", "quadratic"],
    ["nesterov", "tanh", "quadratic"],
    ["adam", "sigmoid", "cross-entropy"],
    ["adamw", "relu", "quadratic"],
  ] as const)("%s, %s, %s", async (optimizer, activation, cost) => {
    using network = await Network.create({ layers: [784, 100, 10], activation, cost });
    const reports = await network.fit(training.slice(0, 10_000), { epochs: 3, batchSize: 10, optimizer });
    expect(reports.map(({ warning }) => warning)).toEqual([undefined, undefined, undefined]);
    expect((await network.evaluate(images)).accuracy).toBeGreaterThanOrEqual(0.9);
  });
});
