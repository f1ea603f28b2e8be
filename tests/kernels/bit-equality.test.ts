// Chain of trust 3: the module gives the bits of the f32 reference, for many shapes and batch sizes, over whole runs.

import { beforeAll, describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import type { InitialWeights } from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { kernelsOf } from "../../src/kernels/wasm/wasm.js";
import { loadMnist } from "../../src/node/index.js";
import { differences, instance, poison, type Recipe, randomDataset, trainOn } from "../helpers.js";

/** `density`: the share of weights that training must have changed, at least half of it. */
async function expectSameBits(data: Dataset, recipe: Recipe, density = 1): Promise<void> {
  const exports = await instance();
  poison(exports, 2 ** 22);
  const wasm = await trainOn(kernelsOf(exports), data, recipe);
  const reference = await trainOn(createReference(), data, recipe);
  expect(wasm.after.length).toBe(recipe.layers.slice(1).reduce((sum, n, i) => sum + n * (recipe.layers[i] + 1), 0));
  expect(differences(wasm.before, reference.before)).toBe(0);
  expect(differences(wasm.after, wasm.before)).toBeGreaterThan((Math.min(1, density) * wasm.after.length) / 2);
  expect(wasm.network.allFinite()).toBe(true);
  expect(differences(wasm.after, reference.after)).toBe(0);
  expect(wasm.costs).toEqual(reference.costs);
  expect(wasm.cost).toBe(reference.cost);
  expect(wasm.correct).toBe(reference.correct);
  expect(wasm.predictions).toEqual(reference.predictions);
}

const standard = { epochs: 2, batchSize: 10, eta: 3, initialWeights: "scaled" as InitialWeights, seed: 1 };

describe("on MNIST", () => {
  let training: Dataset;
  beforeAll(() => {
    training = loadMnist().training;
  });

  test("an epoch of all 50,000 images", () =>
    expectSameBits(training, { ...standard, layers: [784, 30, 10], epochs: 1, initialWeights: "normal" }));

  test("a whole run of 30 epochs", () =>
    expectSameBits(training.slice(0, 2000), { ...standard, layers: [784, 30, 10], epochs: 30 }));

  test.each([
    { layers: [784, 10], batchSize: 10 },
    { layers: [784, 100, 10], batchSize: 128 },
    { layers: [784, 33, 17, 10], batchSize: 7 },
    { layers: [784, 64, 32, 16, 10], batchSize: 1 },
    { layers: [784, 256, 128, 10], batchSize: 64 },
    { layers: [784, 30, 10], batchSize: 1001, eta: 0.5 },
  ])("$layers in batches of $batchSize", (shape) => expectSameBits(training.slice(0, 1001), { ...standard, ...shape }));
});

// 100 samples in batches of 16: the last has 4.
describe("every width from one vector to beyond two panels", () => {
  test.each(Array.from({ length: 70 }, (_, i) => i + 1))("%i hidden neurons", (width) =>
    expectSameBits(randomDataset(100, 20, 5, width), {
      ...standard,
      layers: [20, width, 5],
      batchSize: 16,
      seed: width,
    }),
  );
});

describe("image sizes around whole vectors", () => {
  test.each([1, 2, 15, 16, 17, 31, 32, 33, 100])("%i pixels", (inputs) =>
    expectSameBits(randomDataset(60, inputs, 3, inputs), { ...standard, layers: [inputs, 9, 3], batchSize: 8 }),
  );
});

// Few pixels leave gaps too long for one entry; from 70 % on, images take the dense tiles, in blocks of at most 64
// samples.
describe("images from blank to full", () => {
  test.each([0, 0.002, 0.3, 0.69, 0.71, 0.9, 1])("%d of the pixels not zero", async (density) => {
    const data = randomDataset(150, 1100, 4, 3, density);
    const used = data.images.filter((pixel) => pixel !== 0).length / data.images.length;
    expect(Math.abs(used - density)).toBeLessThan(0.01);
    const recipe = { ...standard, batchSize: 70, eta: 0.5 };
    await expectSameBits(data, { ...recipe, layers: [1100, 9, 4] }, density);
    await expectSameBits(data, { ...recipe, layers: [1100, 70, 21, 4], batchSize: 11 }, density);
  });

  test("full ones and blank ones in one data set", async () => {
    const [full, few] = [1, 0.1].map((density) => randomDataset(60, 50, 4, 3, density));
    const images = Uint8Array.of(...full.images, ...few.images);
    const data = new Dataset({ images, labels: Uint8Array.of(...full.labels, ...few.labels) });
    for (const batchSize of [1, 3, 20]) await expectSameBits(data, { ...standard, layers: [50, 33, 4], batchSize });
  });

  test.each([1, 2, 3, 5, 8, 13, 31, 47])("tiles over %i inputs, full", (inputs) =>
    expectSameBits(randomDataset(61, inputs, 3, inputs, 1), { ...standard, layers: [inputs, 13, 3], batchSize: 6 }),
  );
});

describe("batch sizes", () => {
  test.each([1, 2, 3, 9, 10, 11, 29, 30])("%i of 30 samples", (batchSize) =>
    expectSameBits(randomDataset(30, 12, 4), { ...standard, layers: [12, 11, 4], batchSize }),
  );
});

describe("saturated and extreme numbers", () => {
  test.each([1e-3, 100, 1e6])("eta %d", (eta) =>
    expectSameBits(randomDataset(64, 30, 6), { ...standard, layers: [30, 12, 6], eta, initialWeights: "normal" }),
  );
  test("256 classes", () =>
    expectSameBits(randomDataset(600, 10, 256), { ...standard, layers: [10, 20, 256], initialWeights: "normal" }));
});
