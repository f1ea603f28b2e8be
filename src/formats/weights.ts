// What the encoders take of a network, and its weights alone as a model file.

import { checkArgument, checkChoice, hasObjects } from "../arguments.js";
import type { Preparation } from "../data/preparation.js";
import { ACTIVATIONS, type Activation, COSTS, type Cost, type LayerParameters, SGD } from "../kernels/kernels.js";
import type { Architecture } from "../network/architecture.js";
import { encodeNetwork } from "../network/network-file.js";

/** What the encoders take: a Network is one. */
export interface NetworkWeights extends Architecture {
  /** Epochs that it was trained for. */
  readonly epochs: number;
  /** How images are made that it reads, if that is known. */
  readonly preparation?: Preparation;
  /** What its classes are called, if they have names. */
  readonly classNames?: readonly string[];
  /** The weights [outputs][inputs] and biases [outputs] of layer l, 1 to layers.length - 1. */
  parameters(l: number): LayerParameters;
}

/**
 * A model file with the weights that a network reads with, and nothing else: neither the optimiser's state nor the
 * weights it trains on. Network.load() reads it. Trained further, such a network continues by plain gradient descent
 * from these weights.
 * @param metadata more to keep in the file's metadata
 * @returns the bytes of a safetensors file
 * @throws {TypeError} if a value of the metadata is not a string
 * @throws {RangeError} if the metadata take more than 8 MB
 */
export function encodeWeights(network: NetworkWeights, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  checkArgument("network", "a Network", network, isNetwork(network));
  const { layers, seed, initialWeights, activation, cost, epochs } = network;
  const architecture = { layers, seed, initialWeights, activation, cost };
  return encodeNetwork({ architecture, config: SGD, epochs, state: [parametersOf(network)] }, metadata);
}

/** A network's layers, first to last; of layers themselves, themselves. */
export function parametersOf(network: NetworkWeights | readonly LayerParameters[]): readonly LayerParameters[] {
  const isList = Array.isArray(network) && network.every((layer) => hasObjects(layer, "weights", "biases"));
  checkArgument(
    "network",
    "a Network or an array of layers { weights, biases }",
    network,
    isNetwork(network) || isList,
  );
  return isNetwork(network) ? network.layers.slice(1).map((_, i) => network.parameters(i + 1)) : network;
}

/** @throws {TypeError} unless they are functions that a network can have */
export function checkFunctions(activation: Activation, cost: Cost): void {
  checkChoice("activation", activation, ACTIVATIONS);
  checkChoice("cost", cost, COSTS);
}

/** The activation and the cost of a network; of layers alone, those of a network that is created without options. */
export function functionsOf(network: NetworkWeights | readonly LayerParameters[]): {
  readonly activation: Activation;
  readonly cost: Cost;
} {
  return isNetwork(network) ? network : { activation: "sigmoid", cost: "quadratic" };
}

function isNetwork(network: NetworkWeights | readonly LayerParameters[]): network is NetworkWeights {
  return hasObjects(network, "layers", "parameters");
}
