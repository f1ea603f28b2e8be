// Weights and biases that are given instead of learnt.

import { checkArgument, hasObjects } from "../arguments.js";
import { checkObject, typeName } from "../errors.js";
import { type KernelNetwork, type LayerParameters, SGD, type TrainingConfig } from "../kernels/kernels.js";
import { currentSlot, usedSlot } from "../kernels/slots.js";
import { checkKnown } from "../options/known.js";
import { checkRange } from "../ranges.js";
import { architectureOf } from "./architecture.js";
import { encodeNetwork } from "./network-file.js";
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
  if (parameters.length === 0) throw new RangeError("parameters: expected those of one layer or more, got none");
  const [first] = parameters;
  checkParameters("parameters[0]", first);
  const layers = [first.weights.length / first.biases.length];
  for (const [i, layer] of parameters.entries()) {
    checkParameters(`parameters[${i}]`, layer, layers[i]);
    layers.push(layer.biases.length);
  }
  const architecture = architectureOf({ ...options, layers });
  return encodeNetwork({ architecture, config: SGD, epochs: 0, state: [parameters] }, {});
}

/**
 * Checks the parameters of a layer.
 * @param inputs how many it has; any number if undefined, so that all outputs have as many
 * @param outputs how many it has, if that is known
 * @throws {TypeError | RangeError} if they are not finite f32, as many as the layer has
 */
function checkParameters(name: string, layer: LayerParameters, inputs?: number, outputs?: number): void {
  checkArgument(name, "an object { weights, biases }", layer, hasObjects(layer, "weights", "biases"));
  checkKnown(name, layer, { weights: true, biases: true });
  for (const key of ["weights", "biases"] as const) {
    const numbers: unknown = layer[key];
    if (!(numbers instanceof Float32Array || numbers instanceof Float64Array)) {
      throw new TypeError(`${key} of ${name}: expected a Float32Array or Float64Array, got ${typeName(numbers)}`);
    }
    if (!numbers.every((x) => Number.isFinite(Math.fround(x)))) {
      throw new RangeError(`${key} of ${name}: expected finite f32 only`);
    }
  }
  const { weights, biases } = layer;
  if (biases.length === 0 || (outputs !== undefined && biases.length !== outputs)) {
    throw new RangeError(`biases of ${name}: expected ${outputs ?? "1 or more"}, got ${biases.length}`);
  }
  const expected = (inputs ?? Math.max(1, Math.ceil(weights.length / biases.length))) * biases.length;
  if (weights.length !== expected) {
    throw new RangeError(`weights of ${name}: expected ${expected}, [outputs][inputs], got ${weights.length}`);
  }
}

/** @throws {TypeError | RangeError} unless they are those of layer l of a network with these sizes */
export function checkParametersOf(layers: readonly number[], l: number, parameters: LayerParameters): void {
  checkLayer(l, layers);
  checkParameters("parameters", parameters, layers[l - 1], layers[l]);
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
