// (1) output error        delta^L = (a^L - y) . sigma'(z^L)
// (2) error of a layer    delta^l = ((w^(l+1))^T delta^(l+1)) . sigma'(z^l)
// The sum over j in (2) is taken in four lanes, j mod 4, each by ascending j from 0, then added as (0 + 2) + (1 + 3).

import { oneHot } from "./cost";
import { Image } from "./images";
import { Layer, Network } from "./network";
import { sigmoidPrime } from "./sigmoid";

/** delta of every layer for the `count` images last fed forward, in the same order. */
export function backprop(network: Network, images: usize, count: u32): void {
  outputError(network.layer(network.layers), images, count);
  for (let l = network.layers - 1; l >= 1; l--) layerError(network.layer(l), network.layer(l + 1), count);
}

/** (1) */
function outputError(layer: Layer, images: usize, count: u32): void {
  let a = layer.activations;
  let delta = layer.delta;
  for (let s: u32 = 0; s < count; s++) {
    const label = changetype<Image>(<usize>load<u32>(images + (s << 2))).label;
    for (let j: u32 = 0; j < layer.vectors << 2; j += 4, a += 16, delta += 16) {
      const activation = v128.load(a);
      v128.store(delta, f32x4.mul(f32x4.sub(activation, oneHot(label, j)), sigmoidPrime(activation)));
    }
  }
}

/** (2), for four neurons k of this layer (four rows of the weights of the layer above) at a time. */
function layerError(layer: Layer, above: Layer, count: u32): void {
  for (let k: u32 = 0; k < layer.outputs; k += 4) {
    let deltaAbove = above.delta;
    let a = layer.activations + (k << 2);
    let delta = layer.delta + (k << 2);
    for (let s: u32 = 0; s < count; s++, deltaAbove += above.stride, a += layer.stride, delta += layer.stride) {
      v128.store(delta, f32x4.mul(rowSums(above, k, deltaAbove), sigmoidPrime(v128.load(a))));
    }
  }
}

/** sum over j of w_kj delta_j for the rows k .. k + 3. Rows past the last one stand for padding: any finite sum will do. */
function rowSums(layer: Layer, k: u32, delta: usize): v128 {
  const last = <usize>(layer.inputs - 1 - k);
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  let panel = layer.weights;
  for (let p: u32 = 0; p < layer.panels; p++) {
    const bytes = (<usize>layer.width(p)) << 4;
    const row1 = min<usize>(last, 1) * bytes;
    const row2 = min<usize>(last, 2) * bytes;
    const row3 = min<usize>(last, 3) * bytes;
    let row = panel + <usize>k * bytes;
    const end = row + bytes;
    for (; row < end; row += 16, delta += 16) {
      const d = v128.load(delta);
      sum0 = f32x4.add(sum0, f32x4.mul(d, v128.load(row)));
      sum1 = f32x4.add(sum1, f32x4.mul(d, v128.load(row + row1)));
      sum2 = f32x4.add(sum2, f32x4.mul(d, v128.load(row + row2)));
      sum3 = f32x4.add(sum3, f32x4.mul(d, v128.load(row + row3)));
    }
    panel += bytes * layer.inputs;
  }
  // Transposed by halves: first lanes 0 + 2 and 1 + 3 of each row, then the two together.
  const pairs01 = f32x4.add(v128.shuffle<f32>(sum0, sum1, 0, 4, 1, 5), v128.shuffle<f32>(sum0, sum1, 2, 6, 3, 7));
  const pairs23 = f32x4.add(v128.shuffle<f32>(sum2, sum3, 0, 4, 1, 5), v128.shuffle<f32>(sum2, sum3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(pairs01, pairs23, 0, 1, 4, 5), v128.shuffle<f32>(pairs01, pairs23, 2, 3, 6, 7));
}
