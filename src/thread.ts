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

  /** The number of the latest call, from 1; 0 before. */
  get call(): number {
    return Atomics.load(this.#control, 0);
  }

  /** How many threads are still at it. */
  get busy(): number {
    return Atomics.load(this.#control, 1);
  }

  /** How many threads the latest call is for, and how often they look for each other before they sleep. */
  get team(): readonly [count: number, patience: number] {
    return [this.#numbers[1], this.#numbers[2]];
  }

  get name(): (typeof FUNCTIONS)[number] {
    return FUNCTIONS[this.#numbers[0]];
  }

  get args(): number[] {
    return [...this.#numbers.subarray(4, 4 + this.#numbers[3])];
  }

  /** Writes a call down for others to see; returns its number. The call before must be done. */
  write(name: (typeof FUNCTIONS)[number], args: readonly number[], count: number, patience: number): number {
    this.#numbers.set([FUNCTIONS.indexOf(name), count, patience, args.length, ...args]);
    Atomics.store(this.#control, 1, count);
    return Atomics.add(this.#control, 0, 1) + 1;
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

export type Request =
  | {
      readonly kind: "start";
      readonly place: number;
      readonly module: WebAssembly.Module;
      readonly memory: WebAssembly.Memory;
      readonly mailbox: SharedArrayBuffer;
    }
  | { readonly kind: "call"; readonly call: number };

/** What a start (0) or a call returned, or why it failed. */
export type Reply = { readonly value: number } | { readonly error: string };

/**
 * How long a thread that is done looks for the next call before it goes back to its event loop. Being woken takes 0.1 ms, and may
 * put it on the core of another one, where a scheduler leaves it for many.
 */
const LOOKING_MS = 2;

/** Answers the start, and each call that this thread takes part in, with one reply. */
export function serveThread(reply: (reply: Reply) => void): (request: Request) => void {
  let exports: Record<string, (...args: readonly number[]) => number>;
  let mailbox: Mailbox;
  let place: number;
  let last = 0;

  const start = async (request: Extract<Request, { kind: "start" }>): Promise<void> => {
    const instance = await WebAssembly.instantiate(request.module, { env: { memory: request.memory } });
    exports = instance.exports as typeof exports;
    mailbox = new Mailbox(request.mailbox);
    place = request.place;
    reply({ value: 0 });
  };
  const work = (): void => {
    let patience = 0;
    do {
      const [count, looks] = mailbox.team;
      last = mailbox.call;
      patience = looks;
      if (place >= count) return;
      exports.joinTeam(place, count, looks);
      const value = exports[mailbox.name](...mailbox.args);
      mailbox.leave();
      reply({ value });
    } while (patience > 0 && hasNews());
  };
  const hasNews = (): boolean => {
    const end = performance.now() + LOOKING_MS;
    while (performance.now() < end) {
      for (let i = 0; i < 100; i++) if (mailbox.call !== last) return true;
    }
    return false;
  };

  let done: Promise<void> = Promise.resolve();
  return (request) => {
    // A call may already have been seen in the mailbox.
    done = done
      .then(() => (request.kind === "start" ? start(request) : request.call > last ? work() : undefined))
      .catch((error) => reply({ error: String(error) }));
  };
}
