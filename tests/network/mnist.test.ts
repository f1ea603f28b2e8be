// Chain of trust 7: all of MNIST. Training is deterministic, so the counts in the README are the counts everyone gets.

import { beforeAll, describe, expect, test } from "vitest";
import { TRAIN, trainOptions } from "../../apps/cli/train.js";
import { parseCommand } from "../../apps/cli/usage.js";
import { Network } from "../../src/network/network.js";
import type { NetworkOptions } from "../../src/network/options.js";
import { type DataSplit, loadMnist } from "../../src/node/index.js";
import { networkOptionsOf, trainOptionsOf } from "../../src/recipe/recipe.js";
import type { Values } from "../../src/recipe/values.js";

let data: DataSplit;
beforeAll(() => {
  data = loadMnist();
});

/** Trains for 30 epochs of batches of 10; returns the count of correct test images and the hash of the weights. */
async function run(options: NetworkOptions, learningRate: number): Promise<{ correct: number; hash: string }> {
  const network = await Network.create(options);
  for await (const _ of network.train(data.training, { epochs: 30, batchSize: 10, learningRate }));
  return { correct: (await network.evaluate(data.test)).correct, hash: await network.hash() };
}

test("MNIST is split 50,000 / 10,000 / 10,000", () => {
  const { training, validation, test } = data;
  expect([training, validation, test].map(({ length }) => length)).toEqual([50_000, 10_000, 10_000]);
  expect([training, validation, test].map(({ inputs }) => inputs)).toEqual([784, 784, 784]);
  expect([training, validation, test].map(({ classes }) => classes)).toEqual([10, 10, 10]);
  // The first digits of each part, as anyone can look them up.
  expect([...training.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
  expect([...validation.labels.subarray(0, 5)]).toEqual([3, 8, 6, 9, 6]);
  expect([...test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
});

test("the defaults read 97.5 % of the test set, exactly as documented", async () => {
  const { hidden, recipe } = trainOptions(parseCommand(TRAIN, []) as Values);
  const { seed, initialWeights, epochs, batchSize, learningRate } = recipe;
  expect([epochs, batchSize]).toEqual([30, 10]);
  const { correct, hash } = await run({ layers: [784, ...hidden, 10], seed, initialWeights }, learningRate);
  expect(correct).toBeGreaterThanOrEqual(9750);
  expect({ correct, hash }).toEqual({
    correct: 9779,
    hash: "86e284f019aec98982014ad809c8b1c8592a2527f8e246393d01c8df6e1c2c8a",
  });
});

describe("the classic small network reads 94.5 % on average over seeds 1 to 5", () => {
  const documented = [9504, 9506, 9523, 9501, 9521];
  const results: number[] = [];
  test.each(documented.map((correct, i) => ({ seed: i + 1, correct })))("seed $seed: $correct", async (row) => {
    const { correct } = await run({ layers: [784, 30, 10], seed: row.seed, initialWeights: "normal" }, 3);
    results.push(correct);
    expect(correct).toBe(row.correct);
  });
  test("mean", () => {
    expect(results).toHaveLength(5);
    expect(results.reduce((sum, n) => sum + n) / 5).toBeGreaterThanOrEqual(9450);
  });
});

test("--preset book reads 98 % of the test set, exactly as documented", async () => {
  const { hidden, recipe } = trainOptions(parseCommand(TRAIN, ["--preset", "book"]) as Values);
  using network = await Network.create({ ...networkOptionsOf(recipe), layers: [784, ...hidden, 10] });
  const { epochs, batchSize, learningRate, method } = recipe;
  for await (const _ of network.train(data.training, { ...method, epochs, batchSize, learningRate }));
  expect((await network.evaluate(data.test)).correct).toBe(9805);
  expect(await network.hash()).toBe("e6397b2c7c46c31fb13a636766f231d31a3cedc5a764d1db11e58367d5d44b21");
});

// All of it takes minutes: `npm run accuracy`.
test("--preset best begins as documented, on any kernels", async () => {
  const args = ["--preset", "best", "--epochs", "1", "--limit", "6000"];
  const { hidden, recipe } = trainOptions(parseCommand(TRAIN, args) as Values);
  const layers = [784, ...hidden, 10];
  for (const threads of [1, 3]) {
    using network = await Network.create({ ...networkOptionsOf(recipe), layers, threads });
    for await (const _ of network.train(data.training.slice(0, 6000), { ...trainOptionsOf(recipe), epochs: 1 }));
    expect((await network.evaluate(data.test)).correct).toBe(8915);
    expect(await network.hash()).toBe("1f518e0201fbe6ebba047cbd101ce649251d015a68386423b621d152115e64b7");
  }
});
