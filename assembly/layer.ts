// The structures of a network, at addresses in memory, and the numbers that stand for activations, costs and
// optimisers. network.ts creates the structures; the other files compute with them.

import { threadIndex } from "./team";

/** Activations, see activation.ts. */
export const SIGMOID: u32 = 0;
export const TANH: u32 = 1;
export const RELU: u32 = 2;
export const SOFTMAX: u32 = 3;

/** Costs, see cost.ts. */
export const QUADRATIC: u32 = 0;
export const CROSS_ENTROPY: u32 = 1;
export const LOG_LIKELIHOOD: u32 = 2;

/** Optimisers, see optimise.ts. */
export const SGD: u32 = 0;
export const MOMENTUM: u32 = 1;
export const NESTEROV: u32 = 2;
export const ADAM: u32 = 3;
export const ADAMW: u32 = 4;

/** The neurons of one sample that are not 0. After it `length` entries by ascending k:  f32 a_k, u32 k. */
@unmanaged
export class Active {
  length: u32;

  @inline get entries(): usize {
    return changetype<usize>(this) + offsetof<Active>();
  }

  @inline get end(): usize {
    return this.entries + (this.length << 3);
  }

  @inline get entryBytes(): usize {
    return 8;
  }

  /** Address of an entry's a_k. */
  @inline valueOf(entry: usize): usize {
    return entry;
  }

  /** Row k of a panel for an entry. */
  @inline rowOf(entry: usize, panel: usize, _row: usize, rowBytes: usize): usize {
    return panel + <usize>load<u32>(entry, 4) * rowBytes;
  }
}

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
  /** f: SIGMOID, TANH, RELU or SOFTMAX. */
  activation: u32;
  /** How threads share the weights: see ownership.ts. */
  sharing: u32;
  /** What updates are added to: bytes from a weight or bias on. 0 is the weight itself. */
  target: usize;
  /** w^l, b^l. */
  weights: usize;
  biases: usize;
  /** a^l (z^l before f) and delta^l of the samples of a mini-batch: f32[batch][4 * vectors]. */
  activations: usize;
  delta: usize;
  /** An Active for each sample, listBytes apart; 0 bytes if the layer above does not go by lists: see active.ts. */
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

  /** Address of sample s's activations. */
  @inline activationsOf(s: u32): usize {
    return this.activations + <usize>s * this.stride;
  }

  /** The list of sample s. */
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
  /** Threads that there is room for. */
  threads: u32;
  /** Threads that layer 1 is laid out for. */
  arrangement: u32;
  /**
   * Room for `block` images with all their pixels as f32, for each thread: f32[threads][block][inputs, padded to
   * vectors]. The activations, deltas and lists follow in the same block of memory.
   */
  expansions: usize;
  block: u32;
  /** Address and bytes of all weights and biases: one run of memory. */
  parameters: usize;
  bytes: usize;
  /**
   * How many such runs there are, one after the other: 0 the weights themselves, then what the optimiser keeps for each
   * of them (1 the gradient, 2 the velocity or mean, 3 the variance), then the average of the weights, if there is one.
   * Any further ones belong to the host.
   */
  slots: u32;
  /** The slot that layers compute with. */
  slot: u32;
  /** QUADRATIC, CROSS_ENTROPY or LOG_LIKELIHOOD; the fraction of y that label smoothing takes from the label. */
  cost: u32;
  smoothing: f32;
  /** SGD, MOMENTUM, NESTEROV, ADAM or ADAMW; its numbers, as optimise.ts calls them: mu or b1, b2, eps, L, d. */
  optimizer: u32;
  momentum: f32;
  beta: f32;
  epsilon: f32;
  decay: f32;
  average: f32;
  /** p: the fraction of hidden neurons that training leaves out, see dropout.ts. */
  dropout: f32;
  /** Layers 1 to `frozen` keep their weights and biases. */
  frozen: u32;
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
    return this.expansions + <usize>(threadIndex() * this.block) * this.inputStride;
  }
}
