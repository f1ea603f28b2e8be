// MNIST beside the page: its four files, checked, and kept in the browser for the next visit.

import { hashBytes, type IdxFile, MNIST } from "ductus/formats";
import { download } from "../download.js";

/** Of the four files as they lie beside the page, to show how far the loading is. */
const BYTES = 11_280_473;
const STORE = "ductus-mnist";

/**
 * MNIST's four files.
 * @param onProgress called with the bytes that have come, and how many there will be
 * @param signal ends the loading; what has come whole is kept
 * @throws {Error} in one sentence, if a file cannot be had, or is not the one it should be
 */
export async function loadMnist(
  onProgress: (loaded: number, total: number) => void,
  signal: AbortSignal,
): Promise<IdxFile[]> {
  let loaded = 0;
  // Without one file the others are of no use.
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const onBytes = (bytes: number) => {
    loaded += bytes;
    if (!either.aborted) onProgress(Math.min(loaded, BYTES), BYTES);
  };
  try {
    const files = MNIST.map(async ({ name, sha256 }) => {
      const bytes = await download(`data/${name}.bin`, { onBytes, store: STORE, signal: either });
      await check(name, bytes, sha256);
      return { name, bytes };
    });
    return await Promise.all(files);
  } catch (error) {
    failed.abort();
    throw error;
  }
}

async function check(name: string, bytes: Uint8Array, sha256: string): Promise<void> {
  if ((await hashBytes(bytes)) === sha256) return;
  await globalThis.caches?.delete(STORE).catch(() => {});
  throw new Error(`${name}: expected MNIST's file, got another one or a part of it: try again`);
}
