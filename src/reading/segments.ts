// Over-segmentation: a piece of ink is cut wherever two digits may touch; the lattice chooses among the cuts.
// A cut is a path from top to bottom that crosses as little ink as possible, found by dynamic programming, so that it
// follows the lean of the writing.
// Source: LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of
// the IEEE 86(11), 1998, section V.A, with cuts of least ink instead of columns.

import { type Grid, quantile, type Region } from "./grid.js";

/** A part of a piece of ink, or the whole of it. */
export interface Segment {
  readonly cells: ArrayLike<number> & Iterable<number>;
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
/** Cuts are at least this share of the writing's height apart, and from the piece's ends. */
const APART = 0.14;
/** A step aside costs as much as this many cells of ink. */
const ASIDE = 0.3;
/** No piece is cut more often than this times its width in heights of the writing. */
const CUTS = 3;

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
    const [x, y] = [cell % width, Math.floor(cell / width)];
    shares[(y - box.top) * columns + x - box.left] = Math.min(1, values[cell] / full);
  }
  const cuts = chosen(paths(shares, columns), columns, height);
  if (cuts.length === 0) return [{ cells, box, cut: 0 }];
  const parts: number[][] = Array.from({ length: cuts.length + 1 }, () => []);
  for (const cell of cells) {
    const [x, y] = [(cell % width) - box.left, Math.floor(cell / width) - box.top];
    parts[cuts.filter(({ columns }) => x >= columns[y]).length].push(cell);
  }
  const segments: Segment[] = [];
  parts.forEach((part, i) => {
    if (part.length === 0) return;
    segments.push({ cells: part, box: boxOf(part, width), cut: i === 0 ? 0 : cuts[i - 1].ink / height });
  });
  return segments;
}

/** The smallest region that holds cells. */
function boxOf(cells: Iterable<number>, width: number): Region {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const cell of cells) {
    const [x, y] = [cell % width, Math.floor(cell / width)];
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

/** The path of least ink to each column of the lowest row. */
function paths(ink: Float64Array, width: number): Cut[] {
  const height = ink.length / width;
  const cost = new Float64Array(ink.length);
  const from = new Int8Array(ink.length);
  for (let x = 0; x < width; x++) cost[x] = ink[x];
  for (let y = 1, cell = width; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) {
      let best = cost[cell - width];
      if (x > 0 && cost[cell - width - 1] + ASIDE < best) {
        best = cost[cell - width - 1] + ASIDE;
        from[cell] = -1;
      }
      if (x < width - 1 && cost[cell - width + 1] + ASIDE < best) {
        best = cost[cell - width + 1] + ASIDE;
        from[cell] = 1;
      }
      cost[cell] = best + ink[cell];
    }
  }
  return Array.from({ length: width }, (_, end) => {
    const columns = new Int32Array(height);
    let crossed = 0;
    for (let y = height - 1, x = end; y >= 0; y--) {
      columns[y] = x;
      crossed += ink[y * width + x];
      x += from[y * width + x];
    }
    return { columns, ink: crossed };
  });
}

/** Those of the paths that cross least, apart from each other. */
function chosen(cuts: readonly Cut[], width: number, height: number): Cut[] {
  const middle = ({ columns }: Cut) => columns.reduce((sum, x) => sum + x, 0) / columns.length;
  const apart = APART * height;
  const kept: { cut: Cut; at: number }[] = [];
  for (const cut of [...cuts].sort((a, b) => a.ink - b.ink)) {
    if (cut.ink > MOST_INK * height || kept.length >= (CUTS * width) / height) break;
    const at = middle(cut);
    if (at < apart || at > width - apart || kept.some((other) => Math.abs(other.at - at) < apart)) continue;
    kept.push({ cut, at });
  }
  return kept.sort((a, b) => a.at - b.at).map(({ cut }) => cut);
}
