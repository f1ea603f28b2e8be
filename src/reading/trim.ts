// Edges that are no paper: the outline of a screenshot, and transparent ground around an opaque sheet.
// Both are cut off before paper is looked for, since they would be taken for it.

import { type Grid, longerSide, quantile, type Region } from "./grid.js";

/** An outline has at most this share of the sheet's rows or columns. */
const OUTLINE = 0.02;
/** Shorter sides have no outline: one row of 24 can be a stroke. */
const SHORTEST = 24;
/** The tones of an outline are this close to their median: JPEG blurs them by about as many levels. */
const FLAT = 12;
/** An outline differs from what it encloses by more than this many levels: less is not ink either. */
const STEP = 4;
/** A cell with at least this opacity, of 255, is opaque: lossy formats lose a few levels. */
const OPAQUE = 250;
/**
 * A sheet fills this share of its bounding box, has this share of the ground's sides, and this deviation of tones, in
 * levels.
 */
const SHEET = { filled: 0.7, side: 0.2, deviation: 8 };
/** The rounded corners and the soft outline of a window end within this share of its longer side. */
const CORNER = 0.03;

/** The region within the outermost rows and columns that are of one tone and differ from the next ones. */
export function withoutOutline(tones: Grid): Region {
  const { width, height, values } = tones;
  const row = (y: number) => values.subarray(y * width, (y + 1) * width);
  const column = (x: number) => Float64Array.from({ length: height }, (_, y) => values[y * width + x]);
  const thickness = (line: (i: number) => Float64Array, size: number, first: number, step: number) => {
    if (size <= SHORTEST) return 0;
    for (let n = Math.ceil(OUTLINE * size); n > 0; n--) {
      const outer = line(first + step * (n - 1));
      const tone = quantile(outer, 0.5);
      if (Math.abs(tone - quantile(line(first + step * n), 0.5)) <= STEP) continue;
      if (outer.every((value) => Math.abs(value - tone) < FLAT)) return n;
    }
    return 0;
  };
  return {
    left: thickness(column, width, 0, 1),
    top: thickness(row, height, 0, 1),
    right: width - thickness(column, width, width - 1, -1),
    bottom: height - thickness(row, height, height - 1, -1),
  };
}

/** A sheet on transparent ground: opaque, nearly a rectangle, and with something on it; undefined if there is none. */
export function opaqueSheet({ width, height, values }: Grid, colours: readonly Grid[]): Region | undefined {
  let [left, top, right, bottom, count] = [width, height, 0, 0, 0];
  values.forEach((opacity, cell) => {
    if (opacity < OPAQUE) return;
    const y = Math.floor(cell / width);
    const x = cell - y * width;
    count++;
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  });
  if (count < SHEET.filled * (right - left) * (bottom - top)) return undefined;
  if (right - left < SHEET.side * width || bottom - top < SHEET.side * height) return undefined;
  const deviation = (colour: Grid) => {
    let [sum, squares] = [0, 0];
    values.forEach((opacity, cell) => {
      if (opacity < OPAQUE) return;
      sum += colour.values[cell];
      squares += colour.values[cell] ** 2;
    });
    return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  };
  if (colours.every((colour) => deviation(colour) < SHEET.deviation)) return undefined;
  const corner = Math.ceil(CORNER * longerSide({ left, top, right, bottom }));
  return { left: left + corner, top: top + corner, right: right - corner, bottom: bottom - corner };
}
