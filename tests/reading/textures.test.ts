// Pictures of more marks than anybody writes take about as long as others of their size, and get an answer or a clear
// sentence. Work is counted: readings by the network, and CPU time beside that of a plain page in the same run.

import { expect, test } from "vitest";
import { countDigits, findDigit, type Picture, readDigits, toDigit } from "../../src/formats/index.js";
import { quantile } from "../../src/reading/grid.js";
import { bestReading } from "../../src/reading/lattice.js";
import { framesOf, piecesOf } from "../../src/reading/pieces.js";

const SIDE = 640;
type Ink = (x: number, y: number) => boolean;

function sheet(ink: Ink): Picture {
  const data = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (ink(i % SIDE, Math.floor(i / SIDE)) ? 20 : 240));
  return { width: SIDE, height: SIDE, channels: 1, depth: 8, data };
}

/** Even numbers from 0 to 1, the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Bars at random places. */
function bars(count: number, width: number, height: number): Ink {
  const next = random(count);
  const inked = new Uint8Array(SIDE * SIDE);
  for (let i = 0; i < count; i++) {
    const [left, top] = [Math.floor(next() * (SIDE - width)), Math.floor(next() * (SIDE - height))];
    for (let y = top; y < top + height; y++) inked.fill(1, y * SIDE + left, y * SIDE + left + width);
  }
  return (x, y) => inked[y * SIDE + x] === 1;
}

function noise(share: number): Ink {
  const next = random(7);
  const inked = Uint8Array.from({ length: SIDE * SIDE }, () => (next() < share ? 1 : 0));
  return (x, y) => inked[y * SIDE + x] === 1;
}

const ring = (x: number, y: number) => Math.max(Math.abs(x - SIDE / 2), Math.abs(y - SIDE / 2));
const TEXTURES: Readonly<Record<string, Ink>> = {
  "dots of one cell": (x, y) => x % 3 === 0 && y % 3 === 0,
  "dots of four cells": (x, y) => x % 6 < 2 && y % 6 < 2,
  "bars at random": bars(8000, 2, 9),
  dashes: (x, y) => x % 16 < 12 && y % 6 < 2,
  "stripes across": (_, y) => y % 4 < 2,
  "stripes down": (x) => x % 4 < 1,
  "fine checks": (x, y) => (x + y) % 2 === 0,
  "coarse checks": (x, y) => ((x >> 3) + (y >> 3)) % 2 === 0,
  "squared paper, too fine": (x, y) => x % 8 === 0 || y % 8 === 0,
  "frames in frames": (x, y) => ring(x, y) % 4 < 1,
  "small frames": (x, y) => x % 8 < 7 && y % 8 < 7 && (x % 8 === 0 || y % 8 === 0 || x % 8 === 6 || y % 8 === 6),
  zigzags: (x, y) => (y + Math.abs((x % 24) - 12)) % 30 < 4 && x % 120 < 110,
  "marks like text": (x, y) => y % 14 < 9 && x % 8 < 6 && (x * 7 + y * 13 + (x >> 3) * (y >> 3)) % 5 < 3,
  "sparse noise": noise(0.01),
  "dense noise": noise(0.4),
};

/** A network that is sure of nothing; it counts what it reads. */
function reader() {
  const counted = {
    readings: 0,
    predict() {
      counted.readings++;
      return { activations: new Float32Array(10).fill(0.1) };
    },
  };
  return counted;
}

/** Seconds of CPU. */
function seconds(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** What is said instead of an answer. */
function answer(look: () => unknown): string {
  try {
    look();
    return "";
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

const REFUSED = /^$|^picture: expected (a digit in ink that stands out|at most about 1000 digits in ink)/;
/** The most that a texture takes, in times of the plain page: it has more ways to be seen, and more to be read. */
const TIMES = 40;

/** Slanted bars, four by four. */
const plain = sheet((x, y) => Math.abs((x % 160) + (y % 160) / 3 - 100) < 5 && y % 160 > 40 && y % 160 < 120);
/** The second time, when all is compiled. */
const usual = Math.max(...[1, 2].map(() => seconds(() => readDigits(plain, reader()))).slice(1), 0.05);

test.each(Object.keys(TEXTURES))("%s: an answer in bounded time, or a sentence", (name) => {
  const picture = sheet(TEXTURES[name]);
  const network = reader();
  const taken = seconds(() => {
    expect(answer(() => readDigits(picture, network, { digits: 3 }))).toMatch(REFUSED);
    expect(answer(() => toDigit(picture))).toMatch(REFUSED);
    expect(answer(() => countDigits(picture, findDigit(picture), network))).toMatch(REFUSED);
  });
  // Each of the two looks at the page reads at most 1400 choices of segments; the digit alone is read three times.
  expect(network.readings).toBeLessThanOrEqual(2 * 1400 + 3);
  expect(taken).toBeLessThan(TIMES * usual);
});

test("more marks than a page has are named", () => {
  // One bar in each square of 10 cells, none beside the next: 4096 of them.
  const next = random(3);
  const shifts = Array.from({ length: SIDE / 10 }, () => Array.from({ length: SIDE / 10 }, () => [next(), next()]));
  const crowd = sheet((x, y) => {
    const [right, down] = shifts[Math.floor(y / 10)][Math.floor(x / 10)];
    const [u, v] = [(x % 10) - Math.floor(6 * right), (y % 10) - Math.floor(3 * down)];
    return u >= 0 && u < 3 && v >= 0 && v < 6;
  });
  const message = /^picture: expected at most about 1000 digits in ink, got more marks/;
  expect(() => readDigits(crowd, reader())).toThrow(message);
  expect(() => findDigit(sheet(noise(0.01)))).toThrow(message);
});

test("thousands of frames are looked through in order", () => {
  const side = 804;
  const values = Float64Array.from({ length: side * side }, (_, cell) => {
    const [x, y] = [cell % 12, Math.floor(cell / side) % 12];
    const isRing = x < 11 && y < 11 && (x === 0 || y === 0 || x === 10 || y === 10);
    return isRing || (x > 2 && x < 8 && y > 2 && y < 8) ? 200 : 0;
  });
  const ink = { width: side, height: side, values };
  const pieces = piecesOf(ink, 100);
  let asked = 0;
  const counted = pieces.map((piece) => ({
    ...piece,
    get ink() {
      asked++;
      return piece.ink;
    },
  }));
  expect(framesOf(counted, ink)).toHaveLength(pieces.length / 2);
  // Each frame asks the pieces of some columns, not all.
  expect(asked).toBeLessThan(pieces.length * 500);
});

test("values made to be selected slowly are selected soon", () => {
  // The value in the middle of what is left is always the least of it.
  const count = 100_000;
  const places = Array.from({ length: count }, (_, i) => i);
  const values = new Float64Array(count);
  for (let low = 0; low < count; low++) {
    const middle = (low + count - 1) >> 1;
    values[places[middle]] = low;
    [places[low], places[middle]] = [places[middle], places[low]];
  }
  const simple = seconds(() => Float64Array.from(values).sort());
  expect(seconds(() => expect(quantile(values, 1)).toBe(count - 1))).toBeLessThan(50 * Math.max(simple, 0.01));
});

test("a line of many segments, of a known count, is read in the order of their number", () => {
  const segments = Array.from({ length: 1500 }, (_, i) => ({
    cells: Int32Array.from([i]),
    box: { left: 10 * i, top: 0, right: 10 * i + 6, bottom: 10 },
    cut: 0,
  }));
  let asked = 0;
  const digits = bestReading(
    segments,
    10,
    (choices) => choices.map(() => ({ label: asked++ % 10, confidence: 0.9 })),
    1500,
  );
  expect(digits).toHaveLength(1500);
  expect(asked).toBeLessThanOrEqual(9 * 1500);
});
