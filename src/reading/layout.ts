// Lines of writing: pieces side by side, at about the same height, on a page that may lean.
// Neighbours tell how much the writing leans; what overlaps along that lean is one line.

import type { Region } from "./grid.js";
import { heightOf, median } from "./marks.js";
import type { Piece } from "./pieces.js";

/** A line of writing. */
export interface Line {
  readonly pieces: readonly Piece[];
  /** The height of its digits, in cells. */
  readonly height: number;
  /** Where it crosses x = 0 and how it leans: y = at + slope x. */
  readonly at: number;
  readonly slope: number;
}

/** Smaller pieces than this share of the writing's height are parts of digits, or marks between them. */
const BODY = 0.3;
/** Neighbours overlap by this share of the lower one's height, and are at most this many heights apart. */
const NEIGHBOUR = { overlap: 0.4, apart: 3 };
/** Writing leans by less than this slope, 22 degrees; fewer neighbours than this tell nothing of it. */
const LEAN = { slope: 0.4, links: 2 };
/**
 * Pieces are of one line if they overlap it by this share of the lower one, or if this share of them is at heights at
 * which it has ink: an upper and a lower part of a digit.
 */
const SAME = { overlap: 0.5, within: 0.8 };
/** A part of a digit is at most this many heights away from the rest of its line. */
const NEAR = 0.6;

const heightOfBox = ({ top, bottom }: Region) => bottom - top;
const middleX = ({ left, right }: Region) => (left + right) / 2;
const middleY = ({ top, bottom }: Region) => (top + bottom) / 2;

/** A line that is being put together: its bodies' levels, and from where to where they have ink. */
interface Writing {
  readonly pieces: Piece[];
  readonly levels: number[];
  at: number;
  height: number;
  top: number;
  bottom: number;
}

/** The lines, from top to bottom. */
export function linesOfWriting(pieces: readonly Piece[]): Line[] {
  const typical = heightOf(pieces);
  const bodies = pieces.filter(({ box }) => heightOfBox(box) >= BODY * typical);
  const parts = pieces.filter(({ box }) => heightOfBox(box) < BODY * typical);
  const slope = slopeOf(bodies);
  const level = ({ box }: Piece) => middleY(box) - slope * middleX(box);
  const lines: Writing[] = [];
  // The highest pieces first: a line's height is theirs.
  for (const piece of [...bodies].sort((a, b) => heightOfBox(b.box) - heightOfBox(a.box))) {
    const height = heightOfBox(piece.box);
    const own = best(lines, (line) => {
      const share = overlap(line, level(piece), height) / Math.min(height, line.height) / SAME.overlap;
      return Math.max(share, withinOf(line, level(piece), height) / SAME.within);
    });
    const [top, bottom] = [level(piece) - height / 2, level(piece) + height / 2];
    if (own === undefined || own.score < 1) {
      lines.push({ pieces: [piece], levels: [level(piece)], at: level(piece), height, top, bottom });
    } else {
      const { of } = own;
      of.pieces.push(piece);
      of.levels.push(level(piece));
      of.at = median(of.levels);
      of.height = heightOf(of.pieces);
      of.top = Math.min(of.top, top);
      of.bottom = Math.max(of.bottom, bottom);
    }
  }
  for (const part of parts) {
    const own = best(lines, (line) => -distance(line, part, level(part)) / line.height);
    if (own !== undefined && own.score > -NEAR) own.of.pieces.push(part);
  }
  return lines.sort((a, b) => a.at - b.at).map(({ pieces, at, height }) => ({ pieces, at, height, slope }));
}

/** How much the writing leans: the slope of least squares that all rows of neighbours have in common. */
function slopeOf(bodies: readonly Piece[]): number {
  const rows = rowsOf(bodies);
  let [links, products, squares] = [0, 0, 0];
  for (const row of rows) {
    links += row.length - 1;
    const [x, y] = [middleX, middleY].map((at) => row.reduce((sum, box) => sum + at(box), 0) / row.length);
    for (const box of row) {
      products += (middleX(box) - x) * (middleY(box) - y);
      squares += (middleX(box) - x) ** 2;
    }
  }
  return links < LEAN.links || squares === 0 ? 0 : products / squares;
}

/** Boxes by rows: each but the first has its left neighbour before it. */
function rowsOf(bodies: readonly Piece[]): Region[][] {
  const rows: Region[][] = [];
  const rowOf = new Map<Region, Region[]>();
  for (const box of bodies.map((piece) => piece.box).sort((a, b) => middleX(a) - middleX(b))) {
    let row = rowOf.get(box);
    if (row === undefined) {
      row = [box];
      rows.push(row);
    }
    const next = neighbourOf(box, bodies);
    if (next === undefined || rowOf.has(next)) continue;
    row.push(next);
    rowOf.set(next, row);
  }
  return rows;
}

/** The nearest box to the right at about the same height. */
function neighbourOf(box: Region, bodies: readonly Piece[]): Region | undefined {
  let nearest: Region | undefined;
  for (const { box: other } of bodies) {
    const gap = other.left - box.right;
    const lower = Math.min(heightOfBox(box), heightOfBox(other));
    if (middleX(other) <= middleX(box) || gap > NEIGHBOUR.apart * heightOfBox(box)) continue;
    if (Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) < NEIGHBOUR.overlap * lower) continue;
    const slope = (middleY(other) - middleY(box)) / (middleX(other) - middleX(box));
    if (Math.abs(slope) >= LEAN.slope) continue;
    if (nearest === undefined || other.left < nearest.left) nearest = other;
  }
  return nearest;
}

function overlap(line: { at: number; height: number }, level: number, height: number): number {
  return (
    Math.min(line.at + line.height / 2, level + height / 2) - Math.max(line.at - line.height / 2, level - height / 2)
  );
}

/** The share of a piece's height at which others are. */
function withinOf({ top, bottom }: Writing, level: number, height: number): number {
  return (Math.min(bottom, level + height / 2) - Math.max(top, level - height / 2)) / height;
}

/** How far a part is from the line's pieces, along the line and, beyond its height, across it. */
function distance(line: Writing, { box }: Piece, level: number): number {
  const across = Math.max(0, Math.abs(level - line.at) - line.height / 2);
  const along = line.pieces.reduce(
    (least, piece) => Math.min(least, Math.max(piece.box.left - box.right, box.left - piece.box.right, 0)),
    Infinity,
  );
  return Math.max(across, along);
}

function best<T>(items: readonly T[], score: (item: T) => number): { of: T; score: number } | undefined {
  let found: { of: T; score: number } | undefined;
  for (const of of items) {
    const value = score(of);
    if (found === undefined || value > found.score) found = { of, score: value };
  }
  return found;
}

/** Gaps between digits are widened where one is narrower than this share of the height, as a 1 is. */
const DIGIT = 0.5;
/** A gap parts two numbers if it is this many times as wide as the gaps between digits, each in heights and this. */
const PARTED = { times: 1.9, plus: 0.15 };
/** No gap narrower than the first parts numbers, every gap wider than the second does. */
const GAP = { least: 0.5, most: 2.5 };

/** Boxes of digits from left to right, as numbers: a number ends where a gap is wider than within numbers. */
export function numbersOf<T extends { readonly box: Region }>(digits: readonly T[], height: number): T[][] {
  if (digits.length === 0) return [];
  const wide = ({ box }: T) => Math.max(0, DIGIT - (box.right - box.left) / height) / 2;
  const gaps = digits
    .slice(1)
    .map((digit, i) => (digit.box.left - digits[i].box.right) / height - wide(digit) - wide(digits[i]));
  const least = leastGap(gaps);
  const numbers: T[][] = [[digits[0]]];
  gaps.forEach((gap, i) => {
    if (gap > least) numbers.push([digits[i + 1]]);
    else numbers[numbers.length - 1].push(digits[i + 1]);
  });
  return numbers;
}

/** The gap from which numbers are parted: the first step up among the gaps, in order, that is large enough. */
function leastGap(gaps: readonly number[]): number {
  const sorted = gaps.map((gap) => Math.max(0, gap)).sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; i++) {
    const [below, above] = [sorted[i - 1], sorted[i]];
    if (above > GAP.least && above + PARTED.plus > PARTED.times * (below + PARTED.plus)) return (below + above) / 2;
  }
  return GAP.most;
}
