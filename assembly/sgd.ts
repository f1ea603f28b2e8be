// Mini-batch stochastic gradient descent:  w <- w - eta/m sum_s dC_s/dw,   b <- b - eta/m sum_s dC_s/db
// (3) dC/db_j^l = delta_j^l       (4) dC/dw_kj^l = a_k^(l-1) delta_j^l
// No gradient is stored. After all samples went forward and back with the old weights, d_j = (-eta/m) delta_j, and
// a_k d_j is added to w_kj for each sample, in mini-batch order. Other optimisers add a_k d_j to a gradient, with
// d_j = (1/m) delta_j (optimise.ts).

import { backprop } from "./backprop";
import { outputErrors } from "./cost";
import { Dataset, Image } from "./dataset";
import { denseUpdate } from "./dense";
import { batchesTogether, distortImages } from "./distort";
import { dropActivations } from "./dropout";
import { predict } from "./evaluate";
import { feedforwardFirst, feedforwardRest } from "./feedforward";
import { expandImages, mostlyZero } from "./images";
import { Active, Layer, Network, SGD } from "./layer";
import { prefetch } from "./memory";
import { decayWeights, optimise } from "./optimise";
import { biasEnd, biasStart, panelEnd, panelStart, rowEnd, rowStart, shareEnd, shareStart } from "./ownership";
import { Row1, Row2 } from "./simd";
import { sparseUpdate } from "./sparse";
import { barrier, threadCount } from "./team";

/**
 * Trains on mini-batches first..first+count-1 of m samples each, in the data set's order; the last batch of the epoch
 * may be smaller. Leaves each sample's cost and prediction in dataset, as they were before its batch's update. Needs
 * room for m samples and for the threads of the team, all of which must call this.
 */
export function trainBatches(network: Network, dataset: Dataset, first: u32, count: u32, eta: f32, m: u32): void {
  const end = min(<u64>dataset.count, (<u64>first + count) * m);
  let t = network.steps + first;
  let distorted: u32 = 0;
  let images: usize = 0;
  for (let sample = <u64>first * m; sample < end; sample += m) {
    const samples = <u32>min(<u64>m, end - sample);
    if (distorted === 0) {
      images = dataset.order + ((<usize>sample) << 2);
      if (dataset.distortion !== 0) {
        distorted = batchesTogether(m);
        images = distortImages(dataset, images, <u32>min(<u64>distorted * m, end - sample));
        if (images === 0) return;
      }
    }
    t++;
    if (!trainBatch(network, images, samples, eta, dataset, <u32>sample, t)) return;
    images += m << 2;
    if (distorted !== 0) distorted--;
  }
}

/**
 * One mini-batch in three steps: layer 1, shared out by neurons; the other layers and the way back, by samples; the
 * update, by weights. Returns false if the team was aborted.
 */
function trainBatch(network: Network, images: usize, m: u32, eta: f32, dataset: Dataset, sample: u32, t: u32): bool {
  const layer = network.layer(1);
  const from = panelStart(layer);
  const to = panelEnd(layer);
  const sparse = mostlyZero(images, m, layer.inputs);
  feedforwardFirst(network, images, 0, m, from, to, sparse);
  if (network.layers > 1)
    dropActivations(network, dataset, 1, 0, m, layer.firstVector(from), layer.firstVector(to), sample);
  if (!barrier()) return false;
  const first = shareStart(m);
  const count = shareEnd(m) - first;
  const own = images + (first << 2);
  if (threadCount() > 1) prefetch(layer.activationsOf(first), layer.activationsOf(first + count));
  feedforwardRest(network, first, count, dataset, sample + first);
  const output = network.layer(network.layers);
  outputErrors(network, own, first, count, network.smoothing, dataset.costs + ((sample + first) << 2));
  predict(output, first, count, dataset.predictions + ((sample + first) << 1));
  backprop(network, first, count);
  const step = (network.optimizer === SGD ? -eta : 1) / <f32>m;
  const later = max<u32>(network.frozen, 1) + 1;
  for (let l = later; l <= network.layers; l++) {
    scaleDeltas(network.layer(l), first, count, 0, network.layer(l).vectors, step);
  }
  if (!barrier()) return false;
  decayWeights(network, eta);
  if (network.frozen === 0) updateFirst(network, images, m, from, to, step, sparse);
  for (let l = later; l <= network.layers; l++) {
    const previous = network.layer(l - 1);
    if (previous.listBytes !== 0) updateActive(previous, network.layer(l), m);
    else updateLayer(previous, network.layer(l), m);
  }
  optimise(network, eta, t);
  return true;
}

/** d = step * delta, in place, for the vectors from..to-1 of samples first..first+count-1. */
function scaleDeltas(layer: Layer, first: u32, count: u32, from: u32, to: u32, step: f32): void {
  for (let s: u32 = 0; s < count; s++) {
    const delta = layer.deltaOf(first + s);
    const end = delta + ((<usize>to) << 4);
    let d = delta + ((<usize>from) << 4);
    for (; d + 16 < end; d += 32) {
      const next = f32x4.mul(v128.load(d, 16), f32x4.splat(step));
      const first = f32x4.mul(v128.load(d), f32x4.splat(step));
      v128.store(d, next, 16);
      v128.store(d, first);
    }
    if (d < end) v128.store(d, f32x4.mul(v128.load(d), f32x4.splat(step)));
  }
}

/** b_j += d_j of each sample, for the vectors from..to-1. */
function updateBiases(layer: Layer, m: u32, from: u32, to: u32): void {
  const biases = layer.biases + layer.target;
  const end = biases + ((<usize>to) << 4);
  let column = layer.delta + ((<usize>from) << 4);
  let b = biases + ((<usize>from) << 4);
  for (; b + 16 < end; b += 32, column += 32) addColumn<Row2>(b, column, layer.stride, m);
  if (b < end) addColumn<Row1>(b, column, layer.stride, m);
}

/** The same for a row of one or two vectors at b. */
function addColumn<Row>(b: usize, d: usize, stride: usize, m: u32): void {
  let sum0 = v128.load(b);
  let sum1 = offsetof<Row>() > 16 ? v128.load(b, 16) : sum0;
  for (let s: u32 = 0; s < m; s++, d += stride) {
    sum0 = f32x4.add(sum0, v128.load(d));
    if (offsetof<Row>() > 16) sum1 = f32x4.add(sum1, v128.load(d, 16));
  }
  if (offsetof<Row>() > 16) v128.store(b, sum1, 16);
  v128.store(b, sum0);
}

/** Layer 1: this thread's panels from..to-1. `sparse` says whether to leave the zeros of the images out. */
export function updateFirst(
  network: Network,
  images: usize,
  m: u32,
  from: u32,
  to: u32,
  step: f32,
  sparse: bool,
): void {
  const layer = network.layer(1);
  const first = biasStart(layer);
  const end = biasEnd(layer);
  scaleDeltas(layer, 0, m, first, end, step);
  updateBiases(layer, m, first, end);
  if (sparse) {
    for (let p = from; p < to; p++) {
      const width = layer.width(p);
      const panel = layer.panel(p) + layer.target;
      let d = layer.delta + ((<usize>layer.firstVector(p)) << 4);
      for (let s: u32 = 0; s < m; s++, d += layer.stride) {
        sparseUpdate<Image>(width, Image.at(images, s), panel, d);
      }
    }
    return;
  }
  const a = network.expansion;
  for (let s: u32 = 0; s < m; s += network.block) {
    const samples = min(m - s, network.block);
    // A batch of one block is still there, expanded by feedforward.
    if (m > network.block) expandImages(images + (s << 2), samples, layer.inputs, a, network.inputStride);
    for (let p = from; p < to; p++) {
      const d = layer.deltaOf(s) + ((<usize>layer.firstVector(p)) << 4);
      denseUpdate(layer, p, 0, layer.inputs, samples, a, network.inputStride, d);
    }
  }
}

/** A layer that goes by the lists of the layer before. */
function updateActive(previous: Layer, layer: Layer, m: u32): void {
  updateBiases(layer, m, biasStart(layer), biasEnd(layer));
  const to = panelEnd(layer);
  for (let p = panelStart(layer); p < to; p++) {
    const width = layer.width(p);
    const panel = layer.panel(p) + layer.target;
    let d = layer.delta + ((<usize>layer.firstVector(p)) << 4);
    for (let s: u32 = 0; s < m; s++, d += layer.stride) {
      sparseUpdate<Active>(width, previous.activeOf(s), panel, d);
    }
  }
}

/** Any other layer. */
export function updateLayer(previous: Layer, layer: Layer, m: u32): void {
  updateBiases(layer, m, biasStart(layer), biasEnd(layer));
  const first = rowStart(layer);
  const end = rowEnd(layer);
  if (first >= end) return;
  const a = previous.activations + (first << 2);
  const to = panelEnd(layer);
  for (let p = panelStart(layer); p < to; p++) {
    const d = layer.delta + ((<usize>layer.firstVector(p)) << 4);
    denseUpdate(layer, p, first, end - first, m, a, previous.stride, d);
  }
}
