// Numbers on the kinds of sheets that people write on are read whole: a few of each kind, see bench/reading.ts for
// many.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { draw } from "../../bench/reading/kinds.js";
import { drawPage } from "../../bench/reading/numbers.js";
import {
  calibrationOf,
  countDigits,
  findDigit,
  type Picture,
  type ReadDigits,
  readDigits,
  verdict,
} from "../../src/formats/index.js";
import { Network } from "../../src/index.js";
import { loadMnist } from "../../src/node/index.js";
import { bestReading, type Choice } from "../../src/reading/lattice.js";
import { numbersOf } from "../../src/reading/layout.js";
import { segmentsOf } from "../../src/reading/segments.js";

const COUNT = 6;
const { test: mnist } = loadMnist();
const digitAt = (index: number) => {
  const i = index % mnist.length;
  return { image: Uint8Array.from(mnist.images.subarray(784 * i, 784 * (i + 1))), label: mnist.labels[i] };
};
let network: Network;

beforeAll(async () => {
  const model = readFileSync(new URL("../../src/pretrained/pretrained.bin", import.meta.url));
  network = await Network.load(gunzipSync(model), { threads: 1 });
});

/** Numbers parted by spaces, lines by line feeds. */
function textOf({ numbers }: ReadDigits): string {
  const lines = [...new Set(numbers.map(({ line }) => line))];
  return lines
    .map((line) =>
      numbers
        .filter((number) => number.line === line)
        .map(({ text }) => text)
        .join(" "),
    )
    .join("\n");
}

describe("read whole", () => {
  test.each([
    ["two digits", 5],
    ["two digits, apart", 5],
    ["five in a row", 4],
    ["five, ruled", 4],
    ["five, shadow", 4],
    ["five, slanted", 4],
    ["five in boxes", 4],
    ["phone number", 4],
    ["two lines", 4],
    ["column", 4],
    ["sizes", 4],
    ["table of cells", 4],
    ["two, touching", 2],
  ])("%s", (kind, least) => {
    const right = Array.from({ length: COUNT }, (_, i) => {
      const { picture, text } = drawPage(kind, digitAt, i);
      return textOf(readDigits(picture, network)) === text;
    });
    expect(right.filter(Boolean).length).toBeGreaterThanOrEqual(least);
  });

  test.each([
    ["five, squared", [31_008, 31_018, 31_035, 31_043]],
    ["five in boxes, large", [21_005, 21_016, 21_022, 21_035]],
    ["table of cells", [30_019]],
  ])("%s: a stroke along a line or a wall is kept, and a wide zero is whole", (kind, numbers) => {
    for (const i of numbers) {
      const { picture, text } = drawPage(kind, digitAt, i);
      expect(textOf(readDigits(picture, network))).toBe(text);
    }
  });

  test("a digit that the network does not know for one is told as a mark that was left out", () => {
    const { picture, text } = drawPage("table of cells", digitAt, 21_015);
    const found = readDigits(picture, network);
    expect(text).toBe("7359\n9879\n5820");
    expect(textOf(found)).toBe("7 59\n9879\n5820");
    expect(found.unread).toHaveLength(1);
    const [{ left, top, right, bottom }] = found.unread;
    // In the second cell of the first row; cells are 90 x 80 pixels from (30, 30) on.
    expect(left > 120 && right < 210 && top > 30 && bottom < 110).toBe(true);
    expect(readDigits(drawPage("table of cells", digitAt, 30_019).picture, network).unread).toEqual([]);
  });
});

test("digits lie where they are drawn, in numbers that hold them", () => {
  const { picture } = drawPage("two lines", digitAt, 3);
  const { numbers, pieces, ink } = readDigits(picture, network);
  expect(numbers.length).toBeGreaterThan(1);
  expect(pieces.length).toBeGreaterThanOrEqual(9);
  expect(ink.mask.length).toBe(ink.width * ink.height);
  for (const { box, digits, text, confidence } of numbers) {
    expect(text).toBe(digits.map(({ label }) => label).join(""));
    expect(confidence).toBeCloseTo(
      digits.reduce((product, digit) => product * digit.confidence, 1),
      12,
    );
    digits.forEach((digit, i) => {
      expect(digit.box.left).toBeGreaterThanOrEqual(box.left);
      expect(digit.box.bottom).toBeLessThanOrEqual(box.bottom);
      if (i > 0) expect(digit.box.right).toBeGreaterThan(digits[i - 1].box.right);
    });
  }
});

test("a known count of digits is kept, and a line can be one number", () => {
  const { picture } = drawPage("phone number", digitAt, 1);
  const free = readDigits(picture, network).numbers;
  expect(free.length).toBeGreaterThan(1);
  const [line, ...others] = readDigits(picture, network, { lines: true }).numbers;
  expect(others).toEqual([]);
  expect(line.text).toBe(free.map(({ text }) => text).join(""));
  const pairs = readDigits(picture, network, { digits: 2 }).numbers;
  expect(pairs.map(({ text }) => text.length)).toEqual([2, 2, 2, 2, 2]);
});

describe("digits are counted", () => {
  const counted = (picture: Picture) => countDigits(picture, findDigit(picture), network);

  test.each(["two digits", "five in a row", "two lines", "column", "table of cells"])("more than one: %s", (kind) => {
    for (const i of [0, 1, 2]) expect(counted(drawPage(kind, digitAt, i).picture)).toBeGreaterThan(1);
  });

  test.each(["clean", "book edge", "squared, dark", "window's shadow", "tight, 16 pixels"])("one: %s", (kind) => {
    for (const i of [0, 1, 2, 3]) {
      const { image, label } = digitAt(37 * i);
      const picture = draw(kind, image, i);
      expect(counted(picture)).toBe(1);
      expect(textOf(readDigits(picture, network))).toBe(String(label));
    }
  });
});

test("a blank page is refused", () => {
  const blank: Picture = { width: 90, height: 60, channels: 1, depth: 8, data: new Uint8Array(5400).fill(240) };
  expect(() => readDigits(blank, network)).toThrow(RangeError);
});

test("two discs that touch are cut where they do", () => {
  const [width, height] = [80, 40];
  const disc = (x: number, y: number, at: number) => (x - at) ** 2 + (y - 20) ** 2 < 15 ** 2;
  const values = Float64Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return disc(x, y, 20) || disc(x, y, 48) ? 200 : 0;
  });
  const cells = Int32Array.from(values.keys()).filter((i) => values[i] > 0);
  const segments = segmentsOf(cells, { left: 6, top: 6, right: 62, bottom: 35 }, { width, height, values }, 29);
  expect(segments.reduce((sum, segment) => sum + segment.cells.length, 0)).toBe(cells.length);
  expect(segments.some(({ box, cut }) => cut > 0 && Math.abs(box.left - 34) <= 3)).toBe(true);
});

describe("the lattice", () => {
  const box = (left: number, right: number) => ({ left, right, top: 0, bottom: 40 });
  const piece = (left: number, right: number, cut = 0) => ({ cells: new Int32Array(0), box: box(left, right), cut });

  test("joins the parts of a digit and keeps digits apart, as the network believes", () => {
    const segments = [piece(0, 14), piece(14, 28, 0.1), piece(40, 65)];
    const sure = (wanted: string) => (choices: readonly Choice[]) =>
      choices.map(({ box: { left, right } }) => ({
        label: 5,
        confidence: wanted.includes(`${left}-${right}`) ? 0.99 : 0.05,
      }));
    const spans = (wanted: string) => bestReading(segments, 40, sure(wanted)).map(({ box }) => [box.left, box.right]);
    expect(spans("0-28 40-65")).toEqual([
      [0, 28],
      [40, 65],
    ]);
    expect(spans("0-14 14-28 40-65")).toEqual([
      [0, 14],
      [14, 28],
      [40, 65],
    ]);
    expect(bestReading(segments, 40, sure("0-28 40-65"), 3)).toHaveLength(3);
  });

  test("numbers end at wide gaps, not at even ones", () => {
    const row = (...lefts: number[]) => lefts.map((left) => ({ box: box(left, left + 24) }));
    const lengths = (...lefts: number[]) => numbersOf(row(...lefts), 40).map(({ length }) => length);
    expect(lengths(0, 32, 64, 128, 160)).toEqual([3, 2]);
    expect(lengths(0, 90, 180, 270)).toEqual([4]);
    expect(lengths(0, 60)).toEqual([2]);
    expect(lengths(0, 400)).toEqual([1, 1]);
  });
});

test.each([
  [{ digits: 0 }, /^digits: expected a whole number from 1 to 100, got 0$/],
  [{ digits: 1.5 }, /^digits: expected a whole number from 1 to 100, got 1.5$/],
  [{ digits: 1e9 }, /^digits: expected a whole number from 1 to 100/],
  [{ digit: 3 }, /^readDigits: unknown option digit: did you mean digits\?$/],
  [{ lines: "yes" }, /^lines: expected true or false, got /],
  [{ verdict: 5 }, /^verdict: expected a function, got /],
  [null, /^options: expected an object, got null$/],
])("refuses the options %j before it looks at the picture", (options, message) => {
  const picture = { width: 40, height: 40, channels: 1, depth: 8, data: new Uint8Array(1600).fill(255) };
  const reader = { predict: () => ({ activations: [0, 1] }) };
  expect(() => readDigits(picture as never, reader, options as never)).toThrow(message);
  expect(() => readDigits(picture as never, {} as never)).toThrow(/^network: expected an object with predict\(\)/);
});

test("many digits are read at once where the network can, to the same numbers", () => {
  const { picture } = drawPage("five in a row", digitAt, 1);
  let [looks, calls] = [0, 0];
  const predict = (digit: Uint8Array) => {
    looks++;
    return network.predict(digit);
  };
  const one = readDigits(picture, { predict, metadata: network.metadata });
  const predictAll = (digits: readonly Uint8Array[]) => {
    calls++;
    return network.predict(digits);
  };
  const reader = { predict: (digit: Uint8Array) => network.predict(digit), metadata: network.metadata };
  expect(readDigits(picture, { ...reader, predictAll })).toEqual(one);
  expect(calls).toBeLessThan(looks / 2);
  for (const predictions of [[], 3, {}]) {
    const wrong = { ...reader, predictAll: () => predictions as never };
    expect(() => readDigits(picture, wrong)).toThrow(/^network.predictAll\(\): expected an array of \d+ predictions/);
  }
  expect(() => readDigits(picture, { ...reader, predictAll: 5 as never })).toThrow(
    /^network.predictAll: expected a function/,
  );
});

describe("what is no digit", () => {
  type Point = readonly [x: number, y: number];
  /** A sheet of 200 x 200 with lines from point to point. */
  const sheet = (...points: Point[]): Picture => {
    const data = new Uint8Array(200 * 200).fill(255);
    for (const [i, [x, y]] of points.slice(0, -1).entries()) {
      for (let step = 0; step <= 400; step++) {
        const [u, v] = [x, y].map((from, axis) => Math.round(from + ((points[i + 1][axis] - from) * step) / 400));
        for (let row = v - 4; row < v + 4; row++) data.fill(0, 200 * row + u - 4, 200 * row + u + 4);
      }
    }
    return { width: 200, height: 200, channels: 1, depth: 8, data };
  };
  const TRIANGLE: Point[] = [
    [100, 30],
    [170, 165],
    [30, 165],
    [100, 30],
  ];
  const SHAPES: Readonly<Record<string, Picture>> = {
    triangle: sheet(...TRIANGLE),
    "narrow triangle": sheet([100, 30], [150, 170], [50, 170], [100, 30]),
    "triangle on its tip": sheet([40, 40], [160, 40], [100, 165], [40, 40]),
  };
  const digitsOf = ({ numbers }: ReadDigits) => numbers.flatMap(({ digits }) => digits);

  test.each(Object.entries(SHAPES))("a %s", (_, picture) => {
    const digits = digitsOf(readDigits(picture, network));
    expect(digits).toHaveLength(1);
    expect(digits[0].kind).toBe("not a digit");
    const [{ box }] = digits;
    expect(box).toEqual(findDigit(picture).box);
  });

  test("is not said by a network that knows digits only", () => {
    const judge = (activations: ArrayLike<number>) => {
      const { label, confidence } = verdict(activations, calibrationOf(network.metadata));
      return { label, confidence };
    };
    for (const picture of Object.values(SHAPES)) {
      for (const digit of digitsOf(readDigits(picture, network, { verdict: judge }))) {
        expect(digit).not.toHaveProperty("kind");
      }
    }
  });

  test("is seldom said of two digits that touch, which are no one digit", () => {
    const pages = Array.from({ length: 40 }, (_, i) => drawPage("two, touching", digitAt, i).picture);
    const none = pages.filter((picture) =>
      digitsOf(readDigits(picture, network)).some(({ kind }) => kind !== undefined),
    );
    expect(none.length).toBeLessThanOrEqual(4);
  });

  test.each(["two digits", "five in boxes"])("is none of %s", (kind) => {
    for (let i = 0; i < COUNT; i++) {
      for (const digit of digitsOf(readDigits(drawPage(kind, digitAt, i).picture, network))) {
        expect(digit).not.toHaveProperty("kind");
      }
    }
  });
});

/** A page of test digits in rows, shrunk by a whole factor. */
function pageOf(columns: number, rows: number, shrunk: number): { picture: Picture; text: string } {
  const [side, step] = [Math.floor(28 / shrunk), Math.floor(40 / shrunk)];
  const [width, height] = [columns * step, rows * step];
  const data = new Uint8Array(width * height).fill(250);
  let text = "";
  for (let i = 0; i < columns * rows; i++) {
    const { image, label } = digitAt(i);
    text += label;
    const corner = (Math.floor(i / columns) * step + 3) * width + (i % columns) * step + 3;
    for (let y = 0; y < side * shrunk; y++) {
      for (let x = 0; x < side * shrunk; x++) {
        const cell = corner + Math.floor(y / shrunk) * width + Math.floor(x / shrunk);
        data[cell] -= Math.floor((0.9 * image[28 * y + x]) / shrunk ** 2);
      }
    }
  }
  return { picture: { width, height, channels: 1, depth: 8, data }, text };
}

test("a page of 600 digits is read", () => {
  const { picture, text } = pageOf(25, 24, 1);
  const read = readDigits(picture, network)
    .numbers.map((number) => number.text)
    .join("");
  expect(read.length).toBe(text.length);
  expect([...read].filter((digit, i) => digit === text[i]).length / text.length).toBeGreaterThan(0.97);
});

test("a page of more digits than are read is refused, not called no digit", () => {
  const { picture } = pageOf(50, 46, 2);
  expect(() => readDigits(picture, network)).toThrow(/^picture: expected at most about 1000 digits in ink, got more/);
});
