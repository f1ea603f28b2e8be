// The contract that the WebAssembly module (wasm.ts) and the reference (reference.ts) both keep: the arithmetic of the notes,
// on data that already has been checked. Everything above it (trainer.ts, network.ts) works with either.

import type { Dataset, Pixels } from "./dataset.js";

/** f32 where bits matter, f64 where gradients are checked. */
export type RealArray = Float32Array | Float64Array;

/** How initial weights are drawn: N(0, 1) as in the classic recipe, or with deviation 1 / sqrt(fan-in). Biases: N(0, 1). */
export type InitialWeights = "normal" | "scaled";

/** Weights and biases of one layer. `weights` is [outputs][inputs]: w_kj, from input k to output j, at j * inputs + k. */
export interface LayerParameters {
  readonly weights: RealArray;
  readonly biases: RealArray;
}

/** What a network makes of a data set. */
export interface KernelEvaluation {
  /** How many images are read correctly. */
  readonly correct: number;
  /** C: the mean over the samples of 1/2 |y - a^L|^2. */
  readonly cost: number;
  /** The most active output for each image (the first of equals). */
  readonly predictions: Uint16Array;
}

/** The arithmetic, on a memory of its own: networks and data sets made with the same kernels go together. */
export interface Kernels {
  readonly name: "wasm" | "reference";
  /** Makes a data set ready for training and evaluation. Throws RangeError if the memory cannot be had. */
  createDataset(dataset: Dataset): KernelDataset;
  /** A network of these layer sizes with all weights zero. Throws RangeError if the memory cannot be had. */
  createNetwork(layers: readonly number[]): KernelNetwork;
  /** Ends the worker threads, if there are any: nothing made with these kernels can be used afterwards. */
  close(): void;
}

/** A data set in the kernels' memory. */
export interface KernelDataset {
  readonly length: number;
  /** Brings the samples into the order of an epoch, which (seed, epoch) alone decides. Both are 32-bit unsigned numbers. */
  shuffle(seed: number, epoch: number): void;
  /** The mean cost of all samples, each as of its last visit by trainBatches or evaluate. */
  meanCost(): number;
  /** How many samples were read correctly, each at its last visit by trainBatches in the current order. */
  countCorrect(): number;
  /** Frees its memory: it must not be used afterwards. */
  release(): void;
}

/** A network in the kernels' memory. */
export interface KernelNetwork {
  /** Samples that take about 10 ms of training: how often it should come up for air. */
  readonly slice: number;
  /** Draws all weights and biases; `seed` is a 32-bit unsigned number. */
  initialise(initialWeights: InitialWeights, seed: number): void;
  /** A copy of the parameters of layer l, 1..L. */
  readLayer(l: number): LayerParameters;
  writeLayer(l: number, parameters: LayerParameters): void;
  /** Trains on mini-batches first..first+count-1 of m samples in the epoch's order; the epoch's last batch may be smaller. */
  trainBatches(dataset: KernelDataset, first: number, count: number, eta: number, m: number): void | Promise<void>;
  evaluate(dataset: KernelDataset): KernelEvaluation | Promise<KernelEvaluation>;
  /** a^L for each image: [count][outputs]. */
  activations(images: Pixels): RealArray;
  /** Whether every weight and bias is a finite number. */
  allFinite(): boolean;
  /** Frees its memory: it must not be used afterwards. */
  release(): void;
}

/** Weights of a network of these layers: multiply-adds of one sample on its way forward. */
export function countWeights(layers: readonly number[]): number {
  return layers.slice(1).reduce((sum, outputs, l) => sum + layers[l] * outputs, 0);
}
