// The cost C_x of one sample, and the error a - y of its outputs, of which backprop.ts makes delta^L = dC_x/dz^L:
//   quadratic       1/2 |y - a|^2                            (a - y) a (1 - a)    on sigmoid outputs
//   cross-entropy   -sum of y ln a + (1 - y) ln(1 - a)       a - y                on sigmoid outputs
//   log-likelihood  -sum of y ln a                           a - y                on softmax outputs
// y is one-hot, or with smoothing e: 1 - e + e/K for the label and e/K for the other K - 1 outputs.

import { Dataset, Image } from "./dataset";
import { CROSS_ENTROPY, Layer, Network, QUADRATIC } from "./layer";
import { ln } from "./random";
import { laneSum, settled } from "./simd";

/**
 * Writes a - y of samples first..first+count-1 to their deltas, and C_x to costs (f32[count]). The samples were fed
 * forward from `images` (u32[count] addresses); `smoothing` is e.
 */
export function outputErrors(
  network: Network,
  images: usize,
  first: u32,
  count: u32,
  smoothing: f32,
  costs: usize,
): void {
  const output = network.layer(network.layers);
  const keep = f32x4.splat(1 - smoothing);
  const rest = f32x4.splat(smoothing / <f32>output.outputs);
  for (let s: u32 = 0; s < count; s++) {
    const label = Image.at(images, s).label;
    const a = output.activationsOf(first + s);
    const delta = output.deltaOf(first + s);
    // The sum of squares is taken in four lanes, j mod 4, each by ascending j from 0, then added as (0 + 2) + (1 + 3).
    let squares = f32x4.splat(0);
    for (let j: u32 = 0; j < output.vectors << 2; j += 4) {
      const lanes = i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3));
      const oneHot = v128.and(i32x4.eq(lanes, i32x4.splat(label)), f32x4.splat(1));
      // Without smoothing this multiplies by 1 and adds 0, which changes no bit. Padding has y = 0.
      const y = v128.and(f32x4.add(f32x4.mul(oneHot, keep), rest), i32x4.lt_u(lanes, i32x4.splat(output.outputs)));
      const error = settled(f32x4.sub(v128.load(a + (j << 2)), y));
      v128.store(delta + (j << 2), error);
      squares = f32x4.add(squares, f32x4.mul(error, error));
    }
    const cost: f32 =
      network.cost === QUADRATIC
        ? 0.5 * laneSum(squares)
        : <f32>entropy(output, a, label, smoothing, network.cost === CROSS_ENTROPY);
    store<f32>(costs + (s << 2), cost);
  }
}

/** Cross-entropy (`both` terms) or log-likelihood, in f64 by ascending j. */
function entropy(output: Layer, a: usize, label: u32, smoothing: f32, both: bool): f64 {
  const rest = <f64>smoothing / output.outputs;
  let sum = 0.0;
  for (let j: u32 = 0; j < output.outputs; j++) {
    const activation = <f64>load<f32>(a + (j << 2));
    const y = (j === label ? 1 - <f64>smoothing : 0) + rest;
    if (y !== 0) sum -= y * ln(activation);
    if (both && y !== 1) sum -= (1 - y) * ln(1 - activation);
  }
  return sum;
}

/** Sum of the costs of `count` samples, added in order in f64. */
export function sumCosts(dataset: Dataset, first: u32, count: u32): f64 {
  let sum = 0.0;
  for (let s: u32 = 0; s < count; s++) sum += load<f32>(dataset.costs + ((first + s) << 2));
  return sum;
}
