// (1) output error        delta^L = (a^L - y) . sigma'(z^L), or a^L - y: dC_x/dz^L of each cost (cost.ts)
// (2) error of a layer    delta^l = ((w^(l+1))^T delta^(l+1)) . f'(z^l)

import { derivative, RELU, TANH } from "./activation";
import { QUADRATIC } from "./cost";
import { rowSums } from "./dense";
import { dropDeltas } from "./dropout";
import { Layer, Network } from "./network";
import { sigmoidPrime } from "./sigmoid";
import { usedLanes } from "./simd";

/** delta of every layer for samples first..first+count-1, after outputErrors(). */
export function backprop(network: Network, first: u32, count: u32): void {
  if (network.cost === QUADRATIC) outputError(network.layer(network.layers), first, count);
  for (let l = network.layers - 1; l >= 1; l--) {
    layerError(network.layer(l), network.layer(l + 1), first, count, 1 - network.dropout);
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
      rowSums(above, k, deltaAbove, deltaAbove + next * above.stride, delta, delta + next * layer.stride);
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
