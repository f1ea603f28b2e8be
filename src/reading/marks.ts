// The pieces of ink on a page that may be writing: not specks, rules, edges or tables.

import type { Grid } from "./grid.js";
import { longerSide, quantile } from "./grid.js";
import type { Piece } from "./pieces.js";

/** Specks have less than this share of the writing's height on both sides. */
const SPECK = 0.08;
/** A rule is this many times as wide as high, or as high as wide and this many times as high as the writing. */
const RULE = { wide: 5, high: 6, height: 2 };
/** What is this many times as high as the writing is none. */
const LARGE = 4;
/** Writing is of one pen: what has less than this share of its ink a cell is a smudge, a shadow or a table's corner. */
const WEAK = 0.4;
/**
 * An edge of paper, table or book lies along the border by this share of its own longer side, or touches it and is this
 * share of the page's longer side long.
 */
const EDGE = { own: 0.5, page: 0.4 };

/** The height of the writing: half of its ink is in pieces at most as high. */
export function heightOf(pieces: readonly Piece[]): number {
  return middleOf(
    pieces.map(({ box }) => box.bottom - box.top),
    pieces.map(({ ink }) => ink),
  );
}

/** The median of values with weights; 0 if there are none. */
function middleOf(values: readonly number[], weights: readonly number[]): number {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  let sum = 0;
  for (const i of order) {
    sum += weights[i];
    if (sum >= half) return values[i];
  }
  return 0;
}

/** Pieces that may be digits or parts of them, of a page in ink. */
export function marksOf(pieces: readonly Piece[], { width, height: high }: Grid): Piece[] {
  const inner = pieces.filter((piece) => !isEdge(piece, Math.max(width, high)));
  // Where all come in from the border, the page is cut to its writing.
  const upright = (inner.length > 0 ? inner : pieces).filter((piece) => !isFlat(piece));
  const height = heightOf(upright);
  const strength = strengthOf(upright);
  return upright.filter((piece) => {
    if (piece.ink < WEAK * strength * piece.cells.length) return false;
    const [w, h] = [piece.box.right - piece.box.left, piece.box.bottom - piece.box.top];
    if (h > RULE.high * w && h > RULE.height * height) return false;
    return longerSide(piece.box) >= SPECK * height && h <= LARGE * height;
  });
}

/** The ink a cell that half of the ink has. */
function strengthOf(pieces: readonly Piece[]): number {
  return middleOf(
    pieces.map(({ ink, cells }) => ink / cells.length),
    pieces.map(({ ink }) => ink),
  );
}

function isFlat({ box }: Piece): boolean {
  return box.right - box.left > RULE.wide * (box.bottom - box.top);
}

function isEdge({ contact, box }: Piece, longest: number): boolean {
  return contact > EDGE.own * longerSide(box) || (contact > 0 && longerSide(box) > EDGE.page * longest);
}

/** The median. */
export const median = (values: ArrayLike<number>) => quantile(values, 0.5);
