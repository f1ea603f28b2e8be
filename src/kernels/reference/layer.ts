// The layers of a network: their parameters, how these begin, and in which order others see them.

import type { InitialWeights, LayerParameters, RealArray } from "../kernels.js";
import type { Arithmetic } from "./arithmetic.js";
import { RandomStream, WEIGHTS } from "./random.js";

/** Layer l: w_kj is weights[k * outputs + j], b_j is biases[j]. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs][outputs] */
  readonly weights: RealArray;
  /** [outputs] */
  readonly biases: RealArray;
}

/** Layers 0..L with all parameters 0. Layer 0 stands for the input and has none. */
export function createLayers({ Array: Real }: Arithmetic, sizes: readonly number[]): Layer[] {
  return sizes.map((outputs, l) => {
    const inputs = l === 0 ? 0 : sizes[l - 1];
    return { inputs, outputs, weights: new Real(inputs * outputs), biases: new Real(l === 0 ? 0 : outputs) };
  });
}

/** Draws the parameters of layers 1..L: of each layer the biases, then neuron by neuron its weights. */
export function initialise(layers: readonly Layer[], initialWeights: InitialWeights, seed: number): void {
  for (const [l, { inputs, outputs, weights, biases }] of layers.entries()) {
    if (l === 0) continue;
    const random = new RandomStream(seed, WEIGHTS, l);
    const deviations = { normal: 1, scaled: 1 / Math.sqrt(inputs), he: Math.sqrt(2) / Math.sqrt(inputs) };
    const deviation = deviations[initialWeights];
    for (let j = 0; j < outputs; j++) biases[j] = initialWeights === "he" ? 0 : random.nextNormal();
    for (let j = 0; j < outputs; j++) {
      for (let k = 0; k < inputs; k++) weights[k * outputs + j] = random.nextNormal() * deviation;
    }
  }
}

/** A copy of the parameters of a layer, its weights as [outputs][inputs]. */
export function readLayer({ inputs, outputs, weights, biases }: Layer): LayerParameters {
  return { weights: transpose(weights, inputs, outputs), biases: biases.slice() };
}

/** Gives a layer these parameters, whose weights are [outputs][inputs]. */
export function writeLayer({ inputs, outputs, weights, biases }: Layer, parameters: LayerParameters): void {
  weights.set(transpose(parameters.weights, outputs, inputs));
  biases.set(parameters.biases);
}

/** [rows][columns] to [columns][rows]. */
function transpose(matrix: RealArray, rows: number, columns: number): RealArray {
  const result = matrix.slice();
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j];
  return result;
}
