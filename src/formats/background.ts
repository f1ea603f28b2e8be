// Background estimation: which tone the paper has, evenly or from place to place, and how far the ink is from it.

import { type Grid, quantile } from "./grid.js";

/** The tone of uneven paper is measured in 5 x 5 windows, each of this share of the sheet's width and height. */
const WINDOWS = 5;
const SPAN = 0.5;
/** Paper has about this quantile of a window's values, of which ink is the highest. */
const PAPER = 0.25;
/** Tones that differ by at most so many levels of 255 count as one. */
const SAME = 4;

/**
 * The median tone, in which the border weighs as much as the whole, and the share of tones within SAME levels of it.
 */
export function medianTone({ width, height, values }: Grid, weights?: Grid): { tone: number; share: number } {
  const histogram = new Float64Array(256);
  const sums = new Float64Array(256);
  const border = Math.max(1, 2 * (width + height) - 4);
  values.forEach((value, cell) => {
    const [x, y] = [cell % width, Math.floor(cell / width)];
    const outermost = x === 0 || y === 0 || x === width - 1 || y === height - 1;
    const weight = (1 / values.length + (outermost ? 1 / border : 0)) * (weights?.values[cell] ?? 1);
    histogram[Math.round(value)] += weight;
    sums[Math.round(value)] += weight * value;
  });
  const all = histogram.reduce((sum, n) => sum + n);
  let [bin, below] = [0, histogram[0]];
  while (below < all / 2 && bin < 255) below += histogram[++bin];
  const near = histogram.subarray(Math.max(0, bin - SAME), bin + SAME + 1).reduce((sum, n) => sum + n);
  return { tone: histogram[bin] === 0 ? bin : sums[bin] / histogram[bin], share: near / all };
}

/** How far each tone is from the paper around it, ink positive. */
export function subtractBackground(tones: Grid): Grid {
  const { tone, share } = medianTone(tones);
  const even = share > 0.5;
  const flat = even ? tones.values.map((value) => value - tone) : subtractSurface(tones, 0.5);
  // Paper deviates to both sides alike, ink, which is less, far to one.
  const sign = flat.reduce((sum, value) => sum + value * value * value, 0) < 0 ? -1 : 1;
  if (even) return { ...tones, values: flat.map((value) => sign * value) };
  // Now that the side of the ink is known, paper can be told from strokes that fill more than half of a window.
  const ink = subtractSurface({ ...tones, values: tones.values.map((value) => sign * value) }, PAPER);
  const middle = quantile(ink, 0.5);
  return { ...tones, values: ink.map((value) => value - middle) };
}

/** The values above a surface: a quantile of each window, interpolated bilinearly between their centres and beyond. */
function subtractSurface(grid: Grid, share: number): Float64Array {
  const { width, height, values } = grid;
  const papers = windowQuantiles(grid, share);
  const between = (position: number, size: number) => {
    const at = (((position + 0.5) / size - SPAN / 2) * (WINDOWS - 1)) / (1 - SPAN);
    const first = Math.min(Math.max(Math.floor(at), 0), WINDOWS - 2);
    return { first, part: at - first };
  };
  const columns = Array.from({ length: width }, (_, x) => between(x, width));
  const result = values.slice();
  for (let y = 0; y < height; y++) {
    const row = between(y, height);
    const paper = Array.from({ length: WINDOWS }, (_, i) => {
      const window = row.first * WINDOWS + i;
      return papers[window] * (1 - row.part) + papers[window + WINDOWS] * row.part;
    });
    columns.forEach(({ first, part }, x) => {
      result[y * width + x] -= paper[first] * (1 - part) + paper[first + 1] * part;
    });
  }
  return result;
}

/** A quantile of the values in each window, of which every so many are looked at. */
function windowQuantiles({ width, height, values }: Grid, share: number): number[] {
  const step = Math.ceil(Math.max(width, height) / 128);
  const start = (i: number, size: number) => Math.floor((i * size * (1 - SPAN)) / (WINDOWS - 1));
  return Array.from({ length: WINDOWS * WINDOWS }, (_, window) => {
    const [left, top] = [start(window % WINDOWS, width), start(Math.floor(window / WINDOWS), height)];
    const within: number[] = [];
    for (let y = top; y < top + height * SPAN; y += step) {
      for (let x = left; x < left + width * SPAN; x += step) within.push(values[y * width + x]);
    }
    return quantile(within, share);
  });
}
