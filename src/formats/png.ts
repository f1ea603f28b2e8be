// PNG files (W3C, "Portable Network Graphics", third edition): pictures in and out; out on fast-png.
// Pixels are made row by row while the data inflate, after the order and the sizes of the chunks are checked: no text,
// no colour profile, and no data that inflate to more than the header says. (fast-png's decoder takes the whole
// picture several times in memory, does not bound what is inflated, and takes interlaced samples of less than 8 bits
// for whole bytes.)

import { encode, hasPngSignature } from "fast-png";
import { checkArgument, checkBytes } from "../arguments.js";
import { FormatError } from "../errors.js";
import { checkRange, RANGES } from "../ranges.js";
import type { Picture } from "../reading/picture.js";
import { crc32 } from "./crc.js";
import { inflate } from "./inflate.js";
import { kindOfFile } from "./kind.js";
import { type Header, pixelsOf } from "./png-pixels.js";
import { inflatedLength, passesOf, Scanlines } from "./png-scanlines.js";
import { checkPixelBytes, checkSize, PictureBuilder, reductionOf } from "./reduce.js";

/** The most chunks: each costs something, IDAT some microseconds, however short. */
const MAX_CHUNKS = 2 ** 15;
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

/**
 * The picture in a PNG file of any colour type, transparency resolved into an alpha channel, checksums of all that
 * makes pixels checked. Animations give their still image.
 * @param file the name by which errors call it
 * @throws {FormatError} if the file is not a whole PNG, or has more than 36,000,000 pixels
 */
export function decodePng(bytes: Uint8Array, file = "picture"): Picture {
  checkBytes(file, bytes);
  return readPng(bytes, file, 1);
}

/** As decodePng(), with the means of factor x factor pixels for a larger picture. */
export function readPng(bytes: Uint8Array, file: string, reduction?: number): Picture {
  const chunks = chunksOf(bytes, file);
  const header = headerOf(chunks[0].data, file);
  const kept = chunks.filter(({ type }) => type !== "PLTE" || header.colour === 3);
  const order = kept.map(({ type }) => type).join(" ");
  const expected = header.colour === 3 ? /^IHDR PLTE (tRNS )?(IDAT )+IEND$/ : /^IHDR (tRNS )?(IDAT )+IEND$/;
  if (!expected.test(order)) {
    const shown = order.replace(/(IDAT )+/g, "IDAT ");
    throw new FormatError(file, `expected the chunks IHDR, PLTE for a palette, IDAT, IEND in this order, got ${shown}`);
  }
  checkSums(kept, file);
  const transparency = kept.find(({ type }) => type === "tRNS")?.data;
  const palette = kept.find(({ type }) => type === "PLTE")?.data;
  const { width, height, depth, interlaced } = header;
  const factor = reduction ?? reductionOf(width, height);
  const passes = passesOf(width, height, header.channels * depth, interlaced);
  const inflated = inflatedLength(passes);
  checkPixelBytes(inflated, file);
  try {
    const { channels, expand } = pixelsOf(header, palette, transparency);
    const picture = { width, height, channels, depth: depth === 16 ? 16 : 8 } as const;
    const builder = new PictureBuilder(picture, factor, !interlaced);
    const scanlines = new Scanlines(passes, header.channels * depth, (row, { x, dx, columns }, y) => {
      builder.add(expand(row, columns), y, x, dx);
    });
    const parts = kept.filter(({ type }) => type === "IDAT").map(({ data }) => data);
    inflate(parts, inflated, (data) => scanlines.push(data), file);
    return builder.finish();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(file, `expected a PNG that can be decoded, got: ${(error as Error).message} (file damaged?)`);
  }
}

/**
 * A PNG file of width x height pixels, row by row: grey, 0 black to 255 white, or with 3 channels RGB.
 * @param software the program that made it, in Latin-1: a tEXt chunk with the keyword Software; default: none
 * @throws {TypeError | RangeError} if a side is not a positive integer, there are not width x height pixels, or
 *   `software` has other characters
 */
export function encodePng(
  samples: Uint8Array,
  width: number,
  height: number,
  channels: 1 | 3 = 1,
  software?: string,
): Uint8Array {
  checkArgument("pixels", "a Uint8Array of grey pixels or of RGB", samples, samples instanceof Uint8Array);
  for (const [side, value] of Object.entries({ width, height })) checkRange(`picture ${side}`, value, RANGES.inputs);
  checkArgument("channels", "1 or 3", channels, channels === 1 || channels === 3);
  const isText = software === undefined || (typeof software === "string" && /^[ -~\xa0-\xff]*$/.test(software));
  checkArgument("software", "a name in Latin-1", software, isText);
  const text = software === undefined ? {} : { text: { Software: software } };
  return encode({ width, height, data: samples, channels, depth: 8, ...text });
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
    throw new FormatError(file, `expected a PNG, got ${kindOfFile(bytes) ?? "something else"}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  for (let at = 8, count = 1; chunks.at(-1)?.type !== "IEND"; count++) {
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
    if (count > MAX_CHUNKS)
      throw new FormatError(file, `expected at most ${MAX_CHUNKS} chunks, got more; save it again`);
    at = end;
  }
  return chunks;
}

/** What IHDR says. */
function headerOf(data: Uint8Array, file: string): Header {
  if (data.length !== HEADER)
    throw new FormatError(file, `expected IHDR of ${HEADER} bytes first, got ${data.length} bytes`);
  const view = new DataView(data.buffer, data.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, compression, filter, interlace] = data.subarray(8);
  const kind = KINDS.get(colour);
  checkSize(width, height, file);
  if (kind === undefined) throw new FormatError(file, `expected colour type 0, 2, 3, 4 or 6, got ${colour}`);
  if (!kind.depths.includes(depth)) {
    throw new FormatError(file, `expected ${kind.depths.join(", ")} bits a sample in a ${kind.name} PNG, got ${depth}`);
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    const got = `${compression}, ${filter} and ${interlace}`;
    throw new FormatError(file, `expected compression 0, filter 0 and interlace 0 or 1, got ${got}`);
  }
  return { width, height, colour, depth, channels: kind.channels, interlaced: interlace === 1 };
}

/** @throws {FormatError} if a chunk's checksum is not that of its type and data */
function checkSums(chunks: readonly Chunk[], file: string): void {
  for (const { type, whole } of chunks) {
    const end = whole.length - 4;
    if (crc32(whole.subarray(4, end)) !== new DataView(whole.buffer, whole.byteOffset).getUint32(end)) {
      throw new FormatError(file, `expected a PNG that is whole, got: CRC mismatch for chunk ${type} (file damaged?)`);
    }
  }
}
