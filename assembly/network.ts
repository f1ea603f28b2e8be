// How a network lies in memory (docs/memory.md): sizes -> addresses, initial weights, copies in and out.
// The weights of a layer are input-major in panels of at most 32 outputs: panel p is f32[inputs][4 * vectors], padded with
// zeros to whole vectors, the vectors shared out evenly among the panels. Row k of a panel is one run of memory: what one
// input contributes to, and what its update touches. Biases, activations and delta are padded to `vectors` vectors alike.

import { allocateBlock, release } from "./memory";
import { nextNormal, openStream, WEIGHTS } from "./random";

/** Most vectors (of 4 outputs) in a panel: the update keeps as many deltas in registers. */
export const PANEL_VECTORS: u32 = 8;

@unmanaged
export class Layer {
  /** n_(l-1) and n_l. */
  inputs: u32;
  outputs: u32;
  /** Vectors of 4 outputs: ceil(outputs / 4), in this many panels: of `narrow` vectors, the first `wide` panels of one more. */
  vectors: u32;
  panels: u32;
  narrow: u32;
  wide: u32;
  /** w^l, b^l. */
  weights: usize;
  biases: usize;
  /** a^l (z^l before the sigmoid) and delta^l of the samples of a mini-batch: f32[batch][4 * vectors]. */
  activations: usize;
  delta: usize;

  /** Vectors in panel p. */
  width(p: u32): u32 {
    return this.narrow + u32(p < this.wide);
  }

  /** Bytes of one sample's activations. */
  @inline get stride(): usize {
    return (<usize>this.vectors) << 4;
  }

  /** Address of w_kj. */
  weight(k: u32, j: u32): usize {
    const vector = j >>> 2;
    const boundary = this.wide * (this.narrow + 1);
    const p = vector < boundary ? vector / (this.narrow + 1) : this.wide + (vector - boundary) / this.narrow;
    const first = p * this.narrow + min(p, this.wide);
    const row = first * this.inputs + k * this.width(p);
    return this.weights + ((<usize>(row + vector - first)) << 4) + ((j & 3) << 2);
  }
}

@unmanaged
export class Network {
  /** L: layers with weights. */
  layers: u32;
  /** Samples that the activations and delta have room for. */
  batch: u32;
  /** Address and bytes of all weights and biases: one block. */
  parameters: usize;
  bytes: usize;

  /** Layer l, 1..L. */
  layer(l: u32): Layer {
    return changetype<Layer>(changetype<usize>(this) + offsetof<Network>() + (l - 1) * offsetof<Layer>());
  }
}

/** A network of layers sizes[0..count-1] (u32), all weights and biases zero. Returns 0 if the memory cannot be had. */
export function createNetwork(sizes: usize, count: u32): Network | null {
  const header = allocateBlock(offsetof<Network>() + <u64>(count - 1) * offsetof<Layer>());
  if (header === 0) return null;
  const network = changetype<Network>(header);
  network.layers = count - 1;
  network.batch = 0;
  let floats: u64 = 0;
  for (let l: u32 = 1; l < count; l++) {
    const layer = network.layer(l);
    layer.inputs = load<u32>(sizes + ((l - 1) << 2));
    layer.outputs = load<u32>(sizes + (l << 2));
    layer.vectors = (layer.outputs + 3) >>> 2;
    layer.panels = (layer.vectors + PANEL_VECTORS - 1) / PANEL_VECTORS;
    layer.narrow = layer.vectors / layer.panels;
    layer.wide = layer.vectors % layer.panels;
    floats += ((<u64>layer.vectors) << 2) * (<u64>layer.inputs + 1);
  }
  const block = allocateBlock(floats << 2);
  if (block === 0) {
    release(header);
    return null;
  }
  memory.fill(block, 0, (<usize>floats) << 2);
  network.parameters = block;
  network.bytes = (<usize>floats) << 2;
  let address = block;
  for (let l: u32 = 1; l < count; l++) {
    const layer = network.layer(l);
    layer.weights = address;
    layer.biases = address + layer.stride * layer.inputs;
    address = layer.biases + layer.stride;
  }
  return network;
}

/** Makes room for mini-batches of `batch` samples. Returns 1, or 0 if the memory cannot be had. */
export function reserveBatch(network: Network, batch: u32): u32 {
  if (batch <= network.batch) return 1;
  let stride: u64 = 0;
  for (let l: u32 = 1; l <= network.layers; l++) stride += network.layer(l).stride;
  let address = allocateBlock(2 * stride * batch);
  if (address === 0) return 0;
  for (let l: u32 = 1; l <= network.layers; l++) {
    const layer = network.layer(l);
    layer.activations = address;
    layer.delta = address + layer.stride * batch;
    address = layer.delta + layer.stride * batch;
  }
  network.batch = batch;
  return 1;
}

/** Biases from N(0, 1); weights from N(0, 1), or if `scaled` from N(0, 1 / sqrt(fan-in)), the second being the deviation. */
export function initialise(network: Network, seed: u32, scaled: bool): void {
  for (let l: u32 = 1; l <= network.layers; l++) {
    const layer = network.layer(l);
    const deviation = scaled ? 1 / sqrt(<f64>layer.inputs) : 1;
    openStream(seed, WEIGHTS, l);
    for (let j: u32 = 0; j < layer.outputs; j++) store<f32>(layer.biases + (j << 2), <f32>nextNormal());
    for (let j: u32 = 0; j < layer.outputs; j++) {
      for (let k: u32 = 0; k < layer.inputs; k++) store<f32>(layer.weight(k, j), <f32>(nextNormal() * deviation));
    }
  }
}

/** Copies layer l out: its weights to f32[outputs][inputs], its biases to f32[outputs]. */
export function readLayer(network: Network, l: u32, weights: usize, biases: usize): void {
  const layer = network.layer(l);
  memory.copy(biases, layer.biases, (<usize>layer.outputs) << 2);
  for (let j: u32 = 0; j < layer.outputs; j++) {
    for (let k: u32 = 0; k < layer.inputs; k++, weights += 4) store<f32>(weights, load<f32>(layer.weight(k, j)));
  }
}

/** Copies layer l in: the reverse of readLayer. */
export function writeLayer(network: Network, l: u32, weights: usize, biases: usize): void {
  const layer = network.layer(l);
  memory.copy(layer.biases, biases, (<usize>layer.outputs) << 2);
  for (let j: u32 = 0; j < layer.outputs; j++) {
    for (let k: u32 = 0; k < layer.inputs; k++, weights += 4) store<f32>(layer.weight(k, j), load<f32>(weights));
  }
}

/** 1 if every weight and bias is a finite number. */
export function allFinite(network: Network): u32 {
  const end = network.parameters + network.bytes;
  let sum = f32x4.splat(0); // x - x is 0 for finite x and NaN for NaN and the infinities, and a NaN stays in the sum
  for (let address = network.parameters; address < end; address += 16) {
    const x = v128.load(address);
    sum = f32x4.add(sum, f32x4.sub(x, x));
  }
  return u32(v128.any_true(sum) === false);
}
