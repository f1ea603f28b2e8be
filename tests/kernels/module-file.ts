// The module as a file: compiled again, and taken apart.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

const ASC = join(createRequire(import.meta.url).resolve("assemblyscript/package.json"), "../bin/asc.js");

export const CODE_SECTION = 10;

/** Compiles a target of asconfig.json into a file. */
export async function compile(target: string, out: string, ...options: readonly string[]): Promise<void> {
  const args = [ASC, "--config", "asconfig.json", "--target", target, "--outFile", out, ...options];
  await promisify(execFile)(process.execPath, args, { cwd: new URL("../..", import.meta.url) });
}

/** A module's sections, in their order. */
export function sectionsOf(module: Uint8Array): { id: number; contents: Uint8Array }[] {
  const sections = [];
  for (let at = 8; at < module.length; ) {
    const id = module[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++];
      size |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) break;
    }
    sections.push({ id, contents: module.subarray(at, at + size) });
    at += size;
  }
  return sections;
}
