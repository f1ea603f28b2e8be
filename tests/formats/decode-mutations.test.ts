// No picture gets past the decoders with an error of another class, takes long, or gives samples that do not fit it.

import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { decodePicture } from "../../src/formats/index.js";
import { fixture, withOrientation } from "./picture-files.js";

const RUNS = Math.ceil(Number(process.env.FUZZ_RUNS ?? 1000) / 5);
const KINDS: Record<string, Uint8Array[]> = {
  JPEG: [
    ...["baseline.jpg", "progressive.jpg", "subsampled.jpg", "cmyk.jpg", "restart.jpg", "restart-progressive.jpg"],
    ...["grey-progressive.jpg", "arithmetic.jpg"],
  ].map(fixture),
  "lossy WebP": ["lossy.webp", "grey.webp", "simple.webp", "alpha.webp"].map(fixture),
  "lossless WebP": ["lossless.webp", "palette.webp"].map(fixture),
  GIF: ["f.gif", "interlaced.gif", "animated.gif", "transparent.gif"].map(fixture),
  BMP: ["rgb24.bmp", "palette4.bmp", "mono1.bmp", "rgba32.bmp"].map(fixture),
};
KINDS.JPEG.push(withOrientation(fixture("baseline.jpg"), 6, true), withOrientation(fixture("baseline.jpg"), 8, false));

const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 });

test.each(Object.keys(KINDS))("%s, mutated and cut short", (kind) => {
  const outcomes = { read: 0, refused: 0 };
  const mutated = fc.property(
    fc.constantFrom(...KINDS[kind]),
    changes,
    fc.option(fc.nat(), { freq: 4 }),
    (from, at, cut) => {
      const bytes = from.slice(0, cut === null ? undefined : 30 + (cut % (from.length - 30)));
      // Headers matter most: half of the changes are there.
      for (const [i, value] of at) bytes[i % (i % 2 === 0 ? bytes.length : Math.min(bytes.length, 200))] = value;
      const start = process.cpuUsage();
      try {
        const { width, height, channels, depth, data } = decodePicture(bytes);
        expect([width * height * channels, depth]).toEqual([data.length, 8]);
        outcomes.read++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        outcomes.refused++;
      }
      expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5);
    },
  );
  // Few of these mutations leave a picture: the same ones each time, unless many are tried.
  fc.assert(mutated, { numRuns: RUNS, ...(process.env.FUZZ_RUNS === undefined ? { seed: 1 } : {}) });
  expect(outcomes.read).toBeGreaterThan(0);
  expect(outcomes.refused).toBeGreaterThan(RUNS / 10);
});
