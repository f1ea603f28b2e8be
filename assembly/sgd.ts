// update  w <- w - eta/m sum_s dC_s/dw,   b <- b - eta/m sum_s dC_s/db,   with dC/dw_kj = a_k delta_j and dC/db_j = delta_j
// No gradient is stored: with d = -(eta/m) delta, each weight adds a_k d_j sample by sample, in mini-batch order.

import { backprop } from "./backprop";
import { quadraticCosts } from "./cost";
import { feedforward } from "./feedforward";
import { Dataset, Image, PIXELS, touchImages } from "./images";
import { Layer, Network } from "./network";
import { Row1, Row2, Row3, Row4, Row5, Row6, Row7, Row8 } from "./simd";

/**
 * Trains on mini-batches first..first+count-1 of m samples each, in the data set's order; the last batch of the epoch may be
 * smaller. Leaves each sample's cost, as it was before its batch's update, in dataset.costs. Needs reserveBatch(network, m).
 */
export function trainBatches(network: Network, dataset: Dataset, first: u32, count: u32, eta: f32, m: u32): void {
  const end = min(<u64>dataset.count, (<u64>first + count) * m);
  for (let sample = <u64>first * m; sample < end; sample += m) {
    const samples = <u32>min(<u64>m, end - sample);
    const images = dataset.order + ((<usize>sample) << 2);
    const next = sample + samples;
    if (next < end) touchImages(dataset.order + ((<usize>next) << 2), <u32>min(<u64>m, end - next));
    feedforward(network, images, samples);
    quadraticCosts(network.layer(network.layers), images, samples, dataset.costs + ((<usize>sample) << 2));
    backprop(network, images, samples);
    update(network, images, samples, -eta / <f32>samples);
  }
}

/** Adds `step` times each sample's gradient to all weights and biases. Overwrites delta with d = step * delta. */
function update(network: Network, images: usize, count: u32, step: f32): void {
  for (let l: u32 = 1; l <= network.layers; l++) {
    const layer = network.layer(l);
    scale(layer.delta, layer.vectors * count, step);
    updateBiases(layer, count);
    let offset: usize = 0; // of the panel's first vector within one sample, in bytes
    for (let p: u32 = 0; p < layer.panels; p++) {
      const width = layer.width(p);
      const panel = layer.weights + offset * layer.inputs;
      if (l === 1) {
        let d = layer.delta + offset;
        for (let s: u32 = 0; s < count; s++, d += layer.stride) {
          updateSparse(width, changetype<Image>(<usize>load<u32>(images + (s << 2))), d, panel);
        }
      } else {
        updateDense(width, network.layer(l - 1), layer, offset, panel, count);
      }
      offset += (<usize>width) << 4;
    }
  }
}

function scale(x: usize, vectors: u32, factor: f32): void {
  const end = x + ((<usize>vectors) << 4);
  for (; x < end; x += 16) v128.store(x, f32x4.mul(v128.load(x), f32x4.splat(factor)));
}

function updateBiases(layer: Layer, count: u32): void {
  let d = layer.delta;
  const biases = layer.biases;
  for (let s: u32 = 0; s < count; s++) {
    for (let v: usize = 0; v < layer.stride; v += 16, d += 16) {
      v128.store(biases + v, f32x4.add(v128.load(biases + v), v128.load(d)));
    }
  }
}

function updateSparse(width: u32, image: Image, d: usize, panel: usize): void {
  if (width === 1) updateSparseOf<Row1>(image, d, panel);
  else if (width === 2) updateSparseOf<Row2>(image, d, panel);
  else if (width === 3) updateSparseOf<Row3>(image, d, panel);
  else if (width === 4) updateSparseOf<Row4>(image, d, panel);
  else if (width === 5) updateSparseOf<Row5>(image, d, panel);
  else if (width === 6) updateSparseOf<Row6>(image, d, panel);
  else if (width === 7) updateSparseOf<Row7>(image, d, panel);
  else updateSparseOf<Row8>(image, d, panel);
}

/** w_kj += a_k d_j for the non-zero pixels k of one image and the outputs j of one panel. */
function updateSparseOf<Row>(image: Image, d: usize, panel: usize): void {
  const d0 = v128.load(d);
  const d1 = offsetof<Row>() > 16 ? v128.load(d, 16) : d0;
  const d2 = offsetof<Row>() > 32 ? v128.load(d, 32) : d0;
  const d3 = offsetof<Row>() > 48 ? v128.load(d, 48) : d0;
  const d4 = offsetof<Row>() > 64 ? v128.load(d, 64) : d0;
  const d5 = offsetof<Row>() > 80 ? v128.load(d, 80) : d0;
  const d6 = offsetof<Row>() > 96 ? v128.load(d, 96) : d0;
  const d7 = offsetof<Row>() > 112 ? v128.load(d, 112) : d0;
  const end = image.entries + (image.pixels << 2);
  for (let entry = image.entries; entry < end; entry += 4) {
    const e = load<u32>(entry);
    const x = v128.load32_splat(PIXELS + (e & 0x3fc));
    const row = panel + (e >>> 10) * offsetof<Row>();
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

/** w_kj += a_k d_j for every input k and the outputs j of one panel, up to four vectors at a time. */
function updateDense(width: u32, previous: Layer, layer: Layer, offset: usize, panel: usize, count: u32): void {
  const stride = (<usize>width) << 4;
  let d = layer.delta + offset;
  for (; width > 4; width -= 4, panel += 64, d += 64) updateDenseOf<Row4>(previous, layer, d, panel, stride, count);
  if (width === 1) updateDenseOf<Row1>(previous, layer, d, panel, stride, count);
  else if (width === 2) updateDenseOf<Row2>(previous, layer, d, panel, stride, count);
  else if (width === 3) updateDenseOf<Row3>(previous, layer, d, panel, stride, count);
  else updateDenseOf<Row4>(previous, layer, d, panel, stride, count);
}

/** The part of updateDense for the first offsetof<Row>() bytes of each row: they stay in registers over the samples. */
function updateDenseOf<Row>(previous: Layer, layer: Layer, deltas: usize, row: usize, stride: usize, count: u32): void {
  const end = row + <usize>layer.inputs * stride;
  for (let column = previous.activations; row < end; row += stride, column += 4) {
    let w0 = v128.load(row);
    let w1 = offsetof<Row>() > 16 ? v128.load(row, 16) : w0;
    let w2 = offsetof<Row>() > 32 ? v128.load(row, 32) : w0;
    let w3 = offsetof<Row>() > 48 ? v128.load(row, 48) : w0;
    let a = column;
    let d = deltas;
    for (let s: u32 = 0; s < count; s++, a += previous.stride, d += layer.stride) {
      const x = v128.load32_splat(a);
      w0 = f32x4.add(w0, f32x4.mul(x, v128.load(d, 0)));
      if (offsetof<Row>() > 16) w1 = f32x4.add(w1, f32x4.mul(x, v128.load(d, 16)));
      if (offsetof<Row>() > 32) w2 = f32x4.add(w2, f32x4.mul(x, v128.load(d, 32)));
      if (offsetof<Row>() > 48) w3 = f32x4.add(w3, f32x4.mul(x, v128.load(d, 48)));
    }
    v128.store(row, w0, 0);
    if (offsetof<Row>() > 16) v128.store(row, w1, 16);
    if (offsetof<Row>() > 32) v128.store(row, w2, 32);
    if (offsetof<Row>() > 48) v128.store(row, w3, 48);
  }
}
