// The contract that the WebAssembly module (wasm.ts) and the reference (reference.ts) both keep: the arithmetic of the notes,
// on data that already has been checked. Everything above it (trainer.ts, network.ts) works with either.

import type { Dataset, Pixels } from "../data/dataset.js";
import type { DistortionBounds } from "../data/distortions.js";

/** f32 where bits matter, f64 where gradients are checked. */
export type RealArray = Float32Array | Float64Array;

/**
 * How initial weights are drawn: from N(0, 1) as in the classic recipe ("normal"), with deviation 1 / sqrt(fan-in) ("scaled"), both
 * with biases from N(0, 1); or with deviation sqrt(2 / fan-in) and biases 0 ("he").
 */
export type InitialWeights = "normal" | "scaled" | "he";

/** f of the hidden layers. */
export type Activation = "sigmoid" | "tanh" | "relu";

/**
 * What training makes small, and the outputs that go with it: 1/2 |y - a|^2 or -sum of y ln a + (1 - y) ln(1 - a), on sigmoid outputs;
 * or -sum of y ln a, on softmax outputs.
 */
export type Cost = "quadratic" | "cross-entropy" | "log-likelihood";

/** f of the output layer. */
export function outputOf(cost: Cost): "sigmoid" | "softmax" {
  return cost === "log-likelihood" ? "softmax" : "sigmoid";
}

export const INITIAL_WEIGHTS: readonly InitialWeights[] = ["normal", "scaled", "he"];
export const ACTIVATIONS: readonly Activation[] = ["sigmoid", "tanh", "relu"];
export const COSTS: readonly Cost[] = ["quadratic", "cross-entropy", "log-likelihood"];

/** How a mini-batch's gradient moves the weights: assembly/optimise.ts has the equations. */
export type Optimizer = "sgd" | "momentum" | "nesterov" | "adam" | "adamw";

export const OPTIMIZERS: readonly Optimizer[] = ["sgd", "momentum", "nesterov", "adam", "adamw"];

/** The method by which a network is trained. */
export interface Method {
  readonly optimizer: Optimizer;
  /** mu; b1 of Adam. */
  readonly momentum: number;
  /** b2 and epsilon of Adam. */
  readonly beta: number;
  readonly epsilon: number;
  /** L: the gradient of a weight w grows by L w. */
  readonly weightDecay: number;
  /** d of the average of the weights; 0 for none. */
  readonly average: number;
  /** The share of y that goes from the label to all outputs alike. */
  readonly labelSmoothing: number;
  /** p: the share of hidden neurons that are left out, anew for each sample. */
  readonly dropout: number;
  /** Whether a copy of the best weights so far is kept. */
  readonly keepBest: boolean;
}

/** The method of the notes. */
export const PLAIN: Method = {
  optimizer: "sgd",
  momentum: 0,
  beta: 0,
  epsilon: 0,
  weightDecay: 0,
  average: 0,
  labelSmoothing: 0,
  dropout: 0,
  keepBest: false,
};

/** Where the average of a weight is kept, if there is one: after the weight itself and what the optimiser needs. */
export function averageSlot({ optimizer }: Method): number {
  return optimizer === "sgd" ? 1 : optimizer.startsWith("adam") ? 4 : 3;
}

/** How many numbers are kept for each weight: those, its average, and last what it is in the best network so far. */
export function slotsOf(method: Method): number {
  return averageSlot(method) + Number(method.average > 0) + Number(method.keepBest);
}

/** Weights and biases of one layer. `weights` is [outputs][inputs]: w_kj, from input k to output j, at j * inputs + k. */
export interface LayerParameters {
  readonly weights: RealArray;
  readonly biases: RealArray;
}

/** What a network makes of a data set. */
export interface KernelEvaluation {
  /** How many images are read correctly. */
  readonly correct: number;
  /** C, the mean over the samples. */
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
  createNetwork(layers: readonly number[], activation?: Activation, cost?: Cost): KernelNetwork;
  /** Ends the worker threads, if there are any: nothing made with these kernels can be used afterwards. */
  close(): void;
}

/** A data set in the kernels' memory. */
export interface KernelDataset {
  readonly length: number;
  /** From now on trainBatches sees each image distorted within these bounds, as (seed, epoch) of shuffle() and its number decide. */
  distort(bounds: DistortionBounds | undefined): void;
  /** The pixels of image i, distorted as trainBatches sees the image of this number in an epoch; distort() must have been called. */
  distorted(i: number, number: number, seed: number, epoch: number): Pixels;
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
  /** Samples that take some 10 ms of training, or as much for each of several threads: how often it should come up for air. */
  readonly slice: number;
  /** Draws all weights and biases; `seed` is a 32-bit unsigned number. */
  initialise(initialWeights: InitialWeights, seed: number): void;
  /** A copy of the parameters of layer l, 1..L; of another slot, what is kept for each of them (see slotsOf). */
  readLayer(l: number, slot?: number): LayerParameters;
  writeLayer(l: number, parameters: LayerParameters, slot?: number): void;
  /** How it is trained from now on; until then it is PLAIN. New slots are 0. Throws RangeError if their memory cannot be had. */
  configure(method: Method): void;
  /** Says how many mini-batches were trained before this epoch. */
  setSteps(steps: number): void;
  /** Trains on mini-batches first..first+count-1 of m samples in the epoch's order; the epoch's last batch may be smaller. */
  trainBatches(dataset: KernelDataset, first: number, count: number, eta: number, m: number): void | Promise<void>;
  /** On the weights of a slot. */
  evaluate(dataset: KernelDataset, slot?: number): KernelEvaluation | Promise<KernelEvaluation>;
  /** a^L for each image: [count][outputs]. */
  activations(images: Pixels, slot?: number): RealArray;
  /** Whether every weight and bias is a finite number. */
  allFinite(): boolean;
  /** Frees its memory: it must not be used afterwards. */
  release(): void;
}

/** Weights of a network of these layers: multiply-adds of one sample on its way forward. */
export function countWeights(layers: readonly number[]): number {
  return layers.slice(1).reduce((sum, outputs, l) => sum + layers[l] * outputs, 0);
}

/** The first of the largest. */
export function argmax(numbers: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}
