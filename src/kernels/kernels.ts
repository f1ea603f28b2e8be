// The contract that the WebAssembly module (wasm/) and the reference (reference/) both keep: the arithmetic of
// docs/math.md, on data that has already been checked. Everything above it (src/network/) works with either.

import { checkLayers } from "../arguments.js";
import type { Dataset, Pixels } from "../data/dataset.js";
import type { DistortionBounds } from "../data/distortions.js";

/** f32 where bits matter, f64 where gradients are checked. */
export type RealArray = Float32Array | Float64Array;

/**
 * How initial weights are drawn. "normal": from N(0, 1), as in the classic recipe. "scaled": with standard deviation
 * 1 / sqrt(fan-in). Both draw biases from N(0, 1). "he": with standard deviation sqrt(2 / fan-in), and all biases 0.
 */
export type InitialWeights = "normal" | "scaled" | "he";

/** f, the activation function of the hidden layers. */
export type Activation = "sigmoid" | "tanh" | "relu";

/**
 * What training minimises, and the output layer that goes with it. "quadratic": 1/2 |y - a|^2 on sigmoid outputs.
 * "cross-entropy": -sum of y ln a + (1 - y) ln(1 - a), also on sigmoid outputs.
 * "log-likelihood": -sum of y ln a on softmax outputs.
 */
export type Cost = "quadratic" | "cross-entropy" | "log-likelihood";

/** The activation function of the output layer. */
export function outputOf(cost: Cost): "sigmoid" | "softmax" {
  return cost === "log-likelihood" ? "softmax" : "sigmoid";
}

export const INITIAL_WEIGHTS: readonly InitialWeights[] = ["normal", "scaled", "he"];
export const ACTIVATIONS: readonly Activation[] = ["sigmoid", "tanh", "relu"];
export const COSTS: readonly Cost[] = ["quadratic", "cross-entropy", "log-likelihood"];

/** How the gradient of a mini-batch moves the weights: assembly/optimise.ts has the equations. */
export type Optimizer = "sgd" | "momentum" | "nesterov" | "adam" | "adamw";

export const OPTIMIZERS: readonly Optimizer[] = ["sgd", "momentum", "nesterov", "adam", "adamw"];

/** How a network is trained, beyond learning rate and batch size: MethodOptions, checked and with their defaults. */
export interface TrainingConfig {
  readonly optimizer: Optimizer;
  /** mu of momentum, b1 of Adam: from 0 to below 1. */
  readonly momentum: number;
  /** b2 of Adam, from 0 to below 1; its epsilon, above 0. */
  readonly beta2: number;
  readonly epsilon: number;
  /** L, from 0 to 1: the gradient of a weight w grows by L w. */
  readonly weightDecay: number;
  /** d of the running average of the weights, from 0 to below 1; 0 for none. */
  readonly averaging: number;
  /** The fraction of y that moves from the label to all outputs alike: from 0 to below 1. */
  readonly labelSmoothing: number;
  /** p, from 0 to below 1: the fraction of hidden neurons left out, chosen anew for each sample. */
  readonly dropout: number;
  /** Layers 1 to this one keep their weights and biases: 0 for none, at most all but the last. */
  readonly frozen: number;
  /** Whether a copy of the best weights so far is kept. */
  readonly keepBest: boolean;
}

/** Plain stochastic gradient descent, as in the notes. */
export const SGD: TrainingConfig = {
  optimizer: "sgd",
  momentum: 0,
  beta2: 0,
  epsilon: 0,
  weightDecay: 0,
  averaging: 0,
  labelSmoothing: 0,
  dropout: 0,
  frozen: 0,
  keepBest: false,
};

/** The parameters of one layer: `weights` [outputs][inputs], w_kj at j * inputs + k, and `biases` [outputs]. */
export interface LayerParameters {
  /** [outputs][inputs]: the weight from neuron k of the layer before to neuron j is at j * inputs + k. */
  readonly weights: RealArray;
  /** [outputs], one a neuron. */
  readonly biases: RealArray;
}

/** How a network reads a data set. */
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
  /** Which they are: the WebAssembly module, or its counterpart in TypeScript. */
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
  /**
   * From now on trainBatches sees each image distorted within these bounds. The seed and epoch of shuffle(), and the
   * image's number, decide how.
   */
  distort(bounds: DistortionBounds | undefined): void;
  /** The pixels of image i, distorted as in training the image of this number in this epoch. Needs distort() before. */
  distorted(i: number, number: number, seed: number, epoch: number): Pixels;
  /** Brings the samples into the order of an epoch: (seed, epoch), 32-bit unsigned numbers, alone decide it. */
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
  /** Samples to train on next, in mini-batches of m, before the event loop gets a turn: 10 to 50 ms of work. */
  sliceFor(m: number): number;
  /** How many threads train on mini-batches of m samples: 1 to 64. */
  threadsFor(m: number): number;
  /** Draws all weights and biases; `seed` is a 32-bit unsigned number. */
  initialise(initialWeights: InitialWeights, seed: number): void;
  /** A copy of the parameters of layer l, 1..L; of another slot, what is kept for each of them (slots.ts). */
  readLayer(l: number, slot?: number): LayerParameters;
  writeLayer(l: number, parameters: LayerParameters, slot?: number): void;
  /** How it is trained from now on; at first by SGD. New slots are 0. Throws RangeError without memory for them. */
  configure(config: TrainingConfig): void;
  /** Says how many mini-batches were trained before this epoch. */
  setSteps(steps: number): void;
  /** Trains on mini-batches first..first+count-1 of m samples, in the epoch's order. The last one may be smaller. */
  trainBatches(dataset: KernelDataset, first: number, count: number, eta: number, m: number): void | Promise<void>;
  /** Evaluates the weights of a slot on all samples. */
  evaluate(dataset: KernelDataset, slot?: number): KernelEvaluation | Promise<KernelEvaluation>;
  /** a^L for each image: [count][outputs]. */
  activations(images: Pixels, slot?: number): RealArray;
  /** Whether every weight and bias is a finite number. */
  allFinite(): boolean;
  /** Frees its memory: it must not be used afterwards. */
  release(): void;
}

/** The number of weights of a network with these layers, which is the number of multiply-adds of one forward pass. */
export function countWeights(layers: readonly number[]): number {
  checkLayers(layers);
  return layers.slice(1).reduce((sum, outputs, l) => sum + layers[l] * outputs, 0);
}

/** The index of the largest number, the first of equals. */
export function argmax(numbers: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}
