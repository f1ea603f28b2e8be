// WebP files, lossy and lossless; of an animation the first frame. Source: RFC 9649, "WebP Image Format".

import { FormatError } from "../../errors.js";
import type { Picture } from "../../reading/picture.js";
import { orientationOf, oriented } from "../exif.js";
import { checkSize, PictureBuilder, reductionOf } from "../reduce.js";
import { decodeAlpha } from "./alpha.js";
import { sizeOf } from "./header.js";
import { decodeVp8, type Frame } from "./vp8.js";
import { decodeVp8l, sizeOfVp8l } from "./vp8l.js";

/** The most pixels, which take more time than those of other kinds, and the most bytes of a lossy picture. */
const MOST_LOSSLESS = 5_000_000;
const MOST_LOSSY = 8_000_000;
const MOST_TRANSPARENT = 3_000_000;
const MOST_LOSSY_BYTES = 5_000_000;
/** The most chunks, of which a file has one for each frame of an animation and a few more. */
const MOST_CHUNKS = 2 ** 15;
const FIRST_CHUNK = 12;
/** What is before the chunks of a frame of an animation. */
const FRAME_HEADER = 16;

/** Chunks by their names: the first of each. */
type Chunks = ReadonlyMap<string, Uint8Array>;

/**
 * The picture in a WebP file, as its orientation has it.
 * @param file the name by which errors call it
 * @throws {FormatError} if it is not a whole WebP, or has too many pixels
 */
export function decodeWebp(bytes: Uint8Array, file: string): Picture {
  try {
    const chunks = chunksOf(bytes, FIRST_CHUNK);
    const frame = chunks.get("ANMF");
    const picture = pictureOf(frame === undefined ? chunks : chunksOf(frame, FRAME_HEADER), file);
    const exif = chunks.get("EXIF");
    return oriented(picture, (exif && orientationOf(exif)) ?? 1);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(file, `expected a WebP that can be decoded, got ${(error as Error).message}`);
  }
}

function chunksOf(bytes: Uint8Array, start: number): Chunks {
  const chunks = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = start, count = 1; at + 8 <= bytes.length; count++) {
    if (count > MOST_CHUNKS) throw new Error(`more than ${MOST_CHUNKS} chunks; save it as PNG`);
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    // Some programs leave out what is to fill up the last chunk.
    if (at + 8 + length > bytes.length) throw new Error("the end of the file (truncated?)");
    if (!chunks.has(name)) chunks.set(name, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length + (length % 2);
  }
  return chunks;
}

function pictureOf(chunks: Chunks, file: string): Picture {
  const lossless = chunks.get("VP8L");
  if (lossless !== undefined) {
    const { width, height } = sizeOfVp8l(lossless);
    checkSize(width, height, file, MOST_LOSSLESS);
    const { pixels, alpha } = decodeVp8l(lossless);
    return fromArgb(pixels, width, height, alpha);
  }
  const lossy = chunks.get("VP8 ");
  if (lossy === undefined) throw new Error("no picture in it (file truncated?)");
  const { width, height } = sizeOf(lossy);
  const alpha = chunks.get("ALPH");
  checkSize(width, height, file, alpha === undefined ? MOST_LOSSY : MOST_TRANSPARENT);
  if (lossy.length > MOST_LOSSY_BYTES) {
    throw new Error(`${lossy.length} bytes of pixels, more than ${MOST_LOSSY_BYTES}; save it as JPEG`);
  }
  return fromFrame(decodeVp8(lossy), alpha && decodeAlpha(alpha, width, height));
}

function fromArgb(pixels: Uint32Array, width: number, height: number, alpha: boolean): Picture {
  const channels = alpha ? 4 : 3;
  const builder = new PictureBuilder({ width, height, channels, depth: 8 }, reductionOf(width, height), true);
  const row = new Uint8Array(width * channels);
  for (let y = 0, from = 0; y < height; y++) {
    for (let to = 0; to < row.length; ) {
      const pixel = pixels[from++];
      row[to++] = pixel >> 16;
      row[to++] = pixel >> 8;
      row[to++] = pixel;
      if (alpha) row[to++] = pixel >> 24;
    }
    builder.add(row, y);
  }
  return builder.finish();
}

/** Colours, which are of half the resolution, are repeated; in libwebp's numbers: 14 bits, of which 6 are left out. */
function fromFrame({ width, height, planes }: Frame, alpha: Uint8Array | undefined): Picture {
  const channels = alpha === undefined ? 3 : 4;
  const builder = new PictureBuilder({ width, height, channels, depth: 8 }, reductionOf(width, height), true);
  const row = new Uint8ClampedArray(width * channels);
  const [luma, first, second] = planes;
  for (let y = 0; y < height; y++) {
    const from = luma.origin + y * luma.stride;
    const colours = first.origin + (y >> 1) * first.stride;
    for (let x = 0, to = 0; x < width; x++) {
      const level = (luma.samples[from + x] * 19077) >> 8;
      const u = first.samples[colours + (x >> 1)];
      const v = second.samples[colours + (x >> 1)];
      row[to++] = (level + ((v * 26149) >> 8) - 14234) >> 6;
      row[to++] = (level - ((u * 6419) >> 8) - ((v * 13320) >> 8) + 8708) >> 6;
      row[to++] = (level + ((u * 33050) >> 8) - 17685) >> 6;
      if (alpha !== undefined) row[to++] = alpha[y * width + x];
    }
    builder.add(row, y);
  }
  return builder.finish();
}
