// Cells of registers, as church books have them: a small digit on stained paper between the rules of a table, the dark
// edge of the book beside it, and the writing of the page behind showing through.

import {
  between,
  type Canvas,
  coarse,
  mapped,
  noisy,
  oneOf,
  paper,
  type Random,
  ruled,
  type Stroke,
  scaled,
  strokes,
  written,
} from "./canvas.js";
import { grey, type Sheet } from "./sheets.js";

/** Sides of a cell's picture, in pixels. */
const [WIDTH, HEIGHT] = [280, 200];

/** Every kind by its name. */
export const REGISTERS: Readonly<Record<string, Sheet>> = {
  "church-book cell": (d, r) => {
    const sheet = bookEdge(ruled(paper(WIDTH, HEIGHT, between(r, 185, 220)), rules(r)), r);
    return grey(noisy(inscribed(sheet, d, r), 5, r));
  },
  "church-book cell, stained": (d, r) => {
    const stained = stains(paper(WIDTH, HEIGHT, between(r, 175, 210)), r);
    const sheet = bookEdge(ruled(shownThrough(stained, d, r), rules(r)), r);
    return grey(noisy(inscribed(sheet, d, r), 7, r));
  },
  "church-book cell, small": (d, r) => {
    const stained = stains(paper(WIDTH, HEIGHT, between(r, 175, 210)), r);
    const sheet = bookEdge(besideOthers(ruled(stained, rules(r)), d, r), r);
    return grey(noisy(coarse(scaled(inscribed(sheet, d, r, 0.7), between(r, 0.4, 0.6)), between(r, 2, 8)), 3, r));
  },
};

/** The rules of a table around a cell, of which one may be missing; the left and the right one may be double. */
function rules(random: Random): Stroke[] {
  const missing = Math.floor(6 * random());
  const lines: Stroke[] = [];
  for (let at = 0; at < 4; at++) {
    if (at === missing) continue;
    const isDown = at % 2 === 1;
    const [long, far] = isDown ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
    const place = at < 2 ? between(random, 0.06, 0.16) * far : between(random, 0.84, 0.94) * far;
    const lean = between(random, -0.02, 0.02) * long;
    const line = { thickness: between(random, 1.5, 3.5), level: between(random, 90, 150) };
    for (const beside of isDown ? oneOf(random, [[0], [0, 6]]) : [0]) {
      const [a, b] = [place + beside, place + beside + lean];
      lines.push(
        isDown ? { from: [a, -9], to: [b, long + 9], ...line } : { from: [-9, a], to: [long + 9, b], ...line },
      );
    }
  }
  return lines;
}

/** The dark beyond the book's edge, which is not straight, at the left or at the right. */
function bookEdge(sheet: Canvas, random: Random): Canvas {
  const [width, level] = [between(random, 0.05, 0.2) * WIDTH, between(random, 10, 60)];
  const [wave, length, soft] = [between(random, 1, 8), between(random, 20, 60), between(random, 1, 4)];
  const isRight = random() < 0.5;
  return mapped(sheet, (value, x, y) => {
    const from = (isRight ? WIDTH - 1 - x : x) - width - wave * Math.sin(y / length);
    const share = 1 / (1 + Math.exp(from / soft));
    return value * (1 - share) + level * share;
  });
}

function stains(sheet: Canvas, random: Random): Canvas {
  const spots = Array.from({ length: 5 }, () => ({
    x: between(random, 0, WIDTH),
    y: between(random, 0, HEIGHT),
    size: between(random, 20, 60),
    depth: between(random, -20, 15),
  }));
  return mapped(sheet, (value, x, y) =>
    spots.reduce(
      (sum, spot) => sum + spot.depth * Math.exp(-((x - spot.x) ** 2 + (y - spot.y) ** 2) / (2 * spot.size ** 2)),
      value,
    ),
  );
}

/** Writing on the other side of the paper: the digit mirrored, hardly darker than paper. */
function shownThrough(sheet: Canvas, digit: Uint8Array, random: Random): Canvas {
  const mirrored = digit.map((_, i) => digit[28 * Math.floor(i / 28) + 27 - (i % 28)]);
  const place = { size: between(random, 50, 90), x: between(random, 70, 210), y: between(random, 60, 140) };
  const depth = between(random, 6, 16);
  const ink = strokes(mirrored, sheet, place);
  return mapped(sheet, (value, x, y) => value - depth * ink.values[y * WIDTH + x]);
}

/** The writing of the cells above and below, of which a part reaches into this one's picture. */
function besideOthers(sheet: Canvas, digit: Uint8Array, random: Random): Canvas {
  const level = between(random, 50, 110);
  return [-1, 1].reduce((under, way) => {
    const y = HEIGHT / 2 + way * between(random, 0.5, 0.6) * HEIGHT;
    const place = { size: between(random, 60, 90), x: between(random, 60, 220), y, turn: Math.PI };
    return written(under, strokes(digit, under, place), level);
  }, sheet);
}

/** A digit of a third to a half of the cell's height, or a share of that. */
function inscribed(sheet: Canvas, digit: Uint8Array, random: Random, share = 1): Canvas {
  const place = { size: share * between(random, 85, 130), x: between(random, 105, 175), y: between(random, 85, 115) };
  return written(sheet, strokes(digit, sheet, place), between(random, 50, 110));
}
