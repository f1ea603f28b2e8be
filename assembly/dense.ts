// Products of weights with inputs that are all used, for one panel, in tiles whose sums stay in registers:
//   4 samples x 2 vectors of outputs for feedforward, 4 rows x 2 vectors for the update, 4 rows x 2 samples for errors
// A tile that reaches past the last sample or row computes the last one again. Vectors are stored in pairs, as simd.ts
// explains.

import { Layer } from "./layer";
import { Row1, Row2 } from "./simd";

/**
 * z = b + sum of a_k w_k by ascending k, for `count` samples and the outputs of panel p. Samples are aStride bytes
 * apart in a, and layer.stride bytes in z.
 */
export function denseSums(layer: Layer, p: u32, count: u32, a: usize, aStride: usize, biases: usize, z: usize): void {
  const stride = (<usize>layer.width(p)) << 4;
  let row = layer.panel(p);
  let width = layer.width(p);
  for (; width >= 2; width -= 2, row += 32, biases += 32, z += 32) {
    denseSumsOf<Row2>(count, layer.inputs, a, aStride, row, stride, biases, z, layer.stride);
  }
  if (width !== 0) denseSumsOf<Row1>(count, layer.inputs, a, aStride, row, stride, biases, z, layer.stride);
}

function denseSumsOf<Row>(
  count: u32,
  inputs: u32,
  a: usize,
  aStride: usize,
  rows: usize,
  stride: usize,
  biases: usize,
  z: usize,
  zStride: usize,
): void {
  const end = rows + <usize>inputs * stride;
  for (let s: u32 = 0; s < count; s += 4) {
    const last = <usize>(count - 1 - s);
    let a0 = a;
    let a1 = a + min<usize>(last, 1) * aStride;
    let a2 = a + min<usize>(last, 2) * aStride;
    let a3 = a + min<usize>(last, 3) * aStride;
    let z00 = v128.load(biases);
    let z10 = z00;
    let z20 = z00;
    let z30 = z00;
    let z01 = offsetof<Row>() > 16 ? v128.load(biases, 16) : z00;
    let z11 = z01;
    let z21 = z01;
    let z31 = z01;
    for (let row = rows; row < end; row += stride, a0 += 4, a1 += 4, a2 += 4, a3 += 4) {
      const w0 = v128.load(row);
      const w1 = offsetof<Row>() > 16 ? v128.load(row, 16) : w0;
      const x0 = v128.load32_splat(a0);
      z00 = f32x4.add(z00, f32x4.mul(x0, w0));
      if (offsetof<Row>() > 16) z01 = f32x4.add(z01, f32x4.mul(x0, w1));
      const x1 = v128.load32_splat(a1);
      z10 = f32x4.add(z10, f32x4.mul(x1, w0));
      if (offsetof<Row>() > 16) z11 = f32x4.add(z11, f32x4.mul(x1, w1));
      const x2 = v128.load32_splat(a2);
      z20 = f32x4.add(z20, f32x4.mul(x2, w0));
      if (offsetof<Row>() > 16) z21 = f32x4.add(z21, f32x4.mul(x2, w1));
      const x3 = v128.load32_splat(a3);
      z30 = f32x4.add(z30, f32x4.mul(x3, w0));
      if (offsetof<Row>() > 16) z31 = f32x4.add(z31, f32x4.mul(x3, w1));
    }
    const z1 = z + min<usize>(last, 1) * zStride;
    const z2 = z + min<usize>(last, 2) * zStride;
    const z3 = z + min<usize>(last, 3) * zStride;
    if (offsetof<Row>() > 16) v128.store(z, z01, 16);
    v128.store(z, z00);
    if (offsetof<Row>() > 16) v128.store(z1, z11, 16);
    v128.store(z1, z10);
    if (offsetof<Row>() > 16) v128.store(z2, z21, 16);
    v128.store(z2, z20);
    if (offsetof<Row>() > 16) v128.store(z3, z31, 16);
    v128.store(z3, z30);
    a += aStride << 2;
    z += zStride << 2;
  }
}

/**
 * w_kj += a_k d_j for `count` samples in their order, the rows k = first..first+rows-1 (at least one) and the outputs j
 * of panel p; or to what layer.target says instead of w_kj. Samples are aStride bytes apart in a, and layer.stride
 * bytes in d. `a` is padded to whole vectors with finite numbers.
 */
export function denseUpdate(
  layer: Layer,
  p: u32,
  first: u32,
  rows: u32,
  count: u32,
  a: usize,
  aStride: usize,
  d: usize,
): void {
  const stride = (<usize>layer.width(p)) << 4;
  let row = layer.panel(p) + layer.target + <usize>first * stride;
  let width = layer.width(p);
  for (; width >= 2; width -= 2, row += 32, d += 32) {
    denseUpdateOf<Row2>(count, rows, a, aStride, row, stride, d, layer.stride);
  }
  if (width !== 0) denseUpdateOf<Row1>(count, rows, a, aStride, row, stride, d, layer.stride);
}

function denseUpdateOf<Row>(
  count: u32,
  rows: u32,
  column: usize,
  aStride: usize,
  row: usize,
  stride: usize,
  deltas: usize,
  dStride: usize,
): void {
  for (let k: u32 = 0; k < rows; k += 4) {
    const last = <usize>(rows - 1 - k);
    const row1 = row + min<usize>(last, 1) * stride;
    const row2 = row + min<usize>(last, 2) * stride;
    const row3 = row + min<usize>(last, 3) * stride;
    let w00 = v128.load(row);
    let w10 = v128.load(row1);
    let w20 = v128.load(row2);
    let w30 = v128.load(row3);
    let w01 = offsetof<Row>() > 16 ? v128.load(row, 16) : w00;
    let w11 = offsetof<Row>() > 16 ? v128.load(row1, 16) : w00;
    let w21 = offsetof<Row>() > 16 ? v128.load(row2, 16) : w00;
    let w31 = offsetof<Row>() > 16 ? v128.load(row3, 16) : w00;
    let a = column;
    let d = deltas;
    for (let s: u32 = 0; s < count; s++, a += aStride, d += dStride) {
      const d0 = v128.load(d);
      const d1 = offsetof<Row>() > 16 ? v128.load(d, 16) : d0;
      const x0 = v128.load32_splat(a);
      w00 = f32x4.add(w00, f32x4.mul(x0, d0));
      if (offsetof<Row>() > 16) w01 = f32x4.add(w01, f32x4.mul(x0, d1));
      const x1 = v128.load32_splat(a, 4);
      w10 = f32x4.add(w10, f32x4.mul(x1, d0));
      if (offsetof<Row>() > 16) w11 = f32x4.add(w11, f32x4.mul(x1, d1));
      const x2 = v128.load32_splat(a, 8);
      w20 = f32x4.add(w20, f32x4.mul(x2, d0));
      if (offsetof<Row>() > 16) w21 = f32x4.add(w21, f32x4.mul(x2, d1));
      const x3 = v128.load32_splat(a, 12);
      w30 = f32x4.add(w30, f32x4.mul(x3, d0));
      if (offsetof<Row>() > 16) w31 = f32x4.add(w31, f32x4.mul(x3, d1));
    }
    // Past the last row a_k is padding, and its result goes to the last row: the right result is stored after it.
    if (offsetof<Row>() > 16) v128.store(row3, w31, 16);
    v128.store(row3, w30);
    if (offsetof<Row>() > 16) v128.store(row2, w21, 16);
    v128.store(row2, w20);
    if (offsetof<Row>() > 16) v128.store(row1, w11, 16);
    v128.store(row1, w10);
    if (offsetof<Row>() > 16) v128.store(row, w01, 16);
    v128.store(row, w00);
    column += 16;
    row += stride << 2;
  }
}

/**
 * sum over j of w_kj delta_j, for four rows k of a layer's weights. Returns the four sums of one sample. With Samples =
 * Row2 it stores those of a second sample at sums2 (v128). Each sum is taken in four lanes, j mod 4, each by ascending
 * j from 0, which are then added as (0 + 2) + (1 + 3).
 */
export function rowSums<Samples>(
  layer: Layer,
  k0: usize,
  k1: usize,
  k2: usize,
  k3: usize,
  delta: usize,
  delta2: usize,
  sums2: usize,
): v128 {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  let sum4 = sum0;
  let sum5 = sum0;
  let sum6 = sum0;
  let sum7 = sum0;
  let panel = layer.weights;
  for (let p: u32 = 0; p < layer.panels; p++) {
    const stride = (<usize>layer.width(p)) << 4;
    // Four pointers that move: as offsets from one, Binaryen would compute them anew for every vector.
    let row0 = panel + k0 * stride;
    let row1 = panel + k1 * stride;
    let row2 = panel + k2 * stride;
    let row3 = panel + k3 * stride;
    const end = row0 + stride;
    for (; row0 < end; row0 += 16, row1 += 16, row2 += 16, row3 += 16) {
      const d = v128.load(delta);
      const e = offsetof<Samples>() > 16 ? v128.load(delta2) : d;
      const w0 = v128.load(row0);
      sum0 = f32x4.add(sum0, f32x4.mul(d, w0));
      if (offsetof<Samples>() > 16) sum4 = f32x4.add(sum4, f32x4.mul(e, w0));
      const w1 = v128.load(row1);
      sum1 = f32x4.add(sum1, f32x4.mul(d, w1));
      if (offsetof<Samples>() > 16) sum5 = f32x4.add(sum5, f32x4.mul(e, w1));
      const w2 = v128.load(row2);
      sum2 = f32x4.add(sum2, f32x4.mul(d, w2));
      if (offsetof<Samples>() > 16) sum6 = f32x4.add(sum6, f32x4.mul(e, w2));
      const w3 = v128.load(row3);
      sum3 = f32x4.add(sum3, f32x4.mul(d, w3));
      if (offsetof<Samples>() > 16) sum7 = f32x4.add(sum7, f32x4.mul(e, w3));
      delta += 16;
      if (offsetof<Samples>() > 16) delta2 += 16;
    }
    panel += stride * layer.inputs;
  }
  // Transposed by halves: first lanes 0 + 2 and 1 + 3 of each row, then the two together.
  if (offsetof<Samples>() > 16) {
    const pairs45 = f32x4.add(v128.shuffle<f32>(sum4, sum5, 0, 4, 1, 5), v128.shuffle<f32>(sum4, sum5, 2, 6, 3, 7));
    const pairs67 = f32x4.add(v128.shuffle<f32>(sum6, sum7, 0, 4, 1, 5), v128.shuffle<f32>(sum6, sum7, 2, 6, 3, 7));
    v128.store(sums2, addHalves(pairs45, pairs67));
  }
  const pairs01 = f32x4.add(v128.shuffle<f32>(sum0, sum1, 0, 4, 1, 5), v128.shuffle<f32>(sum0, sum1, 2, 6, 3, 7));
  const pairs23 = f32x4.add(v128.shuffle<f32>(sum2, sum3, 0, 4, 1, 5), v128.shuffle<f32>(sum2, sum3, 2, 6, 3, 7));
  return addHalves(pairs01, pairs23);
}

function addHalves(a: v128, b: v128): v128 {
  return f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
}
