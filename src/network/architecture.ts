// What decides a network before training: its layers, their functions, and how its weights are drawn.

import { show, typeName } from "../errors.js";
import {
  ACTIVATIONS,
  type Activation,
  COSTS,
  type Cost,
  INITIAL_WEIGHTS,
  type InitialWeights,
} from "../kernels/kernels.js";
import { checkRange, RANGES } from "../ranges.js";

/** What decides a network before training. */
export interface Architecture {
  readonly layers: readonly number[];
  readonly seed: number;
  readonly initialWeights: InitialWeights;
  readonly activation: Activation;
  readonly cost: Cost;
}

/** The options that give an Architecture; their defaults are in NetworkOptions. */
export type ArchitectureOptions = Pick<Architecture, "layers"> & Partial<Architecture>;

/**
 * The options with defaults filled in.
 * @throws {TypeError | RangeError} for one that cannot be used
 */
export function architectureOf(options: ArchitectureOptions): Architecture {
  const { layers, seed = 1, initialWeights = "scaled", activation = "sigmoid", cost = "quadratic" } = options;
  if (!Array.isArray(layers)) throw new TypeError(`layers: expected an array of sizes, got ${typeName(layers)}`);
  if (layers.length < 2) {
    throw new RangeError(`layers: expected at least an input and an output layer, got [${layers}]`);
  }
  for (const [l, neurons] of layers.entries()) {
    const range = l === 0 ? RANGES.inputs : l === layers.length - 1 ? RANGES.classes : RANGES.hidden;
    checkRange(`layers[${l}]`, neurons, range);
  }
  checkRange("seed", seed, RANGES.seed);
  checkChoice("initial weights", initialWeights, INITIAL_WEIGHTS);
  checkChoice("activation", activation, ACTIVATIONS);
  checkChoice("cost", cost, COSTS);
  return { layers, seed, initialWeights, activation, cost };
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) {
    throw new RangeError(
      `${name}: expected ${choices.map((choice) => `"${choice}"`).join(" or ")}, got ${show(value)}`,
    );
  }
}
