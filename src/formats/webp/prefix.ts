// The prefix codes of lossless WebP. Source: RFC 9649, sections 3.7.2.1 and 3.7.2.1.1.

const LONGEST = 15;
/** Codes of at most this many bits are looked up at once. */
const LOOKED_UP = 8;
/** The order in which the lengths of the codes for lengths come. */
const ORDER = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** Reads bits, the lowest of each byte first. */
export class LowBitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #buffer = 0;
  #count = 0;
  #padding = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether bits were used that the file does not have; they are 0. */
  get isOver(): boolean {
    return this.#padding > this.#count;
  }

  /** 0 to 24 bits. */
  bits(count: number): number {
    if (this.#count < count) this.#fill();
    const value = this.#buffer & ((1 << count) - 1);
    this.#buffer >>>= count;
    this.#count -= count;
    return value;
  }

  /** The next symbol of a code. */
  symbol(code: PrefixCode): number {
    if (code.single >= 0) return code.single;
    if (this.#count < LONGEST) this.#fill();
    const entry = code.short[this.#buffer & (code.short.length - 1)];
    if (entry !== 0) {
      const length = entry & 15;
      this.#buffer >>>= length;
      this.#count -= length;
      return entry >> 4;
    }
    let bits = 0;
    for (let length = 1; length <= LONGEST; length++) {
      bits = 2 * bits + ((this.#buffer >> (length - 1)) & 1);
      const place = bits - code.first[length];
      if (place >= 0 && place < code.counts[length]) {
        this.#buffer >>>= length;
        this.#count -= length;
        return code.symbols[code.places[length] + place];
      }
    }
    throw new Error("bits that are no code (file damaged?)");
  }

  #fill(): void {
    while (this.#count <= 24) {
      if (this.#at < this.#bytes.length) this.#buffer |= this.#bytes[this.#at++] << this.#count;
      else this.#padding += 8;
      this.#count += 8;
    }
  }
}

export interface PrefixCode {
  /** The only symbol, which takes no bits; -1 if there are more. */
  readonly single: number;
  /** By the next bits: symbol x 16 + length; 0 if the code is longer. */
  readonly short: Uint16Array;
  /** Of each length: its first code, how many there are, and the place of its first symbol. */
  readonly first: readonly number[];
  readonly counts: readonly number[];
  readonly places: readonly number[];
  /** In the order of their codes. */
  readonly symbols: Uint16Array;
}

const EMPTY = new Uint16Array(0);

/** The code of a file for symbols below `size`. @throws {Error} if it is none */
export function readCode(bits: LowBitReader, size: number): PrefixCode {
  const lengths = new Uint8Array(size);
  if (bits.bits(1) === 1) {
    const count = 1 + bits.bits(1);
    const symbols = [bits.bits(bits.bits(1) === 1 ? 8 : 1), ...(count === 2 ? [bits.bits(8)] : [])];
    if (symbols.some((symbol) => symbol >= size)) throw new Error("a symbol out of range (file damaged?)");
    for (const symbol of symbols) lengths[symbol] = 1;
    return codeOf(lengths);
  }
  const ofLengths = new Uint8Array(ORDER.length);
  const count = 4 + bits.bits(4);
  for (let i = 0; i < count; i++) ofLengths[ORDER[i]] = bits.bits(3);
  const code = codeOf(ofLengths);
  let left = size;
  if (bits.bits(1) === 1) {
    left = 2 + bits.bits(2 + 2 * bits.bits(3));
    if (left > size) throw new Error("more lengths than symbols (file damaged?)");
  }
  // The last length that was not 0 may be repeated.
  for (let i = 0, before = 8; i < size && left > 0; left--) {
    const symbol = bits.symbol(code);
    if (symbol < 16) {
      lengths[i++] = symbol;
      if (symbol > 0) before = symbol;
      continue;
    }
    const repeated = symbol === 16 ? 3 + bits.bits(2) : symbol === 17 ? 3 + bits.bits(3) : 11 + bits.bits(7);
    if (i + repeated > size) throw new Error("more lengths than symbols (file damaged?)");
    lengths.fill(symbol === 16 ? before : 0, i, i + repeated);
    i += repeated;
  }
  return codeOf(lengths);
}

/** @throws {Error} if the lengths leave codes over, or need more than there are */
function codeOf(lengths: Uint8Array): PrefixCode {
  const counts = new Array<number>(LONGEST + 1).fill(0);
  for (const length of lengths) if (length > 0) counts[length]++;
  const used = counts.reduce((sum, count) => sum + count, 0);
  const [first, places] = [[0], [0]];
  for (let length = 1, code = 0, place = 0; length <= LONGEST; length++) {
    code = 2 * (code + counts[length - 1]);
    first.push(code);
    places.push(place);
    place += counts[length];
  }
  const symbols = new Uint16Array(used);
  const next = [...places];
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    if (lengths[symbol] > 0) symbols[next[lengths[symbol]]++] = symbol;
  }
  const single = used === 1 ? symbols[0] : -1;
  if (single < 0 && first[LONGEST] + counts[LONGEST] !== 2 ** LONGEST) {
    throw new Error("codes that do not fit their lengths (file damaged?)");
  }
  const code = { single, first, counts, places, symbols };
  return { ...code, short: single < 0 ? shortCodes(code) : EMPTY };
}

/** All continuations of the codes of at most 8 bits, the first bit of a code lowest. */
function shortCodes({ first, counts, places, symbols }: Omit<PrefixCode, "short">): Uint16Array {
  const longest = counts.findLastIndex((count) => count > 0);
  const bits = Math.min(LOOKED_UP, longest);
  const short = new Uint16Array(2 ** bits);
  for (let length = 1; length <= bits; length++) {
    for (let i = 0; i < counts[length]; i++) {
      const start = reversed(first[length] + i, length);
      const entry = (symbols[places[length] + i] << 4) | length;
      for (let at = start; at < short.length; at += 2 ** length) short[at] = entry;
    }
  }
  return short;
}

function reversed(code: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= ((code >> i) & 1) << (length - 1 - i);
  return bits;
}
