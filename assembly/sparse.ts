// Products of weights with inputs that are not zero, for one panel: an image's pixels, or the neurons of a ReLU layer. One input is one row
// of weights. The sums, or the deltas, of one sample stay in registers over all inputs.

import { Active } from "./layer";
import { Image, PIXELS } from "./dataset";
import { Row1, Row2, Row3, Row4, Row5, Row6, Row7, Row8 } from "./simd";

/**
 * What inputs are listed as, told apart by the size of an entry: the pixels of an Image (images.ts), or the neurons of an Active (active.ts).
 * Kernels take the list itself: with its first and last entry as arguments, whole trainings were 2 % slower.
 */
@unmanaged
export class Pixel {
  entry: u16;
}
@unmanaged
export class Neuron {
  entry: u64;
}

/** z = b + sum of a_k w_k by ascending k, for a panel of `width` vectors and the inputs of a list. */
export function sparseSum<Input>(width: u32, list: usize, row: usize, biases: usize, z: usize): void {
  if (width === 8) sparseSumOf<Row8, Input>(list, row, biases, z);
  else if (width === 7) sparseSumOf<Row7, Input>(list, row, biases, z);
  else if (width === 6) sparseSumOf<Row6, Input>(list, row, biases, z);
  else if (width === 5) sparseSumOf<Row5, Input>(list, row, biases, z);
  else if (width === 4) sparseSumOf<Row4, Input>(list, row, biases, z);
  else if (width === 3) sparseSumOf<Row3, Input>(list, row, biases, z);
  else if (width === 2) sparseSumOf<Row2, Input>(list, row, biases, z);
  else sparseSumOf<Row1, Input>(list, row, biases, z);
}

function sparseSumOf<Row, Input>(list: usize, panel: usize, biases: usize, z: usize): void {
  let z0 = v128.load(biases);
  let z1 = offsetof<Row>() > 16 ? v128.load(biases, 16) : z0;
  let z2 = offsetof<Row>() > 32 ? v128.load(biases, 32) : z0;
  let z3 = offsetof<Row>() > 48 ? v128.load(biases, 48) : z0;
  let z4 = offsetof<Row>() > 64 ? v128.load(biases, 64) : z0;
  let z5 = offsetof<Row>() > 80 ? v128.load(biases, 80) : z0;
  let z6 = offsetof<Row>() > 96 ? v128.load(biases, 96) : z0;
  let z7 = offsetof<Row>() > 112 ? v128.load(biases, 112) : z0;
  let row = panel;
  const end = offsetof<Input>() === 2 ? changetype<Image>(list).end : changetype<Active>(list).end;
  for (
    let entry = offsetof<Input>() === 2 ? changetype<Image>(list).entries : changetype<Active>(list).entries;
    entry < end;
    entry += offsetof<Input>()
  ) {
    const x = v128.load32_splat(offsetof<Input>() === 2 ? PIXELS + ((<usize>load<u8>(entry)) << 2) : entry);
    if (offsetof<Input>() === 2) row += <usize>load<u8>(entry, 1) * offsetof<Row>();
    else row = panel + <usize>load<u32>(entry, 4) * offsetof<Row>();
    z0 = f32x4.add(z0, f32x4.mul(x, v128.load(row, 0)));
    if (offsetof<Row>() > 16) z1 = f32x4.add(z1, f32x4.mul(x, v128.load(row, 16)));
    if (offsetof<Row>() > 32) z2 = f32x4.add(z2, f32x4.mul(x, v128.load(row, 32)));
    if (offsetof<Row>() > 48) z3 = f32x4.add(z3, f32x4.mul(x, v128.load(row, 48)));
    // Never true. Between two branches V8 loads all it needs before it adds; a row of 8 and 8 sums would not fit in its 15
    // registers, and a sum that lives in memory doubles the time of the loop.
    if (offsetof<Row>() > 112 && row === 0) break;
    if (offsetof<Row>() > 64) z4 = f32x4.add(z4, f32x4.mul(x, v128.load(row, 64)));
    if (offsetof<Row>() > 80) z5 = f32x4.add(z5, f32x4.mul(x, v128.load(row, 80)));
    if (offsetof<Row>() > 96) z6 = f32x4.add(z6, f32x4.mul(x, v128.load(row, 96)));
    if (offsetof<Row>() > 112) z7 = f32x4.add(z7, f32x4.mul(x, v128.load(row, 112)));
  }
  v128.store(z, z0, 0);
  if (offsetof<Row>() > 16) v128.store(z, z1, 16);
  if (offsetof<Row>() > 32) v128.store(z, z2, 32);
  if (offsetof<Row>() > 48) v128.store(z, z3, 48);
  if (offsetof<Row>() > 64) v128.store(z, z4, 64);
  if (offsetof<Row>() > 80) v128.store(z, z5, 80);
  if (offsetof<Row>() > 96) v128.store(z, z6, 96);
  if (offsetof<Row>() > 112) v128.store(z, z7, 112);
}

/** w_kj += a_k d_j for the inputs k of a list and the outputs j of a panel of `width` vectors. */
export function sparseUpdate<Input>(width: u32, list: usize, row: usize, d: usize): void {
  if (width === 8) sparseUpdateOf<Row8, Input>(list, row, d);
  else if (width === 7) sparseUpdateOf<Row7, Input>(list, row, d);
  else if (width === 6) sparseUpdateOf<Row6, Input>(list, row, d);
  else if (width === 5) sparseUpdateOf<Row5, Input>(list, row, d);
  else if (width === 4) sparseUpdateOf<Row4, Input>(list, row, d);
  else if (width === 3) sparseUpdateOf<Row3, Input>(list, row, d);
  else if (width === 2) sparseUpdateOf<Row2, Input>(list, row, d);
  else sparseUpdateOf<Row1, Input>(list, row, d);
}

function sparseUpdateOf<Row, Input>(list: usize, panel: usize, d: usize): void {
  const d0 = v128.load(d);
  const d1 = offsetof<Row>() > 16 ? v128.load(d, 16) : d0;
  const d2 = offsetof<Row>() > 32 ? v128.load(d, 32) : d0;
  const d3 = offsetof<Row>() > 48 ? v128.load(d, 48) : d0;
  const d4 = offsetof<Row>() > 64 ? v128.load(d, 64) : d0;
  const d5 = offsetof<Row>() > 80 ? v128.load(d, 80) : d0;
  const d6 = offsetof<Row>() > 96 ? v128.load(d, 96) : d0;
  const d7 = offsetof<Row>() > 112 ? v128.load(d, 112) : d0;
  let row = panel;
  const end = offsetof<Input>() === 2 ? changetype<Image>(list).end : changetype<Active>(list).end;
  for (
    let entry = offsetof<Input>() === 2 ? changetype<Image>(list).entries : changetype<Active>(list).entries;
    entry < end;
    entry += offsetof<Input>()
  ) {
    const x = v128.load32_splat(offsetof<Input>() === 2 ? PIXELS + ((<usize>load<u8>(entry)) << 2) : entry);
    if (offsetof<Input>() === 2) row += <usize>load<u8>(entry, 1) * offsetof<Row>();
    else row = panel + <usize>load<u32>(entry, 4) * offsetof<Row>();
    v128.store(row, f32x4.add(v128.load(row, 0), f32x4.mul(x, d0)), 0);
    if (offsetof<Row>() > 16) v128.store(row, f32x4.add(v128.load(row, 16), f32x4.mul(x, d1)), 16);
    if (offsetof<Row>() > 32) v128.store(row, f32x4.add(v128.load(row, 32), f32x4.mul(x, d2)), 32);
    if (offsetof<Row>() > 48) v128.store(row, f32x4.add(v128.load(row, 48), f32x4.mul(x, d3)), 48);
    if (offsetof<Row>() > 64) v128.store(row, f32x4.add(v128.load(row, 64), f32x4.mul(x, d4)), 64);
    if (offsetof<Row>() > 80) v128.store(row, f32x4.add(v128.load(row, 80), f32x4.mul(x, d5)), 80);
    if (offsetof<Row>() > 96) v128.store(row, f32x4.add(v128.load(row, 96), f32x4.mul(x, d6)), 96);
    if (offsetof<Row>() > 112) v128.store(row, f32x4.add(v128.load(row, 112), f32x4.mul(x, d7)), 112);
  }
}
