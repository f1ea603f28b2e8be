// A digit in MNIST's form: its bounding box, scaled to fit 20 x 20 pixels with grey levels, lies in 28 x 28 so that
// its centre of mass is at the centre; 0 is paper, 255 ink.
// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".

import { type Grid, longerSide, quantile, type Region } from "./grid.js";

const FIELD = 28;
const BOX = 20;
/** The middle of pixel 14, counted from 0: there MNIST's images have their centre of mass, to half a pixel. */
const CENTRE = 14.5;
/** Strokes narrower than this many pixels are drawn wider, which spreads their ink over at most so many pixels. */
const THIN = { stroke: 1.8, spread: 2.5 };
/** The share of the inked pixels that get 255: in most of MNIST's images it is a quarter or more. */
const FULL = 0.25;

/** The ink of the box, row by row: one block for all, empty between calls, since digits are read by the hundred. */
let sheet = new Float64Array(0);

/**
 * The ink of these cells, scaled to 20 pixels and moved by whole pixels until its centre of mass is at the centre of
 * the field.
 * @param box the smallest that holds the cells
 * @param parts their places in the grid, by parts that have none in common
 */
export function normalise({ width, values }: Grid, box: Region, parts: readonly Cells[]): Uint8Array {
  const [columns, rows] = [box.right - box.left, box.bottom - box.top];
  if (sheet.length < columns * rows) sheet = new Float64Array(columns * rows);
  const scale = longerSide(box) / BOX;
  let [mass, atX, atY] = [0, 0, 0];
  for (const cells of parts) {
    for (let i = 0; i < cells.length; i++) {
      const row = Math.floor(cells[i] / width);
      const x = cells[i] - row * width - box.left;
      const y = row - box.top;
      const value = values[cells[i]];
      sheet[y * columns + x] = value;
      mass += value;
      atX += value * (x + 0.5);
      atY += value * (y + 0.5);
    }
  }
  const offset = (moment: number) => Math.round(CENTRE - moment / mass / scale);
  const [offsetX, offsetY] = [offset(atX), offset(atY)];
  // The mean of the cells within reach: half a cell makes it linear interpolation.
  const sample = (reach: number) =>
    weighed(
      spansOf((pixel) => box.left + (pixel + 0.5 - offsetX) * scale, reach, box.left, box.right),
      spansOf((pixel) => box.top + (pixel + 0.5 - offsetY) * scale, reach, box.top, box.bottom),
      columns,
    );
  const levels = sample(Math.max(1, scale) / 2);
  const spread = Math.min(1 + 2 * Math.max(0, THIN.stroke - strokeWidth(levels)), THIN.spread);
  const widened = spread > 1 ? sample((spread * Math.max(1, scale)) / 2) : levels;
  sheet.fill(0, 0, columns * rows);
  const full = quantile(
    widened.filter((level) => level > 0),
    1 - FULL,
  );
  return new Uint8Array(widened.map((level) => Math.min(255, Math.round((255 * level) / full))));
}

/** Places in a grid, row by row. */
type Cells = ArrayLike<number>;

/** The cells of a line that each pixel of the field covers: the first, how many, and the weights of all in order. */
interface Spans {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float64Array;
}

/** What each pixel covers of the cells from `start` to `end` - 1 of a line, within reach of its centre. */
function spansOf(centre: (pixel: number) => number, reach: number, start: number, end: number): Spans {
  const [first, count] = [new Int32Array(FIELD), new Int32Array(FIELD)];
  const weights: number[] = [];
  for (let pixel = 0; pixel < FIELD; pixel++) {
    const [from, to] = [centre(pixel) - reach, centre(pixel) + reach];
    const least = Math.max(start, Math.floor(from));
    first[pixel] = least - start;
    for (let cell = least; cell < Math.min(end, to); cell++) {
      weights.push(Math.min(cell + 1, to) - Math.max(cell, from));
      count[pixel]++;
    }
  }
  return { first, count, weights: Float64Array.from(weights) };
}

/** The sum of the ink that each pixel covers, by how much it covers of its cells. */
function weighed(columns: Spans, rows: Spans, width: number): Float64Array {
  const sums = new Float64Array(FIELD * FIELD);
  for (let row = 0, down = 0, pixel = 0; row < FIELD; down += rows.count[row++]) {
    for (let column = 0, across = 0; column < FIELD; across += columns.count[column++], pixel++) {
      let sum = 0;
      for (let v = 0; v < rows.count[row]; v++) {
        const weight = rows.weights[down + v];
        const cell = (rows.first[row] + v) * width + columns.first[column];
        for (let u = 0; u < columns.count[column]; u++) {
          const value = sheet[cell + u];
          if (value !== 0) sum += weight * columns.weights[across + u] * value;
        }
      }
      sums[pixel] = sum;
    }
  }
  return sums;
}

/**
 * The mean width of strokes, in pixels: their area by half of their outline, of which steps across and down count 4 /
 * pi of the length.
 */
function strokeWidth(levels: Float64Array): number {
  let [area, outline] = [0, 0];
  for (let pixel = 0; pixel < levels.length; pixel++) {
    const level = levels[pixel];
    area += level;
    outline += Math.abs(level - (levels[pixel + 1] ?? 0)) + Math.abs(level - (levels[pixel + FIELD] ?? 0));
  }
  return ((8 / Math.PI) * area) / outline;
}
