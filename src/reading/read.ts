// All digits of a picture: pieces of ink, lines of writing, the best reading of each line, numbers.

import { checkArgument, hasObjects } from "../arguments.js";
import { checkObject } from "../errors.js";
import { checkKnown } from "../options/known.js";
import { checkRange } from "../ranges.js";
import { classifierOf, secondLook } from "./classifier.js";
import { type FoundDigit, linesOf, lookAt, type Segment as Stroke } from "./digit.js";
import { type Grid, hull, type Region } from "./grid.js";
import { bestReading, type Classify, type Reading } from "./lattice.js";
import { type Line, linesOfWriting, numbersOf } from "./layout.js";
import { marksOf } from "./marks.js";
import { pageView } from "./page.js";
import { checkPicture, type Picture } from "./picture.js";
import type { Piece } from "./pieces.js";
import { checkReader, type DigitReader, type Judge, judgeOf } from "./reader.js";
import { type Segment, segmentsOf } from "./segments.js";
import { inPixels, type Sheet, sheetOf } from "./sheet.js";
import { deciderOf } from "./variants.js";
import { BLANK, CROWDED, MOST_MARKS, type View } from "./view.js";

/** A digit on a picture. */
export interface ReadDigit {
  /** 0 to 9. */
  readonly label: number;
  /** The share of the label among the network's activations, 0 to 1. */
  readonly confidence: number;
  /** Its bounding box, in the picture's pixels. */
  readonly box: Region;
  /** Set if this is all that there is on the picture, and it is no digit; `label` is then what it is most like. */
  readonly kind?: "not a digit";
}

/** Digits side by side. */
export interface ReadNumber {
  /** The labels, from left to right. */
  readonly text: string;
  /** The line of writing that it is in: 0 for the uppermost. */
  readonly line: number;
  /** The product of its digits' confidences. */
  readonly confidence: number;
  /** The bounding box of its digits, in the picture's pixels. */
  readonly box: Region;
  /** Its digits, from left to right. */
  readonly digits: readonly ReadDigit[];
}

/** What was read on a picture, and what was found on the way. All positions are in the picture's pixels. */
export interface ReadDigits {
  /** In reading order: line by line, from left to right. */
  readonly numbers: readonly ReadNumber[];
  /** The bounding boxes of marks in lines of digits that are as high as these, and in which no digit was read. */
  readonly unread: readonly Region[];
  /** How ink was told from paper: against one tone, a smooth surface, or the closing of the tones. */
  readonly paper: View["paper"];
  /** The least difference from paper that is ink, in levels of 255. */
  readonly threshold: number;
  /** The lines taken out. */
  readonly lines: readonly Stroke[];
  /** What was taken for ink. */
  readonly ink: Ink;
  /** The bounding boxes of the pieces, and of the parts of pieces, that the digits were put together from. */
  readonly pieces: readonly Region[];
}

/** The cells, row by row, in which a region of the picture was looked at. */
export interface Ink {
  /** The part of the picture that the cells cover, in its pixels. */
  readonly region: Region;
  /** Cells in a row: 1 to 1024. */
  readonly width: number;
  /** Rows of cells: 1 to 1024. */
  readonly height: number;
  /** width x height cells: 1 where there is ink, lines and frames taken out, 0 elsewhere. */
  readonly mask: Uint8Array;
}

/** How readDigits() reads: what is known about the numbers, and how sure the network is. */
export interface ReadOptions {
  /**
   * What activations say. By default verdict() with the reader's own calibration; without one, the share of the largest
   * activation.
   */
  readonly verdict?: Judge;
  /** The number of digits of each number, where it is known. */
  readonly digits?: number;
  /** Whether each line of writing is one number, whatever its gaps. */
  readonly lines?: boolean;
}

/** The longest side, in cells, of the grid on which writing is looked for. */
const CELLS = 1024;

/** A digit read with this confidence is one: it is not a part of another, nor a mark. */
const SURE = 0.9;
/** Digits squeezed into one are at least this share of the highest, and are read with at least this confidence. */
const SQUEEZED = { height: 0.4, confidence: 0.5 };

/**
 * Reads all digits of a picture, in reading order. Where it sees one digit at most, it looks as findDigit() does, which
 * sees more of a single digit: one cut to its strokes, or one as large as its sheet. A network that knows what is no
 * digit has to know the whole for one, unless it is sure of a part that has been cut from nothing, or that is the digit
 * which the whole is most like.
 * @throws {TypeError} if a member of the picture has the wrong type, or an option is unknown or has the wrong type
 * @throws {RangeError} if sizes are wrong or do not agree, an option is out of range, nothing is drawn,
 *   or more marks are than anybody writes
 */
export function readDigits(picture: Picture, reader: DigitReader, options: ReadOptions = {}): ReadDigits {
  checkPicture(picture);
  checkReading(reader, options);
  const judge = options.verdict ?? judgeOf(reader);
  const reasons = new Set<string>();
  const page = unlessIllegible(() => readPage(picture, reader, judge, options), reasons);
  const read = page?.numbers.flatMap(({ digits }) => digits) ?? [];
  if (page !== undefined && read.filter(isSure).length > 1) return page;
  const single = unlessIllegible(() => readSingle(picture, reader, judge), reasons);
  if (single === undefined && page === undefined) throw new RangeError(reasons.has(CROWDED) ? CROWDED : BLANK);
  if (single === undefined) return page as ReadDigits;
  const [whole] = single.numbers[0].digits;
  // A crowd of digits is no digit, but to say so would be wrong.
  if (reasons.has(CROWDED) && (whole.kind !== undefined || whole.confidence < SQUEEZED.confidence)) {
    throw new RangeError(CROWDED);
  }
  if (page === undefined || read.length === 0 || isSure(whole)) return single;
  const isCut = read.length === 2 && single.pieces.length === 1 && read.some(isDoubtful);
  const isPart = read.length === 1 && !standsAgainst(whole, read[0]);
  return whole.kind !== undefined && (isCut || isPart) ? single : page;
}

/** A piece cut in two, one half of which is read with less confidence, was no number. */
const CUT = 0.8;
const isDoubtful = ({ confidence }: { readonly confidence: number }) => confidence < CUT;

/** What is smaller than this share of all that was found, in height and width, was not cut out of it. */
const BESIDE = 0.9;

/** Whether a digit is one though the whole is none: something else lies beside it, or little was added to it. */
function standsAgainst(whole: ReadDigit, digit: ReadDigit): boolean {
  const [all, part] = [whole.box, digit.box];
  const isBeside =
    part.right - part.left < BESIDE * (all.right - all.left) &&
    part.bottom - part.top < BESIDE * (all.bottom - all.top);
  return isSure(digit) && (isBeside || digit.label === whole.label);
}

/** How many digits a number can be said to have. */
const DIGITS = { min: 1, max: 100, whole: true, description: "a whole number from 1 to 100" };
const OPTIONS = { verdict: true, digits: true, lines: true } as const satisfies Record<keyof ReadOptions, unknown>;

function checkReading(reader: DigitReader, options: ReadOptions): void {
  checkReader(reader);
  checkObject("options", options);
  checkKnown("readDigits", options, OPTIONS);
  const { verdict, digits, lines } = options;
  if (verdict !== undefined) checkArgument("verdict", "a function", verdict, typeof verdict === "function");
  if (digits !== undefined) checkRange("digits", digits, DIGITS);
  if (lines !== undefined) checkArgument("lines", "true or false", lines, typeof lines === "boolean");
}

/**
 * How many digits there are in what findDigit() found: 1, or as many as are read one by one, more surely than they are
 * read as one. A network that knows what is no digit tells a digit from a number squeezed into a digit's form.
 * @param found what findDigit() found in the picture
 * @param verdict what activations say, as in ReadOptions
 * @throws {TypeError} if a member of the picture has the wrong type
 * @throws {RangeError} if sizes are wrong or do not agree
 */
export function countDigits(picture: Picture, found: FoundDigit, reader: DigitReader, verdict?: Judge): number {
  checkPicture(picture);
  checkArgument("found", "what findDigit() found", found, hasObjects(found, "box", "pieces", "pixels"));
  checkReading(reader, verdict === undefined ? {} : { verdict });
  const judge = verdict ?? judgeOf(reader);
  const { box, digits, pieces } = found;
  const one = judge(deciderOf(reader).predict(found.pixels).activations);
  if (digits === 1 && pieces.length === 1 && isSure(one)) return 1;
  const isWithin = ({ box: { left, top, right, bottom } }: ReadDigit) =>
    left + right > 2 * box.left &&
    left + right < 2 * box.right &&
    top + bottom > 2 * box.top &&
    top + bottom < 2 * box.bottom;
  const page = unlessIllegible(() => readPage(picture, reader, judge, {}));
  const least = Math.min(SURE, Math.max(SQUEEZED.confidence, one.confidence));
  const within = page?.numbers.flatMap((number) => number.digits).filter(isWithin) ?? [];
  const sure = within.filter(({ confidence }) => confidence >= least).map(({ box: { top, bottom } }) => bottom - top);
  return Math.max(1, sure.filter((height) => height > SQUEEZED.height * Math.max(...sure)).length);
}

const isSure = ({ confidence }: { readonly confidence: number }) => confidence >= SURE;

/** What was read; undefined, and a reason more, where nothing is drawn, or too much. */
function unlessIllegible(read: () => ReadDigits, reasons = new Set<string>()): ReadDigits | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError && (error.message === BLANK || error.message === CROWDED))) throw error;
    reasons.add(error.message);
    return undefined;
  }
}

/** Reads a page of any number of digits. */
function readPage(picture: Picture, reader: DigitReader, judge: Judge, options: ReadOptions): ReadDigits {
  const sheet = sheetOf(picture, CELLS);
  const view = pageView(sheet.tones);
  const pieces: Region[] = [];
  const unread: Region[] = [];
  const classify = classifierOf(reader, view.ink, judge);
  const closer = secondLook(reader, view.ink, judge);
  const marks = marksOf(view.all, view.ink);
  checkMarks(marks, view.ink);
  const numbers = linesOfWriting(marks).flatMap((line, index) => {
    const segments = segmentsOfLine(line, view.ink);
    for (const { box } of segments) pieces.push(inPixels(box, sheet));
    const found = readLine(segments, line, classify, options);
    for (const box of leftOut(segments, found.flat(), line.height)) unread.push(inPixels(box, sheet));
    return found.map((digits) =>
      numberOf(
        digits.map((digit) => ({ ...closer(digit), box: inPixels(digit.box, sheet) })),
        index,
      ),
    );
  });
  return { numbers, unread, ...seenIn(view, sheet), pieces };
}

/** A mark of at least this share of the writing's height may have been a digit. */
const AS_HIGH = 0.6;

/** What of a line of digits is as high as these, and in none of them. */
function leftOut(segments: readonly Segment[], digits: readonly Reading[], height: number): Region[] {
  const used = new Set(digits.flatMap((digit) => digit.segments));
  const marks: Region[] = [];
  segments.forEach((segment, i) => {
    if (used.has(segment)) return;
    const isCutOff = segment.cut > 0 && i > 0 && !used.has(segments[i - 1]);
    marks.push(isCutOff ? hull([marks.pop() as Region, segment.box]) : segment.box);
  });
  return digits.length === 0 ? [] : marks.filter(({ top, bottom }) => bottom - top >= AS_HIGH * height);
}

/** Marks overlap little: their boxes together have at most this many times the cells of the page. */
const OVERLAP = 4;

/** @throws {RangeError} if there are more marks than anybody writes on a page, or they wind about each other */
function checkMarks(marks: readonly Piece[], { width, height }: Grid): void {
  const area = marks.reduce((sum, { box }) => sum + (box.right - box.left) * (box.bottom - box.top), 0);
  if (marks.length > MOST_MARKS || area > OVERLAP * width * height) throw new RangeError(CROWDED);
}

/** Reads the one digit that findDigit() finds. */
function readSingle(picture: Picture, reader: DigitReader, judge: Judge): ReadDigits {
  const look = (pixels: Uint8Array) => judge(reader.predict(pixels).activations);
  const { found, view, sheet } = lookAt(picture, look);
  const { kind, ...worth } = judge(deciderOf(reader).predict(found.pixels).activations);
  const digit = { ...worth, box: found.box, ...(kind === "not a digit" ? { kind } : {}) };
  return { numbers: [numberOf([digit], 0)], unread: [], ...seenIn(view, sheet), pieces: found.pieces };
}

function seenIn(view: View, sheet: Sheet): Omit<ReadDigits, "numbers" | "unread" | "pieces"> {
  const { paper, threshold } = view;
  return { paper, threshold, lines: linesOf(view, sheet), ink: inkOf(view, sheet) };
}

function inkOf({ ink: { width, height, values }, threshold }: View, { region }: Sheet): Ink {
  const mask = new Uint8Array(values.length);
  for (let cell = 0; cell < mask.length; cell++) if (values[cell] >= threshold) mask[cell] = 1;
  return { region, width, height, mask };
}

/** The segments of a line's pieces, from left to right along its lean. */
function segmentsOfLine({ pieces, height, slope }: Line, ink: Grid): Segment[] {
  const at = ({ box }: Segment) => (box.left + box.right) / 2 + (slope * (box.top + box.bottom)) / 2;
  return pieces.flatMap(({ cells, box }) => segmentsOf(cells, box, ink, height)).sort((a, b) => at(a) - at(b));
}

/** The digits of a line, by numbers. */
function readLine(
  segments: readonly Segment[],
  { height }: Line,
  classify: Classify,
  { digits: count, lines = false }: ReadOptions,
): Reading[][] {
  const free = bestReading(segments, height, classify);
  if (count !== undefined) {
    const numbers = Math.max(1, Math.round(free.length / count));
    const digits = bestReading(segments, height, classify, numbers * count);
    return Array.from({ length: Math.ceil(digits.length / count) }, (_, i) => digits.slice(i * count, (i + 1) * count));
  }
  if (lines) return free.length === 0 ? [] : [free];
  return numbersOf(free, height);
}

/** Digits side by side, all in the picture's pixels. */
function numberOf(readings: readonly ReadDigit[], line: number): ReadNumber {
  const digits = readings.map(({ label, confidence, box, kind }) => ({
    label,
    confidence,
    box,
    ...(kind === undefined ? {} : { kind }),
  }));
  return {
    text: digits.map(({ label }) => label).join(""),
    line,
    confidence: digits.reduce((product, { confidence }) => product * confidence, 1),
    box: hull(digits.map(({ box }) => box)),
    digits,
  };
}
