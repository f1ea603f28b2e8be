// Other ways to see the digit, tried where a network that knows what is no digit says that the usual way shows none:
// the rest of a shadow or of a table's edge was taken for ink with it, or the sheet on a table was. The network then
// says which way shows a digit.

import { REACH } from "./closing.js";
import { type Grid, hull, longerSide, quantile, type Region } from "./grid.js";
import { normalise } from "./normalise.js";
import { type Piece, SMALL } from "./pieces.js";
import type { Judge } from "./reader.js";
import { Closings, CROWDED, strongest, type View, viewOf } from "./view.js";

/** What a network says of a digit in MNIST's form. */
export type Look = (digit: Uint8Array) => ReturnType<Judge>;

/** A digit seen another way is one if the network reads it with this confidence. */
const SEEN = 0.8;
/** From this confidence on, no other way is tried. */
const CLEAR = 0.98;
/** Halves of the closing's square, as shares of the sheet's longer side. */
const REACHES = [REACH, 0.06, 0.3];
/** A digit has at least this share of the longer side of the sheet. */
const LEAST = 0.04;
/** Pieces nearer than this share of the largest one's side belong to it. */
const NEAR = 0.25;
/** Two digits side by side are nearer to each other than this many times the side of one. */
const BESIDE = 1;
/** What is left out has at most so many pieces. */
const MOST_LEFT = 16;
/**
 * Tones between these shares of the contrast of ink are neither paper nor ink where they are even, to this share; there
 * are less than this share of them on a sheet with nothing but strokes.
 */
const BETWEEN = { from: 0.15, to: 0.8, flat: 0.08, share: 0.01 };
/** Ink has the contrast of all but so many of its cells: it may have a shadow in it that is larger. */
const FULL = 0.98;
/** A sheet on a table fills this share of its box, which has this share of the picture. */
const SHEET = { filled: 0.5, share: 0.1 };

/**
 * The digit as it is seen best, by a network if there is one.
 * @throws {RangeError} if nothing is drawn
 */
export function bestView(tones: Grid, look: Look | undefined): View {
  const closings = new Closings(tones);
  const first = viewOf(tones, closings);
  if (look === undefined || Math.min(tones.width, tones.height) < SMALL) return first;
  if (look(pixelsOf(first)).kind !== "not a digit" || isPlain(first)) return first;
  let [best, most] = [first, SEEN];
  for (const view of otherViews(tones, first, closings)) {
    if (longerSide(boxOf(view)) < LEAST * Math.max(tones.width, tones.height)) continue;
    const { kind, confidence } = look(pixelsOf(view));
    if (kind === "not a digit" || confidence < most || leavesDigit(view, look)) continue;
    [best, most] = [view, confidence];
    if (confidence >= CLEAR) break;
  }
  return best;
}

export function boxOf({ pieces }: View): Region {
  return hull(pieces.map(({ box }) => box));
}

/** The digit in MNIST's form. */
export function pixelsOf(view: View): Uint8Array {
  const cells = view.pieces.map((piece) => piece.cells);
  return normalise(view.ink, boxOf(view), cells);
}

/** Whether a piece that was left out beside the digit is one, too: then there are two. Many pieces are no edges. */
function leavesDigit(view: Part, look: Look): boolean {
  const { left = [] } = view;
  const box = boxOf(view);
  const reach = BESIDE * longerSide(box);
  if (left.length > MOST_LEFT) return true;
  return left.some((piece) => {
    if (!isNear(piece.box, box, reach)) return false;
    const { kind, confidence } = look(pixelsOf({ ...view, pieces: [piece] }));
    return kind !== "not a digit" && confidence >= SEEN;
  });
}

/** Whether there is nothing on the sheet but strokes of one tone on paper of one tone. */
function isPlain(view: View): boolean {
  const { paper, ink, pieces } = view;
  if (paper !== "tone" || isSolid(view)) return false;
  const { width, height, values } = ink;
  const levels = pieces.flatMap(({ cells }) => Array.from(cells, (cell) => values[cell]));
  const contrast = quantile(levels, FULL);
  const isBetween = (value: number) => value > BETWEEN.from * contrast && value < BETWEEN.to * contrast;
  let flat = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const cell = y * width + x;
      const value = values[cell];
      if (!isBetween(value)) continue;
      const near = [cell - 1, cell + 1, cell - width, cell + width];
      if (near.every((other) => Math.abs(values[other] - value) < BETWEEN.flat * contrast)) flat++;
    }
  }
  return flat < BETWEEN.share * width * height;
}

/** A view of some of its pieces, and the others. */
interface Part extends View {
  readonly left?: readonly Piece[];
}

function* otherViews(tones: Grid, first: View, closings: Closings): Generator<Part> {
  yield* withParts(first);
  const light = isLight(first, tones);
  yield* closedViews(closings, light);
  // A sheet is lighter than the table that it lies on, the digit on it darker.
  if (light && isSolid(first)) yield* closedViews(closings, false);
}

/** The sheet against its closings by squares of several sizes, and what of that is strong, or is the largest piece. */
function* closedViews(closings: Closings, light: boolean): Generator<Part> {
  for (const reach of REACHES) {
    const view = closingView(closings, light, reach);
    if (view === undefined) continue;
    yield view;
    yield* withParts(view);
    const strong = strongest(view);
    if (strong === view) continue;
    yield strong;
    yield* withParts(strong);
  }
}

/** Undefined if there is no ink, or more than anybody writes. */
function closingView(closings: Closings, light: boolean, reach: number): View | undefined {
  try {
    return closings.view(light, reach);
  } catch (error) {
    if (error instanceof RangeError && error.message === CROWDED) return undefined;
    throw error;
  }
}

/** The view without what comes in from the border, and without what lies apart from the largest piece. */
function* withParts(view: View): Generator<Part> {
  const { pieces } = view;
  if (pieces.length < 2) return;
  const inner = pieces.filter(({ contact }) => contact === 0);
  if (inner.length > 0 && inner.length < pieces.length) yield partOf(view, inner);
  const largest = pieces.reduce((most, piece) => (piece.ink > most.ink ? piece : most));
  const reach = NEAR * longerSide(largest.box);
  const near = pieces.filter(({ box }) => isNear(box, largest.box, reach));
  if (near.length < pieces.length) yield partOf(view, near);
}

function partOf(view: View, pieces: readonly Piece[]): Part {
  const within = new Set(pieces);
  return { ...view, pieces, left: view.pieces.filter((piece) => !within.has(piece)) };
}

function isNear(box: Region, { left, top, right, bottom }: Region, reach: number): boolean {
  return box.left < right + reach && box.right > left - reach && box.top < bottom + reach && box.bottom > top - reach;
}

/** Whether the ink is lighter than the rest of the sheet. */
function isLight({ pieces }: View, { values }: Grid): boolean {
  let [ink, count, all] = [0, 0, 0];
  for (const value of values) all += value;
  for (const { cells } of pieces) {
    for (const cell of cells) ink += values[cell];
    count += cells.length;
  }
  return ink / count > (all - ink) / (values.length - count);
}

/** Whether a piece may be a sheet on a table. */
function isSolid({ pieces, ink: { width, height } }: View): boolean {
  return pieces.some(({ cells, box }) => {
    const area = (box.right - box.left) * (box.bottom - box.top);
    return cells.length > SHEET.filled * area && area > SHEET.share * width * height;
  });
}
