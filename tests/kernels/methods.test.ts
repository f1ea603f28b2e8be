// Every activation, cost and optimiser gives the same bits in the module, on any number of threads, as in the
// reference; and each optimiser's first steps are those worked by hand.

import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import {
  ACTIVATIONS,
  COSTS,
  type Kernels,
  OPTIMIZERS,
  type Optimizer,
  SGD,
  type TrainingConfig,
} from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { averageSlot, slotCount } from "../../src/kernels/slots.js";
import { startThread } from "../../src/kernels/threads/platform.js";
import { createWasmKernels } from "../../src/kernels/wasm/wasm.js";
import { Network } from "../../src/network/network.js";
import { differences, MODULE, type Recipe, randomDataset, trainOn } from "../helpers.js";

const THREADS_MODULE = new URL("../../build/ductus-threads.wasm", import.meta.url);
const teams = await Promise.all(
  [1, 2, 3].map((count) => createWasmKernels(readFileSync(THREADS_MODULE), { count, cores: 4, start: startThread })),
);
const single = await createWasmKernels(readFileSync(MODULE));
afterAll(() => {
  for (const team of teams) team.close();
});

const RECIPE: Recipe = {
  layers: [20, 33, 18, 5],
  epochs: 3,
  batchSize: 8,
  eta: 0.1,
  initialWeights: "scaled",
  seed: 2,
};

async function expectSameBits(recipe: Recipe, data = randomDataset(60, 20, 5), learns = true): Promise<void> {
  const reference = await trainOn(createReference(), data, recipe);
  if (learns) expect(differences(reference.after, reference.before)).toBeGreaterThan(reference.after.length / 2);
  expect(reference.network.allFinite()).toBe(true);
  for (const kernels of [single, ...teams]) {
    const wasm = await trainOn(kernels, data, recipe);
    expect(differences(wasm.before, reference.before)).toBe(0);
    expect(differences(wasm.after, reference.after)).toBe(0);
    expect(wasm.costs).toEqual(reference.costs);
    expect([wasm.cost, wasm.correct]).toEqual([reference.cost, reference.correct]);
    expect(wasm.predictions).toEqual(reference.predictions);
    const slots = slotCount({ ...SGD, ...recipe.method });
    for (let slot = 1; slot < slots; slot++) {
      for (let l = 1; l < recipe.layers.length; l++) {
        const [a, b] = [wasm.network, reference.network].map((network) => network.readLayer(l, slot));
        expect(a).toEqual(b);
        // The gradient is cleared after each mini-batch; the rest is in use.
        if (learns) expect(a.weights.every((w) => w === 0)).toBe(slot === 1 && slots > 2);
      }
    }
    wasm.network.release();
  }
}

const ADAM = { optimizer: "adam", momentum: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const METHODS: Record<string, Partial<TrainingConfig>> = {
  "plain descent": {},
  "weight decay": { weightDecay: 0.01 },
  momentum: { optimizer: "momentum", momentum: 0.9 },
  "momentum and weight decay": { optimizer: "momentum", momentum: 0.5, weightDecay: 0.01 },
  Nesterov: { optimizer: "nesterov", momentum: 0.9, weightDecay: 0.001 },
  Adam: ADAM,
  "Adam and weight decay": { ...ADAM, weightDecay: 0.01 },
  AdamW: { ...ADAM, optimizer: "adamw", weightDecay: 0.01 },
  averaging: { averaging: 0.9 },
  "momentum and averaging": { optimizer: "momentum", momentum: 0.9, averaging: 0.99 },
  dropout: { dropout: 0.25 },
  "momentum, dropout and averaging": { optimizer: "momentum", momentum: 0.9, dropout: 0.5, averaging: 0.9 },
  "Adam, averaging and label smoothing": { ...ADAM, averaging: 0.9, labelSmoothing: 0.1 },
};

describe.each(Object.entries(METHODS))("%s", (_, method) => {
  describe.each(ACTIVATIONS)("%s", (activation) => {
    test.each(COSTS)("%s", (cost) =>
      expectSameBits({ ...RECIPE, activation, cost, method, eta: method.optimizer?.startsWith("adam") ? 0.01 : 0.1 }),
    );
  });
});

describe("shapes", () => {
  test.each([
    [[20, 5]],
    [[20, 1, 5]],
    [[20, 4, 5]],
    [[20, 64, 5]],
    [[20, 100, 130, 5]],
    [[20, 30, 4]],
    [[20, 30, 9]],
    [[20, 3, 1]],
  ])("%j", (layers) => {
    const recipe = { ...RECIPE, layers, method: { ...ADAM, averaging: 0.9, labelSmoothing: 0.1 }, eta: 0.01 };
    const classes = Math.min(4, layers[layers.length - 1]);
    // A single output of softmax is 1 for good: nothing to learn.
    return expectSameBits(
      { ...recipe, activation: "relu", cost: "log-likelihood", initialWeights: "he" },
      randomDataset(50, 20, classes),
      classes > 1,
    );
  });
});

describe("weights that become 0", () => {
  test.each([
    ["plain descent", 1, 1, 1, {}],
    ["plain descent, the weights turned round", 2, 0.5 + 2 ** -20, 2, {}],
    ["plain descent, too small for f32", 1, 0.6, 60, {}],
    ["AdamW", 1, 1, 2, { optimizer: "adamw" }],
  ] as const)("by %s are never -0: the same bits, saved or not", async (_, eta, weightDecay, epochs, method) => {
    const data = randomDataset(60, 20, 5, 2, 0.2);
    const options = {
      epochs,
      batchSize: 20,
      learningRate: eta,
      weightDecay,
      ...method,
    };
    const layers = [20, 70, 12, 5];
    const hashes = [undefined, createReference()].map(async (kernels) => {
      const network = await Network.create({ layers, activation: "relu", initialWeights: "he", kernels, threads: 1 });
      for await (const _ of network.train(data, options));
      const { weights } = network.parameters(1);
      expect(weights.some((w) => Object.is(w, -0))).toBe(false);
      expect(await (await Network.load(network.save(), { kernels, threads: 1 })).hash()).toBe(await network.hash());
      return network.hash();
    });
    expect(await hashes[0]).toBe(await hashes[1]);
  });
});

test("dropout leaves out neurons by chance only, not those of tanh that are 0", async () => {
  const blank = new Dataset({
    images: new Uint8Array(40 * 20),
    labels: Uint8Array.from({ length: 40 }, (_, i) => i % 5),
  });
  for (const kernels of [undefined, createReference()]) {
    const network = await Network.create({
      layers: [20, 30, 5],
      activation: "tanh",
      initialWeights: "he",
      kernels,
      threads: 1,
    });
    for await (const _ of network.train(blank, { epochs: 1, batchSize: 8, learningRate: 0.5, dropout: 0.01 }));
    expect(network.parameters(1).biases.filter((b) => b === 0).length).toBeLessThan(5);
  }
});

// Above a ReLU layer, a layer of more than 60 neurons goes by lists of those that are not 0.
describe("wide layers above ReLU layers", () => {
  const relu = { activation: "relu", cost: "log-likelihood", initialWeights: "he" } as const;
  describe.each([
    ["plain descent", {}],
    ["momentum, decay and dropout", { optimizer: "momentum", momentum: 0.9, weightDecay: 0.01, dropout: 0.3 }],
    ["Adam and averaging", { ...ADAM, averaging: 0.9 }],
  ] as const)("%s", (name, method) => {
    test.each([
      [[20, 1, 61, 5], 8],
      [[20, 33, 60, 5], 8],
      [[20, 70, 64, 65, 5], 7],
      [[20, 40, 130], 1],
      [[20, 100, 200, 30, 5], 60],
    ])("%j, batches of %i", (layers, batchSize) =>
      expectSameBits({ ...RECIPE, ...relu, method, layers, batchSize, eta: name.startsWith("Adam") ? 0.01 : 0.05 }),
    );
  });

  test("a sample that excites no neuron", async () => {
    const data = new Dataset({ images: new Uint8Array(6), labels: Uint8Array.of(1, 0), classes: 3 });
    const run = async (kernels: Kernels) => {
      const network = kernels.createNetwork([3, 9, 64, 3], "relu", "log-likelihood");
      network.initialise("he", 1);
      // With biases of 0, an empty image gives 0 everywhere.
      const dataset = kernels.createDataset(data);
      await network.trainBatches(dataset, 0, 1, 0.5, 2);
      return [1, 2, 3].map((l) => network.readLayer(l));
    };
    const expected = await run(createReference());
    for (const kernels of [single, ...teams]) expect(await run(kernels)).toEqual(expected);
    expect(expected[2].biases.some((b) => b !== 0)).toBe(true);
  });
});

describe("worked by hand: one weight, one bias, one image, three steps", () => {
  // Input 1, one sigmoid output, cross-entropy, y = 1: so the gradient is g = a - 1 for weight and bias alike, with
  // a = sigma(w + b). With w = b = 0: a = 1/2, g = -1/2.
  const data = new Dataset({ images: Uint8Array.of(255), labels: Uint8Array.of(0) });
  const sigma = (z: number) => 1 / (1 + Math.exp(-z));

  async function steps(method: Partial<TrainingConfig>, eta: number): Promise<number[]> {
    const kernels = createReference("f64");
    const network = kernels.createNetwork([1, 1], "sigmoid", "cross-entropy");
    network.configure({ ...SGD, ...method });
    const dataset = kernels.createDataset(data);
    const weights: number[] = [];
    for (let t = 0; t < 3; t++) {
      network.setSteps(t);
      await network.trainBatches(dataset, 0, 1, eta, 1);
      weights.push(network.readLayer(1).weights[0]);
    }
    return weights;
  }
  const near = (numbers: readonly number[]) => numbers.map((number) => expect.closeTo(number, 12));

  test("momentum", async () => {
    // v1 = g1 = -0.5, w1 = 0.05;   g2 = sigma(0.1) - 1, v2 = 0.9 v1 + g2;   ...
    const w1 = 0.05;
    const v2 = 0.9 * -0.5 + (sigma(2 * w1) - 1);
    const w2 = w1 - 0.1 * v2;
    const w3 = w2 - 0.1 * (0.9 * v2 + (sigma(2 * w2) - 1));
    expect(await steps({ optimizer: "momentum", momentum: 0.9 }, 0.1)).toEqual(near([w1, w2, w3]));
  });

  test("Nesterov", async () => {
    // v1 = -0.5, w1 = -0.1 (g1 + 0.9 v1) = 0.095;   ...
    const w1 = 0.1 * (0.5 + 0.9 * 0.5);
    const g2 = sigma(2 * w1) - 1;
    const v2 = 0.9 * -0.5 + g2;
    const w2 = w1 - 0.1 * (g2 + 0.9 * v2);
    const g3 = sigma(2 * w2) - 1;
    const w3 = w2 - 0.1 * (g3 + 0.9 * (0.9 * v2 + g3));
    expect(await steps({ optimizer: "nesterov", momentum: 0.9 }, 0.1)).toEqual(near([w1, w2, w3]));
  });

  test.each(["adam", "adamw"] as const)("%s", async (optimizer: Optimizer) => {
    // The first step is eta g / (|g| + eps) whatever g is: corrected for their start at 0, m = g and sqrt(v) = |g|.
    const [b1, b2, eps, eta] = [0.9, 0.99, 1e-8, 0.1];
    const w1 = (eta * 0.5) / (0.5 + eps);
    const g2 = sigma(2 * w1) - 1;
    const m2 = b1 * (1 - b1) * -0.5 + (1 - b1) * g2;
    const v2 = b2 * (1 - b2) * 0.25 + (1 - b2) * g2 * g2;
    const w2 = w1 - (eta * (m2 / (1 - b1 ** 2))) / (Math.sqrt(v2 / (1 - b2 ** 2)) + eps);
    const [first, second] = await steps({ optimizer, momentum: b1, beta2: b2, epsilon: eps }, eta);
    expect([first, second]).toEqual(near([w1, w2]));
  });

  test("weight decay: of the weight, not of the bias; AdamW's apart from the gradient", async () => {
    const run = async (method: Partial<TrainingConfig>, start: number) => {
      const kernels = createReference("f64");
      const network = kernels.createNetwork([1, 1], "sigmoid", "cross-entropy");
      network.configure({ ...SGD, ...method, weightDecay: 0.2 });
      network.writeLayer(1, { weights: Float64Array.of(start), biases: Float64Array.of(-start) });
      await network.trainBatches(kernels.createDataset(data), 0, 1, 0.1, 1);
      const { weights, biases } = network.readLayer(1);
      return [weights[0], biases[0]];
    };
    // z = 3 - 3 = 0, so g = -1/2 again.
    expect(await run({}, 3)).toEqual(near([3 * (1 - 0.1 * 0.2) + 0.05, -3 + 0.05]));
    expect(await run({ optimizer: "momentum", momentum: 0 }, 3)).toEqual(near([3 - 0.1 * (-0.5 + 0.2 * 3), -3 + 0.05]));
    const adam = { momentum: 0.9, beta2: 0.9, epsilon: 1e-14 };
    expect(await run({ optimizer: "adam", ...adam }, 3)).toEqual(near([3 - 0.1, -3 + 0.1]));
    expect(await run({ optimizer: "adamw", ...adam }, 3)).toEqual(near([3 * (1 - 0.02) + 0.1, -3 + 0.1]));
  });

  test("the average follows the weights", async () => {
    const kernels = createReference("f64");
    const network = kernels.createNetwork([1, 1], "sigmoid", "cross-entropy");
    network.configure({ ...SGD, averaging: 0.75 });
    const dataset = kernels.createDataset(data);
    await network.trainBatches(dataset, 0, 1, 0.1, 1);
    expect(network.readLayer(1).weights[0]).toBeCloseTo(0.05, 12);
    expect(network.readLayer(1, 1).weights[0]).toBeCloseTo(0.0125, 12);
    // On the average, z = 2 * 0.0125.
    const { cost } = await network.evaluate(dataset, 1);
    expect(cost).toBeCloseTo(-Math.log(sigma(0.025)), 12);
  });
});

test("the outputs of softmax add up to 1, and saturate without NaN", async () => {
  for (const kernels of [single, createReference()]) {
    const network = kernels.createNetwork([3, 6], "sigmoid", "log-likelihood");
    network.initialise("normal", 1);
    const a = network.activations(Uint8Array.of(10, 200, 30));
    expect(Array.from(a).reduce((sum, aj) => sum + aj, 0)).toBeCloseTo(1, 6);
    network.writeLayer(1, { weights: new Float32Array(18), biases: Float32Array.of(1e30, -1e30, 200, 0, 3, 1e30) });
    expect([...network.activations(new Uint8Array(3))]).toEqual(
      [0.5, 0, 0, 0, 0, 0.5].map((x) => expect.closeTo(x, 6)),
    );
  }
});

test("dropout leaves out its share of hidden neurons, others each time, none in evaluation", async () => {
  const layers = [3, 2000, 1500, 2];
  const data = new Dataset({ images: Uint8Array.of(10, 200, 30, 10, 200, 30), labels: Uint8Array.of(1, 1) });
  for (const kernels of [single, ...teams, createReference()]) {
    const dataset = kernels.createDataset(data);
    /** Which biases a step on sample `first` of an epoch moves: those of neurons that take part. */
    const takingPart = async (first: number, epoch: number, dropout = 0.25) => {
      const network = kernels.createNetwork(layers);
      network.configure({ ...SGD, dropout });
      network.initialise("scaled", 1);
      const biases = () => [1, 2].map((l) => network.readLayer(l).biases);
      const before = biases();
      const a = network.activations(data.images);
      dataset.shuffle(1, epoch);
      await network.trainBatches(dataset, first, 1, 0, 1);
      expect(network.activations(data.images)).toEqual(a);
      await network.trainBatches(dataset, first, 1, 10, 1);
      const after = biases();
      network.release();
      return before.map((layer, i) => Array.from(layer, (b, j) => b !== after[i][j]));
    };
    const share = (layer: readonly boolean[]) => layer.filter((x) => x).length / layer.length;
    const [one, two] = await takingPart(0, 1);
    expect(share(one)).toBeCloseTo(0.75, 1);
    expect(share(two)).toBeCloseTo(0.75, 1);
    for (const [other] of [await takingPart(1, 1), await takingPart(0, 2)]) {
      // Independent ones agree in 0.75^2 + 0.25^2 of the neurons.
      expect(share(one.map((x, j) => x === other[j]))).toBeCloseTo(0.625, 1);
    }
    expect((await takingPart(0, 1, 0)).map(share)).toEqual([1, 1]);
  }
});

test("the average stays with its slot when the optimiser changes", async () => {
  const data = randomDataset(20, 10, 3);
  const average = async (kernels: Kernels) => {
    const network = kernels.createNetwork([10, 6, 3]);
    network.initialise("scaled", 1);
    const dataset = kernels.createDataset(data);
    for (const method of [
      { ...ADAM, averaging: 0.5 },
      { averaging: 0.5, keepBest: true },
    ] as const) {
      network.configure({ ...SGD, ...method });
      await network.trainBatches(dataset, 0, 4, 0.1, 5);
    }
    return network.readLayer(1, averageSlot(SGD));
  };
  const expected = await average(createReference());
  expect(expected.weights.every((w) => w !== 0)).toBe(true);
  for (const kernels of [single, ...teams]) expect(await average(kernels)).toEqual(expected);
});

test("every optimiser learns", async () => {
  const data = randomDataset(60, 20, 5);
  for (const optimizer of OPTIMIZERS) {
    const method = { ...ADAM, optimizer };
    const eta = optimizer.startsWith("adam") ? 0.01 : 0.05;
    const recipe: Recipe = { ...RECIPE, activation: "relu", cost: "log-likelihood", initialWeights: "he", method, eta };
    const { correct } = await trainOn(single, data, { ...recipe, epochs: 100 });
    expect(correct, optimizer).toBeGreaterThan(55);
  }
});
