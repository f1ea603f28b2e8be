// (1) output error        delta^L = (a^L - y) . sigma'(z^L), or a^L - y: dC_x/dz^L of each cost (cost.ts)
// (2) error of a layer    delta^l = ((w^(l+1))^T delta^(l+1)) . f'(z^l)
// Both are settled (simd.ts): those of saturated neurons are too small for normal numbers.

import { differentiate } from "./activation";
import { rowSums } from "./dense";
import { dropDeltas } from "./dropout";
import { Layer, Network, QUADRATIC, RELU, TANH } from "./layer";
import { sigmoidPrime } from "./sigmoid";
import { Row1, Row2, Row3, settled, usedLanes } from "./simd";

/** delta of every layer that is not frozen for samples first..first+count-1, after outputErrors(). */
export function backprop(network: Network, first: u32, count: u32): void {
  if (network.cost === QUADRATIC) outputError(network.layer(network.layers), first, count);
  for (let l = network.layers - 1; l > network.frozen; l--) {
    if (network.layer(l).listBytes !== 0) activeError(network.layer(l), network.layer(l + 1), first, count);
    else layerError(network.layer(l), network.layer(l + 1), first, count, 1 - network.dropout);
    dropDeltas(network, network.layer(l), first, count);
  }
}

/** (1), from a^L - y in the deltas. */
function outputError(layer: Layer, first: u32, count: u32): void {
  for (let s: u32 = 0; s < count; s++) {
    const a = layer.activationsOf(first + s);
    const delta = layer.deltaOf(first + s);
    for (let j: u32 = 0; j < layer.vectors << 4; j += 16) {
      v128.store(delta + j, settled(f32x4.mul(v128.load(delta + j), sigmoidPrime(v128.load(a + j)))));
    }
  }
}

/** (2): the sums, then f'(z); a is `scale` times the activation. */
function layerError(layer: Layer, above: Layer, first: u32, count: u32, scale: f32): void {
  if (above.vectors === 3) digitSums(layer, above, first, count);
  else sums(layer, above, first, count);
  const shift = f32x4.splat(layer.activation === TANH ? 1 : 0);
  const relu = layer.activation === RELU;
  const scales = f32x4.splat(scale);
  const used = usedLanes(layer.outputs);
  const last = (layer.vectors - 1) << 4;
  for (let s = first; s < first + count; s++) {
    const delta = layer.deltaOf(s);
    // Past the last neuron the sums are those of some other row.
    v128.store(delta + last, v128.and(v128.load(delta + last), used));
    const end = delta + layer.stride;
    let a = layer.activationsOf(s);
    let d = delta;
    for (; d + 16 < end; d += 32, a += 32) differentiate<Row2>(d, a, scales, shift, relu);
    if (d < end) differentiate<Row1>(d, a, scales, shift, relu);
  }
}

/**
 * (w^(l+1))^T delta^(l+1), for two samples and four neurons k of this layer at a time. Neuron k is row k of the weights
 * of the layer above.
 */
function sums(layer: Layer, above: Layer, first: u32, count: u32): void {
  const last = <usize>(layer.outputs - 1);
  for (let k: usize = 0; k <= last; k += 4) {
    // Past the last neuron: the last row again.
    const k1 = min(k + 1, last);
    const k2 = min(k + 2, last);
    const k3 = min(k + 3, last);
    let deltaAbove = above.deltaOf(first);
    let delta = layer.deltaOf(first) + (k << 2);
    for (let s: u32 = 0; s < count; s += 2, deltaAbove += above.stride << 1, delta += layer.stride << 1) {
      // The last of an odd number of samples is paired with itself, and its sums are stored twice.
      const next = usize(s + 1 < count);
      const deltaNext = deltaAbove + next * above.stride;
      v128.store(delta, rowSums<Row2>(above, k, k1, k2, k3, deltaAbove, deltaNext, delta + next * layer.stride));
    }
  }
}

/**
 * The same sums below a layer of three vectors, such as ten digits: no loop over the vectors, and one sample at a time.
 * Reads up to three rows past the last one.
 */
function digitSums(layer: Layer, above: Layer, first: u32, count: u32): void {
  const zero = f32x4.splat(0);
  const stride = layer.stride;
  const strideAbove = above.stride;
  let row = above.weights;
  for (let k: u32 = 0; k < layer.vectors << 4; k += 16, row += 4 * offsetof<Row3>()) {
    let d = above.deltaOf(first);
    const end = d + <usize>count * strideAbove;
    for (let delta = layer.deltaOf(first) + k; d < end; d += strideAbove, delta += stride) {
      const d0 = v128.load(d);
      let sum0 = f32x4.add(zero, f32x4.mul(d0, v128.load(row)));
      let sum1 = f32x4.add(zero, f32x4.mul(d0, v128.load(row, 48)));
      let sum2 = f32x4.add(zero, f32x4.mul(d0, v128.load(row, 96)));
      let sum3 = f32x4.add(zero, f32x4.mul(d0, v128.load(row, 144)));
      const d1 = v128.load(d, 16);
      sum0 = f32x4.add(sum0, f32x4.mul(d1, v128.load(row, 16)));
      sum1 = f32x4.add(sum1, f32x4.mul(d1, v128.load(row, 64)));
      sum2 = f32x4.add(sum2, f32x4.mul(d1, v128.load(row, 112)));
      sum3 = f32x4.add(sum3, f32x4.mul(d1, v128.load(row, 160)));
      const d2 = v128.load(d, 32);
      sum0 = f32x4.add(sum0, f32x4.mul(d2, v128.load(row, 32)));
      sum1 = f32x4.add(sum1, f32x4.mul(d2, v128.load(row, 80)));
      sum2 = f32x4.add(sum2, f32x4.mul(d2, v128.load(row, 128)));
      sum3 = f32x4.add(sum3, f32x4.mul(d2, v128.load(row, 176)));
      const low01 = v128.shuffle<f32>(sum0, sum1, 0, 4, 1, 5);
      const low23 = v128.shuffle<f32>(sum2, sum3, 0, 4, 1, 5);
      const pairs01 = f32x4.add(low01, v128.shuffle<f32>(sum0, sum1, 2, 6, 3, 7));
      const pairs23 = f32x4.add(low23, v128.shuffle<f32>(sum2, sum3, 2, 6, 3, 7));
      const even = v128.shuffle<f32>(pairs01, pairs23, 0, 1, 4, 5);
      v128.store(delta, f32x4.add(even, v128.shuffle<f32>(pairs01, pairs23, 2, 3, 6, 7)));
    }
  }
}

/** (2) for a ReLU layer with lists: f' is 1 for the neurons in the list, four at a time, and 0 for all others. */
function activeError(layer: Layer, above: Layer, first: u32, count: u32): void {
  for (let s = first; s < first + count; s++) {
    const active = layer.activeOf(s);
    const delta = layer.deltaOf(s);
    memory.fill(delta, 0, layer.stride);
    const end = active.end;
    for (let entry = active.entries; entry < end; entry += 32) {
      // Past the end: the last entry again.
      const last = end - 8;
      const k0 = load<u32>(entry, 4);
      const k1 = load<u32>(min(entry + 8, last), 4);
      const k2 = load<u32>(min(entry + 16, last), 4);
      const k3 = load<u32>(min(entry + 24, last), 4);
      const sums = settled(rowSums<Row1>(above, k0, k1, k2, k3, above.deltaOf(s), 0, 0));
      v128.store32_lane(delta + (k0 << 2), sums, 0);
      v128.store32_lane(delta + (k1 << 2), sums, 1);
      v128.store32_lane(delta + (k2 << 2), sums, 2);
      v128.store32_lane(delta + (k3 << 2), sums, 3);
    }
  }
}
