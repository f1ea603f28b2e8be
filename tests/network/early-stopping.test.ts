// Early stopping: training ends once patience is over, and the weights of the best epoch are used; saved and loaded
// anywhere on the way, it ends alike; and without patience it continues from the latest weights, as if there had been
// none.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { createWasmKernels } from "../../src/kernels/wasm/wasm.js";
import { Network } from "../../src/network/network.js";
import { MODULE, randomDataset } from "../helpers.js";

// Random labels: what is learnt of the one is of no use for the other, so the best epoch comes early and by chance.
const training = randomDataset(80, 20, 4, 1);
const validation = randomDataset(200, 20, 4, 2);
const LAYERS = [20, 12, 4];
const OPTIONS = { batchSize: 8, learningRate: 1, validation };
const PATIENCE = 6;
const EPOCHS = 60;

const single = await createWasmKernels(readFileSync(MODULE));
const create = (kernels = single) => Network.create({ layers: LAYERS, seed: 3, kernels });

async function train(network: Network, epochs: number, options = {}) {
  const reports = [];
  for await (const report of network.train(training, { ...OPTIONS, ...options, epochs })) reports.push(report);
  return reports;
}

describe.each([
  ["plain descent", {}],
  ["averaging", { averaging: 0.9 }],
  ["Adam and averaging", { optimizer: "adam", averaging: 0.9, learningRate: 0.01 }],
] as const)("%s", (_, method) => {
  test("stops when patience is over, with the best epoch's weights", async () => {
    const without = await create();
    const correct: number[] = [];
    const hashes: string[] = [];
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      const [report] = await train(without, 1, method);
      correct.push(report.validation?.correct ?? 0);
      hashes.push(await without.hash());
    }
    // The first epoch that was not surpassed in so many after it.
    const best = correct.findIndex(
      (c, i) => correct.slice(0, i).every((d) => d < c) && correct.slice(i + 1, i + 1 + PATIENCE).every((d) => d <= c),
    );
    expect(best + PATIENCE).toBeLessThan(EPOCHS);
    for (const kernels of [single, createReference()]) {
      const network = await create(kernels);
      const reports = await train(network, EPOCHS, { ...method, patience: PATIENCE });
      expect(reports.length).toBe(best + 1 + PATIENCE);
      expect(reports.map((report) => report.validation?.correct)).toEqual(correct.slice(0, reports.length));
      reports.forEach(({ epoch, bestEpoch }) => {
        expect(bestEpoch).toBe(correct.indexOf(Math.max(...correct.slice(0, epoch))) + 1);
      });
      expect(await network.hash()).toBe(hashes[best]);
      expect((await network.evaluate(validation)).correct).toBe(correct[best]);
      expect(network.epochs).toBe(reports.length);
      // It is over for good.
      expect(await train(network, 5, { ...method, patience: PATIENCE })).toEqual([]);
      // More patience continues, as if there had never been less.
      const more = await train(network, 3, { ...method, patience: EPOCHS });
      expect(more.map((report) => report.validation?.correct)).toEqual(
        correct.slice(reports.length, reports.length + 3),
      );
      // Without patience the latest weights are used.
      await train(network, 2, method);
      expect(await network.hash()).toBe(hashes[network.epochs - 1]);
    }
  });

  test("saved and loaded after any epoch it ends alike", async () => {
    const options = { ...method, patience: PATIENCE };
    const whole = await create();
    const { length } = await train(whole, EPOCHS, options);
    const bytes = whole.save();
    for (const epochs of [1, Math.floor(length / 2), length - 1, length]) {
      const part = await create();
      await train(part, epochs, options);
      const rest = await Network.load(part.save(), { kernels: single });
      expect((await train(rest, EPOCHS, options)).length).toBe(length - epochs);
      expect(rest.save()).toEqual(bytes);
    }
  });
});

test("an epoch that is aborted leaves the best one as it was", async () => {
  const network = await create();
  await train(network, 3, { patience: PATIENCE });
  const before = network.save();
  const abort = new AbortController();
  const options = { ...OPTIONS, epochs: 1, patience: PATIENCE, signal: abort.signal, onProgress: () => abort.abort() };
  await expect(async () => {
    for await (const _ of network.train(training, options)) expect.unreachable();
  }).rejects.toThrow("aborted");
  expect(network.save()).toEqual(before);
});

test("patience without validation data, and what is no number of epochs, are refused", async () => {
  const network = await create();
  const options = { batchSize: 8, learningRate: 1, epochs: 2 };
  expect(() => network.train(training, { ...options, patience: 3 })).toThrow(
    "patience: expected validation data to find the best epoch by, got none",
  );
  for (const patience of [0, 1.5, -1, Number.NaN]) {
    expect(() => network.train(training, { ...OPTIONS, epochs: 2, patience })).toThrow(
      "patience: expected a whole number from 1",
    );
  }
});
