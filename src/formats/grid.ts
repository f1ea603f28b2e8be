// What the steps from a picture to a digit hand on: values on a grid, and parts of it.

/** One value a cell, row by row. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  /** width x height. */
  readonly values: Float64Array;
}

/** Cells or pixels from left to right - 1 and from top to bottom - 1. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The longer side. */
export function sideOf({ left, top, right, bottom }: Region): number {
  return Math.max(right - left, bottom - top);
}

/** The value with this share of the others below it; 0 of none. */
export function quantile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}
