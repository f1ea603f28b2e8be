// MNIST's digits as people write them where its writers did not: the flag of a 1, the bar of a 7 and the stroke through
// a zero are drawn onto the images, which then lean or stretch.

import type { Grid, Region } from "../reading/grid.js";
import { boxOf, mapped, stroke } from "./canvas.js";
import { type Draw, type Point, smooth } from "./draw.js";
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
    const length = height * draw.between(0.2, 0.95);
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
  const y = box.top + height * draw.between(0.42, 0.7);
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
  if (draw.chance(0.15)) {
    stroke(sheet, [[x, y]], pen * draw.between(1, 1.6));
    return;
  }
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
