// The files that commands read and write. A model is checked as a whole before it is used. A result replaces its
// file in one step or not at all.

import { rmSync } from "node:fs";
import { lstat, open, readdir, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
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
    const { code } = error as NodeJS.ErrnoException;
    const hint = code === "ENOENT" && what === "a model" ? ": train one with `ductus train`" : "";
    throw new Error(`${path}: expected ${what} that can be read, got ${code}${hint}`);
  }
}

/**
 * Checks before a long run that its result can be saved, by creating and removing a temporary file in the same
 * folder. Also removes the temporary files that killed programs left there.
 * @throws {Error} if the folder is missing or not writable, or if the path is not a regular file
 */
export async function checkWritable(path: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const existing = await lstat(target).catch(() => undefined);
  if (existing !== undefined && !existing.isFile())
    throw new Error(`${path}: expected a file to write, got something else there`);
  try {
    for (const name of await readdir(dirname(target))) {
      const [, stem, pid] = /^(.+)\.(\d+)\.tmp$/.exec(name) ?? [];
      // A file with our own process id was left by an earlier program, in another container.
      const stale = Number(pid) === process.pid || !isRunning(Number(pid));
      if (stem === basename(target) && stale) await unlink(join(dirname(target), name));
    }
    await (await open(temporaryOf(target), "wx")).close();
    await unlink(temporaryOf(target));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Checks that a command does not overwrite its own input.
 * @throws {UsageError} if the output is the model it is made from
 */
export async function checkOther(out: string, model: string): Promise<void> {
  if ((await realpath(out).catch(() => out)) === (await realpath(model))) {
    throw new UsageError(`--out: expected another file than the model itself, got ${out}`);
  }
}

/**
 * Replaces a file's contents in one step, or leaves the file as it was and throws. The file is whole at every
 * moment: the new contents are written to a temporary file, flushed to disk, and only then renamed.
 * (write-file-atomic 7 and 8 accept a short write, as on a full disk, as complete.)
 * @throws {Error} if the file cannot be written
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

/** Temporary files being written. A program that exits while it saves, as on a broken pipe, removes them. */
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

/**
 * Saves the result of a long run. If its folder is gone or the disk full, saves it in the system's temporary folder
 * instead.
 * @throws {Error} if the file could not be saved where it should be; the message says where it is
 */
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
