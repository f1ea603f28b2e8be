// The cost C_x of one sample, and the target y that its outputs a are compared with. Pairs with assembly/cost.ts.
//   quadratic       1/2 |y - a|^2                            on sigmoid outputs
//   cross-entropy   -sum of y ln a + (1 - y) ln(1 - a)       on sigmoid outputs
//   log-likelihood  -sum of y ln a                           on softmax outputs
// y is one-hot, or with smoothing e: 1 - e + e/K for the label and e/K for the other K - 1 outputs.

import type { Cost, RealArray } from "../kernels.js";
import { type Arithmetic, dot } from "./arithmetic.js";
import { ln } from "./random.js";

/** y_j of `outputs` outputs. */
export function target({ round }: Arithmetic, j: number, label: number, outputs: number, smoothing: number): number {
  smoothing = round(smoothing);
  return round((j === label ? round(1 - smoothing) : 0) + round(smoothing / outputs));
}

/** C_x of the outputs a. The logarithms are in f64, and so are their sums. */
export function sampleCost(arithmetic: Arithmetic, cost: Cost, a: RealArray, label: number, smoothing: number): number {
  if (cost === "quadratic") {
    const error = a.map((aj, j) => aj - target(arithmetic, j, label, a.length, smoothing));
    return 0.5 * dot(arithmetic, error, error);
  }
  smoothing = arithmetic.round(smoothing);
  let sum = 0;
  for (const [j, aj] of a.entries()) {
    const y = (j === label ? 1 - smoothing : 0) + smoothing / a.length;
    if (y !== 0) sum -= y * ln(aj);
    if (cost === "cross-entropy" && y !== 1) sum -= (1 - y) * ln(1 - aj);
  }
  return sum;
}
