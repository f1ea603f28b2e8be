// Worker threads that compute together on the module's shared memory (assembly/team.ts is their side of it).
// They start when they are first needed, wait in their event loops between calls, and end with the kernels.

import { ThreadError } from "../../errors.js";
import type { WasmMemory, WasmModule } from "../../globals.js";
import { Mailbox, type TeamFunction } from "./mailbox.js";
import type { Slice } from "./pace.js";
import type { Reply, Request } from "./thread.js";

/** A worker thread that runs serveThread(), whatever the runtime calls it. */
export interface Thread {
  /** Sends it a message, for its serveThread() to answer. */
  post(request: Request): void;
  /** Whether the process must stay alive for this thread, as it must while it works. */
  hold(needed: boolean): void;
  /** Ends it at once. */
  end(): void;
}

/** Starts a worker thread. Calls `onReply` with each reply, and `onEnd` with a reason if the thread ends unasked. */
export type StartThread = (onReply: (reply: Reply) => void, onEnd: (reason: string) => void) => Thread;

/** How kernels start their threads. */
export interface ThreadOptions {
  /** How many threads train, 1 to 64. Default: as many as chooseThreads() says for each training run. */
  readonly count?: number;
  /** How many threads can run at once on this machine. */
  readonly cores: number;
  /** How this runtime starts one. */
  readonly start: StartThread;
}

/**
 * How often a thread looks whether the others have come before it parks: about half a millisecond. With more threads
 * than cores, looking would only keep the others from coming, so a thread parks at once.
 */
const SPINS = 500_000;
/** How long settle() waits for busy threads. Nothing can tell it that one was lost, since it blocks the event loop. */
const MAX_WAIT_MS = 60_000;

/** Where the threads of a call wait for each other: exports of the module. */
interface Barrier {
  formTeam(): void;
  abortTeam(): void;
}

/** The threads of one memory. Its #state does not refer to the Team, so that an unused Team can be collected. */
export class Team {
  readonly #state: State;
  #queued = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param exports of an instance on the same memory */
  constructor(
    module: WasmModule,
    memory: WasmMemory,
    readonly options: ThreadOptions,
    exports: Barrier,
  ) {
    this.#state = new State(module, memory, options.start, exports);
    COLLECTED.register(this, this.#state, this);
    this.#state.grow(options.count ?? 0);
  }

  /** Runs an operation on the memory once all earlier ones are done: calls, and what is read before and after them. */
  queue<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#queued === 0 ? operation() : this.#last.then(operation);
    this.#queued++;
    const done = () => {
      this.#queued--;
    };
    this.#last = result.then(done, done);
    return result;
  }

  /** Starts threads until there are `count`. Returns whether some are not ready yet. */
  starting(count: number): boolean {
    return this.#state.starting(count);
  }

  /** Waits for those that are starting. */
  async started(): Promise<void> {
    await this.#state.started();
  }

  /** Whether this thread has to do without a team: one could not be started, and nobody asked for it. */
  get missing(): boolean {
    return this.options.count === undefined && this.#state.refused;
  }

  /** Waits, blocking the event loop, until no thread works on the memory. */
  settle(): void {
    this.#state.settle();
  }

  /**
   * Calls a function of the module in `count` threads at once, and `before` right before it. Returns what its threads
   * returned and how often they parked, summed over all of them, and how long the slowest took.
   * @throws {ThreadError} if one of them is lost
   */
  async call(name: TeamFunction, args: readonly number[], count: number, before = () => {}): Promise<Result> {
    // A thread alone waits for nobody, and where it was left alone, others need the core.
    const spins = count > 1 && count <= this.options.cores ? SPINS : 0;
    return this.#state.call(name, args, count, spins, before);
  }

  /** Ends the threads. */
  end(): void {
    // end() keeps an error, and an error's stack holds its callers: through it the registry would keep the Team alive.
    COLLECTED.unregister(this);
    this.#state.end("the kernels were closed");
  }
}

const COLLECTED = new FinalizationRegistry<State>((state) => state.end("the kernels were collected"));

/** What a call returned, summed over its threads, and what it took. */
interface Result extends Slice {
  readonly value: number;
}

/** A call, or a thread's start, that waits for replies. */
interface Call {
  waiting: number;
  value: number;
  parks: number;
  ms: number;
  resolve: (result: Result) => void;
  reject: (error: ThreadError | RangeError) => void;
}

/** The threads themselves, their calls, and why they were ended. */
class State {
  readonly #threads: Thread[] = [];
  /** Per thread the calls whose replies are still to come, in order. */
  readonly #calls: Call[][] = [];
  readonly #mailbox = new Mailbox();
  /** Threads that are still starting. */
  readonly #starts = new Set<Promise<void>>();
  #lost: ThreadError | RangeError | undefined;

  constructor(
    readonly module: WasmModule,
    readonly memory: WasmMemory,
    readonly start: StartThread,
    readonly barrier: Barrier,
  ) {}

  grow(count: number): void {
    for (let i = this.#threads.length; i < count && this.#lost === undefined; i++) {
      const start: Call = { waiting: 1, value: 0, parks: 0, ms: 0, resolve: () => {}, reject: () => {} };
      const started = new Promise<void>((resolve) => {
        start.resolve = () => resolve();
        start.reject = () => resolve();
      });
      this.#starts.add(started);
      started.then(() => this.#starts.delete(started));
      const calls = [start];
      this.#calls.push(calls);
      const onEnd = (reason: string) => (calls[0] === start ? this.#refuse(count, reason) : this.end(reason));
      const thread = this.start((reply) => {
        if ("error" in reply) onEnd(reply.error);
        else this.#onReply(thread, calls, reply);
      }, onEnd);
      this.#threads.push(thread);
      const { module, memory } = this;
      thread.hold(true);
      thread.post({ kind: "start", threadIndex: i, module, memory, mailbox: this.#mailbox.buffer });
    }
  }

  /** Whether a thread could not be started. Nothing is lost then. */
  get refused(): boolean {
    return this.#lost instanceof RangeError;
  }

  starting(count: number): boolean {
    this.grow(count);
    return this.#starts.size > 0;
  }

  async started(): Promise<void> {
    await Promise.all(this.#starts);
  }

  settle(): void {
    if (this.#lost !== undefined || this.#mailbox.busy <= 0) return;
    const end = performance.now() + MAX_WAIT_MS;
    while (this.#mailbox.busy > 0) {
      if (performance.now() > end) throw new ThreadError(`no answer in ${MAX_WAIT_MS / 1000} s`);
    }
  }

  async call(
    name: TeamFunction,
    args: readonly number[],
    count: number,
    spins: number,
    before: () => void,
  ): Promise<Result> {
    // A thread that is still starting may need this thread's event loop, which settle() would block.
    if (this.starting(count)) await this.started();
    this.settle();
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost);
      before();
      const pending: Call = { waiting: count, value: 0, parks: 0, ms: 0, resolve, reject };
      this.barrier.formTeam();
      this.#mailbox.write(name, args, count, spins);
      for (let i = 0; i < count; i++) {
        this.#calls[i].push(pending);
        this.#threads[i].hold(true);
        this.#threads[i].post({ kind: "call" });
      }
    });
  }

  #onReply(thread: Thread, calls: Call[], reply: Exclude<Reply, { readonly error: string }>): void {
    const call = calls.shift();
    if (calls.length === 0) thread.hold(false);
    if (call === undefined) return;
    call.value += reply.value;
    call.parks += reply.parks;
    call.ms = Math.max(call.ms, reply.ms);
    if (--call.waiting === 0) call.resolve(call);
  }

  /** Ends all threads. Unfinished calls fail, and so do later ones. */
  end(reason: string): void {
    this.#end(new ThreadError(reason));
  }

  /** A thread could not be started. If others are at work meanwhile, what they do is lost. */
  #refuse(count: number, reason: string): void {
    const sentence = `threads: expected ${count} worker threads, could not start one: ${reason}: use \`threads: 1\``;
    this.#end(this.#mailbox.busy > 0 ? new ThreadError(reason) : new RangeError(sentence));
  }

  #end(error: ThreadError | RangeError): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    this.barrier.abortTeam();
    for (const thread of this.#threads) thread.end();
    this.#mailbox.clear();
    for (const call of new Set(this.#calls.flat())) call.reject(error);
  }
}
