// The rows of pixels within a PNG's data: passes, filters, and samples of less than a byte.
// Source: W3C, "Portable Network Graphics", third edition, sections 8 and 9.

/** The passes over a picture: first column and row, and the steps from one to the next. */
const WHOLE = [{ x: 0, y: 0, dx: 1, dy: 1 }];
/** Those of an interlaced one. */
const ADAM7 = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];

/** A pass that has pixels: where they are, how many, and the bytes of one of its rows. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly columns: number;
  readonly rows: number;
  readonly bytes: number;
}

/** The passes with pixels, in the order of the data. */
export function passesOf(width: number, height: number, bitsPerPixel: number, interlaced: boolean): Pass[] {
  const count = (start: number, size: number, step: number) => Math.ceil(Math.max(0, size - start) / step);
  return (interlaced ? ADAM7 : WHOLE)
    .map((pass) => {
      const columns = count(pass.x, width, pass.dx);
      return { ...pass, columns, rows: count(pass.y, height, pass.dy), bytes: Math.ceil((columns * bitsPerPixel) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** The bytes to which the data of these passes inflate: each row has its filter before it. */
export function inflatedLength(passes: readonly Pass[]): number {
  return passes.reduce((sum, { rows, bytes }) => sum + rows * (1 + bytes), 0);
}

/** Takes inflated data in pieces of any length, and gives row by row without its filter. */
export class Scanlines {
  readonly #passes: readonly Pass[];
  /** Bytes from a sample to the same one of the pixel before it, at least 1. */
  readonly #distance: number;
  readonly #emit: (row: Uint8Array, pass: Pass, y: number) => void;
  #pass = 0;
  #row = 0;
  /** Filter and bytes of the row that is being filled, of which `#filled` are there, and of the row above. */
  #current: Uint8Array;
  #above: Uint8Array;
  #filled = 0;

  constructor(passes: readonly Pass[], bitsPerPixel: number, emit: (row: Uint8Array, pass: Pass, y: number) => void) {
    [this.#passes, this.#distance, this.#emit] = [passes, Math.max(1, bitsPerPixel >> 3), emit];
    this.#current = new Uint8Array(1 + passes[0].bytes);
    this.#above = new Uint8Array(1 + passes[0].bytes);
  }

  /** @throws {Error} if a filter is unknown */
  push(data: Uint8Array): void {
    for (let at = 0; at < data.length && this.#pass < this.#passes.length; ) {
      const part = data.subarray(at, at + this.#current.length - this.#filled);
      this.#current.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#current.length) this.#finishRow();
    }
  }

  #finishRow(): void {
    const pass = this.#passes[this.#pass];
    unfilter(this.#current, this.#above, this.#distance);
    this.#emit(this.#current.subarray(1), pass, pass.y + this.#row * pass.dy);
    [this.#current, this.#above, this.#filled] = [this.#above, this.#current, 0];
    if (++this.#row < pass.rows) return;
    this.#row = 0;
    if (++this.#pass === this.#passes.length) return;
    this.#current = new Uint8Array(1 + this.#passes[this.#pass].bytes);
    this.#above = new Uint8Array(1 + this.#passes[this.#pass].bytes);
  }
}

/** Undoes a row's filter in place; the row's first byte names it. */
function unfilter(row: Uint8Array, above: Uint8Array, distance: number): void {
  const { length } = row;
  const start = distance + 1;
  switch (row[0]) {
    case 0:
      return;
    case 1:
      for (let i = start; i < length; i++) row[i] += row[i - distance];
      return;
    case 2:
      for (let i = 1; i < length; i++) row[i] += above[i];
      return;
    case 3:
      for (let i = 1; i < length; i++) row[i] += ((i < start ? 0 : row[i - distance]) + above[i]) >> 1;
      return;
    case 4:
      for (let sample = 1; sample < start; sample++) unfilterPaeth(row, above, sample, distance);
      return;
    default:
      throw new Error(`Unsupported filter: ${row[0]}`);
  }
}

/**
 * One sample of each pixel: of left, above and upper left, the one nearest to left + above - upper left. Without a
 * branch, which noise would make a processor guess wrongly: a mask is -1 where its condition holds, else 0.
 */
function unfilterPaeth(row: Uint8Array, above: Uint8Array, first: number, distance: number): void {
  for (let i = first, left = 0, corner = 0; i < row.length; i += distance) {
    const up = above[i];
    const byUp = up - corner;
    const byLeft = left - corner;
    // Distances of left + up - corner from left, above and upper left.
    const toLeft = Math.abs(byUp);
    const toUp = Math.abs(byLeft);
    const toCorner = Math.abs(byUp + byLeft);
    const isCorner = (toCorner - toUp) >> 31;
    const notLeft = (toUp + ((toCorner - toUp) & isCorner) - toLeft) >> 31;
    const other = up ^ ((up ^ corner) & isCorner);
    [left, corner] = [(row[i] + (left ^ ((left ^ other) & notLeft))) & 0xff, up];
    row[i] = left;
  }
}

/** Samples of 1, 2, 4 or 8 bits, one a byte, as `levels` has them; those without a level as 0. */
export function unpack(row: Uint8Array, depth: number, samples: Uint8Array, levels?: Uint8Array): Uint8Array {
  const mask = 2 ** depth - 1;
  for (let x = 0, at = 0, shift = 8 - depth; x < samples.length; x++) {
    const sample = (row[at] >> shift) & mask;
    samples[x] = levels === undefined ? sample : levels[sample];
    shift -= depth;
    if (shift < 0) [at, shift] = [at + 1, 8 - depth];
  }
  return samples;
}
