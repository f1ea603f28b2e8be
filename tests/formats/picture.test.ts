// Pictures of digits brought to MNIST's form: what the result must be like, and that a network reads it.

import { beforeAll, describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { loadMnist } from "../../src/node/index.js";
import { toDigit } from "../../src/reading/digit.js";
import type { Picture } from "../../src/reading/picture.js";
import { IMPLEMENTATIONS, trainOn } from "../helpers.js";

type Channels = Picture["channels"];

/** A grey sheet of 8 bits: levels from 0 to 255, rounded. */
function sheet(width: number, height: number, level: (x: number, y: number) => number): Picture {
  const data = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[y * width + x] = level(x, y);
  }
  return { width, height, channels: 1, depth: 8, data };
}

/** The same sheet with other samples a pixel: what `samples` makes of the grey level. */
function recoloured(grey: Picture, channels: Channels, samples: (level: number) => number[]): Picture {
  const data = new Uint8ClampedArray(channels * grey.data.length);
  for (const [i, level] of grey.data.entries()) data.set(samples(level), channels * i);
  return { ...grey, channels, data };
}

/** A seven of straight strokes of this width in a square of 100, black on white. */
function seven(width: number): (x: number, y: number) => number {
  return (x, y) => {
    const bar = y >= 0 && y < width && x >= 0 && x < 80;
    const slope = y >= 0 && y < 100 && Math.abs(x - (80 - width / 2 - 0.4 * y)) <= width / 2;
    return bar || slope ? 0 : 255;
  };
}

/** The first and last column and row with ink, and the centre of mass, in pixels from 0. */
function measures(digit: Uint8Array) {
  const inked = Array.from(digit.keys()).filter((i) => digit[i] > 0);
  const [xs, ys] = [inked.map((i) => i % 28), inked.map((i) => Math.floor(i / 28))];
  const mass = digit.reduce((sum, level) => sum + level, 0);
  const mean = (at: number[]) => inked.reduce((sum, i, k) => sum + digit[i] * at[k], 0) / mass;
  const [width, height] = [xs, ys].map((at) => Math.max(...at) - Math.min(...at) + 1);
  return { width, height, x: mean(xs), y: mean(ys), inked: inked.length, peak: Math.max(...digit) };
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, level, i) => sum + Math.abs(level - b[i]), 0) / a.length;
}

const SEVEN = sheet(300, 200, (x, y) => seven(12)(x - 150, y - 40));

describe("a digit", () => {
  test("fits 20 x 20 with its centre of mass at pixel 14, and reaches 255 on 0", () => {
    const digit = toDigit(SEVEN);
    expect(digit).toBeInstanceOf(Uint8Array);
    expect(digit.length).toBe(784);
    const { width, height, x, y, peak } = measures(digit);
    expect([width, height, peak]).toEqual([17, 20, 255]);
    expect(Math.abs(x - 14)).toBeLessThan(0.6);
    expect(Math.abs(y - 14)).toBeLessThan(0.6);
    expect([digit[0], digit[27], digit[783]]).toEqual([0, 0, 0]);
    expect(new Set(digit).size).toBeGreaterThan(10); // grey levels
  });

  const expected = toDigit(SEVEN);
  const rgb = (level: number, ink: number[], paper: number[]) =>
    ink.map((value, c) => value + ((paper[c] - value) * level) / 255);
  test.each<[string, Picture, number]>([
    ["light on dark", sheet(300, 200, (x, y) => 255 - seven(12)(x - 150, y - 40)), 0],
    ["moved", sheet(300, 200, (x, y) => seven(12)(x - 20, y - 90)), 0],
    ["in a corner, touching the border", sheet(300, 200, (x, y) => seven(12)(x - 220, y - 100)), 0],
    ["on a sheet without margin", sheet(80, 100, seven(12)), 0],
    ["faint", sheet(300, 200, (x, y) => 230 + (20 * seven(12)(x - 150, y - 40)) / 255), 0],
    ["twice as large", sheet(600, 400, (x, y) => seven(12)((x - 300) / 2, (y - 80) / 2)), 12],
    ["on a large sheet", sheet(2000, 1500, (x, y) => seven(12)(x - 1500, y - 40)), 0],
    ["of 16 bits", { ...SEVEN, depth: 16, data: Uint16Array.from(SEVEN.data, (level) => level * 257) }, 0],
    ["with opaque alpha", recoloured(SEVEN, 2, (level) => [level, 255]), 0],
    ["black on transparent", recoloured(SEVEN, 4, (level) => [0, 0, 0, 255 - level]), 0],
    ["white on transparent", recoloured(SEVEN, 2, (level) => [255, 255 - level]), 0],
    ["black on transparent, without margin", recoloured(sheet(80, 100, seven(12)), 4, (l) => [9, 9, 9, 255 - l]), 0],
    ["in blue on white", recoloured(SEVEN, 3, (level) => rgb(level, [20, 20, 200], [255, 255, 255])), 0],
    ["in yellow on white", recoloured(SEVEN, 3, (level) => rgb(level, [255, 255, 0], [255, 255, 255])), 0],
    [
      "in red on green of the same lightness",
      recoloured(SEVEN, 3, (level) => rgb(level, [180, 60, 0], [0, 152, 0])),
      0,
    ],
    [
      "on opaque paper with transparent corners",
      {
        ...recoloured(SEVEN, 4, (level) => [level, level, level, 255]),
        data: Uint8Array.from(SEVEN.data.length ? { length: 240_000 } : [], (_, i) => {
          const [x, y] = [(i >> 2) % 300, Math.floor((i >> 2) / 300)];
          if (x + y < 30) return 0;
          return i % 4 === 3 ? 255 : SEVEN.data[i >> 2];
        }),
      },
      0,
    ],
    ["with dust beside it", sheet(300, 200, (x, y) => (x === 9 && y < 4 ? 0 : seven(12)(x - 150, y - 40))), 0],
  ])("%s is the same digit", (_, picture, most) => {
    expect(meanDifference(toDigit(picture), expected)).toBeLessThanOrEqual(most + 0.02);
  });

  test("on shaded, noisy paper is nearly the same digit", () => {
    const random = new RandomStream(1, 1, 0);
    const photo = sheet(300, 200, (x, y) => {
      const ink = 1 - seven(12)(x - 150, y - 40) / 255;
      return (210 - 0.2 * x - 0.2 * y) * (1 - 0.7 * ink) + random.nextBelow(17) - 8;
    });
    const { width, height } = measures(toDigit(photo));
    expect(Math.abs(width - 16)).toBeLessThanOrEqual(1);
    expect(Math.abs(height - 20)).toBeLessThanOrEqual(1);
    expect(meanDifference(toDigit(photo), expected)).toBeLessThan(8);
  });

  test.each([2, 5, 12, 25])("of strokes %i pixels wide of 100 is dark where it is inked", (width) => {
    const digit = toDigit(sheet(140, 140, (x, y) => seven(width)(x - 20, y - 20)));
    const dark = digit.filter((level) => level > 200).length;
    const { inked, peak } = measures(digit);
    expect(peak).toBe(255);
    expect(dark / inked).toBeGreaterThan(0.25);
    expect(dark).toBeGreaterThan(30);
  });

  test("on a sheet of one row, or of two pixels, is what there is", () => {
    expect(measures(toDigit(sheet(1000, 1, (x) => (x > 400 && x < 450 ? 0 : 255)))).width).toBe(22);
    expect(measures(toDigit(sheet(2, 3, (x, y) => (x === 1 && y === 1 ? 0 : 255)))).inked).toBeGreaterThan(100);
  });

  test("of 12 megapixels takes well under a second and little memory", () => {
    const { data } = sheet(4000, 3000, (x, y) => seven(12)((x - 900) / 20, (y - 300) / 20));
    const picture: Picture = { width: 4000, height: 3000, channels: 4, depth: 8, data: new Uint8Array(48_000_000) };
    for (let i = 0; i < picture.data.length; i++) picture.data[i] = i % 4 === 3 ? 255 : data[i >> 2];
    const [before, start] = [process.memoryUsage().rss, performance.now()];
    const digit = toDigit(picture);
    expect(performance.now() - start).toBeLessThan(1500);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 27);
    expect(measures(digit).height).toBe(20);
  });
});

describe("refuses", () => {
  const blank = /^picture: expected a digit in ink that stands out from the paper, got a blank sheet; draw /;
  const random = new RandomStream(2, 1, 0);
  test.each<[string, Picture]>([
    ["one pixel", sheet(1, 1, () => 0)],
    ["white", sheet(50, 40, () => 255)],
    ["black", sheet(50, 40, () => 0)],
    ["nearly white", sheet(50, 40, (x) => (x === 9 ? 252 : 255))],
    ["noise", sheet(300, 300, () => 180 + random.nextBelow(5) + random.nextBelow(5) + random.nextBelow(5))],
    ["a shade", sheet(300, 200, (x, y) => 220 - 0.3 * x - 0.1 * y + random.nextBelow(5))],
    [
      "transparent",
      recoloured(
        sheet(9, 9, (x) => 20 * x),
        4,
        (level) => [level, level, level, 0],
      ),
    ],
    [
      "one opaque colour",
      recoloured(
        sheet(9, 9, () => 7),
        4,
        () => [10, 200, 30, 255],
      ),
    ],
  ])("a blank sheet: %s", (_, picture) => {
    expect(() => toDigit(picture)).toThrow(RangeError);
    expect(() => toDigit(picture)).toThrow(blank);
  });

  const data = new Uint8Array(6);
  const good = { width: 3, height: 2, channels: 1, depth: 8, data };
  test.each([
    [{ width: 0 }, RangeError, /^picture width: expected a whole number of pixels from 1, got 0$/],
    [{ height: 1.5 }, RangeError, /^picture height: expected a whole number of pixels from 1, got 1.5$/],
    [{ width: Number.NaN }, RangeError, /^picture width: .* got NaN$/],
    [{ width: "3" }, TypeError, /^picture width: expected a number, got string$/],
    [{ channels: 5 }, RangeError, /^picture channels: expected 1 .* or 4 \(RGBA\), got 5$/],
    [{ depth: 4 }, RangeError, /^picture depth: expected 8 or 16 bits, got 4$/],
    [{ depth: 16 }, TypeError, /^picture data: expected a Uint16Array for depth 16, got another type$/],
    [{ data: [0, 0, 0, 0, 0, 0] }, TypeError, /^picture data: expected a Uint8Array for depth 8, got another type$/],
    [{ width: 4 }, RangeError, /^picture data: expected 4 x 2 x 1 = 8 samples, got 6; give every row whole$/],
  ])("%o", (change, kind, message) => {
    const picture = { ...good, ...change } as unknown as Picture;
    expect(() => toDigit(picture)).toThrow(kind);
    expect(() => toDigit(picture)).toThrow(message);
  });
});

describe("MNIST's own digits", () => {
  const COUNT = 200;
  const { training, test: all } = loadMnist();
  // Every 50th: the constants of toDigit() were chosen on the first 300.
  const originals = Array.from({ length: COUNT }, (_, i) =>
    Uint8Array.from(all.images.subarray(784 * 50 * i, 784 * (50 * i + 1))),
  );
  let read: (digits: Uint8Array[], step: number) => Promise<number>;
  beforeAll(async () => {
    const kernels = await IMPLEMENTATIONS[0][1]();
    const recipe = {
      layers: [784, 100, 10],
      epochs: 4,
      batchSize: 10,
      eta: 2.5,
      initialWeights: "scaled",
      seed: 1,
    } as const;
    const { network } = await trainOn(kernels, training, recipe);
    read = async (digits, step) => {
      const images = Buffer.concat(digits);
      const labels = all.labels.filter((_, i) => i % (50 * step) === 0);
      return (await network.evaluate(kernels.createDataset(new Dataset({ images, labels, classes: 10 })))).correct;
    };
    expect(await read(originals, 1)).toBeGreaterThan(0.95 * COUNT);
  });

  /** The ink of a digit drawn `scale` times as large with its corner at left, top: 0 to 1, linear between pixels. */
  function drawn(digit: Uint8Array, scale: number, left: number, top: number): (x: number, y: number) => number {
    const at = (column: number, row: number) =>
      column < 0 || row < 0 || column > 27 || row > 27 ? 0 : digit[28 * row + column] / 255;
    return (x, y) => {
      const [u, v] = [(x - left + 0.5) / scale - 0.5, (y - top + 0.5) / scale - 0.5];
      const [column, row] = [Math.floor(u), Math.floor(v)];
      if (column < -1 || row < -1 || column > 27 || row > 27) return 0;
      const between = (r: number) => at(column, r) * (1 - u + column) + at(column + 1, r) * (u - column);
      return between(row) * (1 - v + row) + between(row + 1) * (v - row);
    };
  }

  const random = new RandomStream(3, 1, 0);
  /** Numbers of about normal distribution. */
  const normal = Float64Array.from({ length: 1 << 14 }, () => {
    let sum = -12 * 255;
    for (let i = 0; i < 12; i++) sum += random.nextBelow(511);
    return sum / 511;
  });
  const noise = (deviation: number) => normal[random.nextBelow(normal.length)] * deviation;
  const grey =
    (size: number, scale: number, left: number, top: number, level: (ink: number, x: number, y: number) => number) =>
    (digit: Uint8Array) => {
      const ink = drawn(digit, scale, left, top);
      return sheet(size, size, (x, y) => level(ink(x, y), x, y));
    };
  const black = (ink: number) => 255 - 255 * ink;
  const page = (digit: Uint8Array) => grey(140, 4, 20, 10, black)(digit);

  test("come out as nearly themselves", () => {
    const differences = originals.map((digit) =>
      meanDifference(digit, toDigit(sheet(28, 28, (x, y) => digit[28 * y + x]))),
    );
    expect(differences.reduce((sum, d) => sum + d) / COUNT).toBeLessThan(2);
    expect(differences.filter((d) => d < 5).length).toBeGreaterThan(0.85 * COUNT);
  });

  test.each<[string, (digit: Uint8Array) => Picture, number]>([
    ["as they are", (digit) => sheet(28, 28, (x, y) => digit[28 * y + x]), 0.96],
    ["inverted", grey(28, 1, 0, 0, black), 0.96],
    ["0.6 times as large", grey(40, 0.6, 9, 12, black), 0.94],
    ["1.5 times as large", grey(42, 1.5, 0, 0, black), 0.96],
    ["3 times as large, light on dark", grey(90, 3, 2, 5, (ink) => 255 * ink), 0.96],
    ["7.3 times as large", grey(210, 7.3, 0, 0, black), 0.96],
    ["12 times as large", grey(336, 12, 0, 0, black), 0.96],
    ["moved on a larger sheet", grey(300, 4, 180, 30, black), 0.96],
    ["small on a sheet of 540", grey(540, 1.5, 480, 40, black), 0.96],
    ["faint", grey(140, 4, 10, 20, (ink) => 240 - 16 * ink), 0.96],
    ["with noise", grey(168, 6, 0, 0, (ink) => 200 - 150 * ink + noise(10)), 0.94],
    ["with much noise", grey(168, 6, 0, 0, (ink) => 200 - 150 * ink + noise(20)), 0.9],
    [
      "on shaded paper without margin",
      grey(120, 5, -10, -10, (ink, x, y) => (220 - 0.4 * x - 0.2 * y) * (1 - 0.7 * ink) + noise(3)),
      0.93,
    ],
    [
      "on shaded paper",
      grey(200, 5, 40, 20, (ink, x, y) => (220 - 0.3 * x - 0.2 * y) * (1 - 0.7 * ink) + noise(4)),
      0.94,
    ],
    [
      "in red on green",
      (digit) => recoloured(page(digit), 3, (level) => [180 - 0.7 * level, 60 + 0.36 * level, 0]),
      0.96,
    ],
    ["on transparent", (digit) => recoloured(page(digit), 4, (level) => [30, 60, 90, 255 - level]), 0.96],
    [
      "of 16 bits",
      (digit) => ({ ...page(digit), depth: 16, data: Uint16Array.from(page(digit).data, (n) => 257 * n) }),
      0.96,
    ],
  ])("%s are read as well as the originals, nearly", async (_, render, share) => {
    let refused = 0;
    const { width, height } = render(originals[0]);
    // The largest sheets take long: of them, half as many.
    const step = width * height > 250_000 ? 2 : 1;
    const some = originals.filter((_, i) => i % step === 0);
    const digits = some.map((digit) => {
      try {
        return toDigit(render(digit));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        refused++;
        return new Uint8Array(784); // counted as read wrong below
      }
    });
    const correct = (await read(digits, step)) - refused;
    expect(correct).toBeGreaterThanOrEqual(share * (await read(some, step)));
  });
});
