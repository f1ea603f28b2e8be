// The arithmetic decoder of VP8. Source: RFC 6386, section 7.

/** Reads bits of any probability. */
export class BoolDecoder {
  readonly #bytes: Uint8Array;
  #at = 0;
  #value = 0;
  #range = 255;
  /** Bits of the value beyond the 8 that are compared. */
  #spare = -8;
  /** Whether bits were used that the file does not have; they are 0. */
  isOver = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** 1 or 0; 0 with a probability of p / 256. */
  bit(p: number): number {
    while (this.#spare < 0) {
      if (this.#at >= this.#bytes.length) this.isOver = true;
      this.#value = (this.#value << 8) | (this.isOver ? 0 : this.#bytes[this.#at++]);
      this.#spare += 8;
    }
    const split = 1 + (((this.#range - 1) * p) >> 8);
    const bit = this.#value >> this.#spare >= split ? 1 : 0;
    if (bit === 1) {
      this.#value -= split << this.#spare;
      this.#range -= split;
    } else {
      this.#range = split;
    }
    const shift = Math.clz32(this.#range) - 24;
    this.#range <<= shift;
    this.#spare -= shift;
    return bit;
  }

  flag(): boolean {
    return this.bit(128) === 1;
  }

  /** A number of so many bits, the first one highest. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = 2 * value + this.bit(128);
    return value;
  }

  /** A number of so many bits and its sign, if there is one; otherwise 0. */
  optional(count: number): number {
    if (!this.flag()) return 0;
    const value = this.bits(count);
    return this.flag() ? -value : value;
  }
}
