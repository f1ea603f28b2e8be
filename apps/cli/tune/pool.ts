// Worker threads that share out the jobs of a rung. Which of them does what changes no result.

import { Worker } from "node:worker_threads";
import type { Dataset, DatasetOptions, Pixels } from "ductus";
import type { Outcome } from "./halving.js";
import type { Data, Job } from "./job.js";

/** What a worker says: that an epoch is over, or the job, or that it cannot continue. */
export type Reply =
  | { readonly trial: number; readonly epoch: number }
  | { readonly outcome: Outcome }
  | { readonly error: string };

export interface Listener {
  /** A trial has trained up to this epoch; at first, up to the one that it begins after. */
  readonly onEpoch: (trial: number, epoch: number) => void;
  readonly onOutcome: (outcome: Outcome) => Promise<void>;
}

export class Pool {
  readonly #workers: Worker[] = [];
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
    while (this.#workers.length < Math.min(this.size, jobs.length)) this.#workers.push(this.#start());
    const work = async (worker: Worker) => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        signal.throwIfAborted();
        onEpoch(job.trial, job.from?.epochs ?? 0);
        await onOutcome(await ask(worker, job, onEpoch, signal));
      }
    };
    await Promise.all(this.#workers.map(work));
  }

  /** Ends the workers, whatever they do. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
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
