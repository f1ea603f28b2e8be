// Quadratic cost of one sample:  C_x = 1/2 |y - a^L|^2,  so dC_x/da^L = a^L - y; y is one-hot: 1 for the label's output.
// The sum over j is taken in four lanes, j mod 4, each by ascending j from 0, then added as (0 + 2) + (1 + 3).

import { Dataset, Image } from "./images";
import { Layer } from "./network";

/** y_j .. y_(j+3) for a label. */
export function oneHot(label: u32, j: u32): v128 {
  const outputs = i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3));
  return v128.and(i32x4.eq(outputs, i32x4.splat(label)), f32x4.splat(1));
}

/** C_x of samples first..first+count-1, fed forward from `images`, to costs (f32[count]). `output` is layer L. */
export function quadraticCosts(output: Layer, images: usize, first: u32, count: u32, costs: usize): void {
  for (let s: u32 = 0; s < count; s++) {
    const label = changetype<Image>(<usize>load<u32>(images + (s << 2))).label;
    let a = output.activationsOf(first + s);
    let squares = f32x4.splat(0);
    for (let j: u32 = 0; j < output.vectors << 2; j += 4, a += 16) {
      const error = f32x4.sub(v128.load(a), oneHot(label, j));
      squares = f32x4.add(squares, f32x4.mul(error, error));
    }
    const pairs = f32x4.add(squares, v128.shuffle<f32>(squares, squares, 2, 3, 0, 1));
    store<f32>(costs + (s << 2), 0.5 * (f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)));
  }
}

/** Sum of the costs of `count` samples, added in order in f64. */
export function sumCosts(dataset: Dataset, first: u32, count: u32): f64 {
  let sum = 0.0;
  for (let s: u32 = 0; s < count; s++) sum += load<f32>(dataset.costs + ((first + s) << 2));
  return sum;
}
