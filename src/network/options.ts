// The options of Network.create() and Network.load(), and the keys that each of them takes.

import { KERNEL_OPTIONS, type KernelOptions } from "../kernels/create.js";
import type { Activation, Cost, InitialWeights } from "../kernels/kernels.js";

/** What a network is, before it has learnt anything. */
export interface NetworkOptions extends KernelOptions {
  /**
   * Neurons per layer: first the pixels of an image (1 to 2^22), then any number of hidden layers (1 to 65,536 each),
   * last the classes (1 to 65,536).
   */
  readonly layers: readonly number[];
  /** Decides the initial weights and the order of the samples: a whole number from 0 to 2^32 - 1. Default 1. */
  readonly seed?: number;
  /** How the initial weights are drawn. Default "scaled". */
  readonly initialWeights?: InitialWeights;
  /** The activation function of the hidden layers. Default "sigmoid". */
  readonly activation?: Activation;
  /** What training minimises, and with it the function of the output layer. Default "quadratic". */
  readonly cost?: Cost;
}

/** The keys of NetworkOptions. */
export const NETWORK_OPTIONS = {
  layers: true,
  seed: true,
  initialWeights: true,
  activation: true,
  cost: true,
  ...KERNEL_OPTIONS,
} as const satisfies Record<keyof NetworkOptions, true>;

/** How a saved network is loaded. */
export interface LoadOptions extends KernelOptions {
  /** The name by which errors call the bytes. Default "model". */
  readonly file?: string;
}

/** The keys of LoadOptions. */
export const LOAD_OPTIONS = { file: true, ...KERNEL_OPTIONS } as const satisfies Record<keyof LoadOptions, true>;
