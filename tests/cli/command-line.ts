// Runs the built command line, and other programs, in a folder.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const MAIN = fileURLToPath(new URL("../../build/cli/main.js", import.meta.url));

const RESIDENT = fileURLToPath(new URL("resident.js", import.meta.url));
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

/**
 * Runs command lines one after the other in one process, which the calling test file keeps to its end. For what a
 * command says, and what it does to files: resident.js says what it is not for.
 */
export function keepDuctus(): (folder: string, args: readonly string[]) => Promise<Result> {
  let child: ChildProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();
  afterAll(() => void child?.kill());
  const run = (folder: string, args: readonly string[]) =>
    new Promise<Result>((resolve, reject) => {
      child ??= fork(RESIDENT, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
      const onExit = (code: number | null) => reject(new Error(`the process was lost at ${args.join(" ")}: ${code}`));
      child.once("exit", onExit);
      child.once("message", (result) => {
        child?.off("exit", onExit);
        resolve(result as Result);
      });
      child.send({ folder, args });
    });
  return (folder, args) => {
    const result = last.then(() => run(folder, args));
    last = result.catch(() => {});
    return result;
  };
}
