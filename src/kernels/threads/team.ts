// Worker threads that compute together on the module's shared memory (assembly/team.ts is their side of it).
// Started when they are first needed, asleep in their event loops between calls, ended with the kernels.

import { ThreadError } from "../../errors.js";
import { RANGES } from "../../ranges.js";
import { countWeights } from "../kernels.js";
import { type FUNCTIONS, Mailbox, type Reply, type Request } from "./thread.js";

/** A worker thread that runs serveThread(), whatever the runtime calls it. */
export interface Thread {
  /** Sends it a message, which its serveThread() takes. */
  post(request: Request): void;
  /** Whether the process must stay alive for this thread: while it works. */
  hold(needed: boolean): void;
  /** Ends it at once. */
  end(): void;
}

/** Starts a worker thread; `onEnd` is called with a reason if it ends, and was not asked to. */
export type StartThread = (onReply: (reply: Reply) => void, onEnd: (reason: string) => void) => Thread;

/** How kernels start their threads. */
export interface ThreadOptions {
  /** How many threads train, 1 to 64. Default: as many as chooseThreads() says for each training. */
  readonly count?: number;
  /** How many threads can run at once on this machine. */
  readonly cores: number;
  readonly start: StartThread;
}

/** Multiply-adds, zeros among them, of one thread's share of a mini-batch that outweigh its waiting for the others. */
const TRAINING_WORK = 100_000;
/** The same for an evaluation, whose threads wait for nothing but being called. */
const EVALUATION_WORK = 10_000_000;

/**
 * The number of threads that trains a network fastest: one for every 100,000 multiply-adds of a mini-batch, zeros counted, at
 * least 1, at most the machine's `cores` and 64. Results do not depend on it.
 */
export function chooseThreads(layers: readonly number[], batchSize: number, cores: number): number {
  return limit((batchSize * countWeights(layers)) / TRAINING_WORK, cores);
}

/** The same for evaluating a number of images. */
export function chooseEvaluationThreads(layers: readonly number[], images: number, cores: number): number {
  return limit((images * countWeights(layers)) / EVALUATION_WORK, cores);
}

function limit(threads: number, cores: number): number {
  return Math.max(1, Math.min(Math.floor(threads), cores, RANGES.threads.max));
}

/**
 * How often a thread looks whether the others have come before it sleeps: for about half a millisecond. Where there are more
 * threads than cores, looking would only keep the others from coming, and it sleeps at once.
 */
const PATIENCE = 500_000;
/** How long settle() waits for threads that the event loop cannot tell about meanwhile. */
const MAX_WAIT_MS = 60_000;

/** What the threads of a call wait at: exports of the module. */
interface Barrier {
  formTeam(): void;
  abortTeam(): void;
}

/** The threads of one memory. What `state` holds does not refer to the Team, so that an unused Team can be collected. */
export class Team {
  readonly #state: State;
  #queued = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param exports of an instance on the same memory */
  constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    readonly options: ThreadOptions,
    exports: Barrier,
  ) {
    this.#state = new State(module, memory, options.start, exports);
    COLLECTED.register(this, this.#state, this);
    this.#state.grow(options.count ?? 0);
  }

  /** Runs an operation on the memory, made of calls and what is read before and after them, when the ones before are done. */
  queue<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#queued === 0 ? operation() : this.#last.then(operation);
    this.#queued++;
    const done = () => {
      this.#queued--;
    };
    this.#last = result.then(done, done);
    return result;
  }

  /** Waits, without the event loop, until no thread works on the memory. */
  settle(): void {
    this.#state.settle();
  }

  /**
   * Calls a function of the module in `count` threads at once, `before` right before; the sum of what they return, and how often they slept.
   * @throws {ThreadError} if one of them is lost
   */
  async call(
    name: (typeof FUNCTIONS)[number],
    args: readonly number[],
    count: number,
    before = () => {},
  ): Promise<Result> {
    return this.#state.call(name, args, count, count <= this.options.cores ? PATIENCE : 0, before);
  }

  /** Ends the threads. */
  end(): void {
    // The error that end() keeps remembers its callers: through it the registry would hold the Team that it waits for.
    COLLECTED.unregister(this);
    this.#state.end("the kernels were closed");
  }
}

const COLLECTED = new FinalizationRegistry<State>((state) => state.end("the kernels were collected"));

/** What came of a call, of all its threads together. */
interface Result {
  readonly value: number;
  /** How often they slept within it, waiting for each other. */
  readonly slept: number;
}

/** What waits for replies: a call, or a thread's start. */
interface Call {
  waiting: number;
  value: number;
  slept: number;
  resolve: (result: Result) => void;
  reject: (error: ThreadError) => void;
}

class State {
  readonly #threads: Thread[] = [];
  /** Calls whose replies are to come, per thread in the order of its replies. */
  readonly #calls: Call[][] = [];
  readonly #mailbox = new Mailbox();
  /** Threads that are still starting. */
  readonly #starts = new Set<Promise<void>>();
  #lost: ThreadError | undefined;

  constructor(
    readonly module: WebAssembly.Module,
    readonly memory: WebAssembly.Memory,
    readonly start: StartThread,
    readonly barrier: Barrier,
  ) {}

  grow(count: number): void {
    for (let i = this.#threads.length; i < count; i++) {
      const start: Call = { waiting: 1, value: 0, slept: 0, resolve: () => {}, reject: () => {} };
      const started = new Promise<void>((resolve) => {
        start.resolve = () => resolve();
        start.reject = () => resolve();
      });
      this.#starts.add(started);
      started.then(() => this.#starts.delete(started));
      const calls = [start];
      const thread = this.start(
        (reply) => this.#onReply(thread, calls, reply),
        (reason) => this.end(reason),
      );
      this.#threads.push(thread);
      this.#calls.push(calls);
      const { module, memory } = this;
      thread.hold(true);
      thread.post({ kind: "start", place: i, module, memory, mailbox: this.#mailbox.buffer });
    }
  }

  settle(): void {
    if (this.#lost !== undefined || this.#mailbox.busy <= 0) return;
    const end = performance.now() + MAX_WAIT_MS;
    while (this.#mailbox.busy > 0) {
      if (performance.now() > end) throw new ThreadError(`no answer in ${MAX_WAIT_MS / 1000} s`);
    }
  }

  async call(
    name: (typeof FUNCTIONS)[number],
    args: readonly number[],
    count: number,
    patience: number,
    before: () => void,
  ): Promise<Result> {
    if (this.#lost === undefined) this.grow(count);
    // A thread that has not started yet may need the event loop of this one, which settle() would not let go round.
    if (this.#starts.size > 0) await Promise.all(this.#starts);
    this.settle();
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost);
      before();
      const pending: Call = { waiting: count, value: 0, slept: 0, resolve, reject };
      this.barrier.formTeam();
      this.#mailbox.write(name, args, count, patience);
      for (let place = 0; place < count; place++) {
        this.#calls[place].push(pending);
        this.#threads[place].hold(true);
        this.#threads[place].post({ kind: "call" });
      }
    });
  }

  #onReply(thread: Thread, calls: Call[], reply: Reply): void {
    if ("error" in reply) {
      this.end(reply.error);
      return;
    }
    const call = calls.shift();
    if (calls.length === 0) thread.hold(false);
    if (call === undefined) return;
    call.value += reply.value;
    call.slept += reply.slept;
    if (--call.waiting === 0) call.resolve(call);
  }

  /** Ends all threads; calls that are not done fail, as do later ones. */
  end(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = new ThreadError(reason);
    this.barrier.abortTeam();
    for (const thread of this.#threads) thread.end();
    this.#mailbox.clear();
    for (const call of new Set(this.#calls.flat())) call.reject(this.#lost);
  }
}
