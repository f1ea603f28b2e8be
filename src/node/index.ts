// The part of the public API that needs Node: IDX files and MNIST from disk, and the module.

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Kernels } from "../kernels.js";
import type { StartThread } from "../threads.js";
import { createWasmKernels } from "../wasm.js";

export { type DataSplit, loadDirectory, loadMnist } from "./data.js";

/** The same paths from src/node/ and from build/node/. */
const MODULE = new URL("../../build/ductus.wasm", import.meta.url);
const THREADS_MODULE = new URL("../../build/ductus-threads.wasm", import.meta.url);
const THREAD = new URL("../../build/node/thread.js", import.meta.url);

export interface LoadOptions {
  /** How many threads train, 1 to 64: results do not depend on it. Default: the number that chooseThreads() gives for each training. */
  readonly threads?: number;
}

/**
 * Kernels on the package's own WebAssembly module. Worker threads start when they are first needed; close() ends them.
 * @throws {TypeError | RangeError} if the number of threads cannot be used
 */
export async function loadKernels({ threads }: LoadOptions = {}): Promise<Kernels> {
  const cores = availableParallelism();
  if ((threads ?? cores) === 1) return createWasmKernels(await readFile(MODULE));
  return createWasmKernels(await readFile(THREADS_MODULE), { count: threads, cores, start: startNodeThread });
}

/** Threads as Node's workers. */
export const startNodeThread: StartThread = (onReply, onEnd) => {
  // Without the options of this process: some, as --input-type, do not go with a worker's file.
  const worker = new Worker(THREAD, { execArgv: [] });
  worker.unref();
  worker.on("message", onReply);
  worker.on("error", (error) => onEnd(String(error)));
  worker.on("exit", (code) => onEnd(`it ended with code ${code}`));
  return {
    post: (request) => worker.postMessage(request),
    hold: (needed) => (needed ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
};
