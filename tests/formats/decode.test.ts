// Pictures of every kind that is read: what other programs wrote, what is too large, and what is no picture.

import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { decodePicture, decodePng } from "../../src/formats/index.js";
import type { Picture } from "../../src/reading/picture.js";
import { colours, fixture, meanDifference, withOrientation } from "./picture-files.js";

const F = decodePng(fixture("f.png"));

/** A BMP of 2 x 2 pixels, given row by row, whose rows are stored from the bottom or from the top. */
function bmpOf(bits: number, masks: number[] | undefined, pixels: number[], topDown = false): Uint8Array {
  const start = 54 + 4 * (masks?.length ?? 0);
  const bytes = Buffer.alloc(start + bits);
  bytes.write("BM");
  bytes.writeUInt32LE(start, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(2, 18);
  bytes.writeInt32LE(topDown ? -2 : 2, 22);
  bytes.writeUInt16LE(bits, 28);
  bytes.writeUInt32LE(masks === undefined ? 0 : 3, 30);
  masks?.forEach((mask, i) => void bytes.writeUInt32LE(mask, 54 + 4 * i));
  const ordered = topDown ? pixels : [...pixels.slice(2), ...pixels.slice(0, 2)];
  ordered.forEach((pixel, i) => void bytes.writeUIntLE(pixel, start + (i * bits) / 8, bits / 8));
  return new Uint8Array(bytes);
}

describe("reads", () => {
  test.each([
    ...["f.gif", "interlaced.gif", "animated.gif"],
    ...["lossless.webp", "palette.webp"],
    ...["rgb24.bmp", "palette4.bmp"],
  ])("%s, without loss: the very pixels", (name) => {
    const picture = decodePicture(fixture(name));
    expect(picture).toMatchObject({ width: 24, height: 16, channels: 3, depth: 8 });
    expect(colours(picture)).toEqual(colours(F));
  });

  test.each([
    ...["baseline.jpg", "progressive444.jpg", "grey.jpg", "grey-progressive.jpg"],
    ...["grey.webp", "simple.webp"],
  ])("%s to the pixels that libjpeg-turbo and libwebp make of it", (name) => {
    const picture = decodePicture(fixture(name));
    expect(picture.width * picture.height).toBeGreaterThan(100);
    expect(colours(picture)).toEqual(colours(decodePng(fixture(`${name}.png`))));
  });

  test.each(["restart.jpg", "restart-progressive.jpg"])(
    "%s, with restart markers, to the pixels of that without",
    (name) => {
      const [bytes, markers] = [fixture(name), /ff(d0|d1)/g];
      expect(Buffer.from(bytes).toString("hex").match(markers)?.length).toBeGreaterThan(1);
      const plain = name === "restart.jpg" ? "baseline.jpg" : "subsampled.jpg";
      expect(decodePicture(bytes)).toEqual(decodePicture(fixture(plain)));
    },
  );

  test.each([
    // Colours of half the resolution are repeated here, and blended by other decoders.
    ["subsampled.jpg", 12],
    ["progressive.jpg", 8],
    ["lossy.webp", 12],
    ["cmyk.jpg", 3],
  ])("%s, with loss, about as it was drawn", (name, most) => {
    const picture = decodePicture(fixture(name));
    const original = name === "cmyk.jpg" ? decodePng(fixture("cmyk.jpg.png")) : F;
    expect(meanDifference(picture, original)).toBeLessThan(most);
    expect(meanDifference(picture, original)).toBeGreaterThan(0);
  });

  test("transparency of GIF, WebP and BMP", () => {
    const [paper] = colours(F);
    const gif = colours(decodePicture(fixture("transparent.gif")), true);
    expect(gif).toEqual(colours(F).map((colour) => (`${colour}` === `${paper}` ? [0, 0, 0, 0] : [...colour, 255])));
    const webp = decodePicture(fixture("alpha.webp"));
    expect(webp.channels).toBe(4);
    const opacity = colours(webp, true).map(([, , , alpha]) => alpha);
    expect(opacity).toEqual(Array.from({ length: 384 }, (_, i) => Math.floor((255 * (i % 24)) / 24 + 0.49)));
    const bmp = decodePicture(fixture("rgba32.bmp"));
    expect(new Set(colours(bmp, true).map(([, , , alpha]) => alpha))).toEqual(new Set([128]));
    expect(colours(bmp)).toEqual(colours(F));
  });

  test("BMP of 1 bit", () => {
    const mono = colours(decodePicture(fixture("mono1.bmp")));
    expect(new Set(mono.flat())).toEqual(new Set([0, 255]));
  });

  test.each([
    ["of 16 bits, 5 of each colour", 16, undefined, [0x7c00, 0x03e0, 0x001f, 0x4210]],
    ["of 16 bits, 6 of green", 16, [0xf800, 0x07e0, 0x001f], [0xf800, 0x07e0, 0x001f, 0x8410]],
    ["of 32 bits with masks", 32, [0xff, 0xff00, 0xff0000], [0xff, 0xff00, 0xff0000, 0x808080]],
    ["of 32 bits without", 32, undefined, [0xff0000, 0xff00, 0xff, 0x808080]],
  ])("BMP %s", (_, bits, masks, pixels) => {
    const picture = decodePicture(bmpOf(bits, masks, pixels));
    expect(picture).toMatchObject({ width: 2, height: 2, channels: 3 });
    const [red, green, blue, grey] = colours(picture);
    expect([red, green, blue]).toEqual([
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
    ]);
    for (const level of grey) expect(Math.abs(level - 131)).toBeLessThan(5);
    expect(decodePicture(bmpOf(bits, masks, pixels, true))).toEqual(picture);
  });

  test("all kinds by their content, in a view into a larger buffer", () => {
    for (const name of ["f.png", "baseline.jpg", "lossy.webp", "lossless.webp", "f.gif", "rgb24.bmp"]) {
      const bytes = fixture(name);
      const larger = new Uint8Array(bytes.length + 20).fill(255);
      larger.set(bytes, 7);
      expect(decodePicture(larger.subarray(7, 7 + bytes.length), "named.png")).toEqual(decodePicture(bytes));
    }
  });
});

/** Where the pixel of what is shown comes from in what is stored, for a picture of w x h, by orientation. */
const SOURCES: Record<number, (x: number, y: number, w: number, h: number) => [number, number]> = {
  1: (x, y) => [x, y],
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
};

describe("orientation", () => {
  const jpeg = fixture("baseline.jpg");
  const stored = decodePicture(jpeg);
  const pixels = colours(stored);
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("%i, as a camera notes it, is applied", (orientation) => {
    for (const little of [true, false]) {
      const shown = decodePicture(withOrientation(jpeg, orientation, little));
      expect([shown.width, shown.height]).toEqual(orientation < 5 ? [24, 16] : [16, 24]);
      const expected = colours(shown).map((_, i) => {
        const [x, y] = [i % shown.width, Math.floor(i / shown.width)];
        const [fromX, fromY] = SOURCES[orientation](x, y, 24, 16);
        return pixels[fromY * 24 + fromX];
      });
      expect(colours(shown)).toEqual(expected);
    }
  });

  test.each([0, 9, 65535])("%i is none", (orientation) => {
    expect(decodePicture(withOrientation(jpeg, orientation, true))).toEqual(stored);
  });
});

describe("reduces", () => {
  const [width, height] = [4001, 203];
  /** Stripes of two levels, so that a mean is neither. */
  const level = (x: number, y: number) => (x % 2 === 0 ? 200 : 100) + (y % 2);
  const grey = Uint8Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width)));
  const half = (picture: Picture) => expect(picture).toMatchObject({ width: 2001, height: 102, depth: 8 });

  test.each(["null", "Adam7"] as const)("PNG of 4000 pixels or more to their means, interlace %s", (interlace) => {
    const picture = decodePicture(encode({ width, height, data: grey, channels: 1, depth: 8 }, { interlace }));
    half(picture);
    // The last column and row have halves of squares.
    expect(picture.data[0]).toBe(Math.round((200 + 100 + 201 + 101) / 4));
    expect(picture.data[2000]).toBe(Math.round((200 + 201) / 2));
    expect(picture.data[2001 * 101]).toBe(150);
    expect(picture.data[2001 * 102 - 1]).toBe(200);
  });

  test.each([
    [2540, 2540, 2540],
    [2560, 2560, 1280],
    [5120, 5080, 1280],
  ])("a picture of %i x %i pixels to a width of %i: at most 6.5 million are kept", (width, height, kept) => {
    const data = new Uint8Array(width * height);
    expect(decodePicture(encode({ width, height, data, channels: 1, depth: 8 })).width).toBe(kept);
  });

  test("16 bits to 8, and colours by their opacity", () => {
    const data = Uint16Array.from({ length: 4000 * 2 * 4 }, (_, i) => {
      const clear = Math.floor(i / 4) % 2 === 0;
      return i % 4 === 3 ? (clear ? 0 : 65535) : clear ? 65535 : 257 * 40;
    });
    const picture = decodePicture(encode({ width: 4000, height: 2, data, channels: 4, depth: 16 }));
    expect(picture).toMatchObject({ width: 2000, height: 1, channels: 4, depth: 8 });
    expect(colours(picture, true)).toEqual(Array(2000).fill([40, 40, 40, 128]));
  });

  test("what is smaller is as it was", () => {
    const data = grey.slice(0, 3999 * 3);
    const picture = decodePicture(encode({ width: 3999, height: 3, data, channels: 1, depth: 8 }));
    expect(picture.data).toEqual(data);
  });
});

describe("refuses", () => {
  const text = (content: string) => new Uint8Array(Buffer.from(content, "latin1"));
  test.each<[string, Uint8Array, RegExp]>([
    ["HEIC", text("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), /got a HEIC picture: export it as JPEG/],
    ["AVIF", text("\0\0\0\x18ftypavif\0\0\0\0mif1avif"), /got an AVIF picture: save it as PNG or JPEG/],
    ["TIFF", text("II*\0\x08\0\0\0"), /got a TIFF picture: save it as PNG or JPEG/],
    [
      "SVG",
      text('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
      /got an SVG drawing: export it as PNG/,
    ],
    ["PDF", text("%PDF-1.7\n"), /got a PDF document: export its page as PNG/],
    ["HTML", text("<!doctype html><title>x</title>"), /got an HTML page$/],
    ["nothing", new Uint8Array(), /got an empty file$/],
    ["noise", Uint8Array.of(200, 1, 2, 3), /got something else$/],
    ["arithmetic coding", fixture("arithmetic.jpg"), /got arithmetic coding; save it as PNG$/],
  ])("%s, and says what to do", (_, bytes, message) => {
    expect(() => decodePicture(bytes, "seven")).toThrow(FormatError);
    expect(() => decodePicture(bytes, "seven")).toThrow(/^seven: expected a /);
    expect(() => decodePicture(bytes, "seven")).toThrow(message);
  });

  test.each([
    ...["f.png", "baseline.jpg", "progressive.jpg", "cmyk.jpg", "restart.jpg", "lossy.webp", "lossless.webp"],
    ...["alpha.webp", "f.gif", "interlaced.gif", "rgb24.bmp", "palette4.bmp"],
  ])("%s cut short at any byte, as truncated or as something else", (name) => {
    const bytes = fixture(name);
    let named = 0;
    for (let length = 1; length < bytes.length; length++) {
      let message = "";
      try {
        decodePicture(bytes.subarray(0, length), "cut");
        // Only what is behind the last pixel may be missing: markers, trailers, filling.
        expect(length).toBeGreaterThan(bytes.length - 14);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        message = (error as Error).message;
      }
      if (/truncated\?|end of the file/.test(message)) named++;
    }
    expect(named).toBeGreaterThan(bytes.length / 2);
  });

  /** A file whose header claims 65,000 x 65,000 pixels, or nearly so. */
  const huge: [string, (bytes: Uint8Array) => void][] = [
    ["baseline.jpg", (bytes) => bytes.fill(0xfd, frameAt(bytes), frameAt(bytes) + 4)],
    ["progressive.jpg", (bytes) => bytes.fill(0xfd, frameAt(bytes), frameAt(bytes) + 4)],
    ["lossy.webp", (bytes) => bytes.fill(0x3f, 26, 30)],
    ["lossless.webp", (bytes) => bytes.set([0xff, 0xff, 0xff, 0x0f], 21)],
    ["f.gif", (bytes) => bytes.fill(0xfd, 6, 10)],
    ["rgb24.bmp", (bytes) => bytes.set([0, 0xfd, 0, 0, 0, 0xfd, 0, 0], 18)],
  ];
  test.each(huge)("%s of too many pixels, from its header", (name, enlarge) => {
    const bytes = fixture(name);
    enlarge(bytes);
    const before = process.memoryUsage().rss;
    expect(() => decodePicture(bytes, "huge")).toThrow(
      /^huge: expected 1 to (36000000|10000000|8000000|5000000) pixels, got \d{5} x \d{5}; make/,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 25);
  });

  /** The place of height and width in a JPEG's frame header. */
  function frameAt(bytes: Uint8Array): number {
    const at = bytes.findIndex((byte, i) => byte === 0xff && (bytes[i + 1] === 0xc0 || bytes[i + 1] === 0xc2));
    expect(at).toBeGreaterThan(0);
    return at + 5;
  }
});
