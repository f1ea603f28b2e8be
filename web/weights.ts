// A network's weights alone, those that it uses, as a file: what reads with it needs neither what the optimiser keeps nor other weights.

import type { Network } from "ductus";
import { PLAIN } from "../src/kernels.js";
import { encodeNetwork } from "../src/network-file.js";

/** The file; trained further, such a network goes on by the plain descent of the notes, from these weights. */
export function encodeWeights(network: Network, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const { layers, epochs } = network;
  const state = [layers.slice(1).map((_, i) => network.parameters(i + 1))];
  return encodeNetwork({ origin: network, method: PLAIN, epochs, state }, metadata);
}
