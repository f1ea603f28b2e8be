// The files that commands read. A model is checked as a whole before it is used.

import { readFile, realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { FormatError, type KernelOptions, Network } from "ductus";
import { checkMetadata, OPTIONS, type Recipe, recipeOf, UsageError } from "ductus/recipe";
import { readHeader } from "./kinds.js";
import { STANDARD_OUTPUT } from "./output.js";
import { reasonOf } from "./reasons.js";

export const MODEL = "model.safetensors";

/** Bytes: the largest file that is read, 2 GiB. */
const MAX_BYTES = 2 ** 31;
/** Bytes: a larger model is read only if the sizes in its header say that it has so many. */
const LARGE = 2 ** 24;

/**
 * Loads the model in a file.
 * @throws {FormatError} if the file is not a model
 * @throws {Error} if it cannot be read
 */
export async function readModel(path: string, options: KernelOptions = {}): Promise<Network> {
  const bytes = await readInput(path, "a model", async (size) => {
    if (size <= LARGE) return;
    const { end = Number.NaN } = (await readHeader(path)) ?? {};
    if (end === size) return;
    const expected = Number.isNaN(end)
      ? "that begins with a safetensors header"
      : `of ${end} bytes, as its header says`;
    throw new FormatError(path, `expected a model ${expected}, got ${size} other bytes`);
  });
  const network = await Network.load(bytes, { ...options, file: basename(path) });
  checkMetadata(network, basename(path));
  return network;
}

/**
 * The recipe of a model; undefined if it has none, since it was saved by the library alone.
 * @throws {FormatError} if it is damaged
 */
export function readRecipe(network: Network, file: string): Recipe | undefined {
  const mark = OPTIONS.epochs.metadata as string;
  return network.metadata.has(mark) ? recipeOf(network.metadata, network, file) : undefined;
}

/**
 * Reads a file's bytes. `what` names the file in errors, as in "a model"; `check` is called with its size, before its
 * bytes are read.
 * @throws {FormatError} if it is empty, larger than 2 GiB, or not a regular file
 * @throws {Error} if it cannot be read
 */
export async function readInput(
  path: string,
  what: string,
  check?: (size: number) => Promise<void>,
): Promise<Uint8Array> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw new FormatError(path, `expected ${what}, got a folder`);
    if (!status.isFile()) throw new FormatError(path, `expected ${what}, got something that is not a file`);
    if (status.size > MAX_BYTES) {
      throw new FormatError(path, `expected ${what} of at most ${MAX_BYTES} bytes, got ${status.size}`);
    }
    if (status.size === 0) throw new FormatError(path, `expected ${what}, got an empty file`);
    await check?.(status.size);
    return await readFile(path);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const hint = missing && what === "a model" ? ": train one with `ductus train`, or give its name" : "";
    throw new Error(`${path}: expected ${what} that can be read, got ${reasonOf(error)}${hint}`);
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
  if (out === STANDARD_OUTPUT) return false;
  return (await realpath(out).catch(() => out)) === (await realpath(model));
}
