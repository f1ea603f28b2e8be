// Which process is which. Process numbers are used again, and each container has its own.

import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Where process numbers count: this computer until it starts again, and the container in it. Others may have the same
 * host name, and share a folder with this one.
 */
export const BOOT = createHash("sha256")
  .update(
    [
      hostname(),
      read(() => readlinkSync("/proc/self/ns/pid")),
      read(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1")).trim(),
    ].join(" "),
  )
  .digest("hex");

/** BOOT in short, for names of files. */
export const HOST = BOOT.slice(0, 8);

/** What only Linux has; "" elsewhere. */
function read(file: () => string): string {
  try {
    return file();
  } catch {
    return "";
  }
}

/** Whether a process of this host runs, or waits for its parent to learn of its end. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/**
 * When a process of this host began, in ticks since the system did: a later process of the same number has another.
 * "ended" for one that waits for its parent only; undefined where the system does not say.
 */
export function startOf(pid: number): string | undefined {
  // "PID (name) state ...": the name may have spaces and parentheses.
  const [state, ...fields] = read(() => readFileSync(`/proc/${pid}/stat`, "latin1"))
    .replace(/^.*\) /s, "")
    .split(" ");
  if (state === "Z" || state === "X") return "ended";
  // Field 22 of proc(5), which counts from 1; the state is field 3.
  return fields[18];
}
