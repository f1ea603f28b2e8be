// A network's fingerprint: the same weights give the same one on every machine.

import type { LayerParameters } from "../kernels/kernels.js";
import { hashBytes } from "./digest.js";
import { toFloat32 } from "./network-file.js";

/** SHA-256, in hexadecimal, of the parameters of layers 1..L: per layer weights, then biases, as little-endian f32. */
export async function hashParameters(layers: readonly LayerParameters[]): Promise<string> {
  const parts = layers.flatMap(({ weights, biases }) => [toFloat32(weights), toFloat32(biases)]);
  const view = new DataView(new ArrayBuffer(4 * parts.reduce((sum, { length }) => sum + length, 0)));
  let offset = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) view.setFloat32(offset + 4 * i, part[i], true);
    offset += part.byteLength;
  }
  return hashBytes(new Uint8Array(view.buffer));
}
