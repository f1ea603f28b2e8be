// Writing a result so that nothing is lost: checked before the work, replaced in one step after it.

import { lstat, open, realpath, unlink } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";

/**
 * Finds out before a long run whether its result can be saved: makes and removes a file beside it.
 * @throws {Error} if the folder is missing or not writable, or the path is something other than a file
 */
export async function checkWritable(path: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const existing = await lstat(target).catch(() => undefined);
  if (existing !== undefined && !existing.isFile())
    throw new Error(`${path}: expected a file to write, got something else there`);
  const probe = `${target}.${process.pid}.tmp`;
  try {
    await (await open(probe, "wx")).close();
    await unlink(probe);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Replaces the file's contents, or leaves them as they were and throws. */
export async function saveFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(path, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function cannotWrite(path: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  return new Error(`${path}: expected a place to write to, got ${code}: choose another one with --out`);
}
