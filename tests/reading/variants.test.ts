// Reading by variants: the images against a mapping written out, the mean against logarithms, any form of image.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Pixels } from "../../src/data/samples.js";
import type { ImageReader } from "../../src/reading/reader.js";
import { withVariants } from "../../src/reading/variants.js";
import { calibrationMetadata, calibrationOf } from "../../src/reading/verdict.js";

/** What a reader was shown. */
function shownTo<P extends Pixels>(image: P, columns: number): P[] {
  const shown: P[] = [];
  const reader: ImageReader<P> = {
    predict: (variant) => {
      shown.push(variant);
      return { activations: [0.5, 0.5] };
    },
  };
  withVariants(reader, columns).predict(image);
  return shown;
}

/** The value at a place: each pixel counts as much as it is near; beyond the border is what is at the border. */
function valueAt(image: Pixels, columns: number, x: number, y: number): number {
  const rows = image.length / columns;
  const [u, v] = [Math.min(columns - 1, Math.max(0, x)), Math.min(rows - 1, Math.max(0, y))];
  return Array.from(image, (value, i) => {
    const near = (distance: number) => Math.max(0, 1 - Math.abs(distance));
    return value * near((i % columns) - u) * near(Math.floor(i / columns) - v);
  }).reduce((sum, value) => sum + value, 0);
}

const images = fc
  .record({ columns: fc.integer({ min: 1, max: 9 }), rows: fc.integer({ min: 1, max: 9 }) })
  .chain(({ columns, rows }) =>
    fc.record({
      columns: fc.constant(columns),
      image: fc.uint8Array({ minLength: rows * columns, maxLength: rows * columns }),
    }),
  );

test("shows an image moved by a pixel, turned, enlarged and shrunk around its middle", () => {
  fc.assert(
    fc.property(images, ({ image, columns }) => {
      const rows = image.length / columns;
      const shown = shownTo(image, columns);
      const [midX, midY] = [(columns - 1) / 2, (rows - 1) / 2];
      const from: readonly ((p: number, q: number) => readonly [number, number])[] = [
        (p, q) => [p + 1, q],
        (p, q) => [p - 1, q],
        (p, q) => [p, q + 1],
        (p, q) => [p, q - 1],
        (p, q) => [p - 0.16 * q, q + 0.16 * p],
        (p, q) => [p + 0.16 * q, q - 0.16 * p],
        (p, q) => [1.12 * p, 1.12 * q],
        (p, q) => [0.88 * p, 0.88 * q],
      ];
      expect(shown).toHaveLength(from.length);
      for (const [k, map] of from.entries()) {
        for (const [i, pixel] of shown[k].entries()) {
          const [u, v] = map((i % columns) - midX, Math.floor(i / columns) - midY);
          // Half a level, and as much as sums in another order differ by.
          expect(Math.abs(pixel - valueAt(image, columns, u + midX, v + midY))).toBeLessThan(0.5 + 1e-9);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("shows bytes as bytes and floats as floats, and leaves the image as it is", () => {
  const floats = Float32Array.from({ length: 12 }, (_, i) => i / 12);
  const bytes = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
  // A slice of a Buffer, as files are read into, is no copy.
  for (const image of [floats, bytes, new Uint8ClampedArray(bytes), Buffer.from(bytes)] as Pixels[]) {
    const before = Array.from(image);
    for (const variant of shownTo(image, 4))
      expect(variant instanceof Float32Array).toBe(image instanceof Float32Array);
    expect(Array.from(image)).toEqual(before);
  }
  expect(shownTo(floats, 4)[4].some((value) => value % (1 / 12) !== 0)).toBe(true);
});

const activations = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
const eight = fc.array(activations, { minLength: 8, maxLength: 8 });
const CLOSEST = 2 ** -25;
const logit = (a: number) => Math.log(Math.max(a, CLOSEST)) - Math.log(Math.max(1 - a, CLOSEST));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("answers with the mean of the logarithms of the odds", () => {
  fc.assert(
    fc.property(eight, (all) => {
      const reader = {
        predict: () => ({ activations: [0] }),
        predictAll: () => all.map((one) => ({ activations: one })),
      };
      const answer = withVariants(reader).predict(new Uint8Array(784)).activations;
      for (let j = 0; j < 3; j++) {
        const expected = 1 / (1 + Math.exp(-mean(all.map((one) => logit(one[j])))));
        expect(answer[j]).toBeCloseTo(expected, 6);
      }
    }),
  );
});

test("of shares, with shares of one whole", () => {
  fc.assert(
    fc.property(eight, (all) => {
      const shares = all.map((one) => {
        const sum = one.reduce((a, b) => a + b, 1e-9);
        return one.map((value) => value / sum);
      });
      const reader = {
        predict: () => ({ activations: [0] }),
        predictAll: () => shares.map((one) => ({ activations: one })),
        cost: "log-likelihood" as const,
      };
      const answer = Array.from(withVariants(reader).predict(new Uint8Array(784)).activations);
      const means = [0, 1, 2].map((j) => Math.exp(mean(shares.map((one) => Math.log(Math.max(one[j], CLOSEST))))));
      const sum = means.reduce((a, b) => a + b, 0);
      for (const [j, value] of answer.entries()) expect(value).toBeCloseTo(means[j] / sum, 6);
    }),
  );
});

test("reads many images as one by one", () => {
  const levels = (image: Uint8Array) => {
    const ink = image.reduce((sum, value, i) => sum + value * (1 + (i % 5)), 0) / (5 * 255 * image.length);
    return { activations: [ink, 1 - ink] };
  };
  const reader = withVariants({ predict: levels }, 3);
  const many = [1, 2, 3].map((k) => Uint8Array.from({ length: 9 }, (_, i) => (k * 37 * i) % 256));
  expect(reader.predictAll(many)).toEqual(many.map((image) => reader.predict(image)));
});

test("refuses what cannot be read", () => {
  const reader = { predict: () => ({ activations: [1, 0] }) };
  expect(() => withVariants(undefined as never)).toThrow("network: expected an object with predict(), got undefined");
  for (const columns of [0, 1.5, Number.NaN]) {
    expect(() => withVariants(reader, columns)).toThrow("columns: expected a whole number from 1 to 4194304, got ");
  }
  expect(() => withVariants(reader).predict(new Uint8Array(30))).toThrow("image: expected rows of 28 pixels, got 30");
});

test("a calibration says whether it was fitted to variants", () => {
  const calibration = { temperature: 1, sure: 0.9, variants: true };
  const metadata = new Map(Object.entries(calibrationMetadata(calibration)));
  expect(calibrationOf(metadata)).toMatchObject(calibration);
  const wrong = new Map([["calibration", JSON.stringify({ ...calibration, variants: 1 })]]);
  expect(() => calibrationOf(wrong)).toThrow("variants: expected true or false, got 1");
});
