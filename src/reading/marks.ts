// The pieces of ink on a page that may be writing: not specks, rules, edges or tables.

import { type Grid, longerSide, quantile } from "./grid.js";
import type { Piece } from "./pieces.js";

/** Specks have less than this share of the writing's height on both sides. */
const SPECK = 0.08;
/** A rule is this many times as wide as high, or as high as wide and this many times as high as the writing. */
const RULE = { wide: 5, high: 6, height: 2 };
/** What is this many times as high as the writing is none. */
const LARGE = 4;
/** Writing is of one pen: what has less than this share of its ink a cell is a smudge, a shadow or a table's corner. */
const WEAK = 0.4;
/** An edge of paper, table or book lies along the border by this share of its own longer side. */
const EDGE = 0.5;

/** The height of the writing: half of it, by height, is in pieces at most as high. */
export function heightOf(pieces: readonly Piece[]): number {
  const heights = pieces.map(({ box }) => box.bottom - box.top).sort((a, b) => a - b);
  const half = heights.reduce((sum, height) => sum + height, 0) / 2;
  let sum = 0;
  return heights.find((height) => (sum += height) >= half) ?? 0;
}

/** Pieces that may be digits or parts of them, of a page in ink. */
export function marksOf(pieces: readonly Piece[], _page: Grid): Piece[] {
  const upright = pieces.filter((piece) => !isEdge(piece) && !isFlat(piece));
  const height = heightOf(upright);
  const strength = strengthOf(upright);
  return upright.filter((piece) => {
    if (piece.ink < WEAK * strength * piece.cells.length) return false;
    const [w, h] = [piece.box.right - piece.box.left, piece.box.bottom - piece.box.top];
    if (h > RULE.high * w && h > RULE.height * height) return false;
    return longerSide(piece.box) >= SPECK * height && h <= LARGE * height;
  });
}

/** The ink a cell of half of the ink or more. */
function strengthOf(pieces: readonly Piece[]): number {
  const sorted = [...pieces].sort((a, b) => b.ink / b.cells.length - a.ink / a.cells.length);
  const half = sorted.reduce((sum, { ink }) => sum + ink, 0) / 2;
  let sum = 0;
  const middle = sorted.find(({ ink }) => (sum += ink) >= half);
  return middle === undefined ? 0 : middle.ink / middle.cells.length;
}

function isFlat({ box }: Piece): boolean {
  return box.right - box.left > RULE.wide * (box.bottom - box.top);
}

function isEdge({ contact, box }: Piece): boolean {
  return contact > EDGE * longerSide(box);
}

/** The median. */
export const median = (values: ArrayLike<number>) => quantile(values, 0.5);
