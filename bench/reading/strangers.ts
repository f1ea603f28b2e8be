// Sheets with what is no digit, to measure by: drawn in other ways than those in src/hand, which train.

import type { Picture } from "ductus/formats";
import { between, type Canvas, mapped, oneOf, paper, type Random, strokes, written } from "./canvas.js";
import { grey } from "./sheets.js";

type Point = readonly [x: number, y: number];
/** Gives a digit of MNIST at random: 28 x 28 levels. */
export type Digits = (random: Random) => Uint8Array;

const SIDE = 240;
const PAPER = 250;
const INK = 30;

/** A line of a pen through points. */
function line({ width, values }: Canvas, points: readonly Point[], pen: number): void {
  for (let i = 0; i + 1 < points.length; i++) {
    const [[ax, ay], [bx, by]] = [points[i], points[i + 1]];
    const steps = Math.ceil(2 * Math.hypot(bx - ax, by - ay)) + 1;
    for (let step = 0; step <= steps; step++) {
      const [x, y] = [ax + ((bx - ax) * step) / steps, ay + ((by - ay) * step) / steps];
      for (let v = Math.floor(y - pen / 2); v <= y + pen / 2; v++) {
        for (let u = Math.floor(x - pen / 2); u <= x + pen / 2; u++) {
          const isNear = Math.hypot(u + 0.5 - x, v + 0.5 - y) <= pen / 2;
          if (isNear && u >= 0 && v >= 0 && u < width && v < SIDE) values[v * width + u] = INK;
        }
      }
    }
  }
}

function sheetOf(draw: (sheet: Canvas) => void): Picture {
  const sheet = paper(SIDE, SIDE, PAPER);
  draw(sheet);
  return grey(sheet);
}

/** A pen that wanders: its direction changes at random, and the paper's edge sends it back. */
function scribble(random: Random): Picture {
  return sheetOf((sheet) => {
    let [x, y, turn, bend] = [between(random, 60, 180), between(random, 60, 180), between(random, 0, 6.3), 0];
    const points: Point[] = [[x, y]];
    const restless = between(random, 0.05, 0.5);
    for (let i = between(random, 60, 220); i > 0; i--) {
      bend = 0.85 * bend + between(random, -restless, restless);
      turn += bend;
      x = Math.min(200, Math.max(40, x + 5 * Math.cos(turn)));
      y = Math.min(200, Math.max(40, y + 5 * Math.sin(turn)));
      points.push([x, y]);
    }
    line(sheet, points, between(random, 5, 14));
  });
}

/** A square, a cross, a disc, a triangle, a star, a disc on a stick, a tick, an arrow. */
function shape(random: Random): Picture {
  const size = between(random, 50, 85);
  const at = (angle: number, radius = 1): Point => [
    120 + size * radius * Math.cos(angle),
    120 + size * radius * Math.sin(angle),
  ];
  const pen = between(random, 8, 18);
  const turn = between(random, -0.3, 0.3);
  const round = (corners: number, first: number, radius = 1) =>
    Array.from({ length: corners + 1 }, (_, i) => at(first + (2 * Math.PI * i) / corners, radius));
  const shapes: readonly ((sheet: Canvas) => void)[] = [
    (sheet) => line(sheet, round(4, Math.PI / 4 + turn), pen),
    (sheet) =>
      [0, 1].forEach((i) => {
        line(sheet, [at(turn + (i * Math.PI) / 2), at(turn + Math.PI * (1 + i / 2))], pen);
      }),
    (sheet) =>
      [0.1, 0.4, 0.7].forEach((radius) => {
        line(sheet, round(40, 0, radius), size * 0.4);
      }),
    (sheet) => line(sheet, round(3, -Math.PI / 2 + turn), pen),
    (sheet) =>
      line(
        sheet,
        Array.from({ length: 6 }, (_, i) => at(-Math.PI / 2 + (4 * Math.PI * i) / 5)),
        pen,
      ),
    (sheet) => {
      line(sheet, [at(-Math.PI / 2), at(-Math.PI / 2, 0.95)], size * 0.7);
      line(sheet, [at(-Math.PI / 2), at(Math.PI / 2)], pen);
    },
    (sheet) => line(sheet, [at(3, 0.8), at(1.9, 0.8), at(-0.7, 1.1)], pen),
    (sheet) => {
      line(sheet, [at(Math.PI + turn), at(turn)], pen);
      line(sheet, [at(turn - 0.5, 0.7), at(turn), at(turn + 0.5, 0.7)], pen);
    },
  ];
  return sheetOf(oneOf(random, shapes));
}

/** A digit crossed out by one line or two, longer than the digit is. */
function crossedOut(random: Random, digits: Digits): Picture {
  const place = { size: 200, x: 120, y: 120 };
  const sheet = paper(SIDE, SIDE, PAPER);
  const out = written(sheet, strokes(digits(random), sheet, place), INK);
  const pen = between(random, 7, 13);
  const slope = between(random, -0.8, 0.8);
  line(
    out,
    [
      [35, 120 + 85 * slope],
      [205, 120 - 85 * slope],
    ],
    pen,
  );
  if (random() < 0.5)
    line(
      out,
      [
        [35, 120 - 85 * slope + 20],
        [205, 120 + 85 * slope + 20],
      ],
      pen,
    );
  return grey(out);
}

/** Two digits side by side. */
function twoDigits(random: Random, digits: Digits): Picture {
  const sheet = paper(SIDE, SIDE, PAPER);
  const size = between(random, 110, 140);
  const gap = size * between(random, 0.55, 0.75);
  const first = written(sheet, strokes(digits(random), sheet, { size, x: 120 - gap / 2, y: 120 }), INK);
  return grey(written(first, strokes(digits(random), first, { size, x: 120 + gap / 2, y: 122 }), INK));
}

/** The left, right, upper or lower part of a digit, less than half of it; what is left may well be a 1 or a 7. */
function partOfDigit(random: Random, digits: Digits): Picture {
  const sheet = paper(SIDE, SIDE, PAPER);
  const ink = strokes(digits(random), sheet, { size: 200, x: 120, y: 120 });
  const [at, share] = [Math.floor(4 * random()), between(random, 0.3, 0.5)];
  const inked = Array.from(ink.values.keys()).filter((i) => ink.values[i] > 0.5);
  const along = inked.map((i) => (at % 2 === 0 ? i % SIDE : Math.floor(i / SIDE))).sort((a, b) => a - b);
  const [first, last] = [along[0], along[along.length - 1]];
  const edge = at < 2 ? first + share * (last - first) : last - share * (last - first);
  const kept = mapped(ink, (value, x, y) => ((at % 2 === 0 ? x : y) < edge === at < 2 ? value : 0));
  return grey(written(sheet, kept, INK));
}

/** Hatching, grains or blots all over the sheet. */
function texture(random: Random): Picture {
  const [kind, step, width] = [Math.floor(3 * random()), between(random, 12, 30), between(random, 3, 8)];
  const [turn, share] = [between(random, 0, Math.PI), between(random, 0.05, 0.3)];
  const blots = Array.from({ length: 25 }, () => [between(random, 0, SIDE), between(random, 0, SIDE)] as const);
  const isInk = (x: number, y: number) => {
    if (kind === 0) return (((x * Math.cos(turn) + y * Math.sin(turn)) % step) + step) % step < width;
    if (kind === 1) return random() < share;
    return blots.some(([u, v]) => Math.hypot(x - u, y - v) < step / 2 + width);
  };
  return grey(mapped(paper(SIDE, SIDE, PAPER), (value, x, y) => (isInk(x, y) ? INK : value)));
}

/** What is drawn, by its name in the table. */
export const STRANGERS: Readonly<Record<string, (random: Random, digits: Digits) => Picture>> = {
  scribbles: scribble,
  shapes: shape,
  "crossed out": crossedOut,
  "two digits": twoDigits,
  "parts of digits": partOfDigit,
  textures: texture,
};
