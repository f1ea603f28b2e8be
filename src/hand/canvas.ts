// The sheet on which pictures are made: MNIST's field of 28 x 28, three times as fine, 0 paper to 255 ink.

import type { Grid, Region } from "../reading/grid.js";
import { normalise } from "../reading/normalise.js";
import type { Point } from "./draw.js";

const FIELD = 28;
const SCALE = 3;
/** Cells of a side. */
export const SIDE = FIELD * SCALE;
/** The longest side of what is drawn, in cells: MNIST's 20 pixels. */
export const BOX = 20 * SCALE;
/** The margin around that box, on each side. */
export const MARGIN = (SIDE - BOX) / 2;
/** Less than this share of the darkest ink is paper. */
const FAINT = 0.15;

export function blank(): Grid {
  return { width: SIDE, height: SIDE, values: new Float64Array(SIDE * SIDE) };
}

/** An image of 28 x 28 bytes, enlarged by linear interpolation. */
export function enlarged(image: ArrayLike<number>): Grid {
  const source = { width: FIELD, height: FIELD, values: Float64Array.from(image) };
  const sheet = blank();
  for (let y = 0, cell = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, cell++) sheet.values[cell] = valueAt(source, (x + 0.5) / SCALE, (y + 0.5) / SCALE);
  }
  return sheet;
}

/** The value at a place, linear between the middles of cells; 0 beyond the border. */
function valueAt({ width, height, values }: Grid, x: number, y: number): number {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  if (left < -1 || top < -1 || left >= width || top >= height) return 0;
  const [u, v] = [x - 0.5 - left, y - 0.5 - top];
  const cell = top * width + left;
  const [isLeft, isRight] = [left >= 0, left + 1 < width];
  const upper = top < 0 ? 0 : (isLeft ? (1 - u) * values[cell] : 0) + (isRight ? u * values[cell + 1] : 0);
  if (top + 1 >= height) return (1 - v) * upper;
  const lower = (isLeft ? (1 - u) * values[cell + width] : 0) + (isRight ? u * values[cell + width + 1] : 0);
  return (1 - v) * upper + v * lower;
}

/** What counts as ink: above this level. */
function leastOf({ values }: Grid): number {
  let darkest = 0;
  for (let cell = 0; cell < values.length; cell++) if (values[cell] > darkest) darkest = values[cell];
  return FAINT * darkest;
}

/** The bounding box of the ink, undefined on a blank sheet. */
export function boxOf(sheet: Grid): Region | undefined {
  const { width, height, values } = sheet;
  const least = leastOf(sheet);
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) {
      if (values[cell] <= least) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  return bottom === 0 ? undefined : { left, top, right, bottom };
}

/** The sheet in MNIST's form, as toDigit() makes it of a picture; a blank one is blank. */
export function toImage(sheet: Grid): Uint8Array {
  const box = boxOf(sheet);
  if (box === undefined) return new Uint8Array(FIELD * FIELD);
  const least = leastOf(sheet);
  const inked = sheet.values.reduce((count, value) => (value > least ? count + 1 : count), 0);
  const cells = new Int32Array(inked);
  for (let cell = 0, i = 0; i < inked; cell++) if (sheet.values[cell] > least) cells[i++] = cell;
  return normalise(sheet, box, [cells]);
}

/** A pen's stroke through points in cells; ink stays where there is more. */
export function stroke({ width, height, values }: Grid, points: readonly Point[], pen: number): void {
  const reach = pen / 2 + 0.5;
  for (let i = 0; i < Math.max(1, points.length - 1); i++) {
    const [[ax, ay], [bx, by]] = [points[i], points[i + 1] ?? points[i]];
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const [top, bottom] = [
      Math.max(0, Math.floor(Math.min(ay, by) - reach)),
      Math.min(height - 1, Math.max(ay, by) + reach),
    ];
    const [left, right] = [
      Math.max(0, Math.floor(Math.min(ax, bx) - reach)),
      Math.min(width - 1, Math.max(ax, bx) + reach),
    ];
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
        const t = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
        const [u, v] = [px - t * dx, py - t * dy];
        const ink = 255 * Math.min(1, Math.max(0, reach - Math.sqrt(u * u + v * v)));
        if (ink > values[y * width + x]) values[y * width + x] = ink;
      }
    }
  }
}

/** Ink all over a polygon in cells, by the rule of even and odd crossings. */
export function fill({ width, height, values }: Grid, corners: readonly Point[]): void {
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) {
      let inside = false;
      corners.forEach(([bx, by], i) => {
        const [ax, ay] = corners[i === 0 ? corners.length - 1 : i - 1];
        if (ay > y + 0.5 !== by > y + 0.5 && x + 0.5 < ax + ((y + 0.5 - ay) * (bx - ax)) / (by - ay)) inside = !inside;
      });
      if (inside) values[cell] = 255;
    }
  }
}

/** A linear map of the plane: x' = a x + b y, y' = c x + d y. */
export interface Linear {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** The ink mapped around the middle of its box, and shrunk where it would leave the sheet. */
export function mapped(sheet: Grid, { a, b, c, d }: Linear): Grid {
  const box = boxOf(sheet);
  if (box === undefined) return sheet;
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const [w, h] = [box.right - box.left, box.bottom - box.top];
  const size = Math.max(Math.abs(a) * w + Math.abs(b) * h, Math.abs(c) * w + Math.abs(d) * h);
  const fit = Math.min(1, (SIDE - 4) / size);
  const determinant = (a * d - b * c) * fit;
  const out = blank();
  for (let v = 0, cell = 0; v < SIDE; v++) {
    for (let u = 0; u < SIDE; u++, cell++) {
      const [p, q] = [u + 0.5 - SIDE / 2, v + 0.5 - SIDE / 2];
      out.values[cell] = valueAt(sheet, x + (d * p - b * q) / determinant, y + (a * q - c * p) / determinant);
    }
  }
  return out;
}
