// feedforward:  z^l = w^l a^(l-1) + b^l,   a^l = f(z^l)
// z_j starts at b_j and adds its terms w_kj a_k by ascending k, so every kernel and tile gives the same bits.

import { activate, softmax } from "./activation";
import { listActive } from "./active";
import { Dataset, Image } from "./dataset";
import { denseSums } from "./dense";
import { dropActivations } from "./dropout";
import { expandImages, mostlyZero } from "./images";
import { Active, Layer, Network, SOFTMAX } from "./layer";
import { prefetch } from "./memory";
import { sparseSum } from "./sparse";

/** Images whose records are fetched together: as many as a mini-batch often has and a first-level cache holds. */
const PREFETCHED: u32 = 16;

/** Activations of every layer for `count` images (u32[count] addresses), as samples first..first+count-1. */
export function feedforward(network: Network, images: usize, first: u32, count: u32): void {
  const layer = network.layer(1);
  feedforwardFirst(network, images, first, count, 0, layer.panels, mostlyZero(images, count, layer.inputs));
  feedforwardRest(network, first, count, null, 0);
}

/** Activations of layer 1, panels from..to-1. `sparse` says whether to leave the zeros of the images out. */
export function feedforwardFirst(
  network: Network,
  images: usize,
  first: u32,
  count: u32,
  from: u32,
  to: u32,
  sparse: bool,
): void {
  const layer = network.layer(1);
  const z = layer.activationsOf(first);
  if (sparse) {
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

/**
 * Activations of the layers after the first, and softmax. With dropout if a data set is trained on, in whose order of
 * the epoch the first sample is number `visit`.
 */
export function feedforwardRest(network: Network, first: u32, count: u32, training: Dataset | null, visit: u32): void {
  for (let l: u32 = 2; l <= network.layers; l++) {
    const previous = network.layer(l - 1);
    const layer = network.layer(l);
    const z = layer.activationsOf(first);
    listActive(previous, first, count);
    if (previous.listBytes !== 0) activeLayer(layer, previous, first, count, z);
    else denseLayer(layer, count, previous.activationsOf(first), previous.stride, z, 0, layer.panels);
    activate(layer, first, count, 0, layer.vectors);
    if (training !== null && l < network.layers)
      dropActivations(network, training, l, first, count, 0, layer.vectors, visit);
  }
  const output = network.layer(network.layers);
  if (output.activation !== SOFTMAX) return;
  for (let s: u32 = 0; s < count; s++) softmax(output, output.activationsOf(first + s));
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
      if (p === from && s % PREFETCHED === 0) prefetchImages(images + (s << 2), min(PREFETCHED, count - s));
      sparseSum<Image>(width, Image.at(images, s), panel, biases, zs);
    }
  }
}

/** Fetches records, shuffled over all of memory, before they are needed: first their lengths, then all of them. */
function prefetchImages(images: usize, count: u32): void {
  for (let s: u32 = 0; s < count; s++) load<u8>(<usize>load<u32>(images + (s << 2)));
  for (let s: u32 = 0; s < count; s++) {
    const image = Image.at(images, s);
    prefetch(image.entries, image.end);
  }
}

/** z from the neurons of the layer before that are not 0, for samples first..first+count-1. */
function activeLayer(layer: Layer, previous: Layer, first: u32, count: u32, z: usize): void {
  for (let p: u32 = 0; p < layer.panels; p++) {
    const width = layer.width(p);
    const panel = layer.panel(p);
    const offset = (<usize>layer.firstVector(p)) << 4;
    let zs = z + offset;
    for (let s: u32 = 0; s < count; s++, zs += layer.stride) {
      sparseSum<Active>(width, previous.activeOf(first + s), panel, layer.biases + offset, zs);
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
