// Files that commands read and write: models, checked whole before they are used; results, replaced in one step or not at all.

import { rmSync } from "node:fs";
import { lstat, open, readdir, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { FormatError, type KernelOptions, Network } from "ductus";
import { UsageError } from "ductus/recipe";

export const MODEL = "model.safetensors";

/** Nothing larger is read. */
const MAX_BYTES = 2 ** 31;

/**
 * The model in a file.
 * @throws {FormatError} if the file is not one
 * @throws {Error} if it cannot be read
 */
export async function readModel(path: string, options: KernelOptions = {}): Promise<Network> {
  return Network.load(await readInput(path, "a model"), { ...options, file: basename(path) });
}

/** A file's bytes. `what` is what it should be. */
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
    const { code } = error as NodeJS.ErrnoException;
    const hint = code === "ENOENT" && what === "a model" ? ": train one with `ductus train`" : "";
    throw new Error(`${path}: expected ${what} that can be read, got ${code}${hint}`);
  }
}

/**
 * Finds out before a long run whether its result can be saved: makes and removes a file beside it, and removes those that killed
 * programs left there.
 * @throws {Error} if the folder is missing or not writable, or the path is something other than a file
 */
export async function checkWritable(path: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const existing = await lstat(target).catch(() => undefined);
  if (existing !== undefined && !existing.isFile())
    throw new Error(`${path}: expected a file to write, got something else there`);
  try {
    for (const name of await readdir(dirname(target))) {
      const [, stem, pid] = /^(.+)\.(\d+)\.tmp$/.exec(name) ?? [];
      // Our own number can only be that of a program before us, in another container.
      const stale = Number(pid) === process.pid || !isRunning(Number(pid));
      if (stem === basename(target) && stale) await unlink(join(dirname(target), name));
    }
    await (await open(temporaryOf(target), "wx")).close();
    await unlink(temporaryOf(target));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** @throws {UsageError} if the output would replace the model it is made from */
export async function checkOther(out: string, model: string): Promise<void> {
  if ((await realpath(out).catch(() => out)) === (await realpath(model))) {
    throw new UsageError(`--out: expected another file than the model itself, got ${out}`);
  }
}

/**
 * Replaces the file's contents in one step, or leaves them as they were and throws. At every moment the file is whole: the new
 * contents are on disk before they get its name. (write-file-atomic 7 and 8 take a write of a part, as on a full disk, for done.)
 * @throws {Error} if it cannot be written
 */
export async function saveFile(path: string, contents: Uint8Array | string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const temporary = temporaryOf(target);
  unfinished.add(temporary);
  try {
    const mode = (await stat(target).catch(() => undefined))?.mode;
    const file = await open(temporary, "w", mode);
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw cannotWrite(path, error);
  } finally {
    unfinished.delete(temporary);
  }
}

/** A program that ends while it saves, as when its reader leaves, takes what is half written with it. */
const unfinished = new Set<string>();
process.on("exit", () => {
  for (const temporary of unfinished) rmSync(temporary, { force: true });
});

function temporaryOf(target: string): string {
  return `${target}.${process.pid}.tmp`;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** saveFile() for the result of a long run: where its place is gone or full, it goes to the system's temporary folder. */
export async function saveResult(path: string, contents: Uint8Array): Promise<void> {
  try {
    await saveFile(path, contents);
  } catch (error) {
    const refuge = join(tmpdir(), `ductus-${process.pid}-${basename(path)}`);
    await saveFile(refuge, contents).catch(() => {
      throw error;
    });
    throw new Error(`${(error as Error).message}; the model was saved to ${refuge} instead`);
  }
}

const ADVICE: Record<string, string> = {
  ENOSPC: "free some space, or choose another place with --out",
  EDQUOT: "free some space, or choose another place with --out",
  EACCES: "choose a place where you may write with --out",
  EPERM: "choose a place where you may write with --out",
  EROFS: "choose a place that is not read-only with --out",
  ENOENT: "make the folder, or choose another one with --out",
};

function cannotWrite(path: string, error: unknown): Error {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  return new Error(
    `${path}: expected a place to write to, got ${code}: ${ADVICE[code] ?? "choose another one with --out"}`,
  );
}
