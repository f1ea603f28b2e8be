// What runs in a worker thread: an instance of the module on the memory of the others, which does the calls that the mailbox
// names. Without imports of its own, so that a browser's worker can load it as it is.

/** Functions of the module that a team can call; a mailbox has the number of one. */
export const FUNCTIONS = ["trainBatches", "evaluate"] as const;

/** Where calls are written down, in shared memory: a message only says that there is a new one. */
export class Mailbox {
  readonly #control: Int32Array;
  readonly #numbers: Float64Array;

  constructor(readonly buffer = new SharedArrayBuffer(192)) {
    this.#control = new Int32Array(buffer, 0, 2);
    this.#numbers = new Float64Array(buffer, 64);
  }

  /**
   * The latest call: its number, modulo 2^25, and in the low 7 bits for how many threads it is. In one word, because a thread that
   * does not take part may look while the next call is being written down, and must not read anything else.
   */
  get latest(): number {
    return Atomics.load(this.#control, 0);
  }

  /** How many threads are still at it. */
  get busy(): number {
    return Atomics.load(this.#control, 1);
  }

  /** How often the threads look for each other before they sleep. */
  get patience(): number {
    return this.#numbers[1];
  }

  get name(): (typeof FUNCTIONS)[number] {
    return FUNCTIONS[this.#numbers[0]];
  }

  get args(): number[] {
    return [...this.#numbers.subarray(3, 3 + this.#numbers[2])];
  }

  /** Writes a call for `count` threads, at most 64, down for them to see. The call before must be done. */
  write(name: (typeof FUNCTIONS)[number], args: readonly number[], count: number, patience: number): void {
    this.#numbers.set([FUNCTIONS.indexOf(name), patience, args.length, ...args]);
    Atomics.store(this.#control, 1, count);
    Atomics.store(this.#control, 0, (((this.latest >> 7) + 1) << 7) | count);
  }

  /** One thread is done. */
  leave(): void {
    Atomics.sub(this.#control, 1, 1);
  }

  /** Nobody is at it any more. */
  clear(): void {
    Atomics.store(this.#control, 1, 0);
  }
}

/** What a worker is told: its place, module and memory, or that there is a call in the mailbox. */
export type Request =
  | {
      readonly kind: "start";
      readonly place: number;
      readonly module: WebAssembly.Module;
      readonly memory: WebAssembly.Memory;
      readonly mailbox: SharedArrayBuffer;
    }
  | { readonly kind: "call" };

/** What a start (0) or a call returned, and how often its thread slept in it; or why it failed. */
export type Reply = { readonly value: number; readonly slept: number } | { readonly error: string };

/**
 * How long a thread that is done looks for the next call before it goes back to its event loop. Being woken takes 0.1 ms, and may
 * put it on the core of another one, where a scheduler leaves it for many.
 */
const LOOKING_MS = 2;

/** Answers the start, and each call that this thread takes part in, with one reply. */
export function serveThread(reply: (reply: Reply) => void): (request: Request) => void {
  let exports: Record<string, (...args: readonly number[]) => number>;
  let memory: WebAssembly.Memory;
  let mailbox: Mailbox;
  let place: number;
  let last = 0;

  const start = async (request: Extract<Request, { kind: "start" }>): Promise<void> => {
    const instance = await WebAssembly.instantiate(request.module, { env: { memory: request.memory } });
    exports = instance.exports as typeof exports;
    memory = request.memory;
    mailbox = new Mailbox(request.mailbox);
    place = request.place;
    reply({ value: 0, slept: 0 });
  };
  /** Does the calls that are new; one may have been seen in the mailbox before its message came. */
  const work = (): void => {
    // Now and then back to the event loop, where messages pile up meanwhile.
    for (let i = 0; i < 100 && mailbox.latest !== last; i++) {
      last = mailbox.latest;
      const count = last & 127;
      if (place >= count) return;
      const { patience } = mailbox;
      // Another thread's growth may come late to this one, which copies and fills within the size that it knows; if it was still
      // starting then, in V8 never. To grow by nothing is to ask for the size.
      memory.grow(0);
      exports.joinTeam(place, count, patience);
      const value = exports[mailbox.name](...mailbox.args);
      const slept = exports.slept();
      mailbox.leave();
      reply({ value, slept });
      if (patience > 0) lookForNews();
    }
  };
  const lookForNews = (): void => {
    const end = performance.now() + LOOKING_MS;
    while (performance.now() < end) {
      for (let i = 0; i < 100; i++) if (mailbox.latest !== last) return;
    }
  };

  let done: Promise<void> = Promise.resolve();
  return (request) => {
    done = done
      .then(() => (request.kind === "start" ? start(request) : work()))
      .catch((error) => reply({ error: String(error) }));
  };
}
