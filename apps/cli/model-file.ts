// The files that commands read. A model is checked as a whole before it is used.

import { readFile, realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { FormatError, type KernelOptions, Network } from "ductus";
import { UsageError } from "ductus/recipe";

export const MODEL = "model.safetensors";

/** The largest file that is read: 2 GiB. */
const MAX_BYTES = 2 ** 31;

/**
 * Loads the model in a file.
 * @throws {FormatError} if the file is not a model
 * @throws {Error} if it cannot be read
 */
export async function readModel(path: string, options: KernelOptions = {}): Promise<Network> {
  return Network.load(await readInput(path, "a model"), { ...options, file: basename(path) });
}

/**
 * Reads a file's bytes. `what` names the file in errors, as in "a model".
 * @throws {FormatError} if it is empty, larger than 2 GiB, or not a regular file
 * @throws {Error} if it cannot be read
 */
export async function readInput(path: string, what: string): Promise<Uint8Array> {
  try {
    const status = await stat(path);
    if (!status.isFile()) throw new FormatError(path, `expected ${what}, got something that is not a file`);
    if (status.size > MAX_BYTES) {
      throw new FormatError(path, `expected ${what} of at most ${MAX_BYTES} bytes, got ${status.size}`);
    }
    if (status.size === 0) throw new FormatError(path, `expected ${what}, got an empty file`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const { code = "one that does not fit into memory" } = error as NodeJS.ErrnoException;
    const hint = code === "ENOENT" && what === "a model" ? ": train one with `ductus train`" : "";
    throw new Error(`${path}: expected ${what} that can be read, got ${code}${hint}`);
  }
}

/**
 * Checks that a command does not overwrite its own input.
 * @throws {UsageError} if the output is the model it is made from
 */
export async function checkOther(out: string, model: string): Promise<void> {
  if (await isSame(out, model)) {
    throw new UsageError(`--out: expected another file than the model itself, got ${out}`);
  }
}

/** Whether an output is the model that a command read. */
export async function isSame(out: string, model: string): Promise<boolean> {
  return (await realpath(out).catch(() => out)) === (await realpath(model));
}
