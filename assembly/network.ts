// How a network lies in memory (docs/memory.md): sizes -> addresses, initial weights, copies in and out.
// The weights of a layer are input-major in panels of at most 32 outputs: panel p is f32[inputs][4 * vectors], padded with
// zeros to whole vectors, the vectors shared out evenly among the panels. Row k of a panel is one run of memory: what one
// input contributes to, and what its update touches. Biases, activations and delta are padded to `vectors` vectors alike.

import { SIGMOID, SOFTMAX } from "./activation";
import { Active, listBytes } from "./active";
import { LOG_LIKELIHOOD } from "./cost";
import { allocateBlock, release } from "./memory";
import { nextNormal, openStream, WEIGHTS } from "./random";
import { place } from "./team";

/** Most vectors (of 4 outputs) in a panel: the update keeps as many deltas in registers. */
const PANEL_VECTORS: u32 = 8;
/** Bytes after the parameters that backprop.ts may read: three rows of three vectors from the last layer's biases on. */
const ROWS_PAST_THE_END: u64 = 96;
/** Floats that a block of expanded images should not exceed: a quarter of a second-level cache. */
const EXPANSION_FLOATS: u32 = 65536;

@unmanaged
export class Layer {
  /** n_(l-1) and n_l. */
  inputs: u32;
  outputs: u32;
  /** Vectors of 4 outputs: ceil(outputs / 4), in this many panels. */
  vectors: u32;
  panels: u32;
  /** u32[vectors + 1]: the first vector of each panel, then `vectors`. */
  starts: usize;
  /** u32[vectors + 1]: the panel of each vector, then `panels`. */
  owners: usize;
  /** Bytes from one sample's activations, or delta, to the next. */
  stride: usize;
  /** f: one of activation.ts. */
  activation: u32;
  /** What updates are added to: bytes from a weight or bias on. 0 is the weight itself. */
  target: usize;
  /** w^l, b^l. */
  weights: usize;
  biases: usize;
  /** a^l (z^l before f) and delta^l of the samples of a mini-batch: f32[batch][4 * vectors]. */
  activations: usize;
  delta: usize;
  /** The neurons that are not 0, of each sample: see active.ts. */
  lists: usize;
  listBytes: u32;

  /** The first vector of panel p. */
  firstVector(p: u32): u32 {
    return load<u32>(this.starts + (p << 2));
  }

  /** Vectors in panel p. */
  width(p: u32): u32 {
    return this.firstVector(p + 1) - this.firstVector(p);
  }

  /** The panel of a vector. */
  panelOf(vector: u32): u32 {
    return load<u32>(this.owners + (vector << 2));
  }

  /** Address of panel p. */
  panel(p: u32): usize {
    return this.weights + ((<usize>this.firstVector(p) * this.inputs) << 4);
  }

  /** Address of w_0j; w_kj is k times rowBytes(j) further. */
  column(j: u32): usize {
    const p = this.panelOf(j >>> 2);
    return this.panel(p) + (j << 2) - (this.firstVector(p) << 4);
  }

  /** Bytes from w_kj to w_(k+1)j. */
  rowBytes(j: u32): usize {
    return (<usize>this.width(this.panelOf(j >>> 2))) << 4;
  }

  /** Shares the vectors out: to each thread whole cache lines of a sample's activations, in as few and as even panels as can be. */
  setPanels(threads: u32): void {
    let panels: u32 = 0;
    for (let t: u32 = 0; t < threads; t++) {
      const first = this.firstOf(t, threads);
      const count = this.firstOf(t + 1, threads) - first;
      const own = (count + PANEL_VECTORS - 1) / PANEL_VECTORS;
      for (let p: u32 = 0; p < own; p++) {
        const start = first + (count * p) / own;
        const end = first + (count * (p + 1)) / own;
        store<u32>(this.starts + (panels << 2), start);
        for (let v = start; v < end; v++) store<u32>(this.owners + (v << 2), panels);
        panels++;
      }
    }
    this.panels = panels;
    store<u32>(this.starts + (panels << 2), this.vectors);
    store<u32>(this.owners + (this.vectors << 2), panels);
  }

  /** The first vector of thread t of `threads`: a multiple of 4. */
  firstOf(t: u32, threads: u32): u32 {
    return min(this.vectors, ((((this.vectors + 3) >>> 2) * t) / threads) << 2);
  }

  /** Address of sample s's activations. */
  @inline activationsOf(s: u32): usize {
    return this.activations + <usize>s * this.stride;
  }

  /** Sample s's neurons that are not 0. */
  @inline activeOf(s: u32): Active {
    return changetype<Active>(this.lists + <usize>s * this.listBytes);
  }

  /** Address of sample s's delta. */
  @inline deltaOf(s: u32): usize {
    return this.delta + <usize>s * this.stride;
  }
}

@unmanaged
export class Network {
  /** L: layers with weights. */
  layers: u32;
  /** Samples that the activations and delta have room for. */
  batch: u32;
  /** Threads that there is room for, and that layer 1 is laid out for. */
  threads: u32;
  arrangement: u32;
  /**
   * Room for `block` images with all their pixels as f32, for each thread: f32[threads][block][inputs, padded to vectors]. The
   * activations, deltas and lists follow in the same block.
   */
  expansions: usize;
  block: u32;
  /** Address and bytes of all weights and biases: one run of memory. */
  parameters: usize;
  bytes: usize;
  /**
   * How many such runs there are, one after the other: 0 the weights themselves, then what the optimiser keeps for each of them
   * (1 the gradient, 2 the velocity or mean, 3 the variance), then the average of the weights, if there is one; more are the host's.
   */
  slots: u32;
  /** The slot that layers compute with. */
  slot: u32;
  /** One of cost.ts, and the share of y that label smoothing takes away from the label. */
  cost: u32;
  smoothing: f32;
  /** One of optimise.ts, and its numbers: mu or b1, b2, eps, L, d. */
  optimizer: u32;
  momentum: f32;
  beta: f32;
  epsilon: f32;
  decay: f32;
  average: f32;
  /** p: the share of hidden neurons that training leaves out, see dropout.ts. */
  dropout: f32;
  /** Mini-batches trained before the current epoch. */
  steps: u32;

  /** Layer l, 1..L. */
  layer(l: u32): Layer {
    return changetype<Layer>(changetype<usize>(this) + offsetof<Network>() + (l - 1) * offsetof<Layer>());
  }

  /** Bytes of an expanded image. */
  @inline get inputStride(): usize {
    return (<usize>((this.layer(1).inputs + 3) >>> 2)) << 4;
  }

  /** This thread's room for expanded images. */
  get expansion(): usize {
    return this.expansions + <usize>(place() * this.block) * this.inputStride;
  }
}

/**
 * A network of layers sizes[0..count-1] (u32), all weights and biases zero, with an activation for the hidden layers (0 sigmoid,
 * 1 tanh, 2 ReLU) and a cost (0 quadratic, 1 cross-entropy, both on sigmoid outputs; 2 log-likelihood on softmax outputs). Returns 0
 * if the memory cannot be had.
 */
export function createNetwork(sizes: usize, count: u32, activation: u32, cost: u32): Network | null {
  let tables: u64 = 0;
  for (let l: u32 = 1; l < count; l++) tables += 2 * ((<u64>load<u32>(sizes + (l << 2)) + 3) / 4 + 1);
  const header = allocateBlock(offsetof<Network>() + <u64>(count - 1) * offsetof<Layer>() + (tables << 2));
  if (header === 0) return null;
  const network = changetype<Network>(header);
  network.layers = count - 1;
  network.batch = 0;
  network.threads = 0;
  network.expansions = 0;
  network.arrangement = 1;
  network.slots = 1;
  network.steps = 0;
  network.cost = cost;
  configure(network, 0, 0, 0, 0, 0, 0, 0, 0);
  network.block = max<u32>(4, min<u32>(64, (EXPANSION_FLOATS / load<u32>(sizes)) & ~3));
  let table = header + offsetof<Network>() + <usize>(count - 1) * offsetof<Layer>();
  let floats: u64 = 0;
  for (let l: u32 = 1; l < count; l++) {
    const layer = network.layer(l);
    layer.inputs = load<u32>(sizes + ((l - 1) << 2));
    layer.outputs = load<u32>(sizes + (l << 2));
    layer.vectors = (layer.outputs + 3) >>> 2;
    layer.activation = l < count - 1 ? activation : cost === LOG_LIKELIHOOD ? SOFTMAX : SIGMOID;
    layer.target = 0;
    // Layer 1 is shared out by neurons: a cache line of activations must not be written by two threads. And an odd number of
    // lines puts the same neuron of many samples into many sets of the cache: strides of powers of two take 20 % longer.
    layer.stride = l === 1 ? ((<usize>layer.vectors + 3) & ~3) << 4 : (<usize>layer.vectors) << 4;
    if (layer.stride >= 512) layer.stride = ((layer.stride + 63) & ~63) | 64;
    layer.starts = table;
    table += (layer.vectors + 1) << 2;
    layer.owners = table;
    table += (layer.vectors + 1) << 2;
    layer.setPanels(1);
    floats += ((<u64>layer.vectors) << 2) * (<u64>layer.inputs + 1);
  }
  for (let l: u32 = 1; l < count; l++) {
    network.layer(l).listBytes = l < count - 1 ? listBytes(network.layer(l), network.layer(l + 1)) : 0;
  }
  const block = allocateBlock((floats << 2) + ROWS_PAST_THE_END);
  if (block === 0) {
    release(header);
    return null;
  }
  memory.fill(block, 0, (<usize>floats) << 2);
  network.parameters = block;
  network.bytes = (<usize>floats) << 2;
  useSlot(network, 0);
  return network;
}

/** Makes the weights and biases of a slot those that layers compute with. */
export function useSlot(network: Network, slot: u32): void {
  network.slot = slot;
  let address = network.parameters + <usize>slot * network.bytes;
  for (let l: u32 = 1; l <= network.layers; l++) {
    const layer = network.layer(l);
    layer.weights = address;
    layer.biases = address + ((<usize>layer.vectors * layer.inputs) << 4);
    address = layer.biases + ((<usize>layer.vectors) << 4);
  }
}

/** Makes room for `slots` slots, the new ones all zero. Returns 1, or 0 if the memory cannot be had. */
export function reserveSlots(network: Network, slots: u32): u32 {
  if (slots <= network.slots) return 1;
  const used = network.bytes * <usize>network.slots;
  const block = allocateBlock(<u64>network.bytes * slots + ROWS_PAST_THE_END);
  if (block === 0) return 0;
  memory.copy(block, network.parameters, used);
  memory.fill(block + used, 0, network.bytes * <usize>slots - used);
  release(network.parameters);
  network.parameters = block;
  network.slots = slots;
  useSlot(network, 0);
  return 1;
}

/** How the network is trained from now on: see Network. Slots for it must have been reserved. */
export function configure(
  network: Network,
  optimizer: u32,
  momentum: f32,
  beta: f32,
  epsilon: f32,
  decay: f32,
  average: f32,
  smoothing: f32,
  dropout: f32,
): void {
  network.optimizer = optimizer;
  network.momentum = momentum;
  network.beta = beta;
  network.epsilon = epsilon;
  network.decay = decay;
  network.average = average;
  network.smoothing = smoothing;
  network.dropout = dropout;
  for (let l: u32 = 1; l <= network.layers; l++) network.layer(l).target = optimizer === 0 ? 0 : network.bytes;
}

/** Says how many mini-batches were trained before this epoch: Adam counts them. */
export function setSteps(network: Network, steps: u32): void {
  network.steps = steps;
}

/** Frees a network. */
export function releaseNetwork(network: Network): void {
  release(network.expansions);
  release(network.parameters);
  release(changetype<usize>(network));
}

/** Makes room for mini-batches of `batch` samples and for `threads` threads. Returns 1, or 0 if the memory cannot be had. */
export function reserveBatch(network: Network, batch: u32, threads: u32): u32 {
  if (batch <= network.batch && threads <= network.threads) return 1;
  batch = max(batch, network.batch);
  threads = max(threads, network.threads);
  let sample: u64 = 0;
  for (let l: u32 = 1; l <= network.layers; l++) sample += 2 * network.layer(l).stride + network.layer(l).listBytes;
  const expansions = <u64>threads * network.block * network.inputStride;
  let address = allocateBlock(expansions + sample * batch);
  if (address === 0) return 0;
  release(network.expansions);
  network.threads = threads;
  network.expansions = address;
  address += <usize>expansions;
  for (let l: u32 = 1; l <= network.layers; l++) {
    const layer = network.layer(l);
    layer.activations = address;
    layer.delta = address + layer.stride * batch;
    address = layer.delta + layer.stride * batch;
  }
  for (let l: u32 = 1; l <= network.layers; l++) {
    network.layer(l).lists = address;
    address += <usize>network.layer(l).listBytes * batch;
  }
  network.batch = batch;
  return 1;
}

/**
 * Lays layer 1 out for a team, each of whose threads then has panels of its own. Returns 1, or 0 if the memory cannot be had.
 */
export function arrange(network: Network, threads: u32): u32 {
  if (threads === network.arrangement) return 1;
  const layer = network.layer(1);
  const biases = allocateBlock((<u64>layer.outputs * (<u64>layer.inputs + 1)) << 2);
  if (biases === 0) return 0;
  const weights = biases + ((<usize>layer.outputs) << 2);
  for (let slot: u32 = 0; slot < network.slots; slot++) {
    layer.setPanels(network.arrangement);
    readLayer(network, 1, slot, weights, biases);
    layer.setPanels(threads);
    writeLayer(network, 1, slot, weights, biases);
  }
  network.arrangement = threads;
  release(biases);
  return 1;
}

/**
 * Random weights, the second number being the deviation: `how` 0 from N(0, 1), 1 from N(0, 1 / sqrt(fan-in)), biases from N(0, 1); 2 (He)
 * from N(0, sqrt(2 / fan-in)), biases 0.
 */
export function initialise(network: Network, seed: u32, how: u32): void {
  for (let l: u32 = 1; l <= network.layers; l++) {
    const layer = network.layer(l);
    const deviation = how === 0 ? 1 : sqrt(<f64>how) / sqrt(<f64>layer.inputs);
    openStream(seed, WEIGHTS, l, 0, 0, 0);
    for (let j: u32 = 0; j < layer.outputs; j++) store<f32>(layer.biases + (j << 2), how === 2 ? 0 : <f32>nextNormal());
    for (let j: u32 = 0; j < layer.outputs; j++) {
      const rowBytes = layer.rowBytes(j);
      let weight = layer.column(j);
      for (let k: u32 = 0; k < layer.inputs; k++, weight += rowBytes) {
        store<f32>(weight, <f32>(nextNormal() * deviation));
      }
    }
  }
}

/** Copies layer l of a slot out: its weights to f32[outputs][inputs], its biases to f32[outputs]. */
export function readLayer(network: Network, l: u32, slot: u32, weights: usize, biases: usize): void {
  const layer = network.layer(l);
  const offset = <usize>(slot - network.slot) * network.bytes;
  memory.copy(biases, layer.biases + offset, (<usize>layer.outputs) << 2);
  for (let j: u32 = 0; j < layer.outputs; j++) {
    const rowBytes = layer.rowBytes(j);
    let weight = layer.column(j) + offset;
    for (let k: u32 = 0; k < layer.inputs; k++, weights += 4, weight += rowBytes) {
      store<f32>(weights, load<f32>(weight));
    }
  }
}

/** Copies layer l of a slot in: the reverse of readLayer. */
export function writeLayer(network: Network, l: u32, slot: u32, weights: usize, biases: usize): void {
  const layer = network.layer(l);
  const offset = <usize>(slot - network.slot) * network.bytes;
  // Padding, too, begins anew: a training that diverged has left NaN there.
  memory.fill(layer.weights + offset, 0, (<usize>layer.vectors * (layer.inputs + 1)) << 4);
  memory.copy(layer.biases + offset, biases, (<usize>layer.outputs) << 2);
  for (let j: u32 = 0; j < layer.outputs; j++) {
    const rowBytes = layer.rowBytes(j);
    let weight = layer.column(j) + offset;
    for (let k: u32 = 0; k < layer.inputs; k++, weights += 4, weight += rowBytes) {
      store<f32>(weight, load<f32>(weights));
    }
  }
}

/** Address of a^l of sample s, as the last call of evaluate or trainBatches left it: f32[n_l]. */
export function activations(network: Network, l: u32, s: u32): usize {
  return network.layer(l).activationsOf(s);
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
