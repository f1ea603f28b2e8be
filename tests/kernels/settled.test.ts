// What decays ends at 0. Below 2^-126 a processor takes up to a hundred times as long for a number, and averages of
// gradients that no longer come, or errors of saturated neurons, would go there and stay.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { type KernelNetwork, type Kernels, SGD, type TrainingConfig } from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { slotCount } from "../../src/kernels/slots.js";
import { createWasmKernels } from "../../src/kernels/wasm/wasm.js";
import { MODULE } from "../helpers.js";

const KERNELS: Readonly<Record<string, Kernels>> = {
  module: await createWasmKernels(readFileSync(MODULE)),
  reference: createReference(),
};
const TINY = 2 ** -100;
const INPUTS = 5;
const HIDDEN = 9;
const SAMPLES = 32;

/** Images whose last pixel is lit or not. */
function images(lit: boolean): Dataset {
  const pixels = Uint8Array.from({ length: SAMPLES * INPUTS }, (_, i) =>
    i % INPUTS === INPUTS - 1 ? +lit * 200 : (i * 37) % 256,
  );
  return new Dataset({ images: pixels, labels: Uint8Array.from({ length: SAMPLES }, (_, i) => i % 3), classes: 3 });
}

async function trainEpochs(kernels: Kernels, network: KernelNetwork, data: Dataset, epochs: number): Promise<void> {
  const loaded = kernels.createDataset(data);
  for (let epoch = 0; epoch < epochs; epoch++) await network.trainBatches(loaded, 0, SAMPLES / 4, 0.01, 4);
}

/** A slot's numbers of layer 1 for the last pixel, one for each hidden neuron. */
function lastPixel(network: KernelNetwork, slot: number): number[] {
  const { weights } = network.readLayer(1, slot);
  return Array.from({ length: HIDDEN }, (_, j) => weights[j * INPUTS + INPUTS - 1]);
}

describe.each(Object.entries(KERNELS))("in the %s", (_, kernels) => {
  test.each([
    { optimizer: "momentum", momentum: 0.9 },
    { optimizer: "nesterov", momentum: 0.9 },
    { optimizer: "adam", momentum: 0.5, beta2: 0.6, epsilon: 1e-8 },
    { optimizer: "adamw", momentum: 0.5, beta2: 0.6, epsilon: 1e-8 },
  ] satisfies Partial<TrainingConfig>[])("$optimizer forgets a pixel that is never lit again", async (method) => {
    const network = kernels.createNetwork([INPUTS, HIDDEN, 3], "tanh", "cross-entropy");
    network.initialise("scaled", 1);
    network.configure({ ...SGD, ...method });
    const state = Array.from({ length: slotCount({ ...SGD, ...method }) - 2 }, (_, i) => i + 2);
    expect(state.length).toBeGreaterThan(0);
    await trainEpochs(kernels, network, images(true), 1);
    for (const slot of state) expect(Math.min(...lastPixel(network, slot).map(Math.abs))).toBeGreaterThan(TINY);
    await trainEpochs(kernels, network, images(false), 150);
    for (const slot of state) {
      expect(lastPixel(network, slot)).toEqual(new Array(HIDDEN).fill(0));
      for (const l of [1, 2]) {
        const { weights, biases } = network.readLayer(l, slot);
        const others = [...weights, ...biases].filter((x) => x !== 0);
        expect(others.length).toBeGreaterThan(HIDDEN);
        expect(Math.min(...others.map(Math.abs))).toBeGreaterThanOrEqual(TINY);
      }
    }
  });

  // What the output's z has to be beside those of others for an error of about 1e-35.
  test.each([
    ["quadratic", -40],
    ["cross-entropy", -80],
    ["log-likelihood", -80],
  ] as const)("the %s cost's errors of saturated outputs", async (cost, z) => {
    const network = kernels.createNetwork([INPUTS, 3], "sigmoid", cost);
    network.configure({ ...SGD, optimizer: "momentum", momentum: 0 });
    // Every label is below 2, and the others are unsure.
    network.writeLayer(1, { weights: new Float32Array(3 * INPUTS), biases: Float32Array.of(0, 0.5, z) });
    const { images: pixels } = images(true);
    const labels = Uint8Array.from({ length: SAMPLES }, (_, i) => i % 2);
    await trainEpochs(kernels, network, new Dataset({ images: pixels, labels, classes: 3 }), 1);
    const { weights, biases } = network.readLayer(1, 2);
    expect([...weights.subarray(2 * INPUTS), biases[2]]).toEqual(new Array(INPUTS + 1).fill(0));
    expect(Math.min(...[...biases.subarray(0, 2)].map(Math.abs))).toBeGreaterThan(TINY);
  });

  test("the errors of saturated hidden neurons", async () => {
    const network = kernels.createNetwork([INPUTS, 2, 3], "sigmoid", "cross-entropy");
    network.configure({ ...SGD, optimizer: "momentum", momentum: 0 });
    network.writeLayer(1, { weights: new Float32Array(2 * INPUTS), biases: Float32Array.of(-80, 0) });
    network.writeLayer(2, { weights: Float32Array.of(1, 1, -1, 1, 1, 2), biases: new Float32Array(3) });
    await trainEpochs(kernels, network, images(true), 1);
    const velocity = network.readLayer(1, 2);
    expect([...velocity.weights.subarray(0, INPUTS), velocity.biases[0]]).toEqual(new Array(INPUTS + 1).fill(0));
    expect(Math.abs(velocity.biases[1])).toBeGreaterThan(TINY);
  });
});
