// Files that would take long: scans out of their order or too many, and heaps of small parts.

import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { decodePicture } from "../../src/formats/index.js";
import { fixture } from "./picture-files.js";

function segment(marker: number, data: readonly number[]): Buffer {
  return Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 0xff, ...data]);
}

/** First and last coefficient, the bit above and the one that is coded; of which colours. */
type Scan = readonly [from: number, to: number, high: number, low: number, ids?: readonly number[]];

/**
 * A progressive JPEG of grey, or of 3 colours, in which every scan says that there is nothing but zeros: the code of
 * DC is 0 for no bits, that of AC 0 for the end of 2^14 blocks.
 */
function progressive(width: number, height: number, scans: readonly Scan[], colours = 1): Uint8Array {
  const sizes = [height, width].flatMap((side) => [side >> 8, side & 0xff]);
  const components = Array.from({ length: colours }, (_, i) => [i + 1, 0x11, 0]).flat();
  const one = [1, ...Array(15).fill(0)];
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const parts = scans.map(([from, to, high, low, ids = [1]]) => {
    const header = [ids.length, ...ids.flatMap((id) => [id, 0]), from, to, (high << 4) | low];
    const bytes = Math.ceil((from === 0 ? blocks * ids.length : 15 * Math.ceil(blocks / 2 ** 14)) / 8);
    return Buffer.concat([segment(0xda, header), Buffer.alloc(bytes)]);
  });
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    segment(0xdb, [0, ...Array(64).fill(1)]),
    segment(0xc2, [8, ...sizes, colours, ...components]),
    segment(0xc4, [0x00, ...one, 0]),
    segment(0xc4, [0x10, ...one, 0xe0]),
    ...parts,
    Buffer.of(0xff, 0xd9),
  ]);
}

const DC: Scan = [0, 0, 0, 0];

describe("scans of a progressive JPEG", () => {
  test.each<[string, readonly Scan[]]>([
    ["the DC alone", [DC]],
    ["bands one by one", [DC, [1, 5, 0, 0], [6, 63, 0, 0]]],
    [
      "bits one by one",
      [
        [0, 0, 0, 1],
        [1, 63, 0, 2],
        [1, 63, 2, 1],
        [0, 0, 1, 0],
        [1, 63, 1, 0],
      ],
    ],
    ["bands that are refined together", [DC, [1, 5, 0, 1], [6, 63, 0, 1], [1, 63, 1, 0]]],
    ["a band that is refined in parts", [DC, [1, 63, 0, 1], [1, 9, 1, 0], [10, 63, 1, 0]]],
  ])("are read: %s", (_, scans) => {
    const { width, height, data } = decodePicture(progressive(20, 9, scans));
    expect([width, height, ...new Set(data)]).toEqual([20, 9, 128]);
  });

  const unordered = /a scan of bits that are not the next ones$/;
  test.each<[string, readonly Scan[], RegExp]>([
    ["a band before the DC", [[1, 63, 0, 0], DC], /a scan of a colour before its DC$/],
    ["the DC twice", [DC, DC], /two first scans of a band$/],
    ["a band twice", [DC, [1, 63, 0, 0], [1, 63, 0, 0]], /two first scans of a band$/],
    ["bands that overlap", [DC, [1, 9, 0, 0], [9, 63, 0, 0]], /two first scans of a band$/],
    ["bits of a DC that has all of them", [DC, [0, 0, 1, 0]], unordered],
    ["bits of a band that was never coded", [DC, [1, 63, 1, 0]], unordered],
    ["the same bits twice", [DC, [1, 63, 0, 1], [1, 63, 1, 0], [1, 63, 1, 0]], unordered],
    ["a bit left out", [DC, [1, 63, 0, 3], [1, 63, 2, 1]], unordered],
    ["bits of a band of which a part has none", [DC, [1, 9, 0, 1], [1, 10, 1, 0]], unordered],
  ])("are refused: %s", (_, scans, message) => {
    expect(() => decodePicture(progressive(20, 9, scans))).toThrow(FormatError);
    expect(() => decodePicture(progressive(20, 9, scans))).toThrow(message);
  });

  test("are refused if they pass over the blocks of a large picture too often", () => {
    const refining = Array.from({ length: 13 }, (_, i): Scan => [1, 63, 13 - i, 12 - i]);
    const scans: Scan[] = [DC, [1, 63, 0, 13], ...refining];
    expect(decodePicture(progressive(800, 600, scans)).width).toBe(800);
    expect(() => decodePicture(progressive(5200, 5200, scans))).toThrow(
      /scans that pass over more than 200000000 coefficients; save it as PNG$/,
    );
  });

  test("are refused if the file has too many coefficients to keep, before any is read", () => {
    expect(() => decodePicture(progressive(6000, 6000, [], 3))).toThrow(
      /of 108000000 coefficients, more than 28000000/,
    );
  });
});

describe("refuses", () => {
  const jpeg = (...parts: readonly Uint8Array[]) => Buffer.concat([Buffer.of(0xff, 0xd8), ...parts]);
  const riff = Buffer.concat([
    fixture("lossy.webp").subarray(0, 12),
    ...Array(40_000).fill(Buffer.from("ABCD\0\0\0\0")),
  ]);
  /** One pixel, and so many bytes of data for it. */
  const gif = (length: number) => {
    const blocks = Buffer.alloc(length + Math.ceil(length / 255) + 1);
    for (let at = 0, left = length; left > 0; at += 256, left -= 255) blocks[at] = Math.min(255, left);
    const screen = Buffer.of(...Buffer.from("GIF89a"), 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255);
    return Buffer.concat([screen, Buffer.of(0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2), blocks]);
  };
  /** The beginning of a frame, of this many bytes. */
  const webp = (width: number, height: number, length: number) => {
    const data = Buffer.alloc(8 + length);
    data.write("VP8 ");
    data.writeUInt32LE(length, 4);
    data.set([0, 0, 0, 0x9d, 0x01, 0x2a, width & 0xff, width >> 8, height & 0xff, height >> 8], 8);
    return Buffer.concat([fixture("lossy.webp").subarray(0, 12), data]);
  };
  test.each<[string, Uint8Array, RegExp]>([
    [
      "a JPEG of 12 MB",
      jpeg(segment(0xe2, []), Buffer.alloc(12_000_000)),
      /expected a JPEG of at most 12000000 bytes, got 12000006/,
    ],
    [
      "a progressive JPEG of 5 MB",
      Buffer.concat([progressive(20, 9, [DC]), Buffer.alloc(5_000_000)]),
      /50\d{5} bytes of a progressive file, more than 5000000; save it as a JPEG that is not$/,
    ],
    ["a heap of segments", jpeg(...Array(20_000).fill(segment(0xe2, []))), /more than 16384 segments/],
    [
      "a heap of Huffman tables",
      jpeg(segment(0xc4, Array(17 * 3000).fill(0)), segment(0xc4, Array(17 * 3000).fill(0))),
      /more than 4096 Huffman tables/,
    ],
    ["a heap of chunks in a WebP", riff, /more than 32768 chunks/],
    [
      "a GIF of 8 MB",
      gif(8_000_001),
      /expected at most 8000000 bytes of pixels in a GIF, got 8000001; save it as PNG$/,
    ],
    ["a lossy WebP of 5 MB", webp(24, 16, 5_000_002), /5000002 bytes of pixels, more than 5000000; save it as JPEG$/],
    ["a lossy WebP of more than 8 megapixels", webp(4000, 3251, 10), /expected 1 to 8000000 pixels, got 4000 x 3251/],
  ])("%s", (_, bytes, message) => {
    expect(() => decodePicture(bytes)).toThrow(FormatError);
    expect(() => decodePicture(bytes)).toThrow(message);
  });
});
