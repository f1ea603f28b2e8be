// Weights and biases that are given instead of learnt.

import { checkArgument, hasObjects } from "../arguments.js";
import { checkObject } from "../errors.js";
import { layerSizes } from "../formats/json.js";
import { type KernelNetwork, type LayerParameters, SGD, type TrainingConfig } from "../kernels/kernels.js";
import { currentSlot, usedSlot } from "../kernels/slots.js";
import { checkKnown } from "../options/known.js";
import { checkRange } from "../ranges.js";
import { architectureOf } from "./architecture.js";
import { encodeNetwork, toFloat32 } from "./network-file.js";
import { NETWORK_OPTIONS, type NetworkOptions } from "./options.js";

/** The options of Network.from(): those of Network.create() but for the layers, which the parameters have. */
export type FromOptions = Omit<NetworkOptions, "layers">;

const { layers: _, ...FROM_OPTIONS } = NETWORK_OPTIONS;

/**
 * The file of a network with these parameters, untrained.
 * @throws {TypeError | RangeError} if they are no network's, or for an option that cannot be used
 */
export function fileOf(parameters: readonly LayerParameters[], options: FromOptions): Uint8Array {
  checkObject("options", options);
  checkKnown("Network.from", options, FROM_OPTIONS);
  checkArgument("parameters", "an array of layers { weights, biases }", parameters, Array.isArray(parameters));
  parameters.forEach(checkParameters);
  const layers = layerSizes(parameters);
  const architecture = architectureOf({ ...options, layers });
  return encodeNetwork({ architecture, config: SGD, epochs: 0, state: [parameters] }, {});
}

/** @throws {TypeError | RangeError} unless a layer, the one after `l` others, has finite f32 */
function checkParameters(layer: LayerParameters, l: number): void {
  const name = `layer ${l + 1}`;
  checkArgument(name, "an object { weights, biases }", layer, hasObjects(layer, "weights", "biases"));
  for (const numbers of [layer.weights, layer.biases]) {
    const areFloats = numbers instanceof Float32Array || numbers instanceof Float64Array;
    checkArgument(name, "a Float32Array or Float64Array each", numbers, areFloats);
    if (!toFloat32(numbers).every(Number.isFinite)) throw new RangeError(`${name}: expected finite f32 only`);
  }
}

/** @throws {TypeError | RangeError} unless they are those of layer l of a network with these sizes */
export function checkParametersOf(layers: readonly number[], l: number, parameters: LayerParameters): void {
  checkLayer(l, layers);
  checkParameters(parameters, l - 1);
  const [inputs, outputs] = layers.slice(l - 1);
  const { weights, biases } = parameters;
  if (biases.length !== outputs || weights.length !== inputs * outputs) {
    const expected = `${inputs * outputs} weights and ${outputs} biases`;
    throw new RangeError(`layer ${l}: expected ${expected}, got ${weights.length} and ${biases.length}`);
  }
}

/** @throws {TypeError | RangeError} unless layer l, from 1, is one of a network's with these sizes */
export function checkLayer(l: number, { length }: readonly number[]): void {
  checkRange("layer", l, { min: 1, max: length - 1, whole: true, description: `1 to ${length - 1}` });
}

/** Whether the parameters of the moment are asked for. @throws {TypeError} for other options */
export function isNow(options: { readonly now?: boolean }): boolean {
  checkObject("options", options);
  checkKnown("parameters", options, { now: true });
  const { now = false } = options;
  checkArgument("now", "true or false", now, typeof now === "boolean");
  return now;
}

/** Writes the parameters of a layer wherever they are kept: as weights, as their average, and as the best ones. */
export function writeParameters(network: KernelNetwork, config: TrainingConfig, l: number, layer: LayerParameters) {
  // -0 becomes 0, as training leaves it.
  const [weights, biases] = [layer.weights.map((w) => w + 0), layer.biases.map((b) => b + 0)];
  for (const slot of new Set([0, currentSlot(config), usedSlot(config)])) {
    network.writeLayer(l, { weights, biases }, slot);
  }
}
