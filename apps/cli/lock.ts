// Locks: who writes to a file. "model.safetensors.lock" names the process; its time of change is a heartbeat.
// A process of this host that is dead loses its lock at once. One of another host, as in a container with a folder in
// common, loses it when its heartbeat has stopped. (proper-lockfile knows only the heartbeat: after a kill the same
// command would have to wait.)

import { createHash, randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { constants, copyFile, type FileHandle, link, lstat, open, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { BOOT, isRunning, startOf } from "./host.js";

const HEARTBEAT_MS = 1000;
/** A lock that was not touched for so long is watched for three heartbeats. */
const STALE_MS = 60_000;
/** Locks are much smaller. */
const MAX_LOCK_BYTES = 4096;
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
  private constructor(
    /** The file that is locked, as it was given. */
    readonly path: string,
    /** Where the lock is: beside the locked file. */
    readonly file: string,
    /** What the lock says: its owner, and a random number that no other lock has. */
    readonly text: string,
    /** The lock itself, open to be touched, whatever has its name by then. */
    readonly handle: FileHandle,
  ) {
    process.on("exit", () => this.#release());
    setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
  }

  /**
   * Locks a file.
   * @param path its name in errors
   * @param target where it is
   * @param temporaryOf makes names of temporary files of a file
   * @throws {Locked} if another process writes to it
   */
  static async acquire(path: string, target: string, temporaryOf: (target: string) => string): Promise<Lock> {
    const [temporary, file, text] = [temporaryOf(target), `${target}.lock`, ownText()];
    try {
      await writeFile(temporary, text, { flag: "wx" });
      await take(file, temporary, path);
    } finally {
      // On a full disk, what could be written of it is there.
      await unlink(temporary).catch(() => {});
    }
    return new Lock(path, file, text, await open(file));
  }

  /** @throws {Locked} if another process has taken the lock, as it may when this one stood still for long */
  check(): void {
    const text = this.#read();
    if (text === "") this.#restore();
    else if (text !== this.text) throw lockedBy(this.path, ownerOf(text));
  }

  /** Writes the lock again after somebody removed it, or its folder. */
  #restore(): void {
    try {
      writeFileSync(this.file, this.text, { flag: "wx" });
    } catch (error) {
      // Where nothing can be written, nobody else writes. A full disk leaves an empty file.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") rmSync(this.file, { force: true });
    }
  }

  /** What the lock says now; "" if it is gone, or something that no program of ductus wrote is there. */
  #read(): string {
    try {
      return readSmallFile(this.file) ?? "";
    } catch {
      return "";
    }
  }

  #beat(): void {
    const now = new Date();
    this.handle.utimes(now, now).catch(() => {});
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
    const text = readLock(file);
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
    if (readLock(file) === text) await unlink(file);
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
function readLock(file: string): string | undefined {
  try {
    const text = readSmallFile(file);
    // One that is being written may be empty, or end anywhere.
    if (text !== undefined && (text.startsWith(MARK) || MARK.startsWith(text))) return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    // Opened without following it, a link is ELOOP; a socket is ENXIO.
    if (code !== "ELOOP" && code !== "ENXIO") throw error;
  }
  throw new Locked(`${file}: expected a lock of ductus, got another file: give another place with --out, or move it`);
}

/**
 * The text of a regular file; undefined if something else is there, or a larger file. Never waits: others may put a
 * pipe, a device or an endless file where a lock should be.
 */
function readSmallFile(path: string): string | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) return undefined;
    const bytes = Buffer.alloc(MAX_LOCK_BYTES + 1);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return length > MAX_LOCK_BYTES ? undefined : bytes.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}

/** Who a lock says has it; undefined if it does not say all. */
export function ownerOf(text: string): Owner | undefined {
  try {
    const { pid, start, boot, hostname } = JSON.parse(text);
    const isOwner = Number.isSafeInteger(pid) && pid > 0 && typeof boot === "string" && typeof hostname === "string";
    return isOwner && hostname !== "" ? { pid, start, boot, hostname } : undefined;
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
    if (Math.abs(Date.now() - before) < STALE_MS) return true;
    await sleep(3 * HEARTBEAT_MS);
    return (await changed()) !== before;
  } catch {
    return false;
  }
}

function lockedBy(path: string, owner: Owner | undefined): Locked {
  const where = owner?.boot === BOOT ? "" : ` on ${owner?.hostname}`;
  const who = owner === undefined ? "another program" : `process ${owner.pid}${where}`;
  return new Locked(`${path}: ${who} is writing it: wait for it to end, or give another place with --out`);
}
