// Digits as people write them where MNIST's writers did not: the flag of a 1, the bar of a 7, the stroke through a
// zero are drawn onto MNIST's images; open 4s, curled 9s and flagged 1s of a few strokes are drawn whole.

import type { Grid, Region } from "../reading/grid.js";
import { BOX, blank, boxOf, mapped, SIDE, stroke } from "./canvas.js";
import { arc, type Draw, type Point, smooth } from "./draw.js";
import { penOf } from "./wear.js";

/** The middle of the ink in a row, within the box. */
function middleOf({ width, values }: Grid, { left, right }: Region, y: number): number {
  const row = Math.round(y) * width;
  let [mass, moment] = [0, 0];
  for (let x = left; x < right; x++) {
    mass += values[row + x];
    moment += values[row + x] * (x + 0.5);
  }
  return mass === 0 ? (left + right) / 2 : moment / mass;
}

/** The upstroke of a European 1, from near its top to the left, and now and then a foot. */
function flag(sheet: Grid, box: Region, pen: number, draw: Draw): void {
  const height = box.bottom - box.top;
  const top: Point = [middleOf(sheet, box, box.top + 1), box.top + pen / 2];
  if (draw.chance(0.85)) {
    const length = height * draw.between(0.2, 0.65);
    const steep = draw.between(0.5, 1.9);
    const across = length / Math.sqrt(1 + steep * steep);
    const end: Point = [top[0] - across, top[1] + steep * across];
    const bend = draw.between(-0.15, 0.15) * length;
    const middle: Point = [(top[0] + end[0]) / 2 + bend, (top[1] + end[1]) / 2 + bend / 2];
    stroke(sheet, smooth([top, middle, end]), pen);
  }
  if (draw.chance(0.25)) {
    const y = box.bottom - pen / 2;
    const x = middleOf(sheet, box, box.bottom - 2);
    const reach = height * draw.between(0.12, 0.35);
    const tilt = draw.between(-0.1, 0.1) * reach;
    stroke(
      sheet,
      [
        [x - reach, y + tilt],
        [x + reach, y - tilt],
      ],
      pen,
    );
  }
}

/** The bar through the stem of a 7. */
function bar(sheet: Grid, box: Region, pen: number, draw: Draw): void {
  const height = box.bottom - box.top;
  const y = box.top + height * draw.between(0.42, 0.65);
  const x = middleOf(sheet, box, y);
  const reach = height * draw.between(0.14, 0.36);
  const tilt = draw.between(-0.45, 0.3) * reach;
  stroke(
    sheet,
    [
      [x - reach * draw.between(0.8, 1.2), y - tilt],
      [x + reach * draw.between(0.8, 1.2), y + tilt],
    ],
    pen,
  );
}

/** The stroke through a zero, from the upper right to the lower left, or a dot within. */
function slash(sheet: Grid, box: Region, pen: number, draw: Draw): void {
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  if (draw.chance(0.15)) return stroke(sheet, [[x, y]], pen * draw.between(1, 1.6));
  const [w, h] = [(box.right - box.left) / 2, (box.bottom - box.top) / 2];
  const reach = draw.between(0.5, 1.1);
  const side = draw.chance(0.85) ? 1 : -1;
  const from: Point = [x + side * w * reach, y - h * reach * draw.between(0.7, 1)];
  const to: Point = [x - side * w * reach, y + h * reach * draw.between(0.7, 1)];
  stroke(sheet, [from, to], pen * draw.between(0.7, 1));
}

const ADDED: Readonly<Record<number, (sheet: Grid, box: Region, pen: number, draw: Draw) => void>> = {
  0: slash,
  1: flag,
  7: bar,
};
/** In which share of the images of a digit something is drawn onto it. */
const SHARES: Readonly<Record<number, number>> = { 0: 0.15, 1: 0.45, 7: 0.45 };

/** An MNIST digit on its sheet, some of them with what European hands add. */
export function withAdded(sheet: Grid, label: number, draw: Draw): Grid {
  const box = boxOf(sheet);
  if (box === undefined || !(label in ADDED) || !draw.chance(SHARES[label])) return sheet;
  const out = { ...sheet, values: sheet.values.slice() };
  ADDED[label](out, box, Math.max(2, penOf(sheet)), draw);
  return out;
}

/** Slanted, turned, narrow or wide, some stretched to a square as scanned digits come. */
export function leaning(sheet: Grid, draw: Draw): Grid {
  const box = boxOf(sheet);
  if (box === undefined) return sheet;
  const [w, h] = [box.right - box.left, box.bottom - box.top];
  const shear = draw.chance(0.5) ? draw.between(-0.15, 0.15) : draw.between(-0.6, 0.45);
  const square = draw.chance(0.3) ? Math.max(0.4, w / h) : 1;
  const wide = draw.chance(0.3) ? 1 / draw.between(1, 1.7) : draw.between(1, 1.4);
  const turn = draw.between(-0.2, 0.2);
  const [cosine, sine] = [1 - (turn * turn) / 2, turn];
  // Width and height first, then the slant, then the turn.
  const [a, d] = [wide / Math.max(1, wide), square / Math.max(1, wide)];
  const b = -shear * d;
  return mapped(sheet, { a: cosine * a, b: cosine * b - sine * d, c: sine * a, d: sine * b + cosine * d });
}

/** A point that a hand puts near (x, y) of the unit square. */
export type Place = (x: number, y: number) => Point;

/** Strokes of whole digits, on the unit square. */
const WRITTEN: Readonly<Record<number, (at: Place, draw: Draw) => Point[][]>> = {
  1: (at, draw) => {
    const [x, y] = [draw.between(0, 0.35), draw.between(0.2, 0.65)];
    const foot = draw.chance(0.25) ? [[at(0.35, 1), at(1, 1)]] : [];
    return [
      smooth([at(x, y), at((x + 0.7) / 2, y / 2 + draw.between(-0.05, 0.1)), at(0.7, 0)]),
      [at(0.7, 0), at(0.68, 1)],
      ...foot,
    ];
  },
  4: (at, draw) => {
    const [x, y] = [draw.between(0.2, 0.6), draw.between(0.5, 0.75)];
    const stem = draw.between(0.55, 0.85);
    const begin = draw.between(0, 0.45);
    const arm = draw.chance(0.6) ? [at(x, 0), at(0, y)] : smooth([at(x / 2, 0), at(0, y / 2), at(0.03, y)]);
    const tilt = draw.between(-0.08, 0.05);
    return [
      [...arm, at(1, y + tilt)],
      [at(stem, begin), at(stem - draw.between(-0.05, 0.2), 1)],
    ];
  },
  7: (at, draw) => {
    const serif = draw.chance(0.3) ? [at(0, draw.between(0.12, 0.25))] : [];
    const foot = draw.between(0.1, 0.5);
    const y = draw.between(0.42, 0.62);
    const x = 1 + (foot - 1) * y;
    const cross = draw.chance(0.75)
      ? [[at(x - draw.between(0.2, 0.4), y + 0.03), at(x + draw.between(0.15, 0.4), y - 0.03)]]
      : [];
    const bend = draw.between(-0.1, 0.05);
    return [
      [...serif, at(0, 0)],
      smooth([at(0, 0), at(0.5, draw.between(-0.03, 0.08)), at(1, 0)]),
      smooth([at(1, 0), at((1 + foot) / 2 + bend, 0.5), at(foot, 1)]),
      ...cross,
    ];
  },
  9: (at, draw) => {
    const size = draw.between(0.42, 0.62);
    const foot = draw.between(0, 0.3);
    const loop = smooth([
      at(0.95, 0.1 * size),
      at(0.5, 0),
      at(0, size / 2),
      at(0.4, size),
      at(0.9, 0.55 * size),
      at(0.95, 0.1 * size),
    ]);
    const tail = draw.chance(0.7)
      ? [at(0.95, 0.1 * size), at(0.97, 0.6), at(0.75, 0.93), at(0.4, 1), at(foot, draw.between(0.78, 0.95))]
      : [at(0.95, 0.1 * size), at(0.9, 0.6), at(draw.between(0.4, 0.9), 1)];
    return [loop, smooth(tail)];
  },
  6: (at, draw) => {
    const size = draw.between(0.4, 0.6);
    const top = 1 - size;
    return [
      smooth([
        at(draw.between(0.6, 0.95), 0),
        at(0.25, 0.3),
        at(0.02, 0.7),
        at(0.3, 0.98),
        at(0.8, 0.95),
        at(1, 1 - size / 2),
        at(0.6, top),
        at(0.1, 1 - size / 3),
      ]),
    ];
  },
  0: (at) => [[...arc(at(0.5, 0.5), 0.9, 1, -1.2, 2.9)]],
};
/** The digits that WRITTEN has, the first ones more often. */
const WRITTEN_LABELS = [1, 4, 9, 7, 4, 1, 9, 1, 4, 6, 9, 7];

/** Strokes on the unit square, drawn on a sheet: at most MNIST's 20 pixels high. */
export function written(strokes: readonly (readonly Point[])[], wide: number, pen: number): Grid {
  const sheet = blank();
  const [left, top] = [(SIDE - BOX * wide) / 2, (SIDE - BOX) / 2];
  for (const points of strokes)
    stroke(
      sheet,
      points.map(([x, y]) => [left + x * BOX * wide, top + y * BOX] as const),
      pen,
    );
  return sheet;
}

/** A hand that misses its places by so much. */
export function shaky(draw: Draw, by: number): Place {
  return (x, y) => [x + by * draw.normal(), y + by * draw.normal()];
}

/** A digit of a few strokes, and its label. */
export function writtenDigit(draw: Draw): { sheet: Grid; label: number } {
  const label = draw.of(WRITTEN_LABELS);
  const strokes = WRITTEN[label](shaky(draw, 0.03), draw);
  return { sheet: written(strokes, draw.between(0.45, 0.95), draw.between(3, 9)), label };
}
