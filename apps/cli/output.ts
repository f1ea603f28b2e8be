// The files that commands write. A place is checked before any work is done for it. What is there is replaced in one
// step or not at all, and only if it is of the kind that the command writes.

import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync, rmSync } from "node:fs";
import {
  constants,
  copyFile,
  link,
  lstat,
  mkdtemp,
  open,
  readdir,
  realpath,
  rename,
  stat,
  unlink,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { escapeControls, UsageError } from "ductus/recipe";
import { HOST, isRunning } from "./host.js";
import { type Header, type Kind, readHeader } from "./kinds.js";
import { Lock, Locked } from "./lock.js";
import { reasonOf } from "./reasons.js";
import {
  checkEnding,
  checkOther,
  checkReplaceable,
  type Input,
  Refusal,
  resolveTarget,
  STANDARD_OUTPUT,
  unlessMissing,
} from "./targets.js";
import { leaveStandardOutput } from "./terminal.js";

export interface OutputOptions {
  /** What may be replaced. Without it any file may. */
  readonly kind?: Kind;
  /** Whether to replace a file of another kind as well; undefined if the command has no --force. */
  readonly force?: boolean;
  /** Whether a model of another recipe is kept under another name. */
  readonly keepOthers?: boolean;
  /** The command's option for the place, which errors name; default --out. */
  readonly option?: string;
  /** Whether no other program may write there until this one ends. */
  readonly exclusive?: boolean;
  /** What the command reads: none of it is replaced, whatever the other options say. */
  readonly reads?: readonly Input[];
}

/** The option of commands that write a file. */
export const FORCE = { help: "replace any file that is there" } as const;

/** Where a command writes. The place is found once: links that change later change nothing. */
export class Output {
  #keepOthers: boolean;
  /** What is removed once this training has as many epochs as the model in it, whose recipe is the same. */
  #further: Further | undefined;

  private constructor(
    /** As it was given. */
    readonly path: string,
    /** Undefined for standard output, which takes one version only. */
    readonly target: string | undefined,
    readonly option: string,
    keepOthers: boolean,
    readonly lock?: Lock,
  ) {
    this.#keepOthers = keepOthers;
  }

  /**
   * Checks that a file can be written and that nothing else is lost by it. Also removes the temporary files that
   * killed programs left there.
   * @param path where to write; "-" for standard output, which then has nothing else
   * @throws {UsageError} if standard output is a terminal
   * @throws {Error} if the folder is missing or not writable, or something is there that must not be replaced, or is
   *   being written by another program
   */
  static async open(path: string, options: OutputOptions = {}): Promise<Output> {
    const { kind, force, keepOthers = false, option = "--out", exclusive = false, reads = [] } = options;
    if (path === STANDARD_OUTPUT) return Output.#openStandardOutput(option);
    for (const input of reads) await checkOther(path, input, kind, option);
    if (kind !== undefined && force !== true) checkEnding(path, kind, option);
    try {
      const target = await resolveTarget(path, option);
      if (force !== true) await checkReplaceable(path, target, kind, { option, hasForce: force === false });
      await removeStale(target);
      const temporary = temporaryOf(target);
      await (await open(temporary, "wx")).close();
      await unlink(temporary);
      const lock = exclusive ? await Lock.acquire(path, target, temporaryOf) : undefined;
      return new Output(path, target, option, keepOthers && force !== true, lock);
    } catch (error) {
      throw cannotWrite(path, error, option);
    }
  }

  /** Its name for results, which may have several lines. */
  get shown(): string {
    return escapeControls(this.path);
  }

  static #openStandardOutput(option: string): Output {
    if (process.stdout.isTTY) {
      throw new UsageError(
        `${option}: expected standard output to be a file or a pipe, got a terminal: redirect it, as in ` +
          `${option} - > FILE`,
      );
    }
    if (isClosed()) {
      throw new UsageError(`${option}: expected standard output to be a file or a pipe, got one that is closed`);
    }
    leaveStandardOutput();
    return new Output("standard output", undefined, option, false);
  }

  /**
   * Replaces the file's contents.
   * @returns what there is to say about it, if anything
   * @throws {Error} if it cannot be written; then the file is as it was
   */
  async save(contents: Uint8Array | string): Promise<string | undefined> {
    const { target, lock, option } = this;
    if (target === undefined) return writeToStandardOutput(this.path, contents, option);
    let kept: Kept | undefined;
    let epochs = 0;
    const before = async (temporary: string) => {
      lock?.check();
      if (this.#keepOthers) kept = await keepOther(target, temporary);
      if (this.#further !== undefined) epochs = epochsIn(await readHeader(temporary));
    };
    await replace(this.path, target, contents, { before, option });
    this.#keepOthers = false;
    if (this.#further !== undefined && epochs >= this.#further.epochs) {
      await removeSame(this.#further);
      this.#further = undefined;
    }
    this.#further ??= kept?.further;
    if (kept === undefined) return undefined;
    const place = join(dirname(this.path), kept.name);
    if (kept.further === undefined) return `${this.path}: the model of another recipe that was there is now ${place}`;
    const count = kept.further.epochs;
    return `${this.path}: the model that was there has ${count} epochs: ${place} keeps it until this one has as many`;
  }

  /**
   * Saves the result of a long run. If its folder is gone or the disk full, saves it in the system's temporary folder
   * instead.
   * @returns what there is to say about it, if anything
   * @throws {Error} if the file could not be saved where it should be; the message says where it is
   */
  async saveResult(contents: Uint8Array): Promise<string | undefined> {
    try {
      return await this.save(contents);
    } catch (error) {
      let refuge: string;
      try {
        const name = this.target === undefined ? "model.safetensors" : basename(this.path);
        refuge = join(await mkdtemp(join(tmpdir(), "ductus-")), name);
        await saveFile(refuge, contents);
      } catch {
        throw error;
      }
      throw new Error(`${(error as Error).message}; the model was saved to ${refuge} instead`);
    }
  }
}

/**
 * Replaces a file's contents in one step, or leaves the file as it was and throws.
 * @throws {Error} if the file cannot be written
 */
export async function saveFile(path: string, contents: Uint8Array | string): Promise<void> {
  await replace(path, await realpath(path).catch(() => path), contents);
}

/** Resolves when all is written. */
function writeToStandardOutput(path: string, contents: Uint8Array | string, option: string): Promise<undefined> {
  return new Promise((resolve, reject) => {
    process.stdout.write(contents, (error) => (error ? reject(cannotWrite(path, error, option)) : resolve(undefined)));
  });
}

/**
 * Whether the program began without a standard output, as after >&- in a shell. Then Node has opened the null device in
 * its place, to read and to write; a shell opens it to write only.
 */
function isClosed(): boolean {
  try {
    const [, flags = "0"] = /^flags:\s*(\d+)$/m.exec(readFileSync("/proc/self/fdinfo/1", "latin1")) ?? [];
    const readable = (Number.parseInt(flags, 8) & constants.O_RDWR) !== 0;
    return readable && readlinkSync("/proc/self/fd/1") === "/dev/null";
  } catch {
    // No Linux.
    return false;
  }
}

/** What a training changes in its model's metadata as it proceeds. */
const PROGRESS = ["history", "epochs", "best_epoch", "best_correct", "test_correct", "calibration"];

/** A model that was there, and is kept. */
interface Kept {
  /** The file's name in the folder of the output. */
  readonly name: string;
  /** Only of the same recipe: the new model will be the same once it has as many epochs. */
  readonly further?: Further;
}

/** A file that is kept for a while. */
interface Further {
  readonly path: string;
  readonly epochs: number;
  /** As it was then: another file of this name is left alone. */
  readonly modified: bigint;
}

function recipeIn({ metadata }: Header): string {
  const entries = Object.entries(metadata).filter(([key]) => !PROGRESS.includes(key));
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function epochsIn(header: Header | undefined): number {
  return Number(header?.metadata.epochs ?? 0);
}

/** Keeps the model in a file, if the one that is to replace it is of another recipe, or has fewer epochs. */
async function keepOther(target: string, temporary: string): Promise<Kept | undefined> {
  const [before, after] = await Promise.all([target, temporary].map((path) => readHeader(path).catch(() => undefined)));
  if (before === undefined || after === undefined) return undefined;
  const isSame = recipeIn(before) === recipeIn(after);
  const epochs = epochsIn(before);
  if (isSame && epochs <= epochsIn(after)) return undefined;
  const name = await keep(target);
  if (!isSame) return { name };
  const path = join(dirname(target), name);
  return { name, further: { path, epochs, modified: (await stat(path, { bigint: true })).mtimeNs } };
}

async function removeSame({ path, modified }: Further): Promise<void> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  if (status?.mtimeNs === modified) await unlink(path).catch(() => {});
}

/** Gives a file the next free name, as in model.1.safetensors, besides its own. Returns that name. */
async function keep(target: string): Promise<string> {
  const [ending, folder] = [extname(target), dirname(target)];
  for (let number = 1; ; number++) {
    const name = `${basename(target, ending)}.${number}${ending}`;
    try {
      // Some file systems have no second names for a file.
      await link(target, join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") throw error;
        return copyFile(target, join(folder, name), constants.COPYFILE_EXCL);
      });
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/**
 * Replaces a file's contents in one step. The file is whole at every moment: the new contents are written to a
 * temporary file, flushed to disk, and only then renamed. `before` is called in between.
 * (write-file-atomic 7 and 8 accept a short write, as on a full disk, as complete.)
 */
async function replace(
  path: string,
  target: string,
  contents: Uint8Array | string,
  { before, option = "--out" }: { before?: (temporary: string) => Promise<void>; option?: string } = {},
): Promise<void> {
  const temporary = temporaryOf(target);
  try {
    const existing = await stat(target).catch(() => undefined);
    const file = await open(temporary, "wx", existing?.mode);
    unfinished.add(temporary);
    try {
      await file.writeFile(contents);
      // The process's mask may have taken rights away.
      if (existing !== undefined && (await file.stat()).mode !== existing.mode)
        await file.chmod(existing.mode & 0o7777);
      await file.sync();
    } finally {
      await file.close();
    }
    await before?.(temporary);
    await rename(temporary, target);
  } catch (error) {
    if (unfinished.has(temporary)) await unlink(temporary).catch(() => {});
    throw cannotWrite(path, error, option);
  } finally {
    unfinished.delete(temporary);
  }
  await syncFolder(dirname(target));
}

/** Flushes the names in a folder to disk, where the system allows it. The files in it are whole without it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close().catch(() => {});
}

/** Temporary files being written. A program that exits while it saves, as on a broken pipe, removes them. */
const unfinished = new Set<string>();
process.on("exit", () => {
  for (const temporary of unfinished) rmSync(temporary, { force: true });
});

/** A new name in the target's folder: "model.safetensors.HOST-PROCESS-RANDOM.tmp". */
function temporaryOf(target: string): string {
  return `${target}.${HOST}-${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
}

const TEMPORARY = /^(.+)\.([\da-f]{8})-(\d+)-[\da-f]{8}\.tmp$/;
/** Milliseconds after which a temporary file of another host is taken to be left behind. A save keeps writing. */
const ABANDONED = 3_600_000;

/** Removes the temporary files of a target that no program is writing any more. */
async function removeStale(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    const [, stem, host, pid] = TEMPORARY.exec(name) ?? [];
    if (stem !== basename(target)) continue;
    const path = join(dirname(target), name);
    // A file with our own process number was left by an earlier program.
    const stale = host === HOST ? Number(pid) === process.pid || !isRunning(Number(pid)) : await isAbandoned(path);
    if (stale) await unlink(path).catch(unlessMissing);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const status = await lstat(path).catch(unlessMissing);
  return status !== undefined && Date.now() - status.mtimeMs > ABANDONED;
}

const ADVICE: Record<string, string> = {
  ENOSPC: "free some space, or choose another place",
  EDQUOT: "free some space, or choose another place",
  EFBIG: "raise the limit (ulimit -f), or choose another place",
  EACCES: "choose a place where you may write",
  EPERM: "choose a place where you may write",
  EROFS: "choose a place that is not read-only",
  ENOENT: "make the folder, or choose another one",
};

function cannotWrite(path: string, error: unknown, option: string): Error {
  if (error instanceof Refusal || error instanceof Locked) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  const advice = `${ADVICE[code] ?? "choose another one"} with ${option}`;
  return new Error(`${path}: expected a place to write to, got ${reasonOf(error)}: ${advice}`);
}
