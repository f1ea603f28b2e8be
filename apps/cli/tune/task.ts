// What decides the result of a job, and nothing else: settings, with the seed among them, and the epochs of its rungs.

import { createHash } from "node:crypto";
import type { Settings } from "./space.js";

export interface Task {
  /** Values of train's options by their names, but for the folder of the data. */
  readonly settings: Settings;
  /** The last epoch of each of its rungs, the first rung first; the result is that of the last one. */
  readonly epochs: readonly number[];
}

/**
 * The name of a task: SHA-256 of what decides its result.
 * @param identity that of package, module and data
 */
export function taskId({ settings, epochs }: Task, identity: string): string {
  const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  return hashOfText(JSON.stringify([identity, sorted, epochs]));
}

/** SHA-256 of a text, the first 32 hexadecimal digits of it. */
export function hashOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
