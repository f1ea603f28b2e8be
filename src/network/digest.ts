// SHA-256 of bytes, by the engine or by the copy of it that needs no secure context.

import { checkBytes } from "../arguments.js";
import { sha256 } from "./sha256.js";

/**
 * SHA-256 of bytes in hexadecimal, 64 characters. It works on any page, also where browsers give no crypto.subtle:
 * those that are not served securely.
 */
export async function hashBytes(bytes: Uint8Array): Promise<string> {
  checkBytes("bytes", bytes);
  // On such a page it is missing, whatever its type says.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  const digest = subtle
    ? new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>))
    : sha256(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
