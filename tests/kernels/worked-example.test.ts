// Chain of trust 1: one step of a 2-2-1 network, worked by hand with a pocket calculator.

import { expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { createReference } from "../../src/kernels/reference/reference.js";

test("one step of gradient descent gives the numbers worked by hand", async () => {
  // One sample: pixels 51 and 255, so a^0 = (0.2, 1); y = 1. eta = 2, m = 1.
  const kernels = createReference("f64");
  const dataset = kernels.createDataset(new Dataset({ images: Uint8Array.of(51, 255), labels: Uint8Array.of(0) }));
  const network = kernels.createNetwork([2, 2, 1]);
  // Row j holds the weights into neuron j.
  network.writeLayer(1, { weights: Float64Array.of(0.5, -0.25, 0.75, 1), biases: Float64Array.of(0.1, -0.3) });
  network.writeLayer(2, { weights: Float64Array.of(1.5, -2), biases: Float64Array.of(0.4) });

  // feedforward
  //   z^1 = (0.5 * 0.2 - 0.25 * 1 + 0.1,  0.75 * 0.2 + 1 * 1 - 0.3) = (-0.05, 0.85)
  //   a^1 = (1 / (1 + e^0.05),  1 / (1 + e^-0.85))                  = (0.4875026035, 0.7005671425)
  //   z^2 = 1.5 * 0.4875026035 - 2 * 0.7005671425 + 0.4             = -0.2698803797
  //   a^2 = 1 / (1 + e^0.2698803797)                                = 0.4329364619
  // cost
  //   C = 1/2 (1 - 0.4329364619)^2                                  = 0.1607805281
  const before = await network.evaluate(dataset);
  expect(before.cost).toBeCloseTo(0.1607805281, 9);

  // backprop
  //   delta^2 = (0.4329364619 - 1) * 0.4329364619 * 0.5670635381    = -0.1392155060
  //   delta^1_1 = 1.5 * -0.1392155060 * 0.4875026035 * 0.5124973965 = -0.0521731997
  //   delta^1_2 =  -2 * -0.1392155060 * 0.7005671425 * 0.2994328575 =  0.0584072589
  await network.trainBatches(dataset, 0, 1, 2, 1);
  expect(dataset.meanCost()).toBeCloseTo(0.1607805281, 9);

  // update
  //   w^2_1 = 1.5 - 2 * 0.4875026035 * -0.1392155060  =  1.6357358432
  //   w^2_2 =  -2 - 2 * 0.7005671425 * -0.1392155060  = -1.8049403816
  //   b^2   = 0.4 - 2 * -0.1392155060                 =  0.6784310120
  const output = network.readLayer(2);
  expectClose(output.weights, [1.6357358432, -1.8049403816]);
  expectClose(output.biases, [0.678431012]);
  //   w^1_11 =   0.5 - 2 * 0.2 * -0.0521731997  =  0.5208692799
  //   w^1_21 = -0.25 - 2 *   1 * -0.0521731997  = -0.1456536006
  //   w^1_12 =  0.75 - 2 * 0.2 *  0.0584072589  =  0.7266370964
  //   w^1_22 =     1 - 2 *   1 *  0.0584072589  =  0.8831854821
  //   b^1_1  =   0.1 - 2 * -0.0521731997        =  0.2043463994
  //   b^1_2  =  -0.3 - 2 *  0.0584072589        = -0.4168145179
  const hidden = network.readLayer(1);
  expectClose(hidden.weights, [0.5208692799, -0.1456536006, 0.7266370964, 0.8831854821]);
  expectClose(hidden.biases, [0.2043463994, -0.4168145179]);
});

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((x, i) => {
    expect(actual[i]).toBeCloseTo(x, 9);
  });
}
