// Locks: who writes to a file. "model.safetensors.lock" names the process; its time of change is a heartbeat.
// A process of this host that is dead loses its lock at once. One of another host, as in a container with a folder in
// common, loses it when its heart has stopped. (proper-lockfile knows only the heartbeat: after a kill the same command
// would have to wait.)

import { createHash, randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, copyFile, type FileHandle, link, lstat, open, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { BOOT, isRunning, startOf } from "./host.js";

/** Milliseconds between two heartbeats. */
const BEAT = 1000;
/** Milliseconds without one after which a lock is watched; then it has three beats of time. */
const SILENCE = 60_000;
/** Bytes. Locks are much smaller. */
const MOST = 4096;
/** How every lock begins. */
const MARK = '{"lock":"ductus",';

/** Who holds a lock. */
interface Owner {
  readonly pid: number;
  /** As startOf() has it. */
  readonly start?: string;
  readonly boot: string;
  readonly hostname: string;
}

/** Somebody else writes to the file. */
export class Locked extends Error {}

/** Held until the program ends. */
export class Lock {
  #heart: FileHandle | undefined;

  private constructor(
    /** As it was given. */
    readonly path: string,
    readonly file: string,
    readonly text: string,
  ) {
    process.on("exit", () => this.#release());
  }

  /**
   * Locks a file.
   * @param path its name in errors
   * @param target where it is
   * @param temporaryOf makes names of temporary files of a file
   * @throws {Locked} if another process writes to it
   */
  static async acquire(path: string, target: string, temporaryOf: (target: string) => string): Promise<Lock> {
    const temporary = temporaryOf(target);
    const lock = new Lock(path, `${target}.lock`, ownText());
    await writeFile(temporary, lock.text, { flag: "wx" });
    try {
      await take(lock.file, temporary, path);
    } finally {
      await unlink(temporary);
    }
    lock.#heart = await open(lock.file);
    setInterval(() => lock.#beat(), BEAT).unref();
    return lock;
  }

  /** @throws {Locked} if another process has taken the lock, as it may when this one stood still for long */
  check(): void {
    const text = this.#read();
    if (text === "") {
      // Somebody removed it, or its folder.
      try {
        writeFileSync(this.file, this.text, { flag: "wx" });
      } catch {
        // Where nothing can be written, nobody else does.
      }
    } else if (text !== this.text) throw lockedBy(this.path, ownerOf(text));
  }

  #read(): string {
    try {
      return readFileSync(this.file, "utf8");
    } catch {
      return "";
    }
  }

  #beat(): void {
    const now = new Date();
    this.#heart?.utimes(now, now).catch(() => {});
  }

  #release(): void {
    if (this.#read() === this.text) rmSync(this.file, { force: true });
  }
}

function ownText(): string {
  const owner = { pid: process.pid, start: startOf(process.pid), boot: BOOT, hostname: hostname() } satisfies Owner;
  return `${MARK}${JSON.stringify({ ...owner, token: randomBytes(8).toString("hex") }).slice(1)}\n`;
}

/** Gives a lock that is written already its name, once nobody else has it. */
async function take(file: string, written: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    if (await linkExclusively(written, file)) return;
    const text = await readLock(file);
    if (text === undefined) continue;
    if (await isHeld(file, text)) throw lockedBy(path, ownerOf(text));
    try {
      await removeDead(file, text, written, path);
    } catch (error) {
      // Others are about to remove it, too.
      if (!(error instanceof Locked) || attempt === 100) throw error;
      await sleep(20);
    }
  }
}

/**
 * Removes the lock of a dead process. Two processes that do so at the same time could remove each other's new lock, so
 * that only the holder of another lock may: one for this very lock.
 */
async function removeDead(file: string, text: string, written: string, path: string): Promise<void> {
  const claim = `${file}.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  await take(claim, written, path);
  try {
    if ((await readLock(file)) === text) await unlink(file);
  } finally {
    await unlink(claim);
  }
}

/** Gives a file a second name; returns false if that is taken. */
async function linkExclusively(file: string, name: string): Promise<boolean> {
  try {
    // Some file systems have no second names for a file.
    await link(file, name).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") throw error;
      return copyFile(file, name, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/**
 * What a lock says; undefined if it is gone.
 * @throws {Locked} if the file is no lock
 */
async function readLock(file: string): Promise<string | undefined> {
  try {
    const status = await lstat(file);
    const text = status.isFile() && status.size <= MOST ? readFileSync(file, "utf8") : undefined;
    // One that is being written may be empty, or end anywhere.
    if (text !== undefined && (text.startsWith(MARK) || MARK.startsWith(text))) return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  throw new Locked(`${file}: expected a lock of ductus, got another file: give another place with --out, or move it`);
}

function ownerOf(text: string): Owner | undefined {
  try {
    const { pid, start, boot, hostname } = JSON.parse(text);
    return Number.isInteger(pid) && pid > 0 ? { pid, start, boot, hostname: String(hostname) } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process that a lock names still has it. */
async function isHeld(file: string, text: string): Promise<boolean> {
  const owner = ownerOf(text);
  if (owner?.boot !== BOOT) return hasHeartbeat(file);
  if (!isRunning(owner.pid)) return false;
  const start = startOf(owner.pid);
  if (start !== undefined && owner.start !== undefined) return start === owner.start;
  return owner.pid !== process.pid && hasHeartbeat(file);
}

/** Whether a lock is changed from time to time. Clocks may differ: an old one is watched. */
async function hasHeartbeat(file: string): Promise<boolean> {
  const changed = () => lstat(file).then(({ mtimeMs }) => mtimeMs);
  try {
    const before = await changed();
    if (Math.abs(Date.now() - before) < SILENCE) return true;
    await sleep(3 * BEAT);
    return (await changed()) !== before;
  } catch {
    return false;
  }
}

function lockedBy(path: string, owner: Owner | undefined): Locked {
  const where = owner?.boot === BOOT ? "" : ` on ${owner?.hostname}`;
  const who = owner === undefined ? "another one" : `process ${owner.pid}${where}`;
  return new Locked(
    `${path}: expected no other program that writes it, got ${who}: wait for its end, or give another place with --out`,
  );
}
