// Whatever bytes a file begins with, its kind has a name or none, the readers that expect another say so, and what a
// camera noted in a picture is an orientation or nothing.

import fc from "fast-check";
import { expect, test } from "vitest";
import { idxDimensions } from "../../src/data/idx.js";
import { FormatError } from "../../src/errors.js";
import { orientationOf } from "../../src/formats/exif.js";
import { decodePicture, decodeSafetensors, encodeOnnx, encodePyTorch, kindOfFile } from "../../src/formats/index.js";
import { idxImages, idxLabels } from "../idx-files.js";
import { fixture, withOrientation } from "./picture-files.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);
const layers = [{ weights: Float32Array.of(1, 2), biases: Float32Array.of(3) }];
const text = (content: string) => new Uint8Array(Buffer.from(content, "latin1"));
const BEGINNINGS = [
  ...["f.png", "grey.jpg", "lossy.webp", "f.gif", "mono1.bmp"].map((name) => fixture(name).slice(0, 300)),
  ...[encodePyTorch(layers), encodeOnnx(layers), idxImages(2, 2, 2), idxLabels([0, 1])],
  ...["PK\x03\x04archive/data.pkl", "\x1f\x8b\x08", "<!doctype html><html>", '{"a": 1}', "%PDF-1.4", "\x80\x02}q"].map(
    text,
  ),
  ...["????ftypheic", "RIFF????WEBP", `x${"\0".repeat(256)}ustar`, "# \xc3\xa9 ", "BM", ""].map(text),
];
const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
const beginning = fc.oneof(
  fc.tuple(fc.constantFrom(...BEGINNINGS), changes, fc.nat(40)).map(([from, at, cut]) => {
    const bytes = from.slice(0, cut < 20 ? from.length : cut - 20);
    for (const [i, value] of at)
      if (bytes.length > 0) bytes[i % (i % 2 ? bytes.length : Math.min(12, bytes.length))] = value;
    return bytes;
  }),
  fc.uint8Array({ maxLength: 40 }),
);

const KIND = /^(an?|some) [A-Za-z0-9 .()?-]{2,40}$/;

test("a kind has a name of a few words, or none, and longer files have the kind of their first 1024 bytes", () => {
  let named = 0;
  fc.assert(
    fc.property(beginning, (bytes) => {
      const kind = kindOfFile(bytes);
      if (kind !== undefined) {
        expect(kind).toMatch(KIND);
        named++;
      }
      const long = new Uint8Array(3000);
      long.set(bytes);
      expect(kindOfFile(long)).toBe(kindOfFile(long.subarray(0, 1024)));
    }),
    { seed: 1, numRuns: RUNS },
  );
  expect(named).toBeGreaterThan(RUNS / 4);
  expect(named).toBeLessThan(RUNS);
});

test("readers refuse all kinds but their own, by name", () => {
  const readers: [RegExp, (bytes: Uint8Array) => unknown][] = [
    [/^an IDX file$/, (bytes) => idxDimensions({ name: "f", bytes }, 3)],
    [/^an IDX file$/, (bytes) => idxDimensions({ name: "f", bytes }, 1)],
    [/^a safetensors file$/, (bytes) => decodeSafetensors(bytes, "f")],
    [/^a (PNG|JPEG|WebP|BMP|GIF) picture$/, (bytes) => decodePicture(bytes, "f")],
  ];
  let refused = 0;
  fc.assert(
    fc.property(beginning, fc.constantFrom(...readers), (bytes, [own, reader]) => {
      const kind = kindOfFile(bytes);
      let error: unknown;
      try {
        reader(bytes);
      } catch (thrown) {
        error = thrown;
        expect(error).toBeInstanceOf(FormatError);
      }
      if (kind === undefined || own.test(kind)) return;
      expect((error as Error).message).toContain(`, got ${kind}`);
      refused++;
    }),
    { seed: 1, numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(RUNS / 4);
});

test("an orientation is a whole number from 1 to 8, or nothing, whatever Exif data hold", () => {
  const exif = [true, false].map((little) => withOrientation(Uint8Array.of(0xff, 0xd8), 6, little).subarray(6));
  const data = fc.oneof(
    fc.tuple(fc.constantFrom(...exif), changes, fc.nat(60)).map(([from, at, cut]) => {
      const bytes = Uint8Array.from(from.subarray(0, cut < 40 ? from.length : cut - 40));
      for (const [i, value] of at) if (bytes.length > 0) bytes[i % bytes.length] = value;
      return bytes;
    }),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from([...text("Exif\0\0"), ...bytes])),
  );
  let found = 0;
  fc.assert(
    fc.property(data, (bytes) => {
      const orientation = orientationOf(bytes);
      if (orientation === undefined) return;
      expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(orientation);
      found++;
    }),
    { seed: 1, numRuns: RUNS },
  );
  expect(found).toBeGreaterThan(RUNS / 20);
  expect(found).toBeLessThan(RUNS);
});
