// The files that commands read. A model is checked as a whole before it is used.

import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { FormatError, type KernelOptions, Network } from "ductus";
import { calibrationOf } from "ductus/formats";
import { checkMetadata, OPTIONS, type Recipe, recipeOf } from "ductus/recipe";
import { type Header, readHeader } from "./kinds.js";
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
    const header = await readHeader(path);
    const { end = Number.NaN } = header ?? {};
    if (header !== undefined && end === size) return checkTensors(header, path);
    const expected = Number.isNaN(end)
      ? "that begins with a safetensors header"
      : `of ${end} bytes, as its header says`;
    throw new FormatError(path, `expected a model ${expected}, got ${size} other bytes`);
  });
  const network = await Network.load(bytes, { ...options, file: basename(path) });
  checkMetadata(network, basename(path));
  calibrationOf(network.metadata, basename(path), network.layers.at(-1));
  return network;
}

/** The most copies of its parameters that a model has: weights, averages, the best, and what an optimiser keeps. */
const MAX_COPIES = 5;

/**
 * Checks that a header has the tensors of a network of the layers in its metadata, and no others. Network.load() checks
 * everything, but after the file is in memory.
 * @throws {FormatError} if it does not
 */
function checkTensors({ metadata, shapes }: Header, path: string): void {
  const refuse = (expected: string, got: string) => new FormatError(path, `expected ${expected}, got ${got}`);
  const [format, text] = [metadata.format, String(metadata.layers)];
  if (format !== "ductus") throw refuse('format "ductus" in its metadata', JSON.stringify(format) ?? "nothing");
  if (!/^\[[1-9]\d*(, ?[1-9]\d*)+\]$/.test(text))
    throw refuse("a list of layers in its metadata", JSON.stringify(text));
  const layers = JSON.parse(text) as number[];
  for (const [name, shape] of shapes) {
    const [, number, kind] = /^(?:\w+\.)?(\d*[02468])\.(weight|bias)$/.exec(name) ?? [];
    const [inputs, outputs] = number === undefined ? [] : layers.slice(Number(number) / 2);
    const expected = kind === "weight" ? `[${outputs},${inputs}]` : `[${outputs}]`;
    if (outputs === undefined) throw refuse(`tensors of the layers ${text} alone`, JSON.stringify(name));
    if (shape !== expected) throw refuse(`shape ${expected} of tensor ${name} in layers ${text}`, shape ?? "none");
  }
  const once = 2 * (layers.length - 1);
  if (shapes.size % once !== 0 || shapes.size > MAX_COPIES * once) {
    throw refuse(`${once} tensors, or a few times as many, for the layers ${text}`, String(shapes.size));
  }
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
