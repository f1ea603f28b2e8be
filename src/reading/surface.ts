// Paper under soft light: a surface through the tones of overlapping windows. It follows gradients, and averages
// noise away; it does not follow the edge of a shadow: see closing.ts.

import { type Grid, quantile } from "./grid.js";
import { skew } from "./paper.js";

/** The tone of uneven paper is measured in 5 x 5 windows, each of this share of the sheet's width and height. */
const WINDOWS = 5;
const SPAN = 0.5;
/** Windows are sampled on at most this many rows and columns of the sheet: enough for a quantile. */
const SAMPLES = 128;
/** Paper has about this quantile of a window's values, of which ink is the highest. */
const PAPER = 0.25;

/** How far each tone is from a surface through the paper, ink positive. */
export function fromSurface(tones: Grid): Grid {
  // Paper deviates to both sides alike, ink, which is less, far to one.
  const sign = skew(flattened(tones, 0.5)) < 0 ? -1 : 1;
  // Now that the side of the ink is known, paper can be told from strokes that fill more than half of a window.
  const ink = flattened({ ...tones, values: tones.values.map((value) => sign * value) }, PAPER);
  const middle = quantile(ink, 0.5);
  return { ...tones, values: ink.map((value) => value - middle) };
}

/** What a surface leaves of the values: a quantile of each window, linear between their centres and beyond. */
function flattened({ width, height, values }: Grid, share: number): Float64Array {
  const step = Math.ceil(Math.max(width, height) / SAMPLES);
  const start = (i: number, size: number) => Math.floor((i * size * (1 - SPAN)) / (WINDOWS - 1));
  const papers = Array.from({ length: WINDOWS * WINDOWS }, (_, window) => {
    const [left, top] = [start(window % WINDOWS, width), start(Math.floor(window / WINDOWS), height)];
    const within: number[] = [];
    for (let y = top; y < top + height * SPAN; y += step) {
      for (let x = left; x < left + width * SPAN; x += step) within.push(values[y * width + x]);
    }
    return quantile(within, share);
  });
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
