// What decides a network before training: its layers, their functions, and how its weights are drawn.

import { typeName } from "../errors.js";
import type { Activation, Cost, InitialWeights } from "../kernels/kernels.js";
import { NETWORK } from "../options/network.js";
import { checkOptions } from "../options/option.js";
import { checkRange, RANGES } from "../ranges.js";

/** What decides a network before training. */
export interface Architecture {
  /** Neurons per layer: the pixels of an image, any number of hidden layers, the classes. */
  readonly layers: readonly number[];
  /** Decides all that is random in its training: a whole number from 0 to 2^32 - 1. */
  readonly seed: number;
  /** How the initial weights are drawn. */
  readonly initialWeights: InitialWeights;
  /** The activation function of the hidden layers. */
  readonly activation: Activation;
  /** What training minimises, and with it the function of the output layer. */
  readonly cost: Cost;
}

/** The options that give an Architecture; their defaults are in options/network.ts. */
export type ArchitectureOptions = Pick<Architecture, "layers"> & Partial<Architecture>;

/**
 * The options with defaults filled in.
 * @throws {TypeError | RangeError} for one that cannot be used
 */
export function architectureOf(options: ArchitectureOptions): Architecture {
  const { layers, seed, initialWeights, activation, cost } = options;
  if (!Array.isArray(layers)) throw new TypeError(`layers: expected an array of sizes, got ${typeName(layers)}`);
  if (layers.length < 2) {
    throw new RangeError(`layers: expected at least an input and an output layer, got [${layers}]`);
  }
  for (const [l, neurons] of layers.entries()) {
    const range = l === 0 ? RANGES.inputs : l === layers.length - 1 ? RANGES.classes : RANGES.hidden;
    checkRange(`layers[${l}]`, neurons, range);
  }
  return {
    layers,
    ...checkOptions<Partial<Omit<Architecture, "layers">>>({ seed, initialWeights, activation, cost }, NETWORK),
  };
}
