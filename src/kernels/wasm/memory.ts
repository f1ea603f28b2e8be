// The memory of an instance: views of it, and a staging area through which data goes in and out.

import type { Team } from "../threads/team.js";
import type { Exports } from "./module.js";

/** Bytes that a block in memory can have at most. */
const MAX_BYTES = 2 ** 32 - 1;

/** The exports of an instance, the team on its memory, and a staging area through which data goes in and out. */
export class Memory {
  readonly #exports: Exports;
  #staging = 0;
  #stagingBytes = 0;

  constructor(
    exports: Exports,
    readonly team: Team | undefined,
  ) {
    this.#exports = exports;
  }

  /** For this thread to call. It waits until the other threads are done, so that nobody sees half of a result. */
  get exports(): Exports {
    this.team?.settle();
    return this.#exports;
  }

  /** Calls back once all that waits for the threads is done, since it may use what is to be freed. */
  afterWork(call: (exports: Exports) => void): void {
    if (this.team === undefined) call(this.#exports);
    else this.team.queue(async () => call(this.exports)).catch(() => {});
  }

  /** Bytes from `address` on. memory.grow detaches such views: take one right before use, and never keep it. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, address, length);
  }

  /** `length` f32 numbers from `address` on: a view like that of bytes(). */
  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.exports.memory.buffer, address, length);
  }

  /** The address of at least `bytes` bytes whose contents last until the next call. */
  stage(bytes: number, what = "a staging area"): number {
    if (bytes > MAX_BYTES) checkAllocated(0, what);
    if (bytes > this.#stagingBytes) {
      this.exports.release(this.#staging);
      this.#stagingBytes = 0;
      this.#staging = this.exports.allocate(bytes);
      checkAllocated(this.#staging, what);
      this.#stagingBytes = bytes;
    }
    return this.#staging >>> 0;
  }
}

/**
 * An address as an unsigned number.
 * @throws {RangeError} if it is 0: the memory could not be had
 */
export function checkAllocated(pointer: number, what: string): number {
  if (pointer === 0)
    throw new RangeError(`not enough WebAssembly memory for ${what} (4 GiB at most): use a smaller one`);
  return pointer >>> 0;
}
