// BMP files, uncompressed: of 1, 4, 8, 16, 24 and 32 bits a pixel. Source: Microsoft, "Bitmap Storage", the structures
// BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER and BITMAPV5HEADER.

import { FormatError } from "../errors.js";
import type { Picture } from "../reading/picture.js";
import { unpack } from "./png-scanlines.js";
import { checkPixelBytes, checkSize, PictureBuilder, reductionOf } from "./reduce.js";

const FILE_HEADER = 14;
const CORE_HEADER = 12;
const INFO_HEADER = 40;
/** The first header that has a mask for alpha, which those before take for unused bits. */
const ALPHA_HEADER = 56;
/** The bytes of the smallest file with masks. */
const MASKED = 70;
/** Values of the field `compression`: none, and none with masks for the colours. */
const [RGB, BITFIELDS] = [0, 3];
const COMPRESSIONS = new Map([
  [1, "RLE compression"],
  [2, "RLE compression"],
  [4, "a JPEG in it"],
  [5, "a PNG in it"],
]);

/** What the headers say. */
interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly topDown: boolean;
  /** The first byte of the pixels. */
  readonly pixels: number;
  /** Of a palette: its first byte, the bytes of a colour, and how many there are. */
  readonly palette: number;
  readonly entry: number;
  readonly colours: number;
  /** Of 16 and 32 bits: those of red, green, blue and alpha, which may be 0. */
  readonly masks: readonly number[];
}

/**
 * The picture in a BMP file.
 * @param file the name by which errors call it
 * @throws {FormatError} if it is no whole, uncompressed BMP, or has too many pixels
 */
export function decodeBmp(bytes: Uint8Array, file: string): Picture {
  const header = headerOf(bytes, file);
  const { width, height, bits, topDown, pixels } = header;
  const stride = 4 * Math.ceil((width * bits) / 32);
  const [expected, got] = [stride * height, bytes.length - pixels];
  // Some programs leave out the bytes that fill up the last row.
  if (got < expected - stride + Math.ceil((width * bits) / 8)) {
    throw new FormatError(file, `expected ${expected} bytes of pixels, got ${Math.max(0, got)} (file truncated?)`);
  }
  const expand = bits <= 8 ? paletteOf(bytes, header, file) : bits === 24 ? bgr : masked(header);
  const channels = header.masks[3] ? 4 : 3;
  const builder = new PictureBuilder({ width, height, channels, depth: 8 }, reductionOf(width, height), true);
  const samples = new Uint8Array(width * channels);
  for (let y = 0; y < height; y++) {
    const start = pixels + (topDown ? y : height - 1 - y) * stride;
    expand(bytes.subarray(start, start + stride), samples);
    builder.add(samples, y);
  }
  return builder.finish();
}

function headerOf(bytes: Uint8Array, file: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(FILE_HEADER, true);
  if (bytes.length < FILE_HEADER + Math.max(CORE_HEADER, length)) {
    throw new FormatError(file, "expected the headers of a BMP, got the end of the file (truncated?)");
  }
  const [core, info] = [length === CORE_HEADER, length >= INFO_HEADER];
  if (!core && !info) throw new FormatError(file, `expected a BMP header of 12 or 40 bytes or more, got ${length}`);
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signed = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = core ? RGB : view.getUint32(30, true);
  const height = Math.abs(signed);
  checkSize(width, height, file);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) {
    throw new FormatError(file, `expected 1, 4, 8, 16, 24 or 32 bits a pixel in a BMP, got ${bits}`);
  }
  checkPixelBytes(Math.ceil((width * height * bits) / 8), file);
  if (compression !== RGB && !(compression === BITFIELDS && (bits === 16 || bits === 32))) {
    const got = COMPRESSIONS.get(compression) ?? `compression ${compression}`;
    throw new FormatError(file, `expected a BMP without compression, got ${got}; save it as PNG`);
  }
  if (compression === BITFIELDS && bytes.length < MASKED) {
    throw new FormatError(file, "expected masks in a BMP, got the end of the file (truncated?)");
  }
  // After the shortest header with masks, they follow it.
  const masksAfter = compression === BITFIELDS && length === INFO_HEADER ? 12 : 0;
  const named = core ? 0 : view.getUint32(46, true);
  return {
    ...{ width, height, bits, topDown: signed < 0, pixels: view.getUint32(10, true) },
    palette: FILE_HEADER + length + masksAfter,
    entry: core ? 3 : 4,
    colours: Math.min(2 ** bits, named > 0 ? named : 2 ** bits),
    masks: masksOf(view, bits, compression, length),
  };
}

function masksOf(view: DataView, bits: number, compression: number, length: number): number[] {
  if (compression !== BITFIELDS) {
    if (bits === 16) return [0x7c00, 0x03e0, 0x001f, 0];
    return bits === 32 ? [0xff0000, 0xff00, 0xff, 0] : [];
  }
  const places = length >= ALPHA_HEADER ? [54, 58, 62, 66] : [54, 58, 62];
  return places.map((at) => view.getUint32(at, true));
}

function paletteOf(bytes: Uint8Array, { width, bits, palette, entry, colours }: Header, file: string) {
  const places = new Uint8Array(width);
  const end = palette + entry * colours;
  if (end > bytes.length) throw new FormatError(file, "expected a palette, got the end of the file (truncated?)");
  return (row: Uint8Array, samples: Uint8Array) => {
    unpack(row, bits, places);
    for (let x = 0; x < width; x++) {
      if (places[x] >= colours) {
        throw new FormatError(
          file,
          `expected places below ${colours} in the palette, got ${places[x]} (file damaged?)`,
        );
      }
      const from = palette + entry * places[x];
      for (let c = 0; c < 3; c++) samples[3 * x + c] = bytes[from + 2 - c];
    }
  };
}

function bgr(row: Uint8Array, samples: Uint8Array): void {
  for (let i = 0; i < samples.length; i += 3) {
    samples[i] = row[i + 2];
    samples[i + 1] = row[i + 1];
    samples[i + 2] = row[i];
  }
}

/** Pixels of 2 or 4 bytes, the lowest first; each mask's bits stretched to 0 to 255. */
function masked({ width, bits, masks }: Header) {
  const fields = (masks[3] ? masks : masks.slice(0, 3)).map((mask) => {
    // The lowest bit of the mask.
    const lowest = mask & -mask;
    const shift = mask === 0 ? 0 : 31 - Math.clz32(lowest);
    return { shift, most: mask >>> shift };
  });
  const step = bits / 8;
  return (row: Uint8Array, samples: Uint8Array) => {
    for (let x = 0, at = 0; x < width; x++) {
      const from = x * step;
      const low = row[from] | (row[from + 1] << 8);
      const pixel = step === 2 ? low : low | (row[from + 2] << 16) | (row[from + 3] << 24);
      for (const { shift, most } of fields) {
        const value = (pixel >>> shift) & most;
        samples[at++] = most === 0 ? 0 : Math.round((255 * (value >>> 0)) / most);
      }
    }
  };
}
