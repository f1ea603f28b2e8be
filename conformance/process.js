// Other programs: finding them, running them to their end, and keeping them for a while.

import { execFile, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** A training of all recipes takes seconds, on a loaded machine many. */
const TIMEOUT = 300_000;

/** What a program prints. @param {string} command @param {readonly string[]} args @returns {Promise<string>} */
export async function output(command, args, options = {}) {
  const limits = { timeout: TIMEOUT, maxBuffer: 2 ** 26, killSignal: "SIGKILL" };
  const { stdout } = await promisify(execFile)(command, args, { ...limits, ...options });
  return stdout;
}

/**
 * The first of these paths, or names of programs on the PATH, that can be run.
 * @param {readonly (string | undefined)[]} candidates
 */
export function findProgram(candidates) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return candidates
    .flatMap((name) =>
      name === undefined ? [] : name.includes("/") ? [name] : folders.map((folder) => join(folder, name)),
    )
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * Keeps a program running, with all that it starts, while `work` is done.
 * @template T
 * @param {string} command
 * @param {readonly string[]} args
 * @param {() => Promise<T>} work
 * @param {string} [cwd]
 * @returns {Promise<T>}
 */
export async function during(command, args, work, cwd) {
  const child = spawn(command, args, { cwd, detached: true, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors = (errors + data).slice(-2000);
  });
  // Its process group is its own, being detached: it would outlive this process.
  const kill = () => child.pid !== undefined && process.kill(-child.pid, "SIGKILL");
  process.on("exit", kill);
  let timer;
  const ended = new Promise((_, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`it ended with code ${code}: ${errors}`)));
    timer = setTimeout(() => reject(new Error(`no answer in ${TIMEOUT / 1000} s: ${errors}`)), TIMEOUT);
  });
  ended.catch(() => {});
  try {
    return await Promise.race([work(), ended]);
  } finally {
    clearTimeout(timer);
    process.off("exit", kill);
    if (child.exitCode === null && child.signalCode === null && kill())
      await new Promise((resolve) => child.on("exit", resolve));
  }
}

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
