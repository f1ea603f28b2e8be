// The digit's pieces among the connected pieces of ink: not frames around others, not what comes in from the border,
// not specks, not a rule under or beside the rest.
// Source of the labelling: Rosenfeld and Pfaltz, Journal of the ACM 13(4), 1966, eight neighbours, here by flooding.

import { type Grid, hull, longerSide, type Region } from "./grid.js";

/** A connected piece of ink. */
export interface Piece {
  readonly cells: Int32Array;
  /** The sum of its cells' ink. */
  readonly ink: number;
  readonly box: Region;
  /** How many of its cells lie at the sheet's border. */
  readonly contact: number;
}

/** Specks have less than this share of the ink that the piece with the most has. */
const SPECK = 0.05;
/** On sheets with a shorter side than this, in cells, strokes are as thin as lines and as near the border as edges. */
export const SMALL = 40;
/**
 * A frame covers this share of three of its sides, within a band of this share of its size, and fills less than this
 * share.
 */
const FRAME = { side: 0.8, band: 0.06, filled: 0.35 };
/** What is in a frame has at least this share of its ink and of its size. */
const FRAMED = { ink: 0.02, side: 0.15 };
/** An edge of paper, table or book lies along the border by this share of the sheet's longer side, or of its own. */
const EDGE = { sheet: 0.3, own: 0.8 };
/**
 * A piece off the border is the digit rather than edges if it has this share of the sheet's longer side; rather than
 * a digit that touches the border, this one, and this share of its ink.
 */
const INNER = { besideEdge: 0.05, besideDigit: 0.12, ink: 0.4 };
/** A rule under the digit is this many times as wide as high and has this share of the digit's width. */
const UNDER = { elongated: 5, width: 0.7 };
/** A rule beside it is this many times as high as wide and as the rest. */
const BESIDE = { elongated: 6, height: 1.15 };
/** A solid piece fills this share of its bounding box, and the box this share of the sheet. */
const SOLID = { filled: 0.62, sheet: 0.25 };
/** Pieces side by side that are at least this share of the highest are digits of their own. */
const LIKE = 0.6;

/** All connected pieces of cells of at least this much ink. */
export function piecesOf({ width, height, values }: Grid, threshold: number): Piece[] {
  const pieces: Piece[] = [];
  const seen = new Uint8Array(values.length);
  let count = 0;
  for (let cell = 0; cell < values.length; cell++) if (values[cell] >= threshold) count++;
  const queue = new Int32Array(count);
  let end = 0;
  for (let start = 0; start < values.length; start++) {
    if (seen[start] === 1 || values[start] < threshold) continue;
    const first = end;
    queue[end++] = start;
    seen[start] = 1;
    let [ink, contact] = [0, 0];
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (let next = first; next < end; next++) {
      const cell = queue[next];
      const y = Math.floor(cell / width);
      const x = cell - y * width;
      ink += values[cell];
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) contact++;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      if (y >= bottom) bottom = y + 1;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const near = v * width + u;
          if (seen[near] === 1 || values[near] < threshold) continue;
          seen[near] = 1;
          queue[end++] = near;
        }
      }
    }
    pieces.push({ cells: queue.subarray(first, end), ink, contact, box: { left, top, right, bottom } });
  }
  return pieces;
}

/** Those of the pieces that are the digit; none if there is no ink. */
export function digitPieces(pieces: readonly Piece[], { width, height }: Grid): Piece[] {
  if (Math.min(width, height) < SMALL) return withoutSpecks(pieces);
  return withoutRules(withoutSpecks(withoutBorder(pieces, Math.max(width, height))));
}

const inkOf = ({ ink }: Piece) => ink;
const sideOf = ({ box }: Piece) => longerSide(box);
const most = (pieces: readonly Piece[], of: (piece: Piece) => number) =>
  pieces.reduce((largest, piece) => Math.max(largest, of(piece)), 0);

function withoutSpecks(pieces: readonly Piece[]): Piece[] {
  const least = SPECK * most(pieces, inkOf);
  return pieces.filter(({ ink }) => ink >= least);
}

/** Frames that hold something. */
export function framesOf(pieces: readonly Piece[], { width }: Grid): Piece[] {
  const shaped = pieces.filter((piece) => isFrame(piece, width));
  if (shaped.length === 0) return [];
  const holds = (frame: Piece, piece: Piece) =>
    piece !== frame &&
    piece.ink > FRAMED.ink * frame.ink &&
    sideOf(piece) > FRAMED.side * sideOf(frame) &&
    longerSide(hull([piece.box, frame.box])) === sideOf(frame);
  // What a frame holds begins within the frame's size from both its sides: in this order not all pieces are asked.
  const sorted = pieces.slice().sort((a, b) => a.box.left - b.box.left);
  const lefts = Float64Array.from(sorted, ({ box }) => box.left);
  return shaped.filter((frame) => {
    const side = sideOf(frame);
    for (let i = firstFrom(lefts, frame.box.right - side); lefts[i] < frame.box.left + side; i++) {
      if (holds(frame, sorted[i])) return true;
    }
    return false;
  });
}

/** The place of the first of ascending values that is at least this. */
function firstFrom(values: Float64Array, least: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a piece is a thin rectangle, of which one side may be missing. */
export function isFrame({ cells, box }: Piece, width: number): boolean {
  const [w, h] = [box.right - box.left, box.bottom - box.top];
  if (cells.length >= FRAME.filled * w * h) return false;
  const band = Math.max(2, FRAME.band * Math.max(w, h));
  // One mark for each row at the left and at the right, for each column at the top and at the bottom.
  const marked = new Uint8Array(2 * (w + h));
  for (let i = 0; i < cells.length; i++) {
    const row = Math.floor(cells[i] / width);
    const x = cells[i] - row * width - box.left;
    const y = row - box.top;
    if (x < band) marked[y] = 1;
    if (x >= w - band) marked[h + y] = 1;
    if (y < band) marked[2 * h + x] = 1;
    if (y >= h - band) marked[2 * h + w + x] = 1;
  }
  const share = (start: number, count: number) => {
    let sum = 0;
    for (let i = start; i < start + count; i++) sum += marked[i];
    return sum / count;
  };
  const covered = [share(0, h), share(h, h), share(2 * h, w), share(2 * h + w, w)];
  return covered.filter((side) => side > FRAME.side).length >= 3;
}

/** Drops what comes in from the border if there is a digit off it. */
function withoutBorder(pieces: readonly Piece[], longest: number): Piece[] {
  const inner = pieces.filter(({ contact }) => contact === 0);
  const ink = most(inner, inkOf);
  const main = inner.find((piece) => piece.ink === ink);
  if (main === undefined || sideOf(main) < INNER.besideEdge * longest) return [...pieces];
  const isEdge = (piece: Piece) => piece.contact >= Math.min(EDGE.sheet * longest, EDGE.own * sideOf(piece));
  const others = pieces.filter((piece) => piece.contact > 0 && !isEdge(piece));
  const alone = sideOf(main) >= INNER.besideDigit * longest && ink >= INNER.ink * most(others, inkOf);
  return alone ? inner : [...inner, ...others];
}

/** The hull of nothing. */
const EMPTY: Region = hull([]);

/** Drops a rule under the rest, or beside it. */
function withoutRules(pieces: readonly Piece[]): Piece[] {
  if (pieces.length < 2) return [...pieces];
  // What is before a piece, and what is behind it.
  const before: Region[] = [EMPTY];
  for (const { box } of pieces) before.push(hull([before[before.length - 1], box]));
  const behind = new Array<Region>(pieces.length + 1).fill(EMPTY);
  for (let i = pieces.length - 1; i >= 0; i--) behind[i] = hull([behind[i + 1], pieces[i].box]);
  return pieces.filter((piece, i) => {
    const rest = hull([before[i], behind[i + 1]]);
    const { left, top, right, bottom } = piece.box;
    const [w, h, restHeight] = [right - left, bottom - top, rest.bottom - rest.top];
    const under =
      w > UNDER.elongated * h &&
      w > UNDER.width * (rest.right - rest.left) &&
      restHeight > 2 * h &&
      (top + bottom) / 2 > rest.bottom - 0.1 * restHeight;
    return !(under || (h > BESIDE.elongated * w && h > BESIDE.height * restHeight));
  });
}

/** A band covers more than this share of a side; strokes of a digit cut to its strokes do not. */
const COVER = 0.8;

/** Whether pieces look like a band at the border or a table rather than strokes. */
export function areDoubtful(pieces: readonly Piece[], { width, height }: Grid): boolean {
  if (Math.min(width, height) < SMALL) return false;
  return pieces.some(({ cells, box, contact }) => {
    const area = (box.right - box.left) * (box.bottom - box.top);
    const along = contact > EDGE.sheet * Math.max(width, height);
    if (along && sideCover(cells, { width, height }) > COVER) return true;
    return cells.length > SOLID.filled * area && area > SOLID.sheet * width * height;
  });
}

/** The largest share of a side of the sheet that cells lie along. */
export function sideCover(
  cells: ArrayLike<number> & Iterable<number>,
  { width, height }: Pick<Grid, "width" | "height">,
): number {
  const along = [0, 0, 0, 0];
  for (const cell of cells) {
    const y = Math.floor(cell / width);
    const x = cell - y * width;
    if (x === 0) along[0] += 1 / height;
    if (x === width - 1) along[1] += 1 / height;
    if (y === 0) along[2] += 1 / width;
    if (y === height - 1) along[3] += 1 / width;
  }
  return Math.max(...along);
}

/** Whether a piece reaches from one side of the sheet to the opposite one. */
export function spans(pieces: readonly Piece[], { width, height }: Grid): boolean {
  return pieces.some(({ box }) => box.right - box.left === width || box.bottom - box.top === height);
}

/** How many digits stand side by side: groups of pieces that overlap horizontally, of like height. */
export function countGroups(pieces: readonly Piece[]): number {
  const groups: Region[] = [];
  for (const { box } of [...pieces].sort((a, b) => a.box.left - b.box.left)) {
    const last = groups.at(-1);
    if (last !== undefined && box.left < last.right) groups[groups.length - 1] = hull([last, box]);
    else groups.push(box);
  }
  const heights = groups.map(({ top, bottom }) => bottom - top);
  const highest = heights.reduce((most, height) => Math.max(most, height), 0);
  return heights.filter((height) => height >= LIKE * highest).length;
}
