// Made pictures: the same everywhere, in MNIST's form, of all kinds, and as many as asked for.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { arc, Draw, direction, smooth } from "../../src/hand/draw.js";
import { withMade } from "../../src/hand/hand.js";
import { LETTERS, letter } from "../../src/hand/letters.js";
import { loadMnist } from "../../src/node/index.js";

const { training } = loadMnist();
const digits = training.slice(0, 400);
const made = withMade(digits, { made: 2, seed: 1 });
const hashOf = ({ images }: Dataset) => createHash("sha256").update(images).digest("hex");

/** The images from..to, each with the middle of its ink, and the length and height of its box. */
function measure({ images }: Dataset, from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => {
    const image = Array.from(images.subarray((from + i) * 784, (from + i + 1) * 784));
    const inked = Array.from(image.keys()).filter((pixel) => image[pixel] > 100);
    const [xs, ys] = [inked.map((pixel) => pixel % 28), inked.map((pixel) => Math.floor(pixel / 28))];
    const mass = image.reduce((sum, value) => sum + value, 0);
    const x = image.reduce((sum, value, pixel) => sum + value * ((pixel % 28) + 0.5), 0) / mass;
    const y = image.reduce((sum, value, pixel) => sum + value * (Math.floor(pixel / 28) + 0.5), 0) / mass;
    return { x, y, mass, width: Math.max(...xs) - Math.min(...xs) + 1, height: Math.max(...ys) - Math.min(...ys) + 1 };
  });
}

describe("made pictures", () => {
  test("come after the images, which stay, in the parts that are told", () => {
    expect(made.length).toBe(3 * 400);
    expect(made.classes).toBe(11);
    expect(Buffer.compare(Buffer.from(made.images.subarray(0, 400 * 784)), Buffer.from(digits.images))).toBe(0);
    expect(Array.from(made.labels.subarray(0, 400))).toEqual(Array.from(digits.labels));
    // 3, 2 and 4 of 9.
    expect(Array.from(made.labels.subarray(400, 667))).toEqual(Array.from(digits.labels.subarray(0, 267)));
    const written = made.labels.subarray(667, 845);
    expect(Math.max(...written)).toBeLessThan(10);
    expect(new Set(written).size).toBeGreaterThanOrEqual(7);
    expect([...made.labels.subarray(845)].every((label) => label === 10)).toBe(true);
  });

  test("depend on the seed and the images alone, bit for bit", () => {
    expect(hashOf(withMade(digits, { made: 2, seed: 1 }))).toBe(hashOf(made));
    expect(hashOf(made)).toBe("a05d15f75f38a46ec10180d2e50b2cdac8aaecc1079c896a915b1f441de69140");
    expect(hashOf(withMade(digits, { made: 2, seed: 2 }))).not.toBe(hashOf(made));
  });

  test("have MNIST's form: at most 20 pixels and soft edges, their centre of mass near the middle", () => {
    const all = measure(made, 400, made.length);
    for (const { x, y, width, height, mass } of all) {
      expect(mass).toBeGreaterThan(0);
      expect(Math.max(width, height)).toBeLessThanOrEqual(22);
      expect(Math.abs(x - 14)).toBeLessThan(3);
      expect(Math.abs(y - 14)).toBeLessThan(3);
    }
    // Some are noisy, and noise has mass, too.
    const off = all.filter(({ x, y }) => Math.max(Math.abs(x - 14), Math.abs(y - 14)) > 1.5);
    expect(off.length).toBeLessThan(0.01 * all.length);
    expect(all).toHaveLength(800);
  });

  test("are none unless asked for", () => {
    expect(withMade(digits, { seed: 1 })).toBe(digits);
    expect(withMade(digits, { made: 0, seed: 1 })).toBe(digits);
  });

  test("are made of digits of 28 x 28 bytes only", () => {
    const letters = new Dataset({ images: new Uint8Array(2 * 784), labels: Uint8Array.of(0, 12) });
    expect(() => withMade(letters, { made: 1, seed: 1 })).toThrow(/^made: expected images of 28 x 28 bytes in 10 cl/);
    const small = new Dataset({ images: new Uint8Array(2 * 64), labels: Uint8Array.of(0, 9) });
    expect(() => withMade(small, { made: 1, seed: 1 })).toThrow(RangeError);
    expect(() => withMade(digits, { made: 11, seed: 1 })).toThrow(/^made: expected a number from 0 to 10, got 11/);
  });
});

describe("what they are drawn with", () => {
  test("directions are cosines and sines", () => {
    for (let quarters = -5; quarters <= 5; quarters += 0.125) {
      const [cosine, sine] = direction(quarters);
      expect(Math.abs(cosine - Math.cos((quarters * Math.PI) / 2))).toBeLessThan(2e-3);
      expect(Math.abs(sine - Math.sin((quarters * Math.PI) / 2))).toBeLessThan(2e-3);
      expect(cosine * cosine + sine * sine).toBeCloseTo(1, 12);
    }
  });

  test("a curve goes through its points, an arc stays on its ellipse", () => {
    const points = [
      [0, 0],
      [1, 3],
      [4, 2],
      [5, 5],
    ] as const;
    const curve = smooth(points);
    for (const point of points) expect(curve).toContainEqual(point);
    expect(curve.length).toBe(16);
    const round = arc([2, 3], 4, 2, 0, 4);
    expect(round[0]).toEqual([4, 3]);
    for (const [x, y] of round) expect(((x - 2) / 2) ** 2 + (y - 3) ** 2).toBeCloseTo(1, 10);
  });

  test("draws are those of their picture alone, and fill their range", () => {
    const numbers = (index: number) =>
      Array.from(
        { length: 200 },
        (
          (draw) => () =>
            draw.between(2, 3)
        )(new Draw(1, 0, index)),
      );
    expect(numbers(5)).toEqual(numbers(5));
    expect(numbers(5)).not.toEqual(numbers(6));
    expect(Math.min(...numbers(5))).toBeLessThan(2.05);
    expect(Math.max(...numbers(5))).toBeGreaterThan(2.95);
  });

  test("letters are strokes of finite points", () => {
    expect(LETTERS.length).toBeGreaterThan(60);
    for (const name of LETTERS) {
      const strokes = letter(name, (x, y) => [x, y]);
      expect(strokes.length).toBeGreaterThan(0);
      for (const stroke of strokes) {
        expect(stroke.length).toBeGreaterThan(1);
        for (const [x, y] of stroke) expect(Math.abs(x - 0.5) + Math.abs(y - 0.5)).toBeLessThan(1.6);
      }
    }
  });
});
