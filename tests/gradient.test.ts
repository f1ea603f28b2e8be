// Chain of trust 2: backpropagation against central differences of the cost, in f64, for every parameter.

import { expect, test } from "vitest";
import type { LayerParameters, RealArray } from "../src/kernels.js";
import { createReference } from "../src/reference.js";
import { randomDataset } from "./helpers.js";

const H = 1e-4;

test.each([[[6, 5]], [[6, 5, 4]], [[6, 7, 5, 3]]])("every gradient of %j is the slope of the cost", async (layers) => {
  const kernels = createReference("f64");
  const samples = 9;
  const dataset = kernels.createDataset(randomDataset(samples, layers[0], layers[layers.length - 1]));
  const network = kernels.createNetwork(layers);
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
    const { cost } = await network.evaluate(dataset);
    network.writeLayer(l, before[l - 1]);
    return cost;
  };
  let checked = 0;
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
        expect(Math.abs(gradient)).toBeGreaterThan(1e-7);
        expect(Math.abs(gradient - numerical) / Math.abs(gradient), `layer ${l} ${kind}[${i}]`).toBeLessThan(1e-6);
        checked++;
      }
    }
  }
  expect(checked).toBe(layers.slice(1).reduce((sum, n, i) => sum + n * (layers[i] + 1), 0));
});

function replaced(values: RealArray, i: number, value: number): RealArray {
  const copy = values.slice();
  copy[i] = value;
  return copy;
}
