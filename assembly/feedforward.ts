// feedforward:  z^l = w^l a^(l-1) + b^l,   a^l = sigma(z^l)
// z_j starts at b_j and adds its terms w_kj a_k by ascending k, so every kernel and tile gives the same bits.

import { denseSums } from "./dense";
import { expandImages, Image, mostlyZero } from "./images";
import { Layer, Network } from "./network";
import { sigmoid } from "./sigmoid";
import { sparseSum } from "./sparse";

/** Activations of every layer for the `count` images at `images` (u32[count] addresses), as samples first..first+count-1. */
export function feedforward(network: Network, images: usize, first: u32, count: u32): void {
  feedforwardFirst(network, images, first, count, 0, network.layer(1).panels);
  feedforwardRest(network, first, count);
}

/** Activations of layer 1, panels from..to-1. */
export function feedforwardFirst(network: Network, images: usize, first: u32, count: u32, from: u32, to: u32): void {
  const layer = network.layer(1);
  const z = layer.activationsOf(first);
  if (mostlyZero(images, count, layer.inputs)) {
    sparseLayer(layer, images, count, z, from, to);
  } else {
    const a = network.expansion;
    for (let s: u32 = 0; s < count; s += network.block) {
      const samples = min(count - s, network.block);
      expandImages(images + (s << 2), samples, layer.inputs, a, network.inputStride);
      denseLayer(layer, samples, a, network.inputStride, z + <usize>s * layer.stride, from, to);
    }
  }
  activate(layer, first, count, layer.firstVector(from), layer.firstVector(to));
}

/** Activations of the layers after the first. */
export function feedforwardRest(network: Network, first: u32, count: u32): void {
  for (let l: u32 = 2; l <= network.layers; l++) {
    const previous = network.layer(l - 1);
    const layer = network.layer(l);
    const a = previous.activationsOf(first);
    denseLayer(layer, count, a, previous.stride, layer.activationsOf(first), 0, layer.panels);
    activate(layer, first, count, 0, layer.vectors);
  }
}

/** z^1 of the panels from..to-1, from the images. */
function sparseLayer(layer: Layer, images: usize, count: u32, z: usize, from: u32, to: u32): void {
  for (let p = from; p < to; p++) {
    const width = layer.width(p);
    const panel = layer.panel(p);
    const offset = (<usize>layer.firstVector(p)) << 4;
    const biases = layer.biases + offset;
    let zs = z + offset;
    for (let s: u32 = 0; s < count; s++, zs += layer.stride) {
      sparseSum(width, changetype<Image>(<usize>load<u32>(images + (s << 2))), panel, biases, zs);
    }
  }
}

/** z of the panels from..to-1, from inputs a. */
function denseLayer(layer: Layer, count: u32, a: usize, aStride: usize, z: usize, from: u32, to: u32): void {
  for (let p = from; p < to; p++) {
    const offset = (<usize>layer.firstVector(p)) << 4;
    denseSums(layer, p, count, a, aStride, layer.biases + offset, z + offset);
  }
}

/** a = sigma(z) for the vectors from..to-1, and 0 past the last output: so are then sigma' and delta there, and padding weights stay 0. */
function activate(layer: Layer, first: u32, count: u32, from: u32, to: u32): void {
  const a = layer.activationsOf(first);
  if ((<usize>(to - from)) << 4 === layer.stride) sigmoid(a, layer.vectors * count);
  else for (let s: u32 = 0; s < count; s++) sigmoid(a + <usize>s * layer.stride + ((<usize>from) << 4), to - from);
  if (to === layer.vectors && (layer.outputs & 3) !== 0) {
    const used = i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(layer.outputs & 3));
    let last = a + ((layer.vectors - 1) << 4);
    for (let s: u32 = 0; s < count; s++, last += layer.stride) v128.store(last, v128.and(v128.load(last), used));
  }
}
