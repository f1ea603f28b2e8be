// How large pictures may be, and what is kept of them. Reading a digit needs 28 pixels, a sheet of many some thousand:
// while it is decoded, a larger picture is reduced to the means of squares of pixels, so that it never takes its whole
// size in memory.

import { FormatError } from "../errors.js";
import type { Picture } from "../reading/picture.js";

/** The most pixels of a picture: those of an A4 sheet scanned at 600 dots an inch, 4960 x 7016, and some more. */
const MAX_PIXELS = 36_000_000;
/** The most bytes of pixels, uncompressed or inflated, which takes most of the time: 13 megapixels of RGB. */
const MAX_PIXEL_BYTES = 40_000_000;
/** The longest side, as in JPEG: each row costs something, however short. */
const MAX_SIDE = 65_535;
/** Pixels that the longer side keeps, at least, when a picture is reduced; unless it keeps more than so many in all. */
const KEPT = 2000;
const MOST_KEPT = 6_500_000;

/** @throws {FormatError} if a picture has no pixels, or too many, or a side is too long */
export function checkSize(width: number, height: number, file: string, most = MAX_PIXELS): void {
  if (width > 0 && height > 0 && width * height <= most) {
    if (Math.max(width, height) <= MAX_SIDE) return;
    throw new FormatError(file, `expected sides of at most ${MAX_SIDE} pixels, got ${width} x ${height}; cut it apart`);
  }
  const remedy = width * height > 0 ? "; make the picture smaller" : "";
  throw new FormatError(file, `expected 1 to ${most} pixels, got ${width} x ${height}${remedy}`);
}

/** @throws {FormatError} if pixels take too many bytes, whose decoding takes most of the time */
export function checkPixelBytes(bytes: number, file: string): void {
  if (bytes <= MAX_PIXEL_BYTES) return;
  throw new FormatError(
    file,
    `expected at most ${MAX_PIXEL_BYTES} bytes of pixels, got ${bytes}; save it as JPEG, in grey, or smaller`,
  );
}

/** Pixels a side that become one: 1, 2, 4 or 8; the longer side keeps 2000, and the whole at most 6.5 million. */
export function reductionOf(width: number, height: number): number {
  const longer = Math.max(width, height);
  const factor = [8, 4, 2].find((factor) => longer / factor >= KEPT) ?? 1;
  return width * height > MOST_KEPT * factor ** 2 ? 2 * factor : factor;
}

/**
 * Collects a picture row by row, and keeps of factor x factor pixels their mean, colours weighted by their opacity.
 * A reduced picture has 8 bits a sample.
 */
export class PictureBuilder {
  readonly #width: number;
  readonly #height: number;
  readonly #channels: Picture["channels"];
  readonly #depth: Picture["depth"];
  readonly #factor: number;
  /** Cells: the pixels that are kept. */
  readonly #columns: number;
  readonly #data: Uint8Array | Uint16Array;
  /** Of one row of cells, or of all: each sample's sum; that of the opacity is the weight. */
  readonly #sums: Uint32Array;
  readonly #inOrder: boolean;

  /** @param inOrder whether rows come whole and from top to bottom; then the sums take less memory */
  constructor(picture: Omit<Picture, "data">, factor: number, inOrder: boolean) {
    const { width, height, channels, depth } = picture;
    [this.#width, this.#height, this.#channels, this.#depth] = [width, height, channels, depth];
    [this.#factor, this.#inOrder] = [factor, inOrder];
    this.#columns = Math.ceil(width / factor);
    const samples = this.#columns * Math.ceil(height / factor) * channels;
    this.#data = depth === 16 && factor === 1 ? new Uint16Array(samples) : new Uint8Array(samples);
    this.#sums = new Uint32Array(factor === 1 ? 0 : inOrder ? this.#columns * channels : samples);
  }

  /** Pixels of row y at columns x, x + step, ...; as many as there are samples for. */
  add(row: Picture["data"], y: number, x = 0, step = 1): void {
    const channels = this.#channels;
    if (this.#factor > 1) {
      this.#sum(row, y, x, step);
      if (this.#inOrder && ((y + 1) % this.#factor === 0 || y + 1 === this.#height)) this.#average(y);
    } else if (step === 1) {
      this.#data.set(row, (y * this.#width + x) * channels);
    } else {
      for (let from = 0, to = (y * this.#width + x) * channels; from < row.length; to += (step - 1) * channels) {
        for (let c = 0; c < channels; c++) this.#data[to++] = row[from++];
      }
    }
  }

  /** The picture, after all its pixels were added. */
  finish(): Picture {
    if (!this.#inOrder && this.#factor > 1) {
      for (let y = 0; y < this.#height; y += this.#factor) this.#average(y);
    }
    return {
      width: this.#columns,
      height: Math.ceil(this.#height / this.#factor),
      channels: this.#channels,
      depth: this.#factor > 1 ? 8 : this.#depth,
      data: this.#data,
    };
  }

  #sum(row: Picture["data"], y: number, x: number, step: number): void {
    if (this.#inOrder && this.#depth === 8 && this.#channels % 2 === 1) {
      this.#sumOpaque(row);
      return;
    }
    const channels = this.#channels;
    const shift = this.#depth - 8;
    const bits = Math.log2(this.#factor);
    const first = this.#inOrder ? 0 : (y >> bits) * this.#columns * channels;
    const sums = this.#sums;
    if (channels === 4) {
      for (let from = 0; from < row.length; from += 4, x += step) {
        const cell = first + (x >> bits) * 4;
        const weight = row[from + 3] >> shift;
        sums[cell] += (row[from] >> shift) * weight;
        sums[cell + 1] += (row[from + 1] >> shift) * weight;
        sums[cell + 2] += (row[from + 2] >> shift) * weight;
        sums[cell + 3] += weight;
      }
      return;
    }
    const colours = channels === 2 ? 1 : channels;
    for (let from = 0; from < row.length; from += channels, x += step) {
      const cell = first + (x >> bits) * channels;
      const weight = channels === 2 ? row[from + 1] >> shift : 1;
      for (let c = 0; c < colours; c++) sums[cell + c] += (row[from + c] >> shift) * weight;
      if (channels === 2) sums[cell + 1] += weight;
    }
  }

  /** As #sum(), sooner: of a whole row of 8 bits without opacity, as most pictures have. */
  #sumOpaque(row: Picture["data"]): void {
    const [channels, sums] = [this.#channels, this.#sums];
    const [length, step] = [row.length, this.#factor * channels];
    if (channels === 3) {
      for (let from = 0, cell = 0; from < length; cell += 3) {
        let [red, green, blue] = [0, 0, 0];
        for (const end = Math.min(length, from + step); from < end; from += 3) {
          red += row[from];
          green += row[from + 1];
          blue += row[from + 2];
        }
        sums[cell] += red;
        sums[cell + 1] += green;
        sums[cell + 2] += blue;
      }
      return;
    }
    for (let start = 0, cell = 0; start < length; start += step, cell++) {
      const end = Math.min(length, start + step);
      let sum = 0;
      for (let from = start; from < end; from++) sum += row[from];
      sums[cell] += sum;
    }
  }

  /** Turns the sums of the cells with row y into their means. */
  #average(y: number): void {
    const channels = this.#channels;
    const factor = this.#factor;
    const line = Math.floor(y / factor);
    const rows = Math.min(factor, this.#height - line * factor);
    const length = this.#columns * channels;
    const first = this.#inOrder ? 0 : line * length;
    const alpha = channels % 2 === 0;
    const whole = !alpha && rows === factor ? Math.floor(this.#width / factor) : 0;
    // Of whole squares without opacity: the factor is a power of two.
    const shift = 2 * Math.log2(factor);
    for (let i = 0; i < whole * channels; i++) {
      this.#data[line * length + i] = (this.#sums[first + i] + (1 << (shift - 1))) >> shift;
    }
    for (let column = whole; column < this.#columns; column++) {
      const pixels = rows * Math.min(factor, this.#width - column * factor);
      const at = column * channels;
      const weight = alpha ? this.#sums[first + at + channels - 1] : pixels;
      for (let c = 0; c < channels; c++) {
        const share = alpha && c === channels - 1 ? pixels : Math.max(1, weight);
        this.#data[line * length + at + c] = Math.round(this.#sums[first + at + c] / share);
      }
    }
    if (this.#inOrder) this.#sums.fill(0);
  }
}
