// Over-segmentation: a piece of ink is cut wherever two digits may touch; the lattice chooses among the cuts.
// A cut is a path from top to bottom that crosses as little ink as possible, found by dynamic programming, so that it
// follows the lean of the writing.
// Source: LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of
// the IEEE 86(11), 1998, section V.A, with cuts of least ink instead of columns.

import { type Grid, quantile, type Region } from "./grid.js";

/** A part of a piece of ink, or the whole of it. */
export interface Segment {
  readonly cells: Int32Array;
  readonly box: Region;
  /** The ink that parts it from the segment before it, in heights of the writing; 0 where they do not touch. */
  readonly cut: number;
}

/** A piece narrower than this share of the writing's height is one digit. */
const NARROW = 0.55;
/** A cell with this quantile of a piece's ink is wholly ink; soft edges, where digits just touch, are cut easily. */
const FULL = 0.6;
/** A cut crosses ink of at most this share of the writing's height. */
const MOST_INK = 0.45;
/** Two cuts differ by at least this much ink, in squares of the height, and cross in less than this. */
const APART = 0.015;
const CROSSING = 0.003;
/** Cuts are looked for through all columns of these rows, shares of the piece's height. */
const THROUGH = [0, 0.25, 0.5, 0.75, 1];
/** A step aside costs as much as this many cells of ink. */
const ASIDE = 0.3;
/** No piece is cut more often than this times its width in heights of the writing. */
const CUTS = 8;

/** The parts of a piece, from left to right, of writing of this height in cells. */
export function segmentsOf(cells: Int32Array, box: Region, { width, values }: Grid, height: number): Segment[] {
  const columns = box.right - box.left;
  if (columns < NARROW * height) return [{ cells, box, cut: 0 }];
  const shares = new Float64Array(columns * (box.bottom - box.top));
  const full = quantile(
    Float64Array.from(cells, (cell) => values[cell]),
    FULL,
  );
  for (const cell of cells) {
    const y = Math.floor(cell / width);
    shares[(y - box.top) * columns + (cell - y * width) - box.left] = Math.min(1, values[cell] / full);
  }
  const cuts = chosen(paths(shares, columns), shares, columns, height);
  if (cuts.length === 0) return [{ cells, box, cut: 0 }];
  const parts: number[][] = Array.from({ length: cuts.length + 1 }, () => []);
  for (const cell of cells) {
    const row = Math.floor(cell / width);
    const x = cell - row * width - box.left;
    let before = 0;
    for (const { columns } of cuts) if (x >= columns[row - box.top]) before++;
    parts[before].push(cell);
  }
  const segments: Segment[] = [];
  parts.forEach((part, i) => {
    if (part.length === 0) return;
    segments.push({
      cells: Int32Array.from(part),
      box: boxOf(part, width),
      cut: i === 0 ? 0 : cuts[i - 1].ink / height,
    });
  });
  return segments;
}

/** The smallest region that holds cells. */
function boxOf(cells: Iterable<number>, width: number): Region {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const cell of cells) {
    const y = Math.floor(cell / width);
    const x = cell - y * width;
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  return { left, top, right, bottom };
}

interface Cut {
  /** For each row the first column right of the cut. */
  readonly columns: Int32Array;
  /** The cells of ink that it crosses. */
  readonly ink: number;
}

/** The paths of least ink from top to bottom through each column of some rows. */
function paths(ink: Float64Array, width: number): Cut[] {
  const height = ink.length / width;
  const above = leastTo(ink, width, 0, 1);
  const below = leastTo(ink, width, height - 1, -1);
  return THROUGH.flatMap((share) => {
    const row = Math.round(share * (height - 1));
    return Array.from({ length: width }, (_, column) => {
      const columns = new Int32Array(height);
      let crossed = -ink[row * width + column];
      for (const { from, step } of [
        { from: above, step: -1 },
        { from: below, step: 1 },
      ]) {
        for (let y = row, x = column; y >= 0 && y < height; y += step) {
          columns[y] = x;
          crossed += ink[y * width + x];
          x += from[y * width + x];
        }
      }
      return { columns, ink: crossed };
    });
  });
}

/** Where the path of least ink from the first row to each cell comes from: the column less its own. */
function leastTo(ink: Float64Array, width: number, first: number, step: 1 | -1): Int8Array {
  const cost = ink.slice();
  const from = new Int8Array(ink.length);
  for (let y = first + step; y >= 0 && y * width < ink.length; y += step) {
    for (let x = 0, cell = y * width; x < width; x++, cell++) {
      const before = cell - step * width;
      let best = cost[before];
      if (x > 0 && cost[before - 1] + ASIDE < best) {
        best = cost[before - 1] + ASIDE;
        from[cell] = -1;
      }
      if (x < width - 1 && cost[before + 1] + ASIDE < best) {
        best = cost[before + 1] + ASIDE;
        from[cell] = 1;
      }
      cost[cell] += best;
    }
  }
  return from;
}

/** Those of the paths that cross least, each of which parts the ink in another way; none crosses another in ink. */
function chosen(cuts: readonly Cut[], shares: Float64Array, width: number, height: number): Cut[] {
  const sums = cumulated(shares, width);
  const last = new Int32Array(shares.length / width).fill(width);
  const first = new Int32Array(last.length);
  const [least, crossing] = [APART * height * height, CROSSING * height * height];
  const isNew = (columns: Int32Array, other: Int32Array) => {
    const { left, right } = inkBetween(sums, width, columns, other);
    return Math.max(left, right) >= least && Math.min(left, right) <= crossing;
  };
  const kept: Cut[] = [];
  for (const cut of [...cuts].sort((a, b) => a.ink - b.ink)) {
    if (cut.ink > MOST_INK * height || kept.length >= (CUTS * width) / height) break;
    if ([first, last, ...kept.map(({ columns }) => columns)].every((other) => isNew(cut.columns, other))) {
      kept.push(cut);
    }
  }
  const middle = ({ columns }: Cut) => columns.reduce((sum, x) => sum + x, 0);
  return kept.sort((a, b) => middle(a) - middle(b));
}

/** For each row the ink left of each column. */
function cumulated(shares: Float64Array, width: number): Float64Array {
  const sums = new Float64Array((shares.length / width) * (width + 1));
  for (let cell = 0; cell < shares.length; cell++) {
    const at = cell + Math.floor(cell / width);
    sums[at + 1] = sums[at] + shares[cell];
  }
  return sums;
}

/** The ink that is left of a and right of b, and the other way round. */
function inkBetween(sums: Float64Array, width: number, a: Int32Array, b: Int32Array): { left: number; right: number } {
  let [left, right] = [0, 0];
  for (let y = 0; y < a.length; y++) {
    const difference = sums[y * (width + 1) + a[y]] - sums[y * (width + 1) + b[y]];
    if (difference > 0) left += difference;
    else right -= difference;
  }
  return { left, right };
}
