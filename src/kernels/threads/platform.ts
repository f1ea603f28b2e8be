// What differs from runtime to runtime: how many threads can run at once, and how one is started.

import { worker as script } from "../wasm/embedded.js";
import type { StartThread } from "./team.js";
import type { Request } from "./thread.js";

/** Loads Node's own modules without an import, which other runtimes and bundlers would stumble over. */
type BuiltinModule = (id: string) => unknown;
const getBuiltinModule: BuiltinModule | undefined =
  "Worker" in globalThis ? undefined : globalThis.process?.getBuiltinModule?.bind(globalThis.process);

/** How many threads can run at once on one memory: 1 where none can be shared. */
export function availableThreads(): number {
  if (whyAlone() !== undefined) return 1;
  if (getBuiltinModule !== undefined) {
    return (getBuiltinModule("node:os") as typeof import("node:os")).availableParallelism();
  }
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Why this runtime has no more than one thread for a memory, and what to do; undefined if it has. */
export function whyAlone(): string | undefined {
  if (getBuiltinModule === undefined && !("Worker" in globalThis)) return "this runtime has no workers";
  if ("SharedArrayBuffer" in globalThis) return undefined;
  return globalThis.crossOriginIsolated === false
    ? "this page cannot share memory: serve it with Cross-Origin-Opener-Policy: same-origin and " +
        "Cross-Origin-Embedder-Policy: require-corp"
    : "this runtime cannot share memory: it has no SharedArrayBuffer";
}

const NO_SCRIPT = "its script, worker.js of the package, could be loaded neither as a file nor from a blob";

/** Starts a worker thread of this runtime. */
export const startThread: StartThread = (...handlers) =>
  getBuiltinModule === undefined ? startWebThread(...handlers) : startNodeThread(getBuiltinModule, ...handlers);

/**
 * The script is the file beside this one, which a strict Content-Security-Policy allows and most bundlers bring along.
 * Where it is missing, or of another origin, as from a CDN, the script is the embedded copy.
 */
function startWebThread(...[onReply, onEnd]: Parameters<StartThread>): ReturnType<StartThread> {
  let answered = false;
  const sent: Request[] = [];
  let worker: Worker | undefined;
  const listen = (worker: Worker, onError: (reason: string) => void) => {
    worker.onmessage = ({ data }) => {
      answered = true;
      onReply(data);
    };
    worker.onerror = ({ message }) => onError(message ?? NO_SCRIPT);
    return worker;
  };
  const startCopy = () => {
    const copy = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    try {
      worker = listen(new Worker(copy, { type: "module" }), onEnd);
    } catch {
      // A page's policy may allow no worker from a blob.
      return onEnd(NO_SCRIPT);
    }
    for (const request of sent) worker.postMessage(request);
  };
  try {
    // Bundlers look for exactly this expression.
    worker = listen(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), (reason) =>
      answered ? onEnd(reason) : startCopy(),
    );
  } catch {
    // A script of another origin is refused at once, with a SecurityError.
    startCopy();
  }
  return {
    post: (request) => {
      if (!answered) sent.push(request);
      worker?.postMessage(request);
    },
    hold: () => {},
    end: () => worker?.terminate(),
  };
}

function startNodeThread(
  builtin: BuiltinModule,
  ...[onReply, onEnd]: Parameters<StartThread>
): ReturnType<StartThread> {
  const { Worker } = builtin("node:worker_threads") as typeof import("node:worker_threads");
  // Without the options of this process, some of which a worker's script cannot have: --input-type, for one.
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  let worker: import("node:worker_threads").Worker | undefined;
  try {
    if (hasRoom(builtin)) worker = new Worker(url, { execArgv: [], resourceLimits: { codeRangeSizeMb: CODE_MB } });
  } catch {
    // Refused, as below.
  }
  if (worker === undefined) {
    onEnd(NO_THREAD);
    return { post: () => {}, hold: () => {}, end: () => {} };
  }
  const started = worker;
  started.unref();
  started.on("message", onReply);
  started.on("error", (error: NodeJS.ErrnoException) => onEnd(REFUSED.has(error.code) ? NO_THREAD : String(error)));
  started.on("exit", (code) => onEnd(`it ended with code ${code}`));
  return {
    post: (request) => started.postMessage(request),
    hold: (needed) => (needed ? started.ref() : started.unref()),
    end: () => void started.terminate(),
  };
}

/** Megabytes of addresses that V8 sets aside for a thread's code: far more than the module takes, less than usual. */
const CODE_MB = 16;
/** Kilobytes of addresses that a thread needs, with some to spare: V8 ends the process where it is refused them. */
const THREAD_KB = 2 ** 18;

/** Whether this process may have the addresses of one more thread; true where the system does not say. */
function hasRoom(builtin: BuiltinModule): boolean {
  const { readFileSync } = builtin("node:fs") as typeof import("node:fs");
  const numberIn = (file: string, pattern: RegExp) => Number(pattern.exec(readFileSync(file, "latin1"))?.[1]);
  try {
    const limit = numberIn("/proc/self/limits", /^Max address space +(\d+)/m);
    const used = numberIn("/proc/self/status", /^VmSize:\s*(\d+) kB/m);
    // Without a limit it is no number.
    return !(limit / 1024 - used < THREAD_KB);
  } catch {
    return true;
  }
}

const NO_THREAD = "the system refused it (out of threads, files or memory)";
/** The codes with which Node says so. */
const REFUSED = new Set<string | undefined>(["ERR_WORKER_INIT_FAILED", "ERR_WORKER_OUT_OF_MEMORY"]);
