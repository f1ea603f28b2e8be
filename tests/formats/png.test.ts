// PNG files: every kind that is read, and every way in which a file can be wrong.

import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { decodePng, encodePng } from "../../src/formats/png.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);
const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

function chunk(type: string, data: Uint8Array | readonly number[] = []): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), Buffer.from(data)]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

function header(width: number, height: number, depth: number, colour: number, interlace = 0): Buffer {
  const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, colour, 0, 0, interlace]);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  return chunk("IHDR", data);
}

const file = (...chunks: Uint8Array[]) => new Uint8Array(Buffer.concat([Buffer.from(SIGNATURE), ...chunks]));
const idat = (...scanlines: number[]) => chunk("IDAT", deflateSync(Buffer.from(scanlines)));
const IEND = chunk("IEND");

const GREY = encodePng(Uint8Array.of(0, 10, 20, 30, 40, 255), 3, 2);
const PALETTE = file(
  header(3, 1, 2, 3),
  chunk("PLTE", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
  chunk("tRNS", [0, 128]),
  idat(0, 0b00_01_10_00),
  IEND,
);
const KEYED = file(
  header(2, 2, 8, 2),
  chunk("tRNS", [0, 9, 0, 8, 0, 7]),
  idat(0, 9, 8, 7, 1, 1, 1, 0, 9, 8, 8, 2, 2, 2),
  IEND,
);

describe("reads", () => {
  test("what encodePng writes", () => {
    expect(decodePng(GREY)).toMatchObject({ width: 3, height: 2, channels: 1, depth: 8 });
    expect([...decodePng(GREY).data]).toEqual([0, 10, 20, 30, 40, 255]);
  });

  const samples = (count: number, depth: number) =>
    Array.from({ length: count }, (_, i) => (i * (depth === 8 ? 37 : 4099)) % 2 ** depth);
  const kinds = [1, 2, 3, 4].flatMap((channels) =>
    [8, 16].flatMap((depth) => (["null", "Adam7"] as const).map((interlace) => ({ channels, depth, interlace }))),
  );
  test.each(kinds)("$channels samples of $depth bits, interlace $interlace", ({ channels, depth, interlace }) => {
    const expected = samples(11 * 9 * channels, depth);
    const data = depth === 8 ? Uint8Array.from(expected) : Uint16Array.from(expected);
    const bytes = encode({ width: 11, height: 9, channels, depth: depth as 8 | 16, data }, { interlace });
    const picture = decodePng(bytes);
    expect(picture).toMatchObject({ width: 11, height: 9, channels, depth });
    expect([...picture.data]).toEqual(expected);
  });

  /** Samples of less than a byte in rows of whole bytes, each with filter 0, of every pass that has pixels. */
  const packed = (
    width: number,
    height: number,
    depth: number,
    at: (x: number, y: number) => number,
    passes: number[][],
  ) =>
    passes.flatMap(([x0, y0, dx, dy]) => {
      const row = (y: number) => {
        const bits = Array.from({ length: Math.max(0, Math.ceil((width - x0) / dx)) }, (_, i) =>
          at(x0 + i * dx, y)
            .toString(2)
            .padStart(depth, "0"),
        ).join("");
        return bits === "" ? [] : [0, ...(bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, "0"), 2))];
      };
      return Array.from({ length: Math.max(0, Math.ceil((height - y0) / dy)) }, (_, i) => row(y0 + i * dy)).flat();
    });
  const adam7 = [
    ...[
      [0, 0, 8, 8],
      [4, 0, 8, 8],
      [0, 4, 4, 8],
      [2, 0, 4, 4],
    ],
    ...[
      [0, 2, 2, 4],
      [1, 0, 2, 2],
      [0, 1, 1, 2],
    ],
  ];
  const small = [1, 2, 4].flatMap((depth) =>
    [0, 3].flatMap((colour) =>
      [
        [1, 1],
        [2, 3],
        [5, 1],
        [1, 9],
        [7, 5],
        [13, 11],
        [33, 17],
      ].map(([width, height]) => ({ depth, colour, width, height })),
    ),
  );
  test.each(small)("$depth bits of colour type $colour, interlaced, $width x $height", (kind) => {
    const { depth, colour, width, height } = kind;
    const level = (x: number, y: number) => (x * x + 3 * y + x * y) % 2 ** depth;
    const palette = Array.from({ length: 2 ** depth }, (_, i) => [10 * i, 255 - i, i * i]);
    const made = (interlace: number, passes: number[][]) =>
      decodePng(
        file(
          header(width, height, depth, colour, interlace),
          ...(colour === 3 ? [chunk("PLTE", palette.flat())] : []),
          idat(...packed(width, height, depth, level, passes)),
          IEND,
        ),
      );
    const expected = Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width)));
    const samples = expected.flatMap((n) => (colour === 3 ? palette[n] : [(255 * n) / (2 ** depth - 1)]));
    const interlaced = made(1, adam7);
    expect([...interlaced.data]).toEqual(samples);
    expect(interlaced).toEqual(made(0, [[0, 0, 1, 1]]));
  });

  test.each([
    [1, [0, 0b01000000], [0, 255, 0]],
    [2, [0, 0b00_01_11_00], [0, 85, 255]],
    [4, [0, 0x0f, 0x80], [0, 255, 136]],
  ])("grey of %i bits, as 8", (depth, scanline, expected) => {
    const picture = decodePng(file(header(3, 1, depth, 0), idat(...scanline), IEND));
    expect([picture.channels, picture.depth, ...picture.data]).toEqual([1, 8, ...expected]);
  });

  test("grey of 2 bits with a transparent level", () => {
    const picture = decodePng(file(header(3, 1, 2, 0), chunk("tRNS", [0, 1]), idat(0, 0b00_01_11_00), IEND));
    expect([picture.channels, ...picture.data]).toEqual([2, 0, 255, 85, 0, 255, 255]);
  });

  test("a palette with transparency, as RGBA, and without, as RGB", () => {
    expect(decodePng(PALETTE)).toMatchObject({ channels: 4, depth: 8 });
    expect([...decodePng(PALETTE).data]).toEqual([1, 2, 3, 0, 4, 5, 6, 128, 7, 8, 9, 255]);
    const opaque = decodePng(file(header(1, 2, 8, 3), chunk("PLTE", [1, 2, 3, 4, 5, 6]), idat(0, 1, 0, 0), IEND));
    expect([opaque.channels, ...opaque.data]).toEqual([3, 4, 5, 6, 1, 2, 3]);
  });

  test("RGB with a transparent colour, as RGBA", () => {
    expect([...decodePng(KEYED).data]).toEqual([9, 8, 7, 0, 1, 1, 1, 255, 9, 8, 8, 255, 2, 2, 2, 255]);
  });

  test("pixels in many chunks, and passes over chunks that make none, bombs in them too", () => {
    const pixels = deflateSync(Buffer.from([0, 5, 0, 6]));
    const pieces = Array.from(pixels, (byte) => chunk("IDAT", [byte]));
    const bomb = Buffer.concat([Buffer.from("p\0\0", "latin1"), deflateSync(Buffer.alloc(2 ** 26))]);
    const bytes = file(header(1, 2, 8, 0), chunk("iCCP", bomb), chunk("tEXt", [65, 66]), ...pieces, IEND);
    const before = process.memoryUsage().rss;
    expect([...decodePng(bytes).data]).toEqual([5, 6]);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 25);
  });

  test("a view into a larger buffer", () => {
    const larger = new Uint8Array(GREY.length + 20);
    larger.set(GREY, 7);
    expect([...decodePng(larger.subarray(7, 7 + GREY.length)).data]).toEqual([0, 10, 20, 30, 40, 255]);
  });
});

describe("refuses", () => {
  const one = header(1, 1, 8, 0);
  const damaged = GREY.slice();
  damaged[30] ^= 1; // in the checksum of IHDR
  test.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(0), /expected a PNG, got an empty file/],
    ["noise", Uint8Array.of(200, 1, 2, 3), /expected a PNG, got something else/],
    ["a JPEG", Uint8Array.of(255, 216, 255, 224, 0, 16, 74, 70, 73, 70), /expected a PNG, got a JPEG picture/],
    ["the signature alone", Uint8Array.from(SIGNATURE), /expected chunks up to IEND, got the end of the file/],
    ["a file without IEND", GREY.slice(0, -12), /expected chunks up to IEND, got the end of the file/],
    ["a chunk cut short", GREY.slice(0, 45), /expected \d+ bytes in chunk IDAT, got the end of the file/],
    ["a wrong checksum", damaged, /CRC mismatch for chunk IHDR/],
    ["a sheet without pixels", file(header(0, 1, 8, 0), IEND), /expected 1 to 36000000 pixels, got 0 x 1/],
    [
      "a huge sheet",
      file(header(2 ** 31, 2 ** 31, 8, 0), IEND),
      /got 2147483648 x 2147483648; make the picture smaller/,
    ],
    ["too many bytes", file(header(6000, 6000, 16, 6), idat(0, 1), IEND), /at most 40000000 bytes of pixels, got 288/],
    ["unknown colours", file(header(1, 1, 8, 5), IEND), /expected colour type 0, 2, 3, 4 or 6, got 5/],
    ["RGB of 4 bits", file(header(1, 1, 4, 2), IEND), /expected 8, 16 bits a sample in a RGB PNG, got 4/],
    ["interlace 2", file(header(1, 1, 8, 0, 2), IEND), /got 0, 0 and 2/],
    ["no pixels", file(one, IEND), /in this order, got IHDR IEND/],
    ["two headers", file(one, header(999, 999, 8, 0), idat(0, 1), IEND), /in this order, got IHDR IHDR IDAT IEND/],
    ["no palette", file(header(1, 1, 8, 3), idat(0, 0), IEND), /in this order, got IHDR IDAT IEND/],
    [
      "a palette without colours",
      file(header(1, 1, 8, 3), chunk("PLTE"), idat(0, 0), IEND),
      /a palette without colours/,
    ],
    [
      "a colour outside the palette",
      file(header(1, 1, 8, 3), chunk("PLTE", [1, 2, 3]), idat(0, 1), IEND),
      /palette color/,
    ],
    ["an unknown chunk that matters", file(one, chunk("ABCD"), idat(0, 1), IEND), /must know .*, got ABCD/],
    ["a long palette", file(one, chunk("PLTE", Buffer.alloc(771)), IEND), /at most 768 bytes in chunk PLTE, got 771/],
    [
      "too few pixels",
      file(header(2, 2, 8, 0), idat(0, 1, 2, 0, 3), IEND),
      /expected data for 6 bytes of pixels, got fewer/,
    ],
    ["too many pixels", file(one, idat(0, 1, 2), IEND), /expected data for 2 bytes of pixels, got more/],
    [
      "data that are not deflated",
      file(one, chunk("IDAT", [1, 2, 3, 4, 5, 6, 7]), IEND),
      /expected deflated pixels, got bytes that cannot be inflated/,
    ],
    [
      "data cut short",
      file(one, chunk("IDAT", deflateSync(Buffer.from([0, 1])).subarray(0, -5)), IEND),
      /of pixels, got fewer \(file truncated/,
    ],
    ["an unknown filter", file(one, idat(9, 1), IEND), /Unsupported filter: 9/],
  ])("%s", (_, bytes, message) => {
    expect(() => decodePng(bytes, "seven.png")).toThrow(FormatError);
    expect(() => decodePng(bytes, "seven.png")).toThrow(/^seven.png: /);
    expect(() => decodePng(bytes, "seven.png")).toThrow(message);
  });

  const bomb = deflateSync(Buffer.alloc(2 ** 28));
  const empty = Buffer.from([0x78, 0x9c, ...Array.from({ length: 200_000 }, () => [0, 0, 0, 255, 255]).flat()]);
  test.each<[string, () => Uint8Array, RegExp]>([
    [
      "a decompression bomb",
      () => file(one, chunk("IDAT", bomb), IEND),
      /expected data for 2 bytes of pixels, got more/,
    ],
    [
      "a bomb in two chunks",
      () => file(one, chunk("IDAT", bomb.subarray(0, 9)), chunk("IDAT", bomb.subarray(9)), IEND),
      /more/,
    ],
    [
      "a heap of bytes after the pixels",
      () => file(one, idat(0, 1), chunk("IDAT", Buffer.alloc(2 ** 25)), IEND),
      /got more/,
    ],
    ["a million empty bytes", () => file(one, chunk("IDAT", empty), IEND), /of pixels, got fewer \(file truncated/],
    [
      "a heap of chunks",
      () => file(one, ...Array(2 ** 16).fill(chunk("IDAT")), IEND),
      /at most 32768 chunks, got more/,
    ],
    [
      "a heap of chunks that make no pixels",
      () => file(one, ...Array(2 ** 16).fill(chunk("tEXt", [65, 0, 66])), idat(0, 1), IEND),
      /at most 32768 chunks, got more/,
    ],
    [
      "a side too long",
      () => file(header(1, 65_536, 8, 0), idat(0), IEND),
      /sides of at most 65535 pixels, got 1 x 65536/,
    ],
    ["many chunks", () => file(one, ...Array(32_000).fill(chunk("IDAT", [0x78])), IEND), /expected deflated pixels/],
  ])("%s, soon", (_, make, message) => {
    const bytes = make();
    const [before, start] = [process.memoryUsage().rss, performance.now()];
    expect(() => decodePng(bytes)).toThrow(message);
    expect(performance.now() - start).toBeLessThan(3000);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 27);
  });
});

describe("no file gets past the checks with another error, or takes long", () => {
  const valid = [
    GREY,
    PALETTE,
    KEYED,
    encode({ width: 9, height: 7, channels: 4, depth: 16, data: new Uint16Array(252) }, { interlace: "Adam7" }),
  ];
  const outcomes = { read: 0, refused: 0 };
  const attempt = (bytes: Uint8Array) => {
    const start = performance.now();
    try {
      const { width, height, channels, data } = decodePng(bytes);
      expect(data.length).toBe(width * height * channels);
      outcomes.read++;
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      outcomes.refused++;
    }
    expect(performance.now() - start).toBeLessThan(2000);
  };
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });

  test("mutated and cut short", () => {
    fc.assert(
      fc.property(fc.constantFrom(...valid), changes, fc.option(fc.nat(), { freq: 4 }), (from, at, cut) => {
        const bytes = from.slice(0, cut === null ? undefined : cut % from.length);
        for (const [i, value] of at) if (bytes.length > 0) bytes[i % bytes.length] = value;
        attempt(bytes);
      }),
      { numRuns: RUNS },
    );
    expect(outcomes.refused).toBeGreaterThan(RUNS / 2);
  });

  test("mutated within chunks whose checksums are right again", () => {
    outcomes.read = outcomes.refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...valid), changes, (from, at) => {
        const bytes = Buffer.from(from);
        for (let start = 8; start < bytes.length; ) {
          const end = start + 8 + bytes.readUInt32BE(start);
          for (const [i, value] of at) {
            const place = 8 + (i % (bytes.length - 8));
            if (place >= start + 8 && place < end) bytes[place] = value;
          }
          bytes.writeUInt32BE(crc32(bytes.subarray(start + 4, end)), end);
          start = end + 4;
        }
        attempt(new Uint8Array(bytes));
      }),
      { numRuns: RUNS },
    );
    expect(outcomes.read).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(RUNS / 10);
  });

  test("made of any header and any data", () => {
    outcomes.read = outcomes.refused = 0;
    const side = fc.integer({ min: 1, max: 20 });
    const colours = fc.constantFrom(0, 2, 3, 4, 6);
    fc.assert(
      fc.property(
        side,
        side,
        fc.constantFrom(1, 2, 4, 8, 16),
        colours,
        fc.nat(1),
        fc.uint8Array({ maxLength: 30 }),
        (...made) => {
          const [width, height, depth, colour, interlace, extra] = made;
          const samples = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour as 0 | 2 | 3 | 4 | 6];
          const pixels = Buffer.alloc(height * (1 + Math.ceil((width * samples * depth) / 8)));
          const plte = chunk("PLTE", extra.slice(0, extra.length - (extra.length % 3)));
          attempt(
            file(header(width, height, depth, colour, interlace), plte, chunk("IDAT", deflateSync(pixels)), IEND),
          );
          attempt(
            file(
              header(width, height, depth, colour, interlace),
              chunk("tRNS", extra),
              chunk("IDAT", deflateSync(pixels)),
              IEND,
            ),
          );
        },
      ),
      { numRuns: RUNS },
    );
    expect(outcomes.read).toBeGreaterThan(RUNS / 10);
    expect(outcomes.refused).toBeGreaterThan(RUNS / 10);
  });
});
