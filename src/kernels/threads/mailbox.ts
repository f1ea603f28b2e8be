// A mailbox in shared memory: the caller writes down there which function all threads are to call. A message only says
// that there is something new, so that a thread that is still looking need not wait for it.

/** Functions of the module that a team can call; a mailbox holds the index of one. */
const FUNCTIONS = ["trainBatches", "evaluate"] as const;

/** The name of one of them. */
export type TeamFunction = (typeof FUNCTIONS)[number];

/** Bytes of a mailbox: two words of control, then from byte 64 on 16 numbers. */
const BYTES = 192;

/** The latest call, and how many threads are still busy with it. */
export class Mailbox {
  readonly #control: Int32Array;
  readonly #numbers: Float64Array;

  constructor(readonly buffer = new SharedArrayBuffer(BYTES)) {
    this.#control = new Int32Array(buffer, 0, 2);
    this.#numbers = new Float64Array(buffer, 64);
  }

  /**
   * The latest call: its number, modulo 2^25, and in the low 7 bits how many threads take part. Both are in one word:
   * a thread that takes no part may look while the next call is being written down, and must then read nothing else.
   */
  get latest(): number {
    return Atomics.load(this.#control, 0);
  }

  /** How many threads are still busy. */
  get busy(): number {
    return Atomics.load(this.#control, 1);
  }

  /** How often a thread looks whether the others have come before it parks. */
  get spins(): number {
    return this.#numbers[1];
  }

  get name(): TeamFunction {
    return FUNCTIONS[this.#numbers[0]];
  }

  get args(): number[] {
    return [...this.#numbers.subarray(3, 3 + this.#numbers[2])];
  }

  /** Writes down a call for `count` threads, at most 64. The call before it must be done. */
  write(name: TeamFunction, args: readonly number[], count: number, spins: number): void {
    this.#numbers.set([FUNCTIONS.indexOf(name), spins, args.length, ...args]);
    Atomics.store(this.#control, 1, count);
    Atomics.store(this.#control, 0, (((this.latest >> 7) + 1) << 7) | count);
  }

  /** One thread is done. */
  leave(): void {
    Atomics.sub(this.#control, 1, 1);
  }

  /** No thread is busy any more: they were ended. */
  clear(): void {
    Atomics.store(this.#control, 1, 0);
  }
}
