// A network's fingerprint: the same weights give the same one on every machine.

import type { LayerParameters } from "../kernels/kernels.js";
import { toFloat32 } from "./network-file.js";
import { sha256 } from "./sha256.js";

/** SHA-256, in hexadecimal, of the parameters of layers 1..L: per layer weights, then biases, as little-endian f32. */
export async function hashParameters(layers: readonly LayerParameters[]): Promise<string> {
  const parts = layers.flatMap(({ weights, biases }) => [toFloat32(weights), toFloat32(biases)]);
  const view = new DataView(new ArrayBuffer(4 * parts.reduce((sum, { length }) => sum + length, 0)));
  let offset = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) view.setFloat32(offset + 4 * i, part[i], true);
    offset += part.byteLength;
  }
  // A page that is not served securely has no crypto.subtle, whatever its type says.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  const digest = subtle
    ? new Uint8Array(await subtle.digest("SHA-256", view.buffer))
    : sha256(new Uint8Array(view.buffer));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
