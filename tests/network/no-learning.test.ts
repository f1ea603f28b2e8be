// A training that learns nothing says so, once, with advice; one that learns, be it slowly, does not.

import { describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { type EpochContext, type EpochFigures, noLearning } from "../../src/network/learning.js";
import { accuracyOf } from "../../src/network/metrics.js";
import { Network } from "../../src/network/network.js";
import type { TrainOptions } from "../../src/network/trainer.js";
import { loadMnist } from "../../src/node/index.js";
import { addToHistory, historyOf, isEntry, warningIn } from "../../src/recipe/history.js";
import { commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import { networkOptionsOf } from "../../src/recipe/recipe.js";
import { trainByRecipe } from "../../src/recipe/session.js";
import { Values } from "../../src/recipe/values.js";
import { randomDataset } from "../helpers.js";

const { training, validation } = loadMnist();
const data = training.slice(0, 3000);
const held = validation.slice(0, 1000);

async function warningsOf(options: Partial<TrainOptions>, network: Partial<Parameters<typeof Network.create>[0]> = {}) {
  using made = await Network.create({ layers: [784, 30, 10], threads: 1, ...network });
  const reports = await made.fit(data, { epochs: 3, batchSize: 10, ...options });
  return reports.map(({ warning }) => warning);
}

describe.each([undefined, held])("with validation data %#", (validation) => {
  test.each<[string, Partial<TrainOptions>, Partial<Parameters<typeof Network.create>[0]>, RegExp]>([
    ["saturated sigmoids", { learningRate: 100 }, {}, /saturated.*; try a learning rate near 2\.5 instead of 100$/],
    [
      "saturated outputs of softmax",
      { learningRate: 50 },
      { activation: "tanh", cost: "log-likelihood" },
      /; try a learning rate near 0\.1 instead of 50$/,
    ],
    ["dead ReLUs", { learningRate: 4 }, { activation: "relu", cost: "cross-entropy" }, /near 0\.1 instead of 4$/],
    ["Adam far too fast", { learningRate: 0.5, optimizer: "adam" }, {}, /near 0\.001 instead of 0\.5$/],
    ["steps far too small", { learningRate: 1e-4 }, {}, /near 2\.5 instead of 0\.0001$/],
  ])("%s are noticed", async (_, options, network, message) => {
    const warnings = await warningsOf({ ...options, validation }, network);
    // Once, though the epochs after it learn nothing, either.
    expect(warnings.filter((warning) => warning !== undefined)).toHaveLength(1);
    const epoch = warnings.findIndex((warning) => warning !== undefined);
    expect(warnings[epoch]).toMatch(message);
    expect(warnings[epoch]).toMatch(new RegExp(`^epoch ${epoch + 1} learnt nothing: .*%`));
  });

  test.each<[string, Partial<TrainOptions>, Partial<Parameters<typeof Network.create>[0]>]>([
    ["the recipe of the notes", {}, {}],
    ["the same with normal weights", { learningRate: 3 }, { initialWeights: "normal" }],
    ["three layers", {}, { layers: [784, 30, 20, 15, 10], cost: "cross-entropy" }],
    ["mini-batches of one", { batchSize: 1 }, { cost: "cross-entropy" }],
    ["the whole of the data as a batch", { batchSize: 3000, epochs: 30 }, { cost: "log-likelihood" }],
    ["a slow beginning", { learningRate: 0.02, epochs: 4 }, {}],
  ])("%s is no false alarm", async (_, options, network) => {
    const warnings = await warningsOf({ ...options, validation }, network);
    expect(warnings.filter((warning) => warning !== undefined)).toEqual([]);
  });
});

describe("the rule", () => {
  const labels = Uint8Array.from({ length: 1000 }, (_, i) => i % 10);
  const balanced = new Dataset({ images: new Uint8Array(1000), labels });
  const figures = (accuracy: number, cost: number, more: Partial<EpochFigures> = {}): EpochFigures => ({
    epoch: 2,
    learningRate: 1,
    cost,
    correct: 1000 * accuracy,
    accuracy,
    ...more,
  });
  const context: EpochContext = { training: balanced, last: false, saturation: () => 0.4, suited: 1 };
  const read = (correct: number) => ({
    ...accuracyOf(correct, 1000),
    count: 1000,
    correct,
    cost: 1,
    predictions: Uint16Array.from(labels),
  });

  test("a first epoch at chance is only slow, unless the outputs are saturated or it is the last", () => {
    expect(noLearning(figures(0.1, 0.5), context)).toBeUndefined();
    expect(noLearning(figures(0.1, 0.5), { ...context, saturation: () => 0.01 })).toMatch(/outputs are saturated/);
    expect(noLearning(figures(0.1, 0.5), { ...context, last: true })).toMatch(/accuracy is at chance/);
    expect(noLearning(figures(0.2, 0.5), { ...context, last: true, saturation: () => 0 })).toBeUndefined();
  });

  test("a flat cost counts where the accuracy is low and does not rise", () => {
    const second = (accuracy: number, cost: number) =>
      noLearning(figures(accuracy, cost), {
        ...context,
        before: { first: figures(0.2, 0.9), previous: figures(0.2, 0.5) },
      });
    expect(second(0.2, 0.499)).toMatch(/cost does not fall/);
    expect(second(0.2, 0.9)).toMatch(/cost does not fall/);
    expect(second(0.2, 0.45)).toBeUndefined();
    expect(second(0.3, 0.499)).toBeUndefined();
    const same = (accuracy: number, first: number) => {
      const previous = figures(accuracy, 0.4);
      return noLearning(figures(accuracy, 0.4), { ...context, before: { first: figures(first, 0.5), previous } });
    };
    expect(same(0.9, 0.9)).toBeUndefined();
    // Data that are hard to learn: it came this far, and no farther.
    expect(same(0.3, 0.15)).toBeUndefined();
    expect(same(0.3, 0.3)).toMatch(/cost does not fall/);
  });

  test("chance is the share of the largest class", () => {
    const uneven = new Dataset({
      images: new Uint8Array(1000),
      labels: labels.map((label) => (label < 8 ? 0 : label)),
    });
    const last = { ...context, training: uneven, last: true };
    expect(noLearning(figures(0.8, 0.5), last)).toMatch(
      /80\.0 % are read correctly, always guessing one class gives 80\.0 %/,
    );
    expect(noLearning(figures(0.1, 0.5), last)).toMatch(/at chance/);
    expect(noLearning(figures(0.9, 0.5), last)).toBeUndefined();
  });

  test("who knows the training images by heart has learnt something", () => {
    const last = { ...context, validation: balanced, last: true };
    expect(noLearning(figures(0.9, 0.1, { validation: read(100) }), last)).toBeUndefined();
    expect(noLearning(figures(0.1, 0.5, { validation: read(100) }), last)).toMatch(/at chance/);
    expect(noLearning(figures(0.1, 0.5, { validation: read(300) }), last)).toBeUndefined();
  });

  test("the advice is the learning rate that suits, or something else where that is what it has", () => {
    const last = { ...context, last: true };
    const advice = (learningRate: number) => noLearning(figures(0.1, 0.5, { learningRate }), last);
    expect(advice(10)).toMatch(/; try a learning rate near 1 instead of 10$/);
    expect(advice(0.1)).toMatch(/; try a learning rate near 1 instead of 0.1$/);
    expect(advice(1)).toMatch(/; try other initial weights, fewer layers or a lower learning rate, and look whether /);
  });

  test("the advice fits the network, and the data come first where they explain it", () => {
    const last = { ...context, last: true, initialWeights: "scaled" as const };
    const advice = (more: Partial<EpochContext>) => noLearning(figures(0.1, 0.5), { ...last, ...more });
    expect(advice({ hidden: [30] })).toMatch(
      /; try a lower learning rate, and look whether the labels are those of the images$/,
    );
    expect(advice({ hidden: [1000] })).toMatch(
      /; try fewer neurons or a lower learning rate, and look whether the labels are those of the images$/,
    );
    expect(advice({ hidden: [30, 30] })).toMatch(
      /; try fewer layers or a lower learning rate, and look whether the labels are those of the images$/,
    );
    const data = [{ code: "range", message: "pixels go from 0 to 1", mend: { pixelMax: 1 } }] as const;
    expect(advice({ hidden: [1000], data })).toMatch(/; the data explain it: pixels go .*: make .* with pixelMax: 1$/);
  });

  test("a cost that still falls is no failure, though guessing is as good", () => {
    const previous = figures(0.1, 0.5);
    const last = (cost: number) =>
      noLearning(figures(0.1, cost), { ...context, last: true, before: { first: figures(0.1, 0.7), previous } });
    expect(last(0.3)).toBeUndefined();
    expect(last(0.45)).toMatch(/accuracy is at chance/);
    expect(last(0.495)).toMatch(/does not fall/);
  });

  test("averaged weights may learn nothing though the weights do", () => {
    const averaged = { ...context, validation: balanced, method: { averaging: 0.99999 } };
    const report = figures(0.9, 0.1, { validation: read(100) });
    const message =
      /^epoch 2: the averaged weights have learnt nothing.*10\.0 % and 90\.0 %.*lower averaging than 0\.99999/;
    expect(noLearning(report, { ...averaged, last: true })).toMatch(message);
    expect(noLearning(report, { ...averaged, before: { first: report, previous: report } })).toMatch(message);
    // In the first epoch of more the average lags behind.
    expect(noLearning(report, averaged)).toBeUndefined();
    expect(noLearning(figures(0.9, 0.1, { validation: read(800) }), { ...averaged, last: true })).toBeUndefined();
  });

  test.each([
    [[3], "class 3"],
    [[0, 7], "classes 0, 7"],
  ])("classes that are never found are named at the end: %j", (lost, named) => {
    const predictions = Uint16Array.from(labels, (label) => (lost.includes(label) ? 1 : label));
    const report = figures(0.8, 0.1, { validation: { ...read(800), predictions } });
    const before = { first: report, previous: figures(0.8, 0.1, { validation: read(790) }) };
    const validated = { ...context, validation: balanced, before };
    expect(noLearning(report, { ...validated, last: true })).toMatch(
      new RegExp(`^epoch 2: no image is read as one of ${named} \\(80\\.0 % are read correctly\\); try `),
    );
    expect(noLearning(report, validated)).toBeUndefined();
    const rising = { first: report, previous: figures(0.7, 0.1, { validation: read(700) }) };
    expect(noLearning(report, { ...validated, before: rising, last: true })).toBeUndefined();
    // Rare classes may well be missed.
    const rare = new Dataset({
      images: new Uint8Array(1000),
      labels: labels.map((label, i) => (i < 900 && lost.includes(label) ? 1 : label)),
    });
    expect(noLearning(report, { ...validated, training: rare, last: true })).toBeUndefined();
  });

  test("options beyond all use are named rather than the learning rate", () => {
    const advice = (method: EpochContext["method"]) =>
      noLearning(figures(0.1, 0.5, { learningRate: 10 }), { ...context, last: true, method });
    expect(advice({ dropout: 0.99 })).toMatch(/; try less of dropout 0\.99$/);
    expect(advice({ epsilon: 1e30, distortions: { elastic: 1000 } })).toMatch(
      /; try less of epsilon 1e\+30, elastic 1000$/,
    );
    expect(advice({ distortions: { shift: 0.4 } })).toMatch(/; try less of shift 0\.4$/);
    expect(advice({ learningRate: () => 10 })).toMatch(
      /; try another schedule or warm-up: they make the learning rate 10 here, near 1 would suit$/,
    );
    expect(advice({ dropout: 0.2, averaging: 0.9 })).toMatch(/; try a learning rate near 1 instead of 10$/);
  });

  test("data of one class are no failure of learning", () => {
    const alike = new Dataset({ images: new Uint8Array(1000), labels: new Uint8Array(1000), classes: 10 });
    expect(noLearning(figures(1, 0), { ...context, training: alike, last: true })).toBeUndefined();
  });

  test("the first report says what is wrong with the data", async () => {
    const dark = new Dataset({ images: data.images.map((byte) => 255 - byte), labels: data.labels });
    using network = await Network.create({ layers: [784, 5, 10], threads: 1 });
    const [first, second] = await network.fit(dark, { epochs: 2, batchSize: 10, learningRate: 0.1 });
    expect(first.dataWarnings).toEqual(dark.warnings);
    expect(dark.warnings.map(({ code }) => code)).toEqual(["ground"]);
    expect(second).not.toHaveProperty("dataWarnings");
  });

  test.each([3, 9])("classes that training or validation data lack are warned of: %d", async (label) => {
    const without = (part: Dataset) => {
      const kept = Array.from(part.labels.keys()).filter((i) => part.labels[i] !== label);
      const images = new Uint8Array(784 * kept.length);
      for (const [to, i] of kept.entries()) images.set(part.images.subarray(784 * i, 784 * (i + 1)), 784 * to);
      // With the last class left out, the data set has nine.
      return new Dataset({ images, labels: Uint8Array.from(kept, (i) => part.labels[i]) });
    };
    const [few, fewer] = [training.slice(0, 600), validation.slice(0, 300)];
    using network = await Network.create({ layers: [784, 5, 10], threads: 1 });
    const warningsOf = async (training: Dataset, validation?: Dataset) => {
      using other = await Network.load(network.save(), { threads: 1 });
      const [report] = await other.fit(training, { epochs: 1, batchSize: 10, validation });
      return report.dataWarnings;
    };
    const message = (what: string) => ({ code: "missing", message: `no image of ${what} shows class ${label} of 10` });
    expect(await warningsOf(few, fewer)).toBeUndefined();
    expect(await warningsOf(few, without(fewer))).toEqual([message("the validation data")]);
    expect(await warningsOf(without(few))).toEqual([message("the training data")]);
    // Validation data need not show what nothing is trained on, nor more classes than there are images.
    expect(await warningsOf(without(few), without(fewer))).toEqual([message("the training data")]);
    expect(await warningsOf(few, validation.slice(0, 9))).toBeUndefined();
  });

  test("what mends the data is a field of the report, and a recipe's history says it as the command line", async () => {
    const bits = new Dataset({ images: data.images.map((byte) => byte >> 7), labels: data.labels });
    using network = await Network.create({ layers: [784, 5, 10], threads: 1 });
    const [report] = await network.fit(bits, { epochs: 1, batchSize: 10, learningRate: 1e-6 });
    expect(report.mend).toEqual({ pixelMax: 1 });
    expect(report.warning).toMatch(
      /: pixels go from 0 to 1, a small part of 0 to 255: make the Dataset with pixelMax: 1$/,
    );
    const [{ warning }] = addToHistory([], report, 1);
    expect(warning).toMatch(/: pixels go from 0 to 1, a small part of 0 to 255: give --pixel-max 1$/);
    expect(addToHistory([], { ...report, warning: "epoch 1: other" }, 1)[0].warning).toBe("epoch 1: other");
  });

  test("nothing is said of fewer than 500 training images", async () => {
    const few = { ...context, training: balanced.slice(0, 499), last: true, saturation: () => 0 };
    expect(noLearning(figures(0, 0.5), few)).toBeUndefined();
    const network = await Network.create({ layers: [12, 5, 3], kernels: createReference() });
    const [report] = await network.fit(randomDataset(400, 12, 3), { epochs: 1, batchSize: 10, learningRate: 1e-30 });
    expect(report).not.toHaveProperty("warning");
  });
});

test("a session says it once, and keeps it in the model, also when it resumes", async () => {
  const given = { epochs: "5", eta: "100", hidden: "10" };
  const { recipe } = recipeFrom(new Values(given, [], commandOptions()));
  using network = await Network.create({ ...networkOptionsOf(recipe), layers: [784, 10, 10], threads: 1 });
  const parts = { training: data, validation: held };
  const said: (string | undefined)[] = [];
  let reported = 0;
  const session = trainByRecipe(network, recipe, parts, { until: 3 });
  for await (const { warning, report } of session) {
    said.push(warning);
    if (report.warning !== undefined) reported++;
  }
  expect(reported).toBe(1);
  const [first, ...others] = said.filter((warning) => warning !== undefined);
  expect(first).toMatch(/^epoch \d learnt nothing: /);
  expect(others).toEqual([]);
  using again = await Network.load(session.save(), { threads: 1 });
  const history = historyOf(again.metadata, "model");
  expect(warningIn(history)).toBe(first);
  for await (const { warning } of trainByRecipe(again, recipe, parts)) expect(warning).toBeUndefined();
  expect(isEntry({ ...history[0], warning: 5 })).toBe(false);
});
