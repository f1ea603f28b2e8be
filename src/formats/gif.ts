// The first frame of a GIF. Source: CompuServe, "Graphics Interchange Format", version 89a, with its appendix F: LZW
// with codes of variable length.

import { FormatError } from "../errors.js";
import type { Picture } from "../reading/picture.js";
import { checkSize, PictureBuilder, reductionOf } from "./reduce.js";

const [EXTENSION, IMAGE, GRAPHIC_CONTROL] = [0x21, 0x2c, 0xf9];
const SCREEN = 13;
const LONGEST_CODE = 12;
/** The most pixels, and bytes of them, which take more time than those of other kinds. */
const MOST_PIXELS = 10_000_000;
const MOST_BYTES = 8_000_000;
/** First rows and steps of the four passes of an interlaced frame. */
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
];

/** A frame on the screen. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** RGB. */
  readonly palette: Uint8Array;
  /** The place in the palette that is transparent. */
  readonly transparent?: number;
  /** The bits of a place, and the data of the pixels. */
  readonly bits: number;
  readonly data: Uint8Array;
}

/**
 * The first frame of a GIF on its screen, which is transparent where the frame is not.
 * @param file the name by which errors call it
 * @throws {FormatError} if there is no whole frame, or the screen has too many pixels
 */
export function decodeGif(bytes: Uint8Array, file: string): Picture {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
    checkSize(width, height, file, MOST_PIXELS);
    const frame = frameOf(bytes, view, file);
    const places = rowsInOrder(inflateLzw(frame, file), frame);
    return onScreen(width, height, frame, places, file);
  } catch (error) {
    // What lies behind the end of the file cannot be read.
    if (error instanceof RangeError) {
      throw new FormatError(file, "expected a GIF with a whole frame, got the end of the file (truncated?)");
    }
    throw error;
  }
}

/** Goes over what is before the first frame. */
function frameOf(bytes: Uint8Array, view: DataView, file: string): Frame {
  const shared = paletteAt(bytes, SCREEN, view.getUint8(10));
  let transparent: number | undefined;
  for (let at = SCREEN + shared.length; ; ) {
    const kind = view.getUint8(at);
    if (kind === EXTENSION) {
      if (view.getUint8(at + 1) === GRAPHIC_CONTROL && view.getUint8(at + 3) & 1) transparent = view.getUint8(at + 6);
      at = blocksAt(bytes, at + 2).end;
    } else if (kind === IMAGE) {
      const flags = view.getUint8(at + 9);
      const own = paletteAt(bytes, at + 10, flags);
      const [left, top, width, height] = [1, 3, 5, 7].map((offset) => view.getUint16(at + offset, true));
      checkSize(width, height, file, MOST_PIXELS);
      const start = at + 10 + own.length;
      const palette = own.length > 0 ? own : shared;
      return {
        ...{ left, top, width, height, palette, transparent },
        interlaced: (flags & 0x40) !== 0,
        bits: view.getUint8(start),
        data: joined(bytes, start + 1, file),
      };
    } else {
      throw new FormatError(file, `expected a frame at byte ${at} of a GIF, got none (file damaged?)`);
    }
  }
}

/** The palette that begins here, if the flags say that there is one. */
function paletteAt(bytes: Uint8Array, start: number, flags: number): Uint8Array {
  if ((flags & 0x80) === 0) return new Uint8Array(0);
  const end = start + 3 * 2 ** ((flags & 7) + 1);
  if (end > bytes.length) throw new RangeError("palette");
  return bytes.subarray(start, end);
}

/** Where the blocks from here end, each with its length before it and the last one of length 0, and their data. */
function blocksAt(bytes: Uint8Array, start: number): { end: number; length: number } {
  let length = 0;
  for (let at = start; at < bytes.length; at += 1 + bytes[at]) {
    if (bytes[at] === 0) return { end: at + 1, length };
    length += bytes[at];
  }
  throw new RangeError("blocks");
}

/** The data of blocks, one after the other. */
function joined(bytes: Uint8Array, start: number, file: string): Uint8Array {
  const { length } = blocksAt(bytes, start);
  if (length > MOST_BYTES) {
    throw new FormatError(
      file,
      `expected at most ${MOST_BYTES} bytes of pixels in a GIF, got ${length}; save it as PNG`,
    );
  }
  const data = new Uint8Array(length);
  for (let at = start, to = 0; bytes[at] > 0; at += 1 + bytes[at]) {
    data.set(bytes.subarray(at + 1, at + 1 + bytes[at]), to);
    to += bytes[at];
  }
  return data;
}

/** The places in the palette, in the order of the data. */
function inflateLzw({ width, height, bits, data }: Frame, file: string): Uint8Array {
  if (bits < 1 || bits > 8) throw new FormatError(file, `expected 1 to 8 bits a pixel in a GIF, got ${bits}`);
  const out = new Uint8Array(width * height);
  const [clear, end] = [2 ** bits, 2 ** bits + 1];
  // What a code stands for lies in what is out already: that of the code before it, and one place more.
  const [starts, lengths] = [new Uint32Array(2 ** LONGEST_CODE), new Uint16Array(2 ** LONGEST_CODE)];
  let [next, size, before, filled] = [end + 1, bits + 1, -1, 0];
  let [buffer, count] = [0, 0];
  for (let at = 0; filled < out.length; ) {
    while (count < size && at < data.length) {
      buffer |= data[at++] << count;
      count += 8;
    }
    if (count < size) break;
    const code = buffer & (2 ** size - 1);
    buffer >>>= size;
    count -= size;
    if (code === end) break;
    if (code === clear) {
      [next, size, before] = [end + 1, bits + 1, -1];
      continue;
    }
    const start = filled;
    if (code < clear) out[filled++] = code;
    else if (before < 0 || code > next || (code === next && next === 2 ** LONGEST_CODE)) {
      throw new FormatError(file, `expected a code that is defined in a GIF, got ${code} (file damaged?)`);
    } else {
      // The code that is just being defined is the one before, and its first place again.
      const from = code === next ? before : starts[code];
      const length = code === next ? start - before + 1 : lengths[code];
      for (let i = 0; i < length && filled < out.length; i++) out[filled++] = out[from + i];
    }
    if (before >= 0 && next < 2 ** LONGEST_CODE) {
      starts[next] = before;
      lengths[next] = start - before + 1;
      next++;
      if (next === 2 ** size && size < LONGEST_CODE) size++;
    }
    before = start;
  }
  if (filled < out.length) {
    throw new FormatError(file, `expected ${out.length} pixels in a GIF, got ${filled} (file truncated?)`);
  }
  return out;
}

function rowsInOrder(places: Uint8Array, { width, height, interlaced }: Frame): Uint8Array {
  if (!interlaced) return places;
  const ordered = new Uint8Array(places.length);
  let from = 0;
  for (const [first, step] of PASSES) {
    for (let y = first; y < height; y += step, from += width) {
      ordered.set(places.subarray(from, from + width), y * width);
    }
  }
  return ordered;
}

function onScreen(width: number, height: number, frame: Frame, places: Uint8Array, file: string): Picture {
  const { left, top, palette, transparent } = frame;
  const whole = left === 0 && top === 0 && frame.width >= width && frame.height >= height;
  const channels = whole && transparent === undefined ? 3 : 4;
  const builder = new PictureBuilder({ width, height, channels, depth: 8 }, reductionOf(width, height), true);
  const samples = new Uint8Array(width * channels);
  for (let y = 0; y < height; y++) {
    samples.fill(0);
    const right = y < top || y >= top + frame.height ? left : Math.min(width, left + frame.width);
    for (let x = left; x < right; x++) {
      const place = places[(y - top) * frame.width + x - left];
      if (place === transparent) continue;
      if (3 * place >= palette.length) {
        throw new FormatError(file, `expected places in the palette of a GIF, got ${place} (file damaged?)`);
      }
      const to = x * channels;
      for (let c = 0; c < 3; c++) samples[to + c] = palette[3 * place + c];
      if (channels === 4) samples[to + 3] = 255;
    }
    builder.add(samples, y);
  }
  return builder.finish();
}
