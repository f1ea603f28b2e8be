// Runs the built command line, and other programs, in a folder.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const MAIN = fileURLToPath(new URL("../../build/cli/main.js", import.meta.url));

/** What ends the first line of a training where Node has vectors of 256 bits: wide.test.ts is about that. */
export const WIDE = /, 256-bit$/;

export interface Result {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program; `result` is what it leaves. */
export function startProgram(
  folder: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const result = new Promise<Result>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, result };
}

/** Starts the command line. */
export function startDuctus(folder: string, args: readonly string[], env?: Readonly<Record<string, string>>) {
  return startProgram(folder, process.execPath, [MAIN, ...args], env);
}
