// a = f(z), and f'(z) from a, of the hidden layers and of the output. Pairs with assembly/activation.ts.
//   sigmoid  1 / (1 + e^-z)          a (1 - a)
//   tanh     2 sigma(2 z) - 1        (a + 1) (1 - a)
//   ReLU     max(z, 0)               1 where a > 0, else 0
//   softmax  e^(z_j - max z) / sum of e^(z_i - max z)      (output only: its errors need no derivative, see cost.ts)

import type { Activation, RealArray } from "../kernels.js";
import { type Arithmetic, dot } from "./arithmetic.js";
import { sigmoid } from "./sigmoid.js";

/** a = f(z) in place. */
export function activate(arithmetic: Arithmetic, activation: Activation, z: RealArray): void {
  const { round } = arithmetic;
  for (let j = 0; j < z.length; j++) {
    if (activation === "relu") z[j] = z[j] < 0 ? 0 : z[j];
    else if (activation === "sigmoid") z[j] = sigmoid(z[j], arithmetic);
    else z[j] = round(2 * sigmoid(round(2 * z[j]), arithmetic)) - 1;
  }
}

/** a = softmax(z) in place; the sum as in dot(). */
export function softmax(arithmetic: Arithmetic, z: RealArray): void {
  const { round, exp } = arithmetic;
  let largest = z[0];
  for (const zj of z) largest = Math.max(largest, zj);
  for (let j = 0; j < z.length; j++) z[j] = exp(round(z[j] - largest));
  const ones = z.slice().fill(1);
  const total = dot(arithmetic, z, ones);
  for (let j = 0; j < z.length; j++) z[j] = z[j] / total;
}

/** f'(z) from a = f(z). */
export function derivative({ round }: Arithmetic, activation: Activation, a: number): number {
  if (activation === "relu") return a > 0 ? 1 : 0;
  return round((activation === "sigmoid" ? a : round(a + 1)) * round(1 - a));
}
