// Weights in eight bits: a row of weights, those of one neuron, is q times a scale of its own,
//   w_kj ~ s_j q_kj   with   s_j = max over k of |w_kj| / 127   and   q_kj the nearest whole number to w_kj / s_j
// so that no weight moves by more than s_j / 2, but for rounding. Biases stay f32.

import type { LayerParameters } from "../../kernels/kernels.js";
import { layerSizes } from "../json.js";
import { type NetworkWeights, parametersOf } from "../weights.js";

/** Of 8 bits with a sign, the same range on both sides of 0. */
const MAX = 127;

/** A layer in eight bits: w_kj is scales[j] times weights[j * inputs + k], rounded to f32. */
export interface QuantizedLayer {
  readonly weights: Int8Array;
  /** f32, one a neuron. */
  readonly scales: Float32Array;
}

/** The weights [outputs][inputs] of a layer in eight bits. */
export function quantizeLayer({ weights, biases }: LayerParameters): QuantizedLayer {
  const inputs = weights.length / biases.length;
  const scales = new Float32Array(biases.length);
  const quantized = new Int8Array(weights.length);
  for (let j = 0; j < scales.length; j++) {
    const row = weights.subarray(j * inputs, (j + 1) * inputs);
    let largest = 0;
    for (const w of row) largest = Math.max(largest, Math.abs(Math.fround(w)));
    scales[j] = largest / MAX;
    // Of weights below 2^-142 the scale is 0 or coarse: they count as 0, or are bounded.
    if (scales[j] === 0) continue;
    for (const [k, w] of row.entries()) {
      quantized[j * inputs + k] = Math.min(Math.max(Math.round(w / scales[j]), -MAX), MAX);
    }
  }
  return { weights: quantized, scales };
}

/**
 * A network's layers with the weights that encodeC() gives them with `int8`: 8 bits each, and a scale for each neuron.
 * Network.from() makes a network of them, whose accuracy is that of the C code, for it computes the same bits.
 * @example
 * ```ts
 * using rounded = await Network.from(quantize(network), { activation: network.activation, cost: network.cost });
 * console.log((await rounded.evaluate(test)).accuracy - (await network.evaluate(test)).accuracy);
 * ```
 * @param network a Network, or the layers of one, first to last: weights [outputs][inputs] and biases [outputs] of each
 * @returns f32 of each layer, first to last
 * @throws {RangeError} if there is no layer, or they do not fit each other
 */
export function quantize(network: NetworkWeights | readonly LayerParameters[]): LayerParameters[] {
  const layers = parametersOf(network);
  layerSizes(layers);
  return layers.map((layer) => {
    const { weights, scales } = quantizeLayer(layer);
    const inputs = weights.length / scales.length;
    const rounded = Float32Array.from(weights, (q, i) => scales[Math.floor(i / inputs)] * q);
    return { weights: rounded, biases: Float32Array.from(layer.biases) };
  });
}
