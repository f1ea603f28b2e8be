// A sheet can be seen in three ways: against one tone, which is exact where paper is even; against its closing, which
// stands shadows and tables; against a smooth surface, which stands noise. Lines and pieces tell if a way shows a
// digit, or something at which to doubt.

import { type Closed, fromClosing, isInkLight, isResidue, maxima, REACH, smoothed } from "./closing.js";
import { type Grid, longerSide, quantile } from "./grid.js";
import { type Ruling, withoutLines } from "./lines.js";
import { split } from "./otsu.js";
import { fromTone, paperTone } from "./paper.js";
import { areDoubtful, digitPieces, framesOf, type Piece, piecesOf, SMALL, spans } from "./pieces.js";
import { fromSurface } from "./surface.js";
import { fromTightPaper, isNarrow } from "./tight.js";

/**
 * Ink differs from paper by at least this much, in levels of 255, and by this many standard deviations of the noise.
 */
const LEAST = { levels: 4, deviations: 6 };
/** Where a stroke ends: at this share of the strongest ink, or this many standard deviations of the noise. */
const STROKE = { share: 0.1, deviations: 4 };
/** The deviation of a normal distribution, in medians of the magnitude. */
const NORMAL = 1.4826;
/** Another way to see paper is better if it finds a piece off the border of this share of the sheet's longer side. */
const FOUND = 0.2;
/**
 * Strokes are soft over at most this share of the sheet's longer side; ink is of two kinds if more than this share of
 * it is weak and farther from what is strong.
 */
const SOFT = 0.015;
const WEAK = 0.1;

export const BLANK =
  "picture: expected a digit in ink that stands out from the paper, got a blank sheet; " +
  "draw with a stronger or wider pen";

/** The most marks of a digit or a page of digits: textures and noise have more. */
export const MOST_MARKS = 2000;
/** The most pieces of ink of all kinds, specks among them: so many have no writing between them. */
const MOST_PIECES = 2 ** 16;

export const CROWDED =
  "picture: expected at most about 1000 digits in ink, got more marks, as textures and noise have; " +
  "cut the picture apart, or to its digits";

/** A sheet seen one way. */
export interface View {
  readonly paper: "tone" | "surface" | "closing";
  readonly closed?: Closed;
  readonly ink: Grid;
  readonly threshold: number;
  readonly ruling: Ruling;
  readonly pieces: readonly Piece[];
  /** All pieces but frames and what a closing leaves, the digit's among them. */
  readonly all: readonly Piece[];
  /** Frames that hold others, and the ink with them and with lines. */
  readonly frames: readonly Piece[];
  readonly raw: Grid;
  /**
   * 0 if there is nothing but a digit, 1 if there is a band at the border or a table, 2 if the digit looks like one.
   */
  readonly doubt: number;
}

/** A sheet seen against its closings, with each of them once: they take most of the time. */
export class Closings {
  readonly #tones: Grid;
  readonly #views = new Map<string, View | undefined>();
  #smooth: Grid | undefined;
  #isLight: boolean | undefined;

  constructor(tones: Grid) {
    this.#tones = tones;
  }

  /** Whether ink seems to be lighter than what is around it. */
  get isInkLight(): boolean {
    this.#isLight ??= isInkLight(this.#tones);
    return this.#isLight;
  }

  /**
   * Against the closing by a square of this reach, a share of the sheet's longer side; undefined if there is no ink.
   * @throws {RangeError} if there are more pieces of ink than anybody draws
   */
  view(light: boolean, reach: number): View | undefined {
    const key = `${light} ${reach}`;
    if (!this.#views.has(key)) {
      this.#smooth ??= smoothed(this.#tones);
      const closed = fromClosing(this.#smooth, light, reach);
      this.#views.set(key, attempt("closing", closed.ink, closed));
    }
    return this.#views.get(key);
  }
}

/**
 * The digit as it is seen best.
 * @throws {RangeError} if nothing is drawn
 */
export function viewOf(tones: Grid, closings = new Closings(tones)): View {
  const { tone, even } = paperTone(tones);
  const view = even ? evenView(tones, tone, closings) : unevenView(tones, closings);
  if (view !== undefined) return view;
  throw new RangeError(BLANK);
}

/** Against the paper's one tone, unless there is more beside it than a digit, and the closing shows one. */
function evenView(tones: Grid, tone: number, closings: Closings): View | undefined {
  const narrow = isNarrow(tones) ? fromTightPaper(tones) : undefined;
  const view = attempt("tone", narrow ?? fromTone(tones, tone));
  if (narrow !== undefined && view !== undefined) return view;
  if (view !== undefined && view.doubt === 0) return spans(view.pieces, tones) ? strongest(view) : view;
  if (view !== undefined && fromTightPaper(tones) !== undefined) return strongest(view);
  if (view?.doubt === 2 && view.pieces.every(({ contact }) => contact === 0)) {
    // A sheet is lighter than its table, the digit on it darker; a thick digit looks the same both ways.
    const [cell] = view.pieces[0].cells;
    if (tones.values[cell] > tone === closings.isInkLight) return view;
  }
  const other = closingView(closings);
  if (view === undefined || other === undefined) return view ?? other;
  const shows = other.pieces.some((piece) => isFound(piece, tones));
  return shows && other.doubt <= view.doubt ? other : strongest(view);
}

function unevenView(tones: Grid, closings: Closings): View | undefined {
  const tight = fromTightPaper(tones);
  if (tight !== undefined) return attempt("tone", tight);
  if (isSmall(tones)) return attempt("surface", fromSurface(tones));
  const view = closingView(closings);
  if (view?.pieces.some(({ contact }) => contact === 0)) return view;
  // At its border a shade's closing differs from it.
  const smooth = attempt("surface", fromSurface(tones));
  return view !== undefined && smooth !== undefined && view.doubt < smooth.doubt ? view : smooth;
}

function closingView(closings: Closings): View | undefined {
  const light = closings.isInkLight;
  const seen = (asLight: boolean) => {
    const view = closings.view(asLight, REACH);
    return view && strongest(view);
  };
  const view = seen(light);
  if (view !== undefined && view.doubt < 2) return view;
  const other = seen(!light);
  return other !== undefined && other.doubt < 2 ? other : view;
}

/**
 * The same view with a higher threshold if what was found is of two kinds, the weaker of which is no soft edge of the
 * other.
 */
export function strongest(view: View): View {
  const { ink, pieces, paper, closed, doubt } = view;
  const cells = pieces.flatMap((piece) => Array.from(piece.cells));
  const { threshold } = split(cells.map((cell) => ink.values[cell]));
  const strong = { ...ink, values: ink.values.map((value) => (value >= threshold ? 1 : 0)) };
  const near = maxima(strong, Math.ceil(SOFT * Math.max(ink.width, ink.height))).values;
  const weak = cells.filter((cell) => near[cell] === 0).length;
  if (weak < WEAK * cells.length) return view;
  const other = attempt(paper, ink, closed, threshold);
  return other !== undefined && other.doubt <= doubt ? other : view;
}

const isSmall = ({ width, height }: Grid) => Math.min(width, height) < SMALL;

function isFound({ contact, box }: Piece, { width, height }: Grid): boolean {
  return contact === 0 && longerSide(box) > FOUND * Math.max(width, height);
}

/**
 * The pieces of a digit in the ink; undefined if there are none.
 * @throws {RangeError} if there are more than anybody draws
 */
export function attempt(
  paper: View["paper"],
  ink: Grid,
  closed?: Closed,
  threshold = thresholdOf(ink),
): View | undefined {
  if (threshold === undefined) return undefined;
  const all = piecesOf(ink, threshold);
  if (all.length === 0) return undefined;
  if (all.length > MOST_PIECES) throw new RangeError(CROWDED);
  let clean = { ink, ruling: { across: [], down: [] } as Ruling };
  let rest = all;
  let frames: Piece[] = [];
  if (!isSmall(ink)) {
    frames = framesOf(all, ink);
    const held = new Set(frames);
    rest = all.filter((piece) => !held.has(piece));
    clean = withoutLines(frames.length === 0 ? ink : without(ink, frames), threshold);
    if (clean.ruling.across.length + clean.ruling.down.length > 0) rest = piecesOf(clean.ink, threshold);
  }
  if (closed !== undefined) rest = rest.filter((piece) => !isResidue(closed, piece, threshold));
  const pieces = digitPieces(rest, ink);
  if (pieces.length === 0) return undefined;
  const doubt = areDoubtful(pieces, ink) ? 2 : areDoubtful(rest, ink) ? 1 : 0;
  return { paper, closed, threshold, pieces, all: rest, frames, raw: ink, doubt, ...clean };
}

/** The ink without that of some pieces. */
function without(ink: Grid, pieces: readonly Piece[]): Grid {
  const values = ink.values.slice();
  for (const { cells } of pieces) for (const cell of cells) values[cell] = 0;
  return { ...ink, values };
}

/** The level from which a cell is ink; undefined on a blank sheet. */
function thresholdOf({ values }: Grid): number | undefined {
  // Noise goes both ways, ink one way.
  const below = new Float64Array(values.length);
  let [count, peak] = [0, 0];
  for (let cell = 0; cell < values.length; cell++) {
    const value = values[cell];
    if (value > peak) peak = value;
    if (value <= 0) below[count++] = value;
  }
  const deviation = -NORMAL * quantile(below.subarray(0, count), 0.5);
  if (peak < Math.max(LEAST.levels, LEAST.deviations * deviation)) return undefined;
  return Math.max(STROKE.share * peak, STROKE.deviations * deviation);
}
