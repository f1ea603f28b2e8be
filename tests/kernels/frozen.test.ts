// Frozen layers keep their bits; the others learn to the same bits in the module, on any number of threads, as in the
// reference.

import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { type Kernels, SGD, type TrainingConfig } from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { slotCount } from "../../src/kernels/slots.js";
import { startThread } from "../../src/kernels/threads/platform.js";
import { createWasmKernels } from "../../src/kernels/wasm/wasm.js";
import { MODULE, randomDataset, THREADS_MODULE, trainOn } from "../helpers.js";

const team = await createWasmKernels(readFileSync(THREADS_MODULE), { count: 3, cores: 4, start: startThread });
const single = await createWasmKernels(readFileSync(MODULE));
afterAll(() => team.close());

// A wide layer above a ReLU layer goes by lists.
const LAYERS = [20, 33, 100, 70, 5];
const METHODS: Readonly<Record<string, Partial<TrainingConfig>>> = {
  "plain descent with decay": { weightDecay: 0.01 },
  "momentum, decay and dropout": { optimizer: "momentum", momentum: 0.9, weightDecay: 0.01, dropout: 0.2 },
  "Adam and averaging": { optimizer: "adam", momentum: 0.9, beta2: 0.999, epsilon: 1e-8, averaging: 0.9 },
};

/** All slots after a training: [slot][layer - 1]. */
async function trained(kernels: Kernels, method: Partial<TrainingConfig>, activation: "relu" | "tanh") {
  const recipe = { layers: LAYERS, epochs: 2, batchSize: 8, eta: 0.05, initialWeights: "he", seed: 3 } as const;
  const data = randomDataset(60, 20, 5);
  const { network } = await trainOn(kernels, data, { ...recipe, activation, cost: "log-likelihood", method });
  const slots = Array.from({ length: slotCount({ ...SGD, ...method }) }, (_, slot) =>
    LAYERS.slice(1).map((_, l) => network.readLayer(l + 1, slot)),
  );
  network.release();
  return slots;
}

function initial() {
  const network = single.createNetwork(LAYERS, "relu", "log-likelihood");
  network.initialise("he", 3);
  const layers = LAYERS.slice(1).map((_, l) => network.readLayer(l + 1));
  network.release();
  return layers;
}

describe.each(Object.entries(METHODS))("%s", (_, method) => {
  test.each([
    [1, "relu"],
    [2, "relu"],
    [3, "tanh"],
  ] as const)("%i layers, %s", async (frozen, activation) => {
    const before = initial();
    const config = { ...method, frozen };
    const reference = await trained(createReference(), config, activation);
    for (const [l, { weights }] of reference[0].entries()) {
      const changed = weights.filter((w, i) => w !== before[l].weights[i]).length;
      if (l < frozen) expect(reference[0][l]).toEqual(before[l]);
      else expect(changed).toBeGreaterThan(weights.length / 2);
    }
    for (const kernels of [single, team]) expect(await trained(kernels, config, activation)).toEqual(reference);
    // Without it, they would have learnt.
    expect((await trained(single, method, activation))[0][0]).not.toEqual(before[0]);
  });
});
