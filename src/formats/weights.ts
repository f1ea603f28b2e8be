// A network's weights alone: what reads with a network needs neither the optimiser's state nor the weights it trains
// on.

import { type LayerParameters, PLAIN } from "../kernels/kernels.js";
import { encodeNetwork, type Origin } from "../network/network-file.js";

/** What encodeWeights() takes: a Network is one. */
export interface NetworkWeights extends Origin {
  /** Epochs that it was trained for. */
  readonly epochs: number;
  /** The weights [outputs][inputs] and biases [outputs] of layer l, 1 to layers.length - 1. */
  parameters(l: number): LayerParameters;
}

/**
 * A model file with the weights that a network reads with, and nothing else: Network.load() reads it. Trained further,
 * such a network continues by plain gradient descent from these weights.
 * @param metadata more to keep in the file's metadata
 */
export function encodeWeights(network: NetworkWeights, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const { layers, seed, initialWeights, activation, cost, epochs } = network;
  const state = [layers.slice(1).map((_, i) => network.parameters(i + 1))];
  const origin = { layers, seed, initialWeights, activation, cost };
  return encodeNetwork({ origin, method: PLAIN, epochs, state }, metadata);
}
