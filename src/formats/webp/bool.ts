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
    if (this.#spare < 0) this.#fill();
    const split = 1 + (((this.#range - 1) * p) >> 8);
    const rest = this.#value - (split << this.#spare);
    // Without a branch, which a processor would often guess wrongly: a mask is -1 for a bit of 1.
    const mask = ~(rest >> 31);
    this.#value += (rest - this.#value) & mask;
    const range = split + ((this.#range - 2 * split) & mask);
    const shift = Math.clz32(range) - 24;
    this.#range = range << shift;
    this.#spare -= shift;
    return mask & 1;
  }

  /** Two bytes while there are two: with 8 bits that are compared and less than 8 that are spare, 31 bits hold them. */
  #fill(): void {
    const [bytes, at] = [this.#bytes, this.#at];
    if (at + 2 <= bytes.length) {
      this.#value = (this.#value << 16) | (bytes[at] << 8) | bytes[at + 1];
      this.#at += 2;
      this.#spare += 16;
      return;
    }
    if (at >= bytes.length) this.isOver = true;
    this.#value = (this.#value << 8) | (this.isOver ? 0 : bytes[this.#at++]);
    this.#spare += 8;
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
