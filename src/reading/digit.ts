// From a picture to a digit: tones, paper, lines, pieces, MNIST's form, each in a file of its own.

import { type Grid, longerSide, type Region } from "./grid.js";
import { bestView, boxOf, type Look, pixelsOf } from "./looks.js";
import { checkPicture, type Picture } from "./picture.js";
import { countGroups } from "./pieces.js";
import { checkReader, type DigitReader, judgeOf } from "./reader.js";
import { inPixels, partOf, type Sheet, sheetOf } from "./sheet.js";
import { CROWDED, MOST_MARKS, type View } from "./view.js";

/** What was found on a picture on the way to its digit. All positions are in the picture's pixels. */
export interface FoundDigit {
  /** The digit in MNIST's form, as toDigit() returns it: 28 x 28 levels, row by row, 0 paper to 255 ink. */
  readonly pixels: Uint8Array;
  /** The digit's bounding box. */
  readonly box: Region;
  /** How many pieces of like height stand side by side: 1 for a digit, 2 or more for a number. */
  readonly digits: number;
  /** How ink was told from paper: against one tone, a smooth surface, or the closing of the tones. */
  readonly paper: View["paper"];
  /** The least difference from paper that is ink, in levels of 255. */
  readonly threshold: number;
  /** The lines taken out, as segments. */
  readonly lines: readonly Segment[];
  /** The bounding boxes of the connected pieces of which the digit consists. */
  readonly pieces: readonly Region[];
}

/** A straight line from one point to another, and how thick it is, in pixels. */
export interface Segment {
  /** Where the middle of the line begins, in the picture's pixels from its upper left corner; may be a fraction. */
  readonly from: readonly [x: number, y: number];
  /** Where it ends: to the right of its beginning, or below it. */
  readonly to: readonly [x: number, y: number];
  /** How thick it is, in the picture's pixels, above 0. */
  readonly thickness: number;
}

/** The longest side, in cells, of the grid on which a digit is looked for. */
const CELLS = 512;
/** A digit found on fewer cells than this is looked at again, closer. */
const ENOUGH = 100;
/** How much of the sheet around a digit is looked at again, as a share of the digit's side: enough to see its paper. */
const MARGIN = 0.25;
/**
 * The digit drawn on a sheet of any size, dark on light, light on dark, or in any colour on transparent, as 28 x 28
 * pixels from 0, paper, to 255, ink. Ruled and squared lines, frames, shadows, and what lies beside the sheet are
 * left out.
 * @param reader the network that is to read it. If its calibration knows what is no digit, and says that this is none,
 *   the sheet is looked at in other ways, and the digit is what the network is surest of
 * @throws {TypeError} if a member of the picture has the wrong type, or the reader cannot read
 * @throws {RangeError} if sizes are wrong or do not agree, nothing is drawn, or more than 2000 marks are
 */
export function toDigit(picture: Picture, reader?: DigitReader): Uint8Array {
  return findDigit(picture, reader).pixels;
}

/**
 * The same digit, with what was found on the way to it.
 * @throws {TypeError} if a member of the picture has the wrong type, or the reader cannot read
 * @throws {RangeError} if sizes are wrong or do not agree, nothing is drawn, or more than 2000 marks are
 */
export function findDigit(picture: Picture, reader?: DigitReader): FoundDigit {
  if (reader === undefined) return lookAt(picture).found;
  checkReader(reader);
  const judge = judgeOf(reader);
  return lookAt(picture, (digit) => judge(reader.predict(digit).activations)).found;
}

/** The digit, and the sheet in which it was found, as it was seen. */
export function lookAt(picture: Picture, look?: Look): { found: FoundDigit; view: View; sheet: Sheet } {
  checkPicture(picture);
  for (let sheet = sheetOf(picture, CELLS); ; ) {
    const view = bestView(sheet.tones, look);
    if (view.pieces.length > MOST_MARKS) throw new RangeError(CROWDED);
    const box = boxOf(view);
    const side = longerSide(box);
    if (sheet.factor === 1 || side >= ENOUGH) return { found: foundIn(view, box, sheet), view, sheet };
    const closer = enlarged(box, Math.ceil(MARGIN * side), sheet.tones);
    sheet = partOf(picture, inPixels(closer, sheet), CELLS);
  }
}

function enlarged({ left, top, right, bottom }: Region, margin: number, { width, height }: Grid): Region {
  return {
    left: Math.max(0, left - margin),
    top: Math.max(0, top - margin),
    right: Math.min(width, right + margin),
    bottom: Math.min(height, bottom + margin),
  };
}

function foundIn(view: View, box: Region, sheet: Sheet): FoundDigit {
  const { paper, threshold, pieces } = view;
  return {
    pixels: pixelsOf(view),
    box: inPixels(box, sheet),
    digits: countGroups(pieces),
    paper,
    threshold,
    lines: linesOf(view, sheet),
    pieces: pieces.map((piece) => inPixels(piece.box, sheet)),
  };
}

/** The lines taken out, in the picture's pixels. */
export function linesOf({ ruling }: View, { region, factor }: Sheet): Segment[] {
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
  return [...across, ...down];
}
