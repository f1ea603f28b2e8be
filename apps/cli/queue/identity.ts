// What two machines must have in common to do each other's jobs: the package's version, the module, and the data.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { loadTraining } from "ductus/node";
import { hashOf } from "../data.js";
import { hashOfText } from "../tune/task.js";
import { packageVersion } from "../version.js";

export interface Identity {
  readonly version: string;
  /** SHA-256 of both modules. */
  readonly module: string;
  /** SHA-256 of the whole training file. */
  readonly data: string;
}

/**
 * Of this program, and of the data in a folder.
 * @param folder default: MNIST
 * @throws {Error} if the data cannot be loaded
 */
export async function identityOf(folder: string | undefined): Promise<Identity> {
  const hash = createHash("sha256");
  for (const name of ["ductus.wasm", "ductus-threads.wasm"]) {
    // Two folders up from here, and one from the bundle.
    hash.update(await readFile(new URL(`../${name}`, import.meta.url)));
  }
  const data = hashOf(loadTraining(folder, { validation: 0 }).training);
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
