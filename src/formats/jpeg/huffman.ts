// The entropy-coded bits of a JPEG. Source: ITU-T T.81, annexes C and F.2.2.

/** Codes of at most this many bits are looked up at once; with the number that follows, so many bits. */
const LOOKED_UP = 9;
const PAIR = 12;
const LONGEST = 16;

/** A Huffman code for bytes. */
export interface HuffmanTable {
  /** By the next 9 bits: length of the code x 256 + symbol; 0 if the code is longer. */
  readonly short: Int16Array;
  /**
   * By the next 12 bits: a number x 4096 + symbol x 16 + length of both, the number of as many bits as the symbol's
   * lower half says; 0 if they are longer.
   */
  readonly pairs: Int32Array;
  /** The last code of each length, -1 if there is none, and what leads from a code to its symbol's place. */
  readonly last: Int32Array;
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

/**
 * @param counts how many codes there are of 1, 2, ..., 16 bits
 * @param symbols in the order of their codes
 * @throws {Error} if there are more codes than fit their lengths
 */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const short = new Int16Array(2 ** LOOKED_UP);
  const [last, offset] = [new Int32Array(LONGEST + 1).fill(-1), new Int32Array(LONGEST + 1)];
  for (let length = 1, code = 0, place = 0; length <= LONGEST; length++, code *= 2) {
    const count = counts[length - 1];
    offset[length] = place - code;
    if (code + count > 2 ** length) throw new Error("Huffman codes that do not fit their lengths");
    for (let i = 0; i < count; i++, code++, place++) {
      if (length > LOOKED_UP) continue;
      const spare = LOOKED_UP - length;
      short.fill((length << 8) | symbols[place], code << spare, (code + 1) << spare);
    }
    if (count > 0) last[length] = code - 1;
  }
  return { short, pairs: pairsOf(short), last, offset, symbols };
}

function pairsOf(short: Int16Array): Int32Array {
  const pairs = new Int32Array(2 ** PAIR);
  for (let bits = 0; bits < pairs.length; bits++) {
    const entry = short[bits >> (PAIR - LOOKED_UP)];
    const [symbol, length] = [entry & 0xff, (entry >> 8) + (entry & 15)];
    if (entry === 0 || length > PAIR) continue;
    const number = extended((bits >> (PAIR - length)) & ((1 << (symbol & 15)) - 1), symbol & 15);
    pairs[bits] = (number << 12) | (symbol << 4) | length;
  }
  return pairs;
}

/** A signed number of `count` bits: those that begin with 0 are negative. T.81, F.2.2.1, EXTEND. */
function extended(value: number, count: number): number {
  return count === 0 || value >> (count - 1) === 1 ? value : value - (1 << count) + 1;
}

/** Reads bits, the first one highest. A marker ends them: zeros follow, and `isOver` tells if any of them was used. */
export class BitReader {
  readonly #bytes: Uint8Array;
  /** The next byte to take. */
  #at: number;
  #buffer = 0;
  /** Bits in the buffer, and how many of them are none of the file's. */
  #count = 0;
  #padding = 0;

  constructor(bytes: Uint8Array, at: number) {
    [this.#bytes, this.#at] = [bytes, at];
  }

  /** The place after what was read: that of the next marker, if there is one. */
  get at(): number {
    return this.#at;
  }

  get isOver(): boolean {
    return this.#padding > this.#count;
  }

  /** Leaves out bits up to the next marker, and continues behind it if it is RST0 to RST7. */
  restart(): boolean {
    const bytes = this.#bytes;
    this.#buffer = this.#count = this.#padding = 0;
    while (this.#at + 1 < bytes.length && !(bytes[this.#at] === 0xff && bytes[this.#at + 1] > 1)) this.#at++;
    // Any number of 0xff may fill up before a marker.
    while (bytes[this.#at] === 0xff && bytes[this.#at + 1] === 0xff) this.#at++;
    if ((bytes[this.#at + 1] & 0xf8) !== 0xd0) return false;
    this.#at += 2;
    return true;
  }

  bit(): number {
    if (this.#count === 0) this.#fill();
    return (this.#buffer >> --this.#count) & 1;
  }

  /** The next `count` bits, 0 to 16, as a number. */
  bits(count: number): number {
    if (this.#count < count) this.#fill();
    this.#count -= count;
    return (this.#buffer >> this.#count) & ((1 << count) - 1);
  }

  /** The next `count` bits, 0 to 16, as a signed number. */
  signed(count: number): number {
    return extended(this.bits(count), count);
  }

  /**
   * The next symbol, and the signed number of as many bits as its lower half says: number x 256 + symbol.
   * @throws {Error} if the next bits are no code
   */
  pair(table: HuffmanTable): number {
    if (this.#count < LONGEST) this.#fill();
    const entry = table.pairs[(this.#buffer >> (this.#count - PAIR)) & (2 ** PAIR - 1)];
    if (entry !== 0) {
      this.#count -= entry & 15;
      return entry >> 4;
    }
    const symbol = this.symbol(table);
    return (this.signed(symbol & 15) << 8) | symbol;
  }

  /** @throws {Error} if the next bits are no code */
  symbol({ short, last, offset, symbols }: HuffmanTable): number {
    if (this.#count < LONGEST) this.#fill();
    const entry = short[(this.#buffer >> (this.#count - LOOKED_UP)) & (2 ** LOOKED_UP - 1)];
    if (entry !== 0) {
      this.#count -= entry >> 8;
      return entry & 0xff;
    }
    for (let length = LOOKED_UP + 1; length <= LONGEST; length++) {
      const code = (this.#buffer >> (this.#count - length)) & ((1 << length) - 1);
      if (code <= last[length]) {
        this.#count -= length;
        return symbols[code + offset[length]];
      }
    }
    throw new Error("bits that are no Huffman code");
  }

  #fill(): void {
    const bytes = this.#bytes;
    while (this.#count <= 24) {
      let byte = this.#at < bytes.length ? bytes[this.#at] : 0xff;
      if (byte !== 0xff) this.#at++;
      else if (bytes[this.#at + 1] === 0) this.#at += 2;
      else {
        byte = 0;
        this.#padding += 8;
      }
      this.#buffer = (this.#buffer << 8) | byte;
      this.#count += 8;
    }
  }
}
