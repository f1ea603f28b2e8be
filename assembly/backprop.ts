// (1) output error        delta^L = (a^L - y) . sigma'(z^L)
// (2) error of a layer    delta^l = ((w^(l+1))^T delta^(l+1)) . sigma'(z^l)

import { oneHot } from "./cost";
import { rowSums } from "./dense";
import { Image } from "./images";
import { Layer, Network } from "./network";
import { sigmoidPrime } from "./sigmoid";

/** delta of every layer for samples first..first+count-1, last fed forward from the images at `images` (u32[count] addresses). */
export function backprop(network: Network, images: usize, first: u32, count: u32): void {
  outputError(network.layer(network.layers), images, first, count);
  for (let l = network.layers - 1; l >= 1; l--) layerError(network.layer(l), network.layer(l + 1), first, count);
}

/** (1) */
export function outputError(layer: Layer, images: usize, first: u32, count: u32): void {
  for (let s: u32 = 0; s < count; s++) {
    const label = changetype<Image>(<usize>load<u32>(images + (s << 2))).label;
    let a = layer.activationsOf(first + s);
    let delta = layer.deltaOf(first + s);
    for (let j: u32 = 0; j < layer.vectors << 2; j += 4, a += 16, delta += 16) {
      const activation = v128.load(a);
      v128.store(delta, f32x4.mul(f32x4.sub(activation, oneHot(label, j)), sigmoidPrime(activation)));
    }
  }
}

/** (2), for four neurons k of this layer (four rows of the weights of the layer above) and two samples at a time. */
export function layerError(layer: Layer, above: Layer, first: u32, count: u32): void {
  for (let k: u32 = 0; k < layer.outputs; k += 4) {
    let deltaAbove = above.deltaOf(first);
    let a = layer.activationsOf(first) + (k << 2);
    let delta = layer.deltaOf(first) + (k << 2);
    for (let s: u32 = 0; s < count; s += 2) {
      // The last of an odd number of samples is its own neighbour.
      const next = usize(s + 1 < count);
      const delta2 = delta + next * layer.stride;
      rowSums(above, k, deltaAbove, deltaAbove + next * above.stride, delta, delta2);
      v128.store(delta, f32x4.mul(v128.load(delta), sigmoidPrime(v128.load(a))));
      if (next) v128.store(delta2, f32x4.mul(v128.load(delta2), sigmoidPrime(v128.load(a + layer.stride))));
      deltaAbove += above.stride << 1;
      a += layer.stride << 1;
      delta += layer.stride << 1;
    }
  }
}
