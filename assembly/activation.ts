// a = f(z), and f'(z) from a, of the hidden layers and of the output:
//   sigmoid  1 / (1 + e^-z)          a (1 - a)
//   tanh     2 sigma(2 z) - 1        (a + 1) (1 - a)
//   ReLU     max(z, 0)               1 where a > 0, else 0
//   softmax  e^(z_j - max z) / sum of e^(z_i - max z)
// Softmax is for the output only: its errors need no derivative, see cost.ts.

import { Layer, RELU, SIGMOID, SOFTMAX } from "./layer";
import { exp, sigmoid } from "./sigmoid";
import { laneSum, Row1, Row2, settled, usedLanes } from "./simd";

/**
 * a = f(z) in place for the vectors from..to-1 of samples first..first+count-1. Padding past the last output becomes 0;
 * so its deltas are 0, too, and padding weights stay 0. Softmax needs whole samples: here its z stays as it is.
 */
export function activate(layer: Layer, first: u32, count: u32, from: u32, to: u32): void {
  const a = layer.activationsOf(first);
  const vectors = to - from;
  if (layer.activation === SIGMOID) {
    if ((<usize>vectors) << 4 === layer.stride) sigmoid(a, vectors * count);
    else for (let s: u32 = 0; s < count; s++) sigmoid(a + <usize>s * layer.stride + ((<usize>from) << 4), vectors);
  } else {
    for (let s: u32 = 0; s < count; s++) {
      apply(layer.activation, a + <usize>s * layer.stride + ((<usize>from) << 4), vectors);
    }
  }
  if (to === layer.vectors && (layer.outputs & 3) !== 0) {
    const used = usedLanes(layer.outputs);
    let last = a + ((layer.vectors - 1) << 4);
    for (let s: u32 = 0; s < count; s++, last += layer.stride) v128.store(last, v128.and(v128.load(last), used));
  }
}

/** ReLU or tanh, in place. */
function apply(activation: u32, z: usize, vectors: u32): void {
  if (activation === SOFTMAX) return;
  const end = z + ((<usize>vectors) << 4);
  if (activation === RELU) {
    for (; z + 16 < end; z += 32) rectify<Row2>(z);
    if (z < end) rectify<Row1>(z);
    return;
  }
  double(z, end, 0);
  sigmoid(z, vectors);
  double(z, end, 1);
}

/** 2 x - less in place for the vectors at x..end-1. To take 0 away changes no bit. */
function double(x: usize, end: usize, less: f32): void {
  for (; x + 16 < end; x += 32) doubleRow<Row2>(x, less);
  if (x < end) doubleRow<Row1>(x, less);
}

/** The same for a row of one or two vectors. */
function doubleRow<Row>(x: usize, less: f32): void {
  const x0 = v128.load(x);
  if (offsetof<Row>() > 16) {
    const x1 = v128.load(x, 16);
    v128.store(x, f32x4.sub(f32x4.add(x1, x1), f32x4.splat(less)), 16);
  }
  v128.store(x, f32x4.sub(f32x4.add(x0, x0), f32x4.splat(less)));
}

/** max(z, 0) in place for a row of one or two vectors. */
function rectify<Row>(z: usize): void {
  const a0 = f32x4.pmax(v128.load(z), f32x4.splat(0));
  if (offsetof<Row>() > 16) v128.store(z, f32x4.pmax(v128.load(z, 16), f32x4.splat(0)), 16);
  v128.store(z, a0);
}

/**
 * a = softmax(z) in place for one sample at z, whose padding is 0 before and after. The sum is taken in four lanes, j
 * mod 4, which are then added as (0 + 2) + (1 + 3).
 */
export function softmax(layer: Layer, z: usize): void {
  const end = z + ((<usize>layer.vectors - 1) << 4);
  const used = usedLanes(layer.outputs);
  // Padding counts as the first output here.
  let largest = v128.bitselect(v128.load(end), v128.load32_splat(z), used);
  for (let j = z; j < end; j += 16) largest = f32x4.pmax(largest, v128.load(j));
  largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
  let sum = f32x4.splat(0);
  for (let j = z; j < end; j += 16) {
    const power = exp(f32x4.sub(v128.load(j), largest));
    v128.store(j, power);
    sum = f32x4.add(sum, power);
  }
  const last = v128.and(exp(f32x4.sub(v128.load(end), largest)), used);
  v128.store(end, last);
  const total = f32x4.splat(laneSum(f32x4.add(sum, last)));
  for (let j = z; j <= end; j += 16) v128.store(j, f32x4.div(v128.load(j), total));
}

/**
 * delta f'(z), settled, in place for a row of one or two vectors, from scale a: (a + shift) (1 - a) with shift 0 for
 * sigmoid and 1 for tanh; of ReLU 1 where a > 0, else 0.
 */
export function differentiate<Row>(delta: usize, a: usize, scale: v128, shift: v128, relu: bool): void {
  const one = f32x4.splat(1);
  const a0 = f32x4.mul(v128.load(a), scale);
  const a1 = offsetof<Row>() > 16 ? f32x4.mul(v128.load(a, 16), scale) : a0;
  // One branch for both, which then pack.
  let slope0: v128;
  let slope1: v128;
  if (relu) {
    slope0 = v128.and(f32x4.gt(a0, f32x4.splat(0)), one);
    slope1 = offsetof<Row>() > 16 ? v128.and(f32x4.gt(a1, f32x4.splat(0)), one) : slope0;
  } else {
    slope0 = f32x4.mul(f32x4.add(a0, shift), f32x4.sub(one, a0));
    slope1 = offsetof<Row>() > 16 ? f32x4.mul(f32x4.add(a1, shift), f32x4.sub(one, a1)) : slope0;
  }
  const product0 = settled(f32x4.mul(v128.load(delta), slope0));
  if (offsetof<Row>() > 16) v128.store(delta, settled(f32x4.mul(v128.load(delta, 16), slope1)), 16);
  v128.store(delta, product0);
}
