// feedforward:  z^l = w^l a^(l-1) + b^l,   a^l = sigma(z^l)
// z_j starts at b_j and adds its terms w_kj a_k by ascending k, so every kernel and tile gives the same bits.
// One kernel call is one sample and one panel or a part of it: its sums stay in registers over all k.

import { Image, PIXELS } from "./images";
import { Layer, Network } from "./network";
import { sigmoid } from "./sigmoid";
import { Row1, Row2, Row3, Row4, Row5, Row6, Row7 } from "./simd";

/** Activations of every layer for the `count` images at `images` (u32[count] addresses), count <= network.batch. */
export function feedforward(network: Network, images: usize, count: u32): void {
  for (let l: u32 = 1; l <= network.layers; l++) {
    const layer = network.layer(l);
    weightedInputs(layer, l > 1 ? network.layer(l - 1) : null, images, count);
    sigmoid(layer.activations, layer.vectors * count);
    clearPadding(layer, count);
  }
}

/** z^l = w^l a^(l-1) + b^l, from the layer before, or for l = 1 (`previous` null) from the images. */
function weightedInputs(layer: Layer, previous: Layer | null, images: usize, count: u32): void {
  let offset: usize = 0; // of the panel's first vector within one sample, in bytes
  for (let p: u32 = 0; p < layer.panels; p++) {
    const width = layer.width(p);
    const panel = layer.weights + offset * layer.inputs;
    const biases = layer.biases + offset;
    let z = layer.activations + offset;
    if (previous === null) {
      for (let s: u32 = 0; s < count; s++, z += layer.stride) {
        sparseSum(width, changetype<Image>(<usize>load<u32>(images + (s << 2))), panel, biases, z);
      }
    } else {
      let a = previous.activations;
      for (let s: u32 = 0; s < count; s++, z += layer.stride, a += previous.stride) {
        denseSum(width, a, layer.inputs, panel, biases, z);
      }
    }
    offset += (<usize>width) << 4;
  }
}

/** Zeroes the activations past the last output: so are then sigma' and delta there, and padding weights stay zero. */
function clearPadding(layer: Layer, count: u32): void {
  const used = (<usize>layer.outputs) << 2;
  if (used === layer.stride) return;
  let a = layer.activations;
  for (let s: u32 = 0; s < count; s++, a += layer.stride) memory.fill(a + used, 0, layer.stride - used);
}

/** z = b + sum of a_k w_k over the non-zero pixels k of an image, for one panel. */
function sparseSum(width: u32, image: Image, panel: usize, biases: usize, z: usize): void {
  const stride = (<usize>width) << 4;
  if (width === 1) sparseSumOf<Row1>(image, panel, stride, biases, z);
  else if (width === 2) sparseSumOf<Row2>(image, panel, stride, biases, z);
  else if (width === 3) sparseSumOf<Row3>(image, panel, stride, biases, z);
  else if (width === 4) sparseSumOf<Row4>(image, panel, stride, biases, z);
  else if (width === 5) sparseSumOf<Row5>(image, panel, stride, biases, z);
  else if (width === 6) sparseSumOf<Row6>(image, panel, stride, biases, z);
  else if (width === 7) sparseSumOf<Row7>(image, panel, stride, biases, z);
  else {
    // V8 loads the whole row before it adds: 8 sums, 8 loaded vectors and a_k are more than 15 registers, and a sum that
    // lives in memory doubles the time of the loop. Two passes take 20 % less.
    sparseSumOf<Row4>(image, panel, stride, biases, z);
    sparseSumOf<Row4>(image, panel + 64, stride, biases + 64, z + 64);
  }
}

/** The part of sparseSum for the first offsetof<Row>() bytes of each row, rows being `stride` bytes apart. */
function sparseSumOf<Row>(image: Image, panel: usize, stride: usize, biases: usize, z: usize): void {
  let z0 = v128.load(biases);
  let z1 = offsetof<Row>() > 16 ? v128.load(biases, 16) : z0;
  let z2 = offsetof<Row>() > 32 ? v128.load(biases, 32) : z0;
  let z3 = offsetof<Row>() > 48 ? v128.load(biases, 48) : z0;
  let z4 = offsetof<Row>() > 64 ? v128.load(biases, 64) : z0;
  let z5 = offsetof<Row>() > 80 ? v128.load(biases, 80) : z0;
  let z6 = offsetof<Row>() > 96 ? v128.load(biases, 96) : z0;
  const end = image.entries + (image.pixels << 2);
  for (let entry = image.entries; entry < end; entry += 4) {
    const e = load<u32>(entry);
    const x = v128.load32_splat(PIXELS + (e & 0x3fc));
    const row = panel + (e >>> 10) * stride;
    z0 = f32x4.add(z0, f32x4.mul(x, v128.load(row, 0)));
    if (offsetof<Row>() > 16) z1 = f32x4.add(z1, f32x4.mul(x, v128.load(row, 16)));
    if (offsetof<Row>() > 32) z2 = f32x4.add(z2, f32x4.mul(x, v128.load(row, 32)));
    if (offsetof<Row>() > 48) z3 = f32x4.add(z3, f32x4.mul(x, v128.load(row, 48)));
    if (offsetof<Row>() > 64) z4 = f32x4.add(z4, f32x4.mul(x, v128.load(row, 64)));
    if (offsetof<Row>() > 80) z5 = f32x4.add(z5, f32x4.mul(x, v128.load(row, 80)));
    if (offsetof<Row>() > 96) z6 = f32x4.add(z6, f32x4.mul(x, v128.load(row, 96)));
  }
  v128.store(z, z0, 0);
  if (offsetof<Row>() > 16) v128.store(z, z1, 16);
  if (offsetof<Row>() > 32) v128.store(z, z2, 32);
  if (offsetof<Row>() > 48) v128.store(z, z3, 48);
  if (offsetof<Row>() > 64) v128.store(z, z4, 64);
  if (offsetof<Row>() > 80) v128.store(z, z5, 80);
  if (offsetof<Row>() > 96) v128.store(z, z6, 96);
}

/** z = b + sum of a_k w_k over all k, for one panel, up to four vectors at a time. */
function denseSum(width: u32, a: usize, inputs: u32, panel: usize, biases: usize, z: usize): void {
  const stride = (<usize>width) << 4;
  const end = panel + <usize>inputs * stride;
  for (; width > 4; width -= 4, panel += 64, biases += 64, z += 64) denseSumOf<Row4>(a, panel, end, stride, biases, z);
  if (width === 1) denseSumOf<Row1>(a, panel, end, stride, biases, z);
  else if (width === 2) denseSumOf<Row2>(a, panel, end, stride, biases, z);
  else if (width === 3) denseSumOf<Row3>(a, panel, end, stride, biases, z);
  else denseSumOf<Row4>(a, panel, end, stride, biases, z);
}

/** The part of denseSum for the first offsetof<Row>() bytes of each row, rows being `stride` bytes apart. */
function denseSumOf<Row>(a: usize, row: usize, end: usize, stride: usize, biases: usize, z: usize): void {
  let z0 = v128.load(biases);
  let z1 = offsetof<Row>() > 16 ? v128.load(biases, 16) : z0;
  let z2 = offsetof<Row>() > 32 ? v128.load(biases, 32) : z0;
  let z3 = offsetof<Row>() > 48 ? v128.load(biases, 48) : z0;
  for (; row < end; row += stride, a += 4) {
    const x = v128.load32_splat(a);
    z0 = f32x4.add(z0, f32x4.mul(x, v128.load(row, 0)));
    if (offsetof<Row>() > 16) z1 = f32x4.add(z1, f32x4.mul(x, v128.load(row, 16)));
    if (offsetof<Row>() > 32) z2 = f32x4.add(z2, f32x4.mul(x, v128.load(row, 32)));
    if (offsetof<Row>() > 48) z3 = f32x4.add(z3, f32x4.mul(x, v128.load(row, 48)));
  }
  v128.store(z, z0, 0);
  if (offsetof<Row>() > 16) v128.store(z, z1, 16);
  if (offsetof<Row>() > 32) v128.store(z, z2, 32);
  if (offsetof<Row>() > 48) v128.store(z, z3, 48);
}
