// Networks in C, compiled and run: by the C compiler of this machine, and by those for other processors that are here.

import { execFile, execFileSync } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import type { CFiles } from "../../src/formats/c/c.js";

/** C that comes with a network: a program that runs it, the least firmware, and what newlib needs of a system. */
const SOURCES = fileURLToPath(new URL("c", import.meta.url));

/** All warnings of a careful project, as errors. */
export const STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror"];
/** What the header asks for. */
export const EXACT = ["-ffp-contract=off"];

/** Whether a program is on this machine. */
export function isHere(program: string): boolean {
  try {
    return execFileSync(program, ["--version"], { stdio: ["ignore", "pipe", "ignore"] }).length > 0;
  } catch {
    return false;
  }
}

/** A new folder, which is removed when the calling test file ends. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ductus-c-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes the files of a network called "digits" into a folder, beside those of tests/formats/c. */
export async function writeFiles(folder: string, { header, source }: CFiles): Promise<void> {
  await writeFile(join(folder, "digits.h"), header);
  await writeFile(join(folder, "digits.c"), source);
  await cp(SOURCES, folder, { recursive: true });
}

/** Runs a program in a folder; what it writes. */
export function run(folder: string, program: string, args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, encoding: "buffer", maxBuffer: 2 ** 28 } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null && stderr.length === 0) resolve(stdout);
      else reject(new Error(`${program} ${args.join(" ")}: ${error?.message ?? ""}${stderr}`));
    });
    child.stdin?.end(input);
  });
}

/** The activations that a compiled network computes of images, f32. */
export async function activationsOf(
  folder: string,
  compiler: readonly string[],
  runner: readonly string[],
  images: Uint8Array | Float32Array,
): Promise<Float32Array> {
  const [program, ...options] = compiler;
  await run(folder, program, [...options, "digits.c", "driver.c", "-o", "program"]);
  const [first, ...rest] = [...runner, "./program"];
  const input = Buffer.from(images.buffer, images.byteOffset, images.byteLength);
  const output = await run(folder, first, images instanceof Float32Array ? [...rest, "floats"] : rest, input);
  return new Float32Array(output.buffer.slice(output.byteOffset, output.byteOffset + output.length));
}
