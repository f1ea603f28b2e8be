// How a network lies in memory (docs/memory.md): sizes -> addresses, initial weights, copies in and out.
// The weights of a layer are input-major in panels of at most 32 outputs: panel p is f32[inputs][4 * vectors], padded
// with zeros to whole vectors, and the vectors are shared out evenly among the panels. Row k of a panel is one run of
// memory: what one input contributes to, and what its update touches. Biases, activations and delta are padded to
// `vectors` vectors, too.

import { listBytes } from "./active";
import { Layer, LOG_LIKELIHOOD, Network, SGD, SIGMOID, SOFTMAX } from "./layer";
import { allocateBlock, release } from "./memory";
import { neuronBoundary, sharingOf } from "./ownership";
import { nextNormal, openStream, WEIGHTS } from "./random";

/** Most vectors (of 4 outputs) in a panel: the update keeps as many deltas in registers. */
const PANEL_VECTORS: u32 = 8;
/** Bytes after the parameters that backprop.ts may read: three rows of three vectors after the last biases. */
const ROWS_PAST_THE_END: u64 = 96;
/** Floats that a block of expanded images should not exceed: a quarter of a second-level cache. */
const EXPANSION_FLOATS: u32 = 65536;

/**
 * A network of layers sizes[0..count-1] (u32), all weights and biases 0. The hidden layers have the activation SIGMOID,
 * TANH or RELU; the cost is QUADRATIC or CROSS_ENTROPY, both on sigmoid outputs, or LOG_LIKELIHOOD on softmax outputs.
 * Returns 0 if the memory cannot be had.
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
  configure(network, SGD, 0, 0, 0, 0, 0, 0, 0);
  freeze(network, 0);
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
    // Layer 1 is shared out by neurons: no two threads must write to one cache line of activations. An odd number of
    // lines puts the same neuron of many samples into many sets of the cache: strides of powers of two take 20 %
    // longer.
    layer.stride = l === 1 ? ((<usize>layer.vectors + 3) & ~3) << 4 : (<usize>layer.vectors) << 4;
    if (layer.stride >= 512) layer.stride = ((layer.stride + 63) & ~63) | 64;
    layer.starts = table;
    table += (layer.vectors + 1) << 2;
    layer.owners = table;
    table += (layer.vectors + 1) << 2;
    setPanels(layer, 1);
    floats += ((<u64>layer.vectors) << 2) * (<u64>layer.inputs + 1);
  }
  for (let l: u32 = 1; l < count; l++) {
    const layer = network.layer(l);
    layer.listBytes = l < count - 1 ? listBytes(layer, network.layer(l + 1)) : 0;
    layer.sharing = sharingOf(l, l > 1 && network.layer(l - 1).listBytes !== 0);
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

/** Shares the vectors of a layer out to threads, and each thread's share to as few and as even panels as can be. */
function setPanels(layer: Layer, threads: u32): void {
  let panels: u32 = 0;
  for (let t: u32 = 0; t < threads; t++) {
    const first = neuronBoundary(layer.outputs, t, threads);
    const count = neuronBoundary(layer.outputs, t + 1, threads) - first;
    const own = (count + PANEL_VECTORS - 1) / PANEL_VECTORS;
    for (let p: u32 = 0; p < own; p++) {
      const start = first + (count * p) / own;
      const end = first + (count * (p + 1)) / own;
      store<u32>(layer.starts + (panels << 2), start);
      for (let v = start; v < end; v++) store<u32>(layer.owners + (v << 2), panels);
      panels++;
    }
  }
  layer.panels = panels;
  store<u32>(layer.starts + (panels << 2), layer.vectors);
  store<u32>(layer.owners + (layer.vectors << 2), panels);
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

/** Sets how the network is trained from now on: see Network. Slots for it must have been reserved. */
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
  for (let l: u32 = 1; l <= network.layers; l++) network.layer(l).target = optimizer === SGD ? 0 : network.bytes;
}

/** Layers 1..layers keep their weights and biases from now on: 0, as at first, for none, at most all but the last. */
export function freeze(network: Network, layers: u32): void {
  network.frozen = layers;
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

/** Makes room for mini-batches of `batch` samples and for `threads` threads. Returns 1, or 0 if it cannot be had. */
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
 * Lays layer 1 out for a team, so that each thread has panels of its own. Returns 1, or 0 if the memory cannot be had.
 */
export function arrange(network: Network, threads: u32): u32 {
  if (threads === network.arrangement) return 1;
  const layer = network.layer(1);
  const biases = allocateBlock((<u64>layer.outputs * (<u64>layer.inputs + 1)) << 2);
  if (biases === 0) return 0;
  const weights = biases + ((<usize>layer.outputs) << 2);
  for (let slot: u32 = 0; slot < network.slots; slot++) {
    setPanels(layer, network.arrangement);
    readLayer(network, 1, slot, weights, biases);
    setPanels(layer, threads);
    writeLayer(network, 1, slot, weights, biases);
  }
  network.arrangement = threads;
  release(biases);
  return 1;
}

/**
 * Random parameters, the second number of N being the standard deviation. With `how` 0 weights are from N(0, 1); with 1
 * from N(0, 1 / sqrt(fan-in)); with 2 (He) from N(0, sqrt(2 / fan-in)). Biases are from N(0, 1), with 2 they are 0.
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
  // Clears the padding, too: training that diverged has left NaN there.
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
