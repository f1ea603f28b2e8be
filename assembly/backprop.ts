// (1) output error        delta^L = (a^L - y) . sigma'(z^L), or a^L - y: dC_x/dz^L of each cost (cost.ts)
// (2) error of a layer    delta^l = ((w^(l+1))^T delta^(l+1)) . f'(z^l)

import { derivative, RELU, TANH } from "./activation";
import { QUADRATIC } from "./cost";
import { rowSums } from "./dense";
import { dropDeltas } from "./dropout";
import { Layer, Network } from "./network";
import { sigmoidPrime } from "./sigmoid";
import { Row1, Row2, usedLanes } from "./simd";

/** delta of every layer for samples first..first+count-1, after outputErrors(). */
export function backprop(network: Network, first: u32, count: u32): void {
  if (network.cost === QUADRATIC) outputError(network.layer(network.layers), first, count);
  for (let l = network.layers - 1; l >= 1; l--) {
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
      v128.store(delta + j, f32x4.mul(v128.load(delta + j), sigmoidPrime(v128.load(a + j))));
    }
  }
}

/** (2), for four neurons k of this layer (four rows of the weights of the layer above) and two samples at a time; a is `scale` times the activation. */
function layerError(layer: Layer, above: Layer, first: u32, count: u32, scale: f32): void {
  const shift = f32x4.splat(layer.activation === TANH ? 1 : 0);
  const relu = i32x4.splat(layer.activation === RELU ? -1 : 0);
  for (let k: u32 = 0; k < layer.outputs; k += 4) {
    // Padding neurons have a = 0, where tanh' is not.
    const used = k + 4 > layer.outputs ? usedLanes(layer.outputs) : i32x4.splat(-1);
    let deltaAbove = above.deltaOf(first);
    let a = layer.activationsOf(first) + (k << 2);
    let delta = layer.deltaOf(first) + (k << 2);
    for (let s: u32 = 0; s < count; s += 2) {
      // The last of an odd number of samples is its own neighbour.
      const next = usize(s + 1 < count);
      // Rows past the last one stand for padding: any finite sum will do.
      const last = <usize>(layer.outputs - 1);
      const k1 = min(<usize>k + 1, last);
      const k2 = min(<usize>k + 2, last);
      const k3 = min(<usize>k + 3, last);
      const deltaNext = deltaAbove + next * above.stride;
      // Its own neighbour's sums are the same.
      v128.store(delta, rowSums<Row2>(above, k, k1, k2, k3, deltaAbove, deltaNext, delta + next * layer.stride));
      deltaAbove += above.stride << 1;
      for (const end = delta + (next + 1) * layer.stride; delta < end; delta += layer.stride, a += layer.stride) {
        v128.store(
          delta,
          v128.and(
            used,
            f32x4.mul(v128.load(delta), derivative(f32x4.mul(v128.load(a), f32x4.splat(scale)), shift, relu)),
          ),
        );
      }
    }
  }
}

/** (2) for a ReLU layer that has been listed: f' is 1 for the neurons in the list, and 0 for the others. Four of them at a time. */
function activeError(layer: Layer, above: Layer, first: u32, count: u32): void {
  for (let s = first; s < first + count; s++) {
    const active = layer.activeOf(s);
    const delta = layer.deltaOf(s);
    memory.fill(delta, 0, layer.stride);
    const end = active.end;
    for (let entry = active.entries; entry < end; entry += 32) {
      // Past the end the last one again.
      const last = end - 8;
      const k0 = load<u32>(entry, 4);
      const k1 = load<u32>(min(entry + 8, last), 4);
      const k2 = load<u32>(min(entry + 16, last), 4);
      const k3 = load<u32>(min(entry + 24, last), 4);
      const sums = rowSums<Row1>(above, k0, k1, k2, k3, above.deltaOf(s), 0, 0);
      v128.store32_lane(delta + (k0 << 2), sums, 0);
      v128.store32_lane(delta + (k1 << 2), sums, 1);
      v128.store32_lane(delta + (k2 << 2), sums, 2);
      v128.store32_lane(delta + (k3 << 2), sums, 3);
    }
  }
}
