// Even paper: the tone that most of a sheet votes for. How far a tone is from it is how much ink there is.

import type { Grid } from "./grid.js";

/** Tones this close, in levels of 255, are the same paper. */
const SAME = 4;
/** Paper is even if more than this share of the votes is for one tone. */
const MAJORITY = 0.5;

/** The median tone, in which the border weighs as much as the whole, and if most tones are the same. */
export function paperTone({ width, height, values }: Grid, weights?: Grid): { tone: number; even: boolean } {
  const votes = new Float64Array(256);
  const sums = new Float64Array(256);
  const each = 1 / values.length;
  const border = each + 1 / Math.max(1, 2 * (width + height) - 4);
  for (let y = 0, cell = 0; y < height; y++) {
    const outer = y === 0 || y === height - 1;
    for (let x = 0; x < width; x++, cell++) {
      const value = values[cell];
      const weight = (outer || x === 0 || x === width - 1 ? border : each) * (weights?.values[cell] ?? 1);
      const bin = Math.floor(value + 0.5);
      votes[bin] += weight;
      sums[bin] += weight * value;
    }
  }
  const all = votes.reduce((sum, n) => sum + n);
  let [bin, below] = [0, votes[0]];
  while (below < all / 2 && bin < 255) below += votes[++bin];
  const near = votes.subarray(Math.max(0, bin - SAME), bin + SAME + 1).reduce((sum, n) => sum + n);
  return { tone: votes[bin] === 0 ? bin : sums[bin] / votes[bin], even: near > MAJORITY * all };
}

/** How far each tone is from even paper, ink positive. */
export function fromTone(tones: Grid, tone: number): Grid {
  const values = new Float64Array(tones.values.length);
  for (let cell = 0; cell < values.length; cell++) values[cell] = tones.values[cell] - tone;
  if (skew(values) < 0) for (let cell = 0; cell < values.length; cell++) values[cell] = -values[cell];
  return { ...tones, values };
}

/** The sum of cubes: paper deviates to both sides alike, ink, which is less, far to one. */
export function skew(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value * value;
  return sum;
}
