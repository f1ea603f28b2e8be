// From a picture to a digit: tones, paper, lines, pieces, MNIST's form, each in a file of its own.

import { fromClosing } from "./closing.js";
import { type Grid, hull, longerSide, quantile, type Region } from "./grid.js";
import { type Ruling, withoutLines } from "./lines.js";
import { normalise } from "./normalise.js";
import { fromTone, paperTone } from "./paper.js";
import { checkPicture, type Picture } from "./picture.js";
import { areDoubtful, countDigits, digitPieces, type Piece, SMALL } from "./pieces.js";
import { fromSurface } from "./surface.js";
import { tonesOf } from "./tones.js";
import { withoutOutline } from "./trim.js";

/** What was found on a picture on the way to its digit. All positions are in the picture's pixels. */
export interface FoundDigit {
  /** The digit in MNIST's form, as toDigit() returns it: 28 x 28 levels, row by row, 0 paper to 255 ink. */
  readonly pixels: Uint8Array;
  /** The digit's bounding box. */
  readonly box: Region;
  /** How many pieces of like height stand side by side: 1 for a digit, 2 or more for a number. */
  readonly digits: number;
  /** How ink was told from paper: against one tone, a smooth surface, or the closing of the tones. */
  readonly paper: "tone" | "surface" | "closing";
  /** The least difference from paper that is ink, in levels of 255. */
  readonly threshold: number;
  /** The lines taken out, as segments. */
  readonly lines: readonly Segment[];
  /** The bounding boxes of the connected pieces of which the digit consists. */
  readonly pieces: readonly Region[];
}

/** A straight line from one point to another, and how thick it is, in pixels. */
export interface Segment {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly thickness: number;
}

/** The longest side, in cells, of the grid on which a digit is looked for. */
const CELLS = 512;
/** A digit found on fewer cells than this is looked at again, closer. */
const ENOUGH = 100;
/** How much of the sheet around a digit is looked at again, as a share of the digit's side: enough to see its paper. */
const MARGIN = 0.25;
/** A sheet is cut off from its surroundings at most this many times: a window's outline in a screenshot's, and one more. */
const CUTS = 3;
/** Ink differs from paper by at least this much, in levels of 255, and by this many standard deviations of the noise. */
const LEAST = { levels: 4, deviations: 6 };
/** Where a stroke ends: at this share of the strongest ink, or this many standard deviations of the noise. */
const STROKE = { share: 0.1, deviations: 4 };
/** The deviation of a normal distribution, in medians of the magnitude. */
const NORMAL = 1.4826;
/** Another way to see paper is better if it finds a piece off the border of this share of the sheet's longer side. */
const FOUND = 0.2;

/** A sheet seen one way. */
interface View {
  readonly paper: FoundDigit["paper"];
  readonly ink: Grid;
  readonly threshold: number;
  readonly ruling: Ruling;
  readonly pieces: readonly Piece[];
}

/**
 * The digit drawn on a sheet of any size, dark on light, light on dark, or in any colour on transparent,
 * as 28 x 28 pixels from 0, paper, to 255, ink. Ruled and squared lines, frames, shadows, and what lies beside the sheet
 * are left out.
 * @throws {TypeError} if a member of the picture has the wrong type
 * @throws {RangeError} if sizes are wrong or do not agree, or nothing is drawn
 */
export function toDigit(picture: Picture): Uint8Array {
  return findDigit(picture).pixels;
}

/**
 * The same digit, with what was found on the way to it.
 * @throws {TypeError} if a member of the picture has the wrong type
 * @throws {RangeError} if sizes are wrong or do not agree, or nothing is drawn
 */
export function findDigit(picture: Picture): FoundDigit {
  checkPicture(picture);
  let region: Region = { left: 0, top: 0, right: picture.width, bottom: picture.height };
  for (let cuts = 0, closer = false; ; ) {
    const factor = Math.ceil(longerSide(region) / CELLS);
    const { tones, sheet } = tonesOf(picture, region, factor);
    const within = closer || cuts === CUTS ? undefined : (sheet ?? withoutOutline(tones));
    if (
      within !== undefined &&
      !(within.right - within.left === tones.width && within.bottom - within.top === tones.height)
    ) {
      region = inPixels(within, region, factor);
      cuts++;
      continue;
    }
    const view = viewOf(tones);
    const box = hull(view.pieces.map((piece) => piece.box));
    const side = longerSide(box);
    if (factor === 1 || side >= ENOUGH) return found(view, box, region, factor);
    region = inPixels(enlarged(box, Math.ceil(MARGIN * side), tones), region, factor);
    closer = true;
  }
}

/** Cells of a region as pixels of the picture. */
function inPixels(cells: Region, region: Region, factor: number): Region {
  return {
    left: region.left + cells.left * factor,
    top: region.top + cells.top * factor,
    right: Math.min(region.right, region.left + cells.right * factor),
    bottom: Math.min(region.bottom, region.top + cells.bottom * factor),
  };
}

function enlarged({ left, top, right, bottom }: Region, margin: number, { width, height }: Grid): Region {
  return {
    left: Math.max(0, left - margin),
    top: Math.max(0, top - margin),
    right: Math.min(width, right + margin),
    bottom: Math.min(height, bottom + margin),
  };
}

/** The digit as it is seen best. */
function viewOf(tones: Grid): View {
  const { tone, even } = paperTone(tones);
  const first = even ? attempt("tone", fromTone(tones, tone)) : attempt("closing", fromClosing(tones));
  let best = first;
  if (even && (first === undefined || areDoubtful(first.pieces, tones))) {
    const other = attempt("closing", fromClosing(tones));
    if (first === undefined || other?.pieces.some((piece) => isFound(piece, tones))) best = other ?? first;
  }
  if (best === undefined && !even) best = attempt("surface", fromSurface(tones));
  if (best !== undefined) return best;
  throw new RangeError(
    "picture: expected a digit in ink that stands out from the paper, got a blank sheet; draw with a stronger or wider pen",
  );
}

function isFound({ contact, box }: Piece, { width, height }: Grid): boolean {
  return contact === 0 && longerSide(box) > FOUND * Math.max(width, height);
}

/** The pieces of a digit in the ink; undefined if there are none. */
function attempt(paper: View["paper"], ink: Grid): View | undefined {
  const threshold = thresholdOf(ink);
  if (threshold === undefined) return undefined;
  const small = Math.min(ink.width, ink.height) < SMALL;
  const without = small ? { ink, ruling: { across: [], down: [] } } : withoutLines(ink, threshold);
  const pieces = digitPieces(without.ink, threshold);
  return pieces.length === 0 ? undefined : { paper, threshold, pieces, ...without };
}

/** The level from which a cell is ink; undefined on a blank sheet. */
function thresholdOf({ values }: Grid): number | undefined {
  // Noise goes both ways, ink one way.
  const deviation =
    -NORMAL *
    quantile(
      values.filter((value) => value <= 0),
      0.5,
    );
  const peak = values.reduce((most, value) => Math.max(most, value), 0);
  if (peak < Math.max(LEAST.levels, LEAST.deviations * deviation)) return undefined;
  return Math.max(STROKE.share * peak, STROKE.deviations * deviation);
}

function found(
  { paper, ink, threshold, ruling, pieces }: View,
  box: Region,
  region: Region,
  factor: number,
): FoundDigit {
  const digit = new Float64Array(ink.values.length);
  for (const { cells } of pieces) for (const cell of cells) digit[cell] = ink.values[cell];
  const point = (x: number, y: number) => [region.left + x * factor, region.top + y * factor] as const;
  const across = ruling.across.map(({ at, slope, from, to, thickness }) => ({
    from: point(from, at + slope * from),
    to: point(to, at + slope * to),
    thickness: thickness * factor,
  }));
  const down = ruling.down.map(({ at, slope, from, to, thickness }) => ({
    from: point(at + slope * from, from),
    to: point(at + slope * to, to),
    thickness: thickness * factor,
  }));
  return {
    pixels: normalise({ ...ink, values: digit }, box),
    box: inPixels(box, region, factor),
    digits: countDigits(pieces),
    paper,
    threshold,
    lines: [...across, ...down],
    pieces: pieces.map((piece) => inPixels(piece.box, region, factor)),
  };
}
