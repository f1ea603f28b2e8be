// Digits that touch their boxes: a frame's sides and walls are erased like the lines of a sheet as large as the frame,
// and what is left of it is writing.

import type { Grid } from "./grid.js";
import { withoutWalls } from "./lines.js";
import { isFrame, type Piece, piecesOf } from "./pieces.js";

/** Writing in a frame has at least this share of its height; in a frame that holds nothing else, this one. */
const LEFT = { beside: 0.25, alone: 0.4 };

/** Frames in frames are looked into, the first ones first, until they are as large as this many pages. */
const MOST = 4;

/** A frame that is left by this share of both sides has other sides than straight ones. */
const WHOLE = 0.9;

/** The page's ink and pieces, frames exchanged for the writing that touches them. */
export function withoutFrames(
  ink: Grid,
  pieces: readonly Piece[],
  frames: readonly Piece[],
  { values: raw }: Grid,
  threshold: number,
): { ink: Grid; pieces: Piece[] } {
  const values = ink.values.slice();
  const kept: Piece[] = [];
  const holding = new Set(frames);
  let left = MOST * raw.length;
  for (const piece of [...pieces, ...frames]) {
    const isHolding = holding.has(piece);
    const height = piece.box.bottom - piece.box.top;
    const size = height * (piece.box.right - piece.box.left);
    const isSeen = size <= left && (isHolding || isFrame(piece, ink.width));
    if (isSeen) left -= size;
    const rest = isSeen ? writingIn(piece, raw, ink, threshold) : undefined;
    const least = (isHolding ? LEFT.beside : LEFT.alone) * height;
    const writing = rest?.filter(({ box }) => box.bottom - box.top >= least) ?? [];
    if (writing.length === 0) {
      if (!isHolding) kept.push(piece);
      continue;
    }
    for (const cell of piece.cells) values[cell] = 0;
    for (const { cells } of writing) for (const cell of cells) values[cell] = raw[cell];
    for (const part of writing) kept.push(part);
  }
  return { ink: { ...ink, values }, pieces: kept };
}

/** What is left of a frame without its lines, in cells of the page. */
function writingIn(frame: Piece, raw: Float64Array, page: Grid, threshold: number): Piece[] {
  const { left, top, right, bottom } = frame.box;
  const [width, height] = [right - left, bottom - top];
  const values = new Float64Array(width * height);
  for (const cell of frame.cells) {
    values[(Math.floor(cell / page.width) - top) * width + (cell % page.width) - left] = raw[cell];
  }
  const ink = withoutWalls({ width, height, values }, threshold);
  const isWhole = ({ box }: Piece) => box.right - box.left > WHOLE * width && box.bottom - box.top > WHOLE * height;
  const rest = piecesOf(ink, threshold);
  if (rest.some(isWhole)) return [];
  return rest.map((piece) => ({
    ...piece,
    cells: piece.cells.map((cell) => (Math.floor(cell / width) + top) * page.width + (cell % width) + left),
    box: {
      left: piece.box.left + left,
      top: piece.box.top + top,
      right: piece.box.right + left,
      bottom: piece.box.bottom + top,
    },
    contact: 0,
  }));
}
