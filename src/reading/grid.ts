// What every step works on: one value a cell, and what is asked of values: their order, their transpose.

/** One value a cell, row by row. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

/** Cells or pixels from left to right - 1 and from top to bottom - 1. */
export interface Region {
  /** The leftmost column, from 0. */
  readonly left: number;
  /** The uppermost row, from 0. */
  readonly top: number;
  /** The column after the rightmost: right - left is the width. */
  readonly right: number;
  /** The row below the lowest: bottom - top is the height. */
  readonly bottom: number;
}

export function longerSide({ left, top, right, bottom }: Region): number {
  return Math.max(right - left, bottom - top);
}

/** The smallest region that holds all of these. */
export function hull(regions: readonly Region[]): Region {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const region of regions) {
    if (region.left < left) left = region.left;
    if (region.top < top) top = region.top;
    if (region.right > right) right = region.right;
    if (region.bottom > bottom) bottom = region.bottom;
  }
  return { left, top, right, bottom };
}

/** Passes after which values are sorted: those made to be selected slowly take one for each value. */
const PASSES = 64;

/**
 * The value with this share of the others below it, 0 if there is none; found by Hoare's selection, CACM 4(7), 1961.
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  const a = Float64Array.from(values);
  const k = Math.floor(share * (a.length - 1));
  for (let [low, high, passes] = [0, a.length - 1, 0]; low < high; passes++) {
    if (passes === PASSES) {
      a.sort();
      break;
    }
    const pivot = a[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        const swapped = a[i];
        a[i++] = a[j];
        a[j--] = swapped;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return a[k] ?? 0;
}

/** Rows made columns. */
export function transposed({ width, height, values }: Grid): Grid {
  const out = new Float64Array(values.length);
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) out[x * height + y] = values[cell];
  }
  return { width: height, height: width, values: out };
}
