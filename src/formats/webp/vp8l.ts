// Lossless WebP: pixels coded by prefix codes, references to pixels before and a cache of colours, and then
// transformed. Source: RFC 9649, section 3.

import { LowBitReader, type PrefixCode, readCode } from "./prefix.js";
import { inverseTransform, packedBits, type Transform } from "./transforms.js";

const SIGNATURE = 0x2f;
const HEADER = 5;
/** Codes of a group: green with lengths and places in the cache, red, blue, opacity, distance. */
const [GREEN, RED, BLUE, ALPHA, DISTANCE] = [0, 1, 2, 3, 4];
const [LITERALS, LENGTHS, DISTANCES] = [256, 24, 40];
/** Groups of codes, at most: encoders make at most 2600. */
const MOST_GROUPS = 2 ** 13;
const [PREDICTOR, SUBTRACT_GREEN, PALETTE] = [0, 2, 3];
/** The pixels near one, in the order of their numbers: columns to the left, 8 more than are, + 16 x rows above. */
const NEAR = Uint8Array.of(
  ...[24, 7, 23, 25, 40, 6, 39, 41, 22, 26, 38, 42, 56, 5, 55, 57, 21, 27, 54, 58, 37, 43, 72, 4, 71, 73, 20, 28, 53],
  ...[59, 70, 74, 36, 44, 88, 69, 75, 52, 60, 3, 87, 89, 19, 29, 86, 90, 35, 45, 68, 76, 85, 91, 51, 61, 104, 2, 103],
  ...[105, 18, 30, 102, 106, 34, 46, 84, 92, 67, 77, 101, 107, 50, 62, 120, 1, 119, 121, 83, 93, 17, 31, 100, 108, 66],
  ...[78, 118, 122, 33, 47, 117, 123, 49, 63, 99, 109, 82, 94, 0, 116, 124, 65, 79, 16, 32, 98, 110, 48, 115, 125, 81],
  ...[95, 64, 114, 126, 97, 111, 80, 113, 127, 96, 112],
);

/** @throws {Error} if the data do not begin as those of a lossless picture */
export function sizeOfVp8l(data: Uint8Array): { width: number; height: number } {
  if (data.length < HEADER || data[0] !== SIGNATURE) throw new Error("no lossless picture (file damaged?)");
  const [width, height] = [data[1] | (data[2] << 8), (data[2] >> 6) | (data[3] << 2) | (data[4] << 10)];
  return { width: 1 + (width & 0x3fff), height: 1 + (height & 0x3fff) };
}

/**
 * The pixels of the chunk VP8L, ARGB in 32 bits, and whether their opacity counts.
 * @throws {Error} if it is not whole
 */
export function decodeVp8l(data: Uint8Array): { pixels: Uint32Array; alpha: boolean } {
  const { width, height } = sizeOfVp8l(data);
  if (data[4] >> 5 !== 0) throw new Error(`a lossless picture of version ${data[4] >> 5}`);
  return { pixels: decodeVp8lImage(data.subarray(HEADER), width, height), alpha: (data[4] & 0x10) !== 0 };
}

/** Pixels without the header before them. @throws {Error} if they are not whole */
export function decodeVp8lImage(data: Uint8Array, width: number, height: number): Uint32Array {
  const bits = new LowBitReader(data);
  const transforms: Transform[] = [];
  let columns = width;
  while (bits.bits(1) === 1) {
    const transform = readTransform(bits, columns, height);
    if (transforms.some(({ kind }) => kind === transform.kind)) throw new Error("a transform twice (file damaged?)");
    transforms.push(transform);
    if (transform.kind === "palette") columns = Math.ceil(columns / 2 ** transform.bits);
  }
  const pixels = readPixels(bits, columns, height, true);
  return transforms.reduceRight((all, transform) => inverseTransform(transform, all, height), pixels);
}

function readTransform(bits: LowBitReader, width: number, height: number): Transform {
  const kind = bits.bits(2);
  if (kind === SUBTRACT_GREEN) return { kind: "green", width, bits: 0, data: new Uint32Array(0) };
  if (kind === PALETTE) {
    const count = 1 + bits.bits(8);
    const palette = readPixels(bits, count, 1, false);
    return { kind: "palette", width, bits: packedBits(count), data: palette };
  }
  const size = 2 + bits.bits(3);
  const data = readPixels(bits, Math.ceil(width / 2 ** size), Math.ceil(height / 2 ** size), false);
  return { kind: kind === PREDICTOR ? "predictor" : "colour", width, bits: size, data };
}

/** Which group of codes a pixel has. */
interface Groups {
  readonly codes: readonly (readonly PrefixCode[])[];
  /** By block of 2^bits x 2^bits pixels; none if there is one group only. */
  readonly map?: Uint32Array;
  readonly bits: number;
  readonly perRow: number;
}

function readGroups(bits: LowBitReader, width: number, height: number, cache: number, whole: boolean): Groups {
  let [map, size, count]: [Uint32Array | undefined, number, number] = [undefined, 0, 1];
  if (whole && bits.bits(1) === 1) {
    size = 2 + bits.bits(3);
    map = readPixels(bits, Math.ceil(width / 2 ** size), Math.ceil(height / 2 ** size), false);
    for (let i = 0; i < map.length; i++) {
      map[i] = (map[i] >> 8) & 0xffff;
      count = Math.max(count, map[i] + 1);
    }
  }
  if (count > MOST_GROUPS) throw new Error(`${count} groups of codes, more than ${MOST_GROUPS}; save it as PNG`);
  const sizes = [LITERALS + LENGTHS + cache, LITERALS, LITERALS, LITERALS, DISTANCES];
  const codes = Array.from({ length: count }, () => {
    if (bits.isOver) throw new Error("too few bits (file truncated?)");
    return sizes.map((symbols) => readCode(bits, symbols));
  });
  return { codes, map, bits: size, perRow: Math.ceil(width / 2 ** size) };
}

/** @param whole whether it is the picture itself, of which different parts may have different codes */
function readPixels(bits: LowBitReader, width: number, height: number, whole: boolean): Uint32Array {
  const cacheBits = bits.bits(1) === 1 ? bits.bits(4) : 0;
  if (cacheBits > 11) throw new Error(`a cache of 2^${cacheBits} colours`);
  const cache = new Uint32Array(cacheBits > 0 ? 2 ** cacheBits : 0);
  const groups = readGroups(bits, width, height, cache.length, whole);
  const pixels = new Uint32Array(width * height);
  let [codes, column, row] = [groups.codes[0], 0, 0];
  const keep = (pixel: number) => {
    if (cacheBits > 0) cache[Math.imul(0x1e35a7bd, pixel) >>> (32 - cacheBits)] = pixel;
  };
  const mask = 2 ** groups.bits - 1;
  for (let at = 0; at < pixels.length; ) {
    if (groups.map !== undefined && (column & mask) === 0) {
      codes = groups.codes[groups.map[(row >> groups.bits) * groups.perRow + (column >> groups.bits)]];
    }
    const symbol = bits.symbol(codes[GREEN]);
    let count = 1;
    if (symbol < LITERALS) {
      const red = bits.symbol(codes[RED]);
      const blue = bits.symbol(codes[BLUE]);
      pixels[at] = (bits.symbol(codes[ALPHA]) << 24) | (red << 16) | (symbol << 8) | blue;
      keep(pixels[at]);
    } else if (symbol >= LITERALS + LENGTHS) {
      pixels[at] = cache[symbol - LITERALS - LENGTHS];
      keep(pixels[at]);
    } else {
      count = Math.min(prefixed(bits, symbol - LITERALS), pixels.length - at);
      const distance = distanceOf(prefixed(bits, bits.symbol(codes[DISTANCE])), width);
      if (distance > at) throw new Error("a reference to before the first pixel (file damaged?)");
      for (let i = at; i < at + count; i++) {
        pixels[i] = pixels[i - distance];
        keep(pixels[i]);
      }
    }
    at += count;
    column += count;
    if (column >= width) {
      if (bits.isOver) throw new Error("too few bits (file truncated?)");
      [row, column] = [Math.floor(at / width), at % width];
    }
    // A reference may end within another block.
    if (count > 1 && groups.map !== undefined && at < pixels.length) {
      codes = groups.codes[groups.map[(row >> groups.bits) * groups.perRow + (column >> groups.bits)]];
    }
  }
  if (bits.isOver) throw new Error("too few bits (file truncated?)");
  return pixels;
}

/** A length or a distance from 1: its prefix gives its highest bits. */
function prefixed(bits: LowBitReader, prefix: number): number {
  if (prefix < 4) return prefix + 1;
  const more = (prefix - 2) >> 1;
  return ((2 + (prefix & 1)) << more) + bits.bits(more) + 1;
}

/** Distances up to 120 stand for pixels near this one. */
function distanceOf(distance: number, width: number): number {
  if (distance > NEAR.length) return distance - NEAR.length;
  const near = NEAR[distance - 1];
  return Math.max(1, (near >> 4) * width + 8 - (near & 15));
}
