// A digit cut to its strokes: where ink touches all four sides no tone has the majority, but there are two tones, one
// of strokes. Paper is the other.

import { type Grid, hull, quantile } from "./grid.js";
import { split } from "./otsu.js";
import { piecesOf, sideCover } from "./pieces.js";

/**
 * The share of the variance between two tones: gradients have 3 / 4 of theirs, noise 2 / 3, soft strokes of 3 pixels
 * more.
 */
const SEPARABLE = 0.75;
/**
 * Strokes are pieces of at least this share of the ink, at most so many; no square in them has more than this share of
 * the longer side; they fill at most so much of the picture and cover at most this share of a side of the picture,
 * which tables do; and they come this near all four sides, in shares of the longer one: their soft edges touch
 * them. A picture narrower than this share of its height is cut to a 1, which may well cover them.
 */
const STROKES = { speck: 0.05, pieces: 3, square: 0.35, cover: 0.97, gap: 0.03, narrow: 0.4, filled: 0.6 };

/** Whether a picture is so narrow that it must be cut to a 1, of which it may have more than of paper. */
export function isNarrow({ width, height }: Grid): boolean {
  return width < STROKES.narrow * height;
}

/**
 * How far each tone is from the paper around a digit cut to its strokes, ink positive; undefined if there is no such
 * digit.
 */
export function fromTightPaper(tones: Grid): Grid | undefined {
  const { threshold, separability } = split(tones.values);
  if (separability < SEPARABLE) return undefined;
  const light = { ...tones, values: tones.values.map((value) => value - threshold) };
  const dark = { ...tones, values: light.values.map((value) => -value) };
  const [lightSquare, darkSquare] = [light, dark].map((ink) => strokeSquare(ink));
  if (Math.min(lightSquare, darkSquare) === Infinity) return undefined;
  const middle = light.values[(tones.height >> 1) * tones.width + (tones.width >> 1)];
  // The middle of a 1 is ink; elsewhere strokes are narrower than the paper between them.
  const isLight = isNarrow(tones) ? middle > 0 : lightSquare < darkSquare;
  if ((isLight ? lightSquare : darkSquare) === Infinity) return undefined;
  const ink = isLight ? light : dark;
  const paper = quantile(
    ink.values.filter((value) => value <= 0),
    0.5,
  );
  return { ...ink, values: ink.values.map((value) => value - paper) };
}

/**
 * The side of the largest square in what is positive, if that may be a digit that touches all four sides, or
 * Infinity.
 */
function strokeSquare(ink: Grid): number {
  const { width, height } = ink;
  const pieces = piecesOf(ink, Number.MIN_VALUE);
  const area = pieces.reduce((sum, { cells }) => sum + cells.length, 0);
  const strokes = pieces.filter(({ cells }) => cells.length >= STROKES.speck * area);
  if (strokes.length === 0 || strokes.length > STROKES.pieces) return Infinity;
  const { left, top, right, bottom } = hull(strokes.map(({ box }) => box));
  const gap = Math.max(2, STROKES.gap * Math.max(width, height));
  if (left > gap || top > gap || right < width - gap || bottom < height - gap) return Infinity;
  const digit = strokes.flatMap(({ cells }) => Array.from(cells));
  const largest = largestSquare(digit, ink);
  const narrow = isNarrow(ink);
  if (!narrow && sideCover(digit, ink) > STROKES.cover) return Infinity;
  if (!narrow && digit.length > STROKES.filled * width * height) return Infinity;
  return largest <= STROKES.square * Math.max(width, height) ? largest : Infinity;
}

/** The side of the largest square of these cells. */
function largestSquare(cells: readonly number[], { width, height }: Grid): number {
  const squares = new Int32Array(width * height);
  for (const cell of cells) squares[cell] = 1;
  let largest = 0;
  // Each cell's is the largest of which it is the last: one more than the least of its neighbours'.
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) {
      if (squares[cell] === 0) continue;
      if (x > 0 && y > 0)
        squares[cell] += Math.min(squares[cell - 1], squares[cell - width], squares[cell - width - 1]);
      if (squares[cell] > largest) largest = squares[cell];
    }
  }
  return largest;
}
