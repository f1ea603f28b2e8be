// PNG files (W3C, "Portable Network Graphics", third edition): pictures in and out, on fast-png.
// fast-png gets only the chunks that make pixels, after their order and sizes are checked: no text, no colour profile,
// and no data that inflate to more than the header says.

import { convertIndexedToRgb, decode, encode, hasPngSignature } from "fast-png";
import { Unzlib } from "fflate";
import { FormatError } from "../errors.js";
import type { Picture } from "../reading/picture.js";

/** The most pixels of a picture. */
const MAX_PIXELS = 2 ** 25;
/** The most IDAT chunks: inflating costs some microseconds for each, however short. */
const MAX_IDAT = 2 ** 15;
/**
 * Compressed bytes inflated at a time: deflate makes at most 1032 of one, so that 17 MB are the most before they are
 * counted.
 */
const SLICE = 2 ** 14;
const HEADER = 13;
/** Samples a pixel, and the bits they may have, by colour type. */
const KINDS = new Map([
  [0, { name: "grey", channels: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { name: "RGB", channels: 3, depths: [8, 16] }],
  [3, { name: "palette", channels: 1, depths: [1, 2, 4, 8] }],
  [4, { name: "grey and alpha", channels: 2, depths: [8, 16] }],
  [6, { name: "RGBA", channels: 4, depths: [8, 16] }],
]);
/** Chunks that make pixels, and the most bytes of each. */
const LONGEST = new Map([
  ["IHDR", HEADER],
  ["PLTE", 3 * 256],
  ["tRNS", 256],
  ["IDAT", 2 ** 31 - 1],
  ["IEND", 0],
]);

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

/**
 * The picture in a PNG file of any colour type, transparency resolved into an alpha channel, checksums of all that
 * makes pixels checked. Animations give their still image.
 * @param file the name by which errors call it
 * @throws {FormatError} if the file is not a whole PNG, has more than 2^25 pixels, or is interlaced with less than 8
 * bits a sample
 */
export function decodePng(bytes: Uint8Array, file = "picture"): Picture {
  const chunks = chunksOf(bytes, file);
  const { width, height, colour, depth, inflated } = headerOf(chunks[0].data, file);
  const kept = chunks.filter(({ type }) => type !== "PLTE" || colour === 3);
  const order = kept.map(({ type }) => type).join(" ");
  const expected = colour === 3 ? /^IHDR PLTE (tRNS )?(IDAT )+IEND$/ : /^IHDR (tRNS )?(IDAT )+IEND$/;
  if (!expected.test(order)) {
    const shown = order.replace(/(IDAT )+/g, "IDAT ");
    throw new FormatError(file, `expected the chunks IHDR, PLTE for a palette, IDAT, IEND in this order, got ${shown}`);
  }
  checkInflated(kept, inflated, file);
  const whole = [bytes.subarray(0, 8), ...kept.map(({ whole }) => whole)];
  const clean = new Uint8Array(whole.reduce((sum, { length }) => sum + length, 0));
  whole.reduce((at, part) => {
    clean.set(part, at);
    return at + part.length;
  }, 0);
  try {
    const png = decode(clean, { checkCrc: true });
    const { data, transparency } = png;
    if (colour === 3 || depth < 8) {
      const palette = png.palette ?? greys(depth, transparency?.[0]);
      if (palette.length === 0) throw new Error("a palette without colours");
      const channels = palette[0].length as 1 | 3 | 4;
      return { width, height, channels, depth: 8, data: convertIndexedToRgb({ ...png, palette }) };
    }
    const channels = png.channels as Picture["channels"];
    const picture: Picture = { width, height, channels, depth: depth as 8 | 16, data };
    return transparency ? withAlpha(picture, transparency) : picture;
  } catch (error) {
    throw new FormatError(file, `expected a PNG that can be decoded, got: ${(error as Error).message} (file damaged?)`);
  }
}

/**
 * A PNG file of width x height pixels, row by row: grey, 0 black to 255 white, or with 3 channels RGB.
 * @throws {TypeError | RangeError} if a side is not a positive integer, or there are not width x height pixels
 */
export function encodePng(samples: Uint8Array, width: number, height: number, channels: 1 | 3 = 1): Uint8Array {
  return encode({ width, height, data: samples, channels, depth: 8 });
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** With length, type and checksum. */
  readonly whole: Uint8Array;
}

/** The chunks that make pixels, from IHDR to IEND. */
function chunksOf(bytes: Uint8Array, file: string): Chunk[] {
  if (!hasPngSignature(bytes)) {
    throw new FormatError(file, "expected a PNG, got something else (another kind of picture? save it as PNG)");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  for (let at = 8; chunks.at(-1)?.type !== "IEND"; ) {
    if (at + 12 > bytes.length)
      throw new FormatError(file, "expected chunks up to IEND, got the end of the file (truncated?)");
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 12 + length;
    if (!/^[A-Za-z]{4}$/.test(type))
      throw new FormatError(file, `expected a chunk at byte ${at}, got none (file damaged?)`);
    if (end > bytes.length) {
      throw new FormatError(file, `expected ${length} bytes in chunk ${type}, got the end of the file (truncated?)`);
    }
    const longest = LONGEST.get(type);
    if (longest !== undefined && length > longest) {
      throw new FormatError(file, `expected at most ${longest} bytes in chunk ${type}, got ${length}`);
    }
    if (longest !== undefined) {
      chunks.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) });
    } else if (type < "a") {
      throw new FormatError(file, `expected no chunk that a reader must know but IHDR, PLTE, IDAT, IEND, got ${type}`);
    }
    if (chunks.length > MAX_IDAT)
      throw new FormatError(file, `expected at most ${MAX_IDAT} chunks, got more; save it again`);
    at = end;
  }
  return chunks;
}

/** What IHDR says, and the number of bytes to which the data must inflate. */
function headerOf(data: Uint8Array, file: string) {
  if (data.length !== HEADER)
    throw new FormatError(file, `expected IHDR of ${HEADER} bytes first, got ${data.length} bytes`);
  const view = new DataView(data.buffer, data.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, compression, filter, interlace] = data.subarray(8);
  const kind = KINDS.get(colour);
  if (width === 0 || height === 0 || width * height > MAX_PIXELS) {
    const remedy = width * height > 0 ? "; make the picture smaller" : "";
    throw new FormatError(file, `expected 1 to ${MAX_PIXELS} pixels, got ${width} x ${height}${remedy}`);
  }
  if (kind === undefined) throw new FormatError(file, `expected colour type 0, 2, 3, 4 or 6, got ${colour}`);
  if (!kind.depths.includes(depth)) {
    throw new FormatError(file, `expected ${kind.depths.join(", ")} bits a sample in a ${kind.name} PNG, got ${depth}`);
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    const got = `${compression}, ${filter} and ${interlace}`;
    throw new FormatError(file, `expected compression 0, filter 0 and interlace 0 or 1, got ${got}`);
  }
  // fast-png takes such samples for whole bytes.
  if (interlace === 1 && depth < 8) {
    throw new FormatError(
      file,
      `expected 8 or 16 bits a sample in an interlaced PNG, got ${depth}; save it without interlacing`,
    );
  }
  const bytesOf = (w: number, h: number) => (w === 0 ? 0 : h * (1 + Math.ceil((w * kind.channels * depth) / 8)));
  const pixelsFrom = (start: number, size: number, step: number) => Math.ceil(Math.max(0, size - start) / step);
  const inflated = (interlace === 0 ? WHOLE : ADAM7)
    .map(({ x, y, dx, dy }) => bytesOf(pixelsFrom(x, width, dx), pixelsFrom(y, height, dy)))
    .reduce((sum, bytes) => sum + bytes);
  return { width, height, depth, colour, inflated };
}

/** Inflates slice by slice and keeps nothing: a decompression bomb is noticed before it takes memory. */
function checkInflated(chunks: readonly Chunk[], expected: number, file: string): void {
  let [inflated, left] = [0, chunks.reduce((sum, { type, data }) => sum + (type === "IDAT" ? data.length : 0), 0)];
  const unzlib = new Unzlib((out) => {
    inflated += out.length;
  });
  for (const { data } of chunks.filter(({ type }) => type === "IDAT")) {
    for (let at = 0; at < data.length; at += SLICE) {
      const slice = data.subarray(at, at + SLICE);
      left -= slice.length;
      try {
        unzlib.push(slice);
      } catch (error) {
        throw new FormatError(file, `expected deflated pixels, got: ${(error as Error).message} (file damaged?)`);
      }
      // What follows the last pixel is kept by the inflater and copied for every slice.
      if (inflated > expected || (inflated === expected && left > SLICE)) {
        throw new FormatError(file, `expected data for ${expected} bytes of pixels, got more (file damaged?)`);
      }
    }
  }
  if (inflated < expected) {
    throw new FormatError(file, `expected data for ${expected} bytes of pixels, got ${inflated} (file truncated?)`);
  }
}

/** Greys of less than 8 bits as a palette, with alpha 0 for the transparent one if there is one. */
function greys(depth: number, transparent?: number): number[][] {
  const most = 2 ** depth - 1;
  return Array.from({ length: most + 1 }, (_, level) => {
    const grey = (255 * level) / most;
    return transparent === undefined ? [grey] : [grey, level === transparent ? 0 : 255];
  });
}

/** An alpha channel that is 0 where a pixel has the transparent colour. */
function withAlpha({ width, height, channels, depth, data }: Picture, transparent: Uint16Array): Picture {
  const all = channels + 1;
  const result = new (depth === 8 ? Uint8Array : Uint16Array)(width * height * all);
  for (let pixel = 0; pixel < width * height; pixel++) {
    let clear = transparent.length === channels;
    for (let c = 0; c < channels; c++) {
      result[pixel * all + c] = data[pixel * channels + c];
      clear &&= data[pixel * channels + c] === transparent[c];
    }
    result[pixel * all + channels] = clear ? 0 : 2 ** depth - 1;
  }
  return { width, height, channels: all as 2 | 4, depth, data: result };
}
