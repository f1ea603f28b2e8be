// What two machines must have in common to do each other's jobs: the package's version, the module, and the data.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { type DataRecipe, hashOf, trainingData } from "../data.js";
import { hashOfText } from "../tune/task.js";
import { packageVersion } from "../version.js";

export interface Identity {
  readonly version: string;
  /** SHA-256 of both modules. */
  readonly module: string;
  /** SHA-256 of all training data. */
  readonly data: string;
}

/** What says where data are, and which they are of several. */
export type Place = Pick<DataRecipe, "data" | "split" | "label">;

/**
 * Of this program, and of data.
 * @param place where they are, and how they are read; default: MNIST
 * @throws {Error} if the data cannot be loaded
 */
export async function identityOf({ data: path, split, label }: Place): Promise<Identity> {
  const hash = createHash("sha256");
  for (const name of ["ductus.wasm", "ductus-threads.wasm"]) {
    // Two folders up from here, and one from the bundle.
    hash.update(await readFile(new URL(`../${name}`, import.meta.url)));
  }
  const place = { data: path, split, label, validation: 0, limit: undefined };
  const data = hashOf((await trainingData(place)).training);
  return { version: await packageVersion(), module: hash.digest("hex"), data };
}

/** The name of an identity. */
export function nameOf({ version, module, data }: Identity): string {
  return hashOfText(JSON.stringify([version, module, data]));
}

/** How this process is called in results. */
export const MACHINE = `${hostname().slice(0, 64)}:${process.pid}`;

/** What one identity lacks of another, in words; undefined if they are the same. */
export function lackOf(own: Identity, other: Identity): string | undefined {
  const short = (hash: string) => hash.slice(0, 12);
  if (own.version !== other.version) return `Ductus ${other.version}, got ${own.version}: install that version`;
  if (own.module !== other.module) {
    return `the module ${short(other.module)}, got ${short(own.module)}: install the same build of Ductus`;
  }
  if (own.data === other.data) return undefined;
  return (
    `the data with SHA-256 ${short(other.data)}..., got ${short(own.data)}...: ` +
    "give their folder with --data, or leave it out for MNIST"
  );
}
