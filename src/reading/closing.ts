// Paper under hard light, or beside other things: black top-hat, what a closing of the tones fills. A closing, the
// minimum over a square of the maxima over it, removes all that is darker than its surroundings and narrower than the
// square; edges of shadows, tables and margins stay where they are, so that the difference has none of them.
// Source: Serra, "Image Analysis and Mathematical Morphology", 1982. Sliding maxima: van Herk, Pattern Recognition
// Letters 13(7), 1992, three comparisons a cell for any width.

import { type Grid, quantile } from "./grid.js";
import { skew } from "./paper.js";
import type { Piece } from "./pieces.js";

/** Half of the square's side as a share of the sheet's longer side: strokes up to 0.3 of it wide are filled. */
export const REACH = 0.15;
/** Half of the side of the square on whose mean a cell stands out, as a share of the sheet's longer side. */
const AROUND = 0.12;

/** Light on paper is taken to be at least this, in levels of 255: in darker corners noise would be taken for ink. */
const DARKEST = 80;

/** Paper is looked for within this share of the sheet's longer side beside a piece: soft strokes end there. */
const BESIDE = 0.03;
const DIRECTIONS = [
  { dx: 1, dy: 0 },
  { dx: -1, dy: 0 },
  { dx: 0, dy: 1 },
  { dx: 0, dy: -1 },
];
/**
 * Where less than this share of the contrast is seen there is no paper. Strokes have paper along all but this share of
 * each of their sides.
 */
const OPEN = { contrast: 0.35, share: 0.45 };

/** What a closing shows: ink, and the tones and the paper it is the difference of, ink being dark. */
export interface Closed {
  readonly ink: Grid;
  readonly tones: Float64Array;
  readonly paper: Float64Array;
}

/** Tones without single cells of noise, of which a closing would make hills. */
export function smoothed(tones: Grid): Grid {
  return meanOf(tones, 1);
}

/**
 * How far each smoothed tone is from the closing, ink positive; dark ink as its share of the light, which is the same
 * in a shadow.
 */
export function fromClosing({ width, height, values }: Grid, light: boolean, share: number): Closed {
  const reach = Math.max(1, Math.round(share * Math.max(width, height)));
  // Light ink is closed in the negative.
  const dark = light ? values.map((value) => -value) : values;
  const closed = closing({ width, height, values: dark }, reach);
  const hat = new Float64Array(closed.length);
  for (let cell = 0; cell < hat.length; cell++) {
    const difference = closed[cell] - dark[cell];
    hat[cell] = light ? difference : (255 * difference) / Math.max(closed[cell], DARKEST);
  }
  const middle = quantile(hat, 0.5);
  for (let cell = 0; cell < hat.length; cell++) hat[cell] -= middle;
  return { ink: { width, height, values: hat }, tones: dark, paper: closed };
}

/**
 * Whether a piece is what a closing fills at the edge of something dark: in a bay of a book's edge, between a sheet
 * and the border. Strokes have paper on all sides, such a piece has not.
 */
export function isResidue({ ink, tones, paper }: Closed, { cells }: Piece, threshold: number): boolean {
  const { width, height, values } = ink;
  const reach = Math.max(2, Math.round(BESIDE * Math.max(width, height)));
  const isInside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height;
  const [all, open] = [new Int32Array(DIRECTIONS.length), new Int32Array(DIRECTIONS.length)];
  for (const cell of cells) {
    const y = Math.floor(cell / width);
    const x = cell - y * width;
    for (let side = 0; side < DIRECTIONS.length; side++) {
      const { dx, dy } = DIRECTIONS[side];
      if (!isInside(x + 2 * dx, y + 2 * dy) || values[cell + dx + dy * width] >= threshold) continue;
      const tone = Math.min(tones[cell], tones[(y - dy) * width + x - dx] ?? Infinity);
      const least = tone + OPEN.contrast * (paper[cell] - tone);
      all[side]++;
      let steps = 2;
      while (steps <= reach && isInside(x + steps * dx, y + steps * dy)) {
        if (tones[cell + steps * (dx + dy * width)] >= least) break;
        steps++;
      }
      if (steps > reach || !isInside(x + steps * dx, y + steps * dy)) open[side]++;
    }
  }
  return open.some((count, side) => count > OPEN.share * all[side]);
}

/**
 * The closing of the values by a square. The outermost cells continue beyond the border: a table there is wider than
 * the square.
 */
function closing({ width, height, values }: Grid, reach: number): Float64Array {
  const wide = width + 2 * reach;
  const padded = new Float64Array(wide * (height + 2 * reach));
  for (let y = 0, cell = 0; y < height + 2 * reach; y++) {
    const row = Math.min(height - 1, Math.max(0, y - reach)) * width;
    for (let x = 0; x < wide; x++, cell++) padded[cell] = values[row + Math.min(width - 1, Math.max(0, x - reach))];
  }
  const high = height + 2 * reach;
  slide(padded, wide, high, reach);
  // The minima are those of the negative's maxima, negated.
  negate(padded);
  slide(padded, wide, high, reach);
  const within = new Float64Array(values.length);
  for (let y = 0; y < height; y++) {
    const start = (y + reach) * wide + reach;
    within.set(padded.subarray(start, start + width), y * width);
  }
  negate(within);
  return within;
}

/** Whether ink seems to be lighter than what is around it; corners of paper and table do, too. */
export function isInkLight(tones: Grid): boolean {
  const around = meanOf(tones, Math.max(2, Math.round(AROUND * Math.max(tones.width, tones.height))));
  const differences = around.values;
  for (let cell = 0; cell < differences.length; cell++) differences[cell] = tones.values[cell] - differences[cell];
  return skew(differences) > 0;
}

/** The means of squares of 2 reach + 1 cells, cut off at the border, by a table of sums. */
function meanOf({ width, height, values }: Grid, reach: number): Grid {
  const stride = width + 1;
  const sums = new Float64Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += values[y * width + x];
      sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
    }
  }
  const means = new Float64Array(values.length);
  for (let y = 0, cell = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - reach) * stride, Math.min(height, y + reach + 1) * stride];
    const rows = (bottom - top) / stride;
    for (let x = 0; x < width; x++, cell++) {
      const left = Math.max(0, x - reach);
      const right = Math.min(width, x + reach + 1);
      const sum = sums[bottom + right] - sums[top + right] - sums[bottom + left] + sums[top + left];
      means[cell] = sum / (rows * (right - left));
    }
  }
  return { width, height, values: means };
}

/** The maxima over squares of 2 reach + 1 cells, cut off at the border. */
export function maxima({ width, height, values }: Grid, reach: number): Grid {
  const out = values.slice();
  slide(out, width, height, reach);
  return { width, height, values: out };
}

/** Replaces each value by its square's maximum. */
function slide(values: Float64Array, width: number, height: number, reach: number): void {
  slideAcross(values, width, height, reach);
  slideDown(values, width, height, reach);
}

function negate(values: Float64Array): void {
  for (let i = 0; i < values.length; i++) values[i] = -values[i];
}

/**
 * Replaces each value by the maximum of 2 reach + 1 in its row: of a block of so many from there to its end, and of the
 * next block from its start. Beyond the border there is nothing.
 */
function slideAcross(values: Float64Array, width: number, height: number, reach: number): void {
  const block = 2 * reach + 1;
  const size = Math.ceil((width + 2 * reach) / block) * block;
  const line = new Float64Array(size).fill(-Infinity);
  const [forth, back] = [new Float64Array(size), new Float64Array(size)];
  for (let start = 0; start < width * height; start += width) {
    line.set(values.subarray(start, start + width), reach);
    for (let first = 0; first < size; first += block) {
      let most = -Infinity;
      for (let i = first; i < first + block; i++) {
        if (line[i] > most) most = line[i];
        forth[i] = most;
      }
      most = -Infinity;
      for (let i = first + block - 1; i >= first; i--) {
        if (line[i] > most) most = line[i];
        back[i] = most;
      }
    }
    for (let i = 0; i < width; i++) {
      values[start + i] = back[i] > forth[i + 2 * reach] ? back[i] : forth[i + 2 * reach];
    }
  }
}

/** As slideAcross(), down the columns: all of them at once, row by row, as memory lies. */
function slideDown(values: Float64Array, width: number, height: number, reach: number): void {
  const block = 2 * reach + 1;
  const back = new Float64Array(width * height);
  const most = new Float64Array(width).fill(-Infinity);
  // Place i of a column, from `reach` above the border on, is row i - reach.
  for (let i = height + 2 * reach - 1; i >= 0; i--) {
    if (i % block === block - 1) most.fill(-Infinity);
    if (i >= reach && i < height + reach) raise(most, values, (i - reach) * width);
    if (i < height) back.set(most, i * width);
  }
  for (let i = 0; i < height + 2 * reach; i++) {
    if (i % block === 0) most.fill(-Infinity);
    if (i >= reach && i < height + reach) raise(most, values, (i - reach) * width);
    const start = (i - 2 * reach) * width;
    for (let x = 0; x < width && start >= 0; x++) {
      values[start + x] = back[start + x] > most[x] ? back[start + x] : most[x];
    }
  }
}

/** Makes each of `most` as large as what is in its place in a row. */
function raise(most: Float64Array, values: Float64Array, start: number): void {
  for (let x = 0; x < most.length; x++) if (values[start + x] > most[x]) most[x] = values[start + x];
}
