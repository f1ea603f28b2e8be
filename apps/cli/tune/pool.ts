// Worker threads that share out the jobs of a rung. Which of them does what changes no result.

import { Worker } from "node:worker_threads";
import type { Dataset, DatasetOptions, Pixels } from "ductus";
import type { Engine, Listener } from "./engine.js";
import type { Outcome } from "./halving.js";
import type { Data, Job } from "./job.js";

/** What a worker says: that an epoch is over, or the job, or that it cannot continue. */
export type Reply =
  | { readonly trial: number; readonly epoch: number }
  | { readonly outcome: Outcome }
  | { readonly error: string };

export class Pool implements Engine {
  readonly #workers = new Set<Worker>();
  /** Those of them that have nothing to do. */
  readonly #idle: Worker[] = [];
  readonly #data: Readonly<Record<keyof Data, DatasetOptions>>;

  constructor(
    readonly size: number,
    { training, validation }: Data,
  ) {
    this.#data = { training: share(training), validation: share(validation) };
  }

  /**
   * Does all jobs, the first ones first.
   * @throws {Error} what `signal` is aborted with, or if a job cannot be done, or a worker ends
   */
  async run(jobs: readonly Job[], signal: AbortSignal, { onEpoch, onOutcome }: Listener): Promise<void> {
    const queue = [...jobs];
    const work = async () => {
      const worker = this.#idle.pop() ?? this.#start();
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        signal.throwIfAborted();
        onEpoch(job.trial, job.from?.epochs ?? 0);
        await onOutcome(await ask(worker, job, onEpoch, signal));
      }
      this.#idle.push(worker);
    };
    await Promise.all(Array.from({ length: Math.min(this.size, jobs.length) }, work));
  }

  /** Whether a job is under way. */
  get isBusy(): boolean {
    return this.#idle.length < this.#workers.size;
  }

  /** Ends the workers, whatever they do. */
  async close(): Promise<void> {
    const workers = [...this.#workers];
    this.#workers.clear();
    this.#idle.length = 0;
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #start(): Worker {
    // Without the options of this process: some, as --input-type, do not go with a worker's script.
    const script = new URL("./tune-worker.js", import.meta.url);
    let worker: Worker;
    try {
      worker = new Worker(script, { workerData: this.#data, execArgv: [] });
    } catch {
      throw new Error(REFUSED);
    }
    // Whoever waits for it hears of its end; between two jobs nobody does.
    worker.on("error", () => {});
    this.#workers.add(worker);
    worker.on("exit", () => this.#workers.delete(worker));
    return worker;
  }
}

const REFUSED =
  "expected one more worker thread, the system refused it (out of threads, files or memory); " +
  "resume with the same command and fewer --workers";

/** Whether the system refused a worker what it needs to start: errors of Node, or of reading its script. */
function isRefusal(reason: unknown): boolean {
  const { code } = Object(reason) as NodeJS.ErrnoException;
  return code !== undefined && /^(ERR_WORKER_(INIT_FAILED|OUT_OF_MEMORY)|E[A-Z]*(FILE|AGAIN|NOMEM))$/.test(code);
}

/** The outcome of a job. */
function ask(worker: Worker, job: Job, onEpoch: Listener["onEpoch"], signal: AbortSignal): Promise<Outcome> {
  return new Promise<Outcome>((resolve, reject) => {
    const onMessage = (reply: Reply) => {
      if ("epoch" in reply) onEpoch(reply.trial, reply.epoch);
      else if ("outcome" in reply) end(() => resolve(reply.outcome));
      else end(() => reject(new Error(reply.error)));
    };
    const onLost = (reason: unknown) => {
      const why = typeof reason === "number" ? `it ended with code ${reason}` : String(reason);
      const lost = `a worker thread was lost: ${why}; resume with the same command, or fewer --workers`;
      end(() => reject(new Error(isRefusal(reason) ? REFUSED : lost)));
    };
    const onAbort = () => end(() => reject(signal.reason));
    const end = (settle: () => void) => {
      worker.off("message", onMessage).off("error", onLost).off("exit", onLost);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    // One that ended between two jobs has no number any more.
    if (worker.threadId === -1) return onLost("it ended");
    worker.on("message", onMessage).on("error", onLost).on("exit", onLost);
    signal.addEventListener("abort", onAbort);
    worker.postMessage(job);
  });
}

/** A data set in memory that worker threads share. */
function share(dataset: Dataset): DatasetOptions {
  return { ...dataset, images: shared(dataset.images), labels: shared(dataset.labels) };
}

function shared<T extends Pixels | Dataset["labels"]>(array: T): T {
  const memory = new SharedArrayBuffer(array.byteLength);
  const copy = inMemory(array, memory);
  copy.set(array);
  return copy as T;
}

/** An array of the same type; not by its constructor, which may be a Buffer's. */
function inMemory(array: Pixels | Dataset["labels"], memory: SharedArrayBuffer) {
  if (array instanceof Float32Array) return new Float32Array(memory);
  return array instanceof Uint16Array ? new Uint16Array(memory) : new Uint8Array(memory);
}
