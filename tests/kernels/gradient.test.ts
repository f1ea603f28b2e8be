// Chain of trust 2: backpropagation against central differences of the cost, in f64, for every parameter.

import { describe, expect, test } from "vitest";
import {
  ACTIVATIONS,
  type Activation,
  COSTS,
  type Cost,
  type LayerParameters,
  type RealArray,
  SGD,
  type TrainingConfig,
} from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { randomDataset } from "../helpers.js";

const H = 1e-4;

const PAIRS = ACTIVATIONS.flatMap((activation) => COSTS.map((cost) => [activation, cost] as const));

describe.each(PAIRS)("%s with %s", (activation, cost) => {
  test.each([[[6, 5]], [[6, 5, 4]], [[6, 7, 5, 3]]])("every gradient of %j is the slope of the cost", (layers) =>
    checkGradients(layers, activation, cost, {}),
  );
  test("and with label smoothing", () => checkGradients([6, 5, 4], activation, cost, { labelSmoothing: 0.1 }));
  test("and with dropout", () => checkGradients([6, 7, 5, 4], activation, cost, { dropout: 0.3 }, 24));
});

async function checkGradients(
  layers: number[],
  activation: Activation,
  cost: Cost,
  method: Partial<TrainingConfig>,
  samples = 9,
): Promise<void> {
  const kernels = createReference("f64");
  const dataset = kernels.createDataset(randomDataset(samples, layers[0], layers[layers.length - 1]));
  const network = kernels.createNetwork(layers, activation, cost);
  network.configure({ ...SGD, ...method });
  network.initialise("scaled", 5);
  const L = layers.length - 1;
  const before = Array.from({ length: L }, (_, i) => network.readLayer(i + 1));
  // One step with eta = 1 over all samples subtracts exactly the gradient of the mean cost.
  await network.trainBatches(dataset, 0, 1, 1, samples);
  const after = Array.from({ length: L }, (_, i) => network.readLayer(i + 1));
  before.forEach((parameters, i) => {
    network.writeLayer(i + 1, parameters);
  });

  const costWith = async (l: number, parameters: LayerParameters): Promise<number> => {
    network.writeLayer(l, parameters);
    // A step of eta = 0 leaves the cost of training, with smoothed labels and the same neurons left out, and the
    // weights as they are.
    await network.trainBatches(dataset, 0, 1, 0, samples);
    const cost = dataset.meanCost();
    network.writeLayer(l, before[l - 1]);
    return cost;
  };
  let checked = 0;
  let sloping = 0;
  for (let l = 1; l <= L; l++) {
    for (const kind of ["weights", "biases"] as const) {
      for (const [i, value] of before[l - 1][kind].entries()) {
        const gradient = value - after[l - 1][kind][i];
        const shifted = (by: number): LayerParameters => ({
          ...before[l - 1],
          [kind]: replaced(before[l - 1][kind], i, value + by),
        });
        // Two central differences, combined so that the error of order h^2 cancels.
        const slope = async (h: number) =>
          ((await costWith(l, shifted(h))) - (await costWith(l, shifted(-h)))) / (2 * h);
        const numerical = (4 * (await slope(H)) - (await slope(2 * H))) / 3;
        // A ReLU that no sample excites has no slope at all.
        const flat = activation === "relu" && gradient === 0;
        if (flat) expect(numerical).toBe(0);
        else {
          expect(Math.abs(gradient)).toBeGreaterThan(1e-7);
          expect(Math.abs(gradient - numerical) / Math.abs(gradient), `layer ${l} ${kind}[${i}]`).toBeLessThan(1e-6);
          sloping++;
        }
        checked++;
      }
    }
  }
  expect(checked).toBe(layers.slice(1).reduce((sum, n, i) => sum + n * (layers[i] + 1), 0));
  expect(sloping).toBeGreaterThan(checked / 2);
}

function replaced(values: RealArray, i: number, value: number): RealArray {
  const copy = values.slice();
  copy[i] = value;
  return copy;
}
