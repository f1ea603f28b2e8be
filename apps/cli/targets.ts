// Where a command may write: not on links to nowhere, folders, pipes or devices, not on what it reads, and not on files
// of another kind than its own.

import { access, constants, lstat, readdir, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "ductus/recipe";
import { type Kind, otherEnding } from "./kinds.js";

/** Stands for standard output, as for most programs. */
export const STANDARD_OUTPUT = "-";

/** A file that a command reads, or a folder with files that it reads. */
export interface Input {
  /** Undefined for what lies in no file, as standard input. */
  readonly path: string | undefined;
  /** What a sentence calls it, as in "the model". */
  readonly what: string;
}

/** @throws {UsageError} if a name says that the file is of another kind than the one that is written */
export function checkEnding(path: string, kind: Kind, option: string): void {
  const ending = otherEnding(path, kind);
  if (ending === undefined) return;
  throw new UsageError(`${option}: expected a name that ends in .${kind.ending}, for ${kind.name}, got ${path}`);
}

/** Something that must not be written to, and why. */
export class Refusal extends Error {}

/**
 * Checks that a command does not write over what it reads, by whatever name. In a folder that it reads, it may replace
 * what is of its own kind.
 * @throws {UsageError} if it would
 */
export async function checkOther(
  out: string,
  { path, what }: Input,
  kind: Kind | undefined,
  option: string,
): Promise<void> {
  if (path === undefined) return;
  const refuse = (name: string) => new UsageError(`${option}: expected another file than ${name}, got ${out}`);
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory() !== true) {
    if (await isSame(out, path)) throw refuse(`${what} itself`);
    return;
  }
  const names = await readdir(path).catch(() => []);
  const same = await Promise.all(names.map((name) => isSame(out, join(path, name))));
  if (!same.includes(true) || (await kind?.matches(out).catch(() => false))) return;
  throw refuse(`those of ${what}, which is read`);
}

/** Whether an output is the file that a command reads. */
export async function isSame(out: string, path: string): Promise<boolean> {
  if (out === STANDARD_OUTPUT) return false;
  const [written, read] = await Promise.all(
    [out, path].map((name) => stat(name, { bigint: true }).catch(() => undefined)),
  );
  return written !== undefined && written.dev === read?.dev && written.ino === read.ino;
}

/** The file that a path leads to through links. */
export async function resolveTarget(path: string, option: string): Promise<string> {
  const advice = `give another place with ${option}, or - for standard output`;
  const refuse = (what: string) =>
    new Refusal(`${path}: expected a file to write, got something else there: ${what}: ${advice}`);
  let place = path;
  for (let links = 0; links < 40; links++) {
    place = join(await realpath(dirname(place)), basename(place));
    // There, links lead to open files, such as standard output.
    if (place.startsWith("/proc/")) throw refuse("a file of the system");
    const status = await lstat(place).catch(unlessMissing);
    if (status === undefined) {
      if (links > 0) throw refuse("a link to a file that does not exist");
      // A name with a slash at its end asks for a folder, which does not exist.
      if (/[/\\]$/.test(path)) throw refuse("a name of a folder");
      return place;
    }
    if (status.isDirectory()) throw refuse("a folder");
    if (status.isFile()) return place;
    if (!status.isSymbolicLink()) throw refuse(status.isFIFO() ? "a named pipe" : "a device or socket");
    place = resolve(dirname(place), await readlink(place));
  }
  throw refuse("a link to itself");
}

export function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** @throws {Refusal} if the target is a file that this command does not write, or that may not be written to */
export async function checkReplaceable(
  path: string,
  target: string,
  kind: Kind | undefined,
  { option, hasForce }: { readonly option: string; readonly hasForce: boolean },
): Promise<void> {
  const advice = `give another place with ${option}${hasForce ? ", or replace it with --force" : ""}`;
  const status = await lstat(target).catch(unlessMissing);
  if (status === undefined) return;
  const mayWrite = await access(target, constants.W_OK).then(
    () => (status.mode & 0o222) !== 0,
    () => false,
  );
  if (!mayWrite)
    throw new Refusal(`${path}: expected a file that may be changed, got a write-protected one: ${advice}`);
  if (kind === undefined || status.size === 0) return;
  if (!(await kind.matches(target).catch(() => false))) {
    throw new Refusal(`${path}: expected no file or ${kind.name} to replace, got another file: ${advice}`);
  }
}
