// Ruling: straight lines from edge to edge, or four that make a box, are found by vote and erased where they are as
// thin as they are elsewhere, so that strokes stay whole where a line crosses them.
// Vote: Hough 1962, with the offset and slope of Duda and Hart, CACM 15(1), 1972, here for small slopes only: each
// middle of a thin vertical run votes for all lines through it. Lines that go down are those that go across in the
// transposed sheet.

import { type Grid, quantile, transposed } from "./grid.js";
import { type Piece, piecesOf } from "./pieces.js";

/** A nearly level line, y = at + slope x, from column `from` to `to` - 1, in cells. */
interface Line {
  readonly at: number;
  readonly slope: number;
  readonly from: number;
  readonly to: number;
  readonly thickness: number;
}

/** The lines erased: across the sheet, and down it (with x and y exchanged). */
export interface Ruling {
  readonly across: readonly Line[];
  readonly down: readonly Line[];
}

/** Lines lean by at most this slope, 5.7 degrees: sheets are held about straight, strokes lean more. */
const SLOPE = 0.1;
/** Lines are at most this share of the sheet's longer side thick, but always up to two cells. */
const THICK = 0.035;
/** A line shows on at least this share of the sheet's width: half of it, less what ink covers; dashes show half. */
const SHOWN = 0.35;
/** Cells this near a line are its own: the rounding of a slope, and soft edges. */
const NEAR = 2;
/** More lines than the finest squared paper has on a sheet whose digit is legible. */
const MOST = 70;
/** Thin runs are of a texture if they are this many times as many as those of so many lines. */
const TEXTURE = 1.5;
/** A line from edge to edge ends within this share of the sheet's width from both, and a cell. */
const SLACK = 0.03;
/**
 * A frame's sides and walls are at most this share of its longer side thick, and end within this share of it, and twice
 * their thickness, from its sides.
 */
const FRAME = { thick: 0.09, slack: 0.04 };
/** Walls in a frame are at most this many times as thick as the thinner half of its lines, and a cell: strokes are. */
const WALL = 1.5;
/**
 * Beside a table or a book's edge a line reaches one edge of the sheet only, and this share of the width, or is one
 * of so many with at least this share, whose ends are as far along to such a share: digits have no three long
 * parallel strokes.
 */
const RULED = { one: 0.75, count: 3, some: 0.5, alike: 0.1 };
/**
 * Sides of boxes have at least this share of the sheet's width, and meet others within this share of it (rounded
 * corners).
 */
const BOX = { side: 0.3, corner: 0.05 };
/** Where a run of ink is longer than this many thicknesses of the line, a stroke crosses it. */
const CROSSED = 1.5;
/**
 * So few lines may be strokes: if they leave less than this share of the ink, or if this share of it is one piece, of
 * which what they leave touches the border.
 */
const FEW = 2;
const STROKES = { left: 0.1, one: 0.9 };

/** The ink without lines. */
export function withoutLines(ink: Grid, threshold: number): { ink: Grid; ruling: Ruling } {
  const { width, height } = ink;
  const across = findLines(ink, threshold);
  const down = findLines(transposed(ink), threshold);
  const ruling = { across: choose(across, down, width), down: choose(down, across, height) };
  if (ruling.across.length + ruling.down.length === 0) return { ink, ruling };
  const clean = erased(ink, threshold, ruling);
  if (areStrokes(ink, clean, threshold, ruling)) return { ink, ruling: { across: [], down: [] } };
  return { ink: clean, ruling };
}

/** The ink within a frame, without the frame's sides and walls: all lines from side to side. */
export function withoutWalls(ink: Grid, threshold: number): Grid {
  return erased(ink, threshold, { across: wallsOf(ink, threshold), down: wallsOf(transposed(ink), threshold) });
}

/** The frame's sides across and the walls beside them: a stroke from side to side is thicker than walls. */
function wallsOf(ink: Grid, threshold: number): Line[] {
  const near = FRAME.slack * ink.width;
  const reaching = findLines(ink, threshold, FRAME.thick).filter(({ from, to, thickness }) => {
    const slack = near + 2 * thickness;
    return from <= slack && to >= ink.width - slack;
  });
  const most =
    WALL *
      quantile(
        reaching.map(({ thickness }) => thickness),
        0.5,
      ) +
    1;
  return reaching.filter(({ at, slope, thickness }) => {
    const middle = at + (slope * ink.width) / 2;
    return thickness <= most || Math.min(middle, ink.height - middle) <= thickness + FRAME.slack * ink.height;
  });
}

function erased(ink: Grid, threshold: number, { across, down }: Ruling): Grid {
  return transposed(erase(transposed(erase(ink, threshold, across)), threshold, down));
}

/** At how many edges of the sheet a line ends. */
function endsOf({ from, to }: Line, width: number): number {
  const slack = SLACK * width + 1;
  return (from <= slack ? 1 : 0) + (to >= width - slack ? 1 : 0);
}

/** The lengths of vertical runs of ink, for each of their cells. */
function runsOf({ width, height, values }: Grid, threshold: number): Int32Array {
  const runs = new Int32Array(values.length);
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) {
      if (values[cell] >= threshold) runs[cell] = (y > 0 ? runs[cell - width] : 0) + 1;
    }
  }
  for (let cell = values.length - width - 1; cell >= 0; cell--) {
    if (runs[cell] > 0 && runs[cell + width] > runs[cell]) runs[cell] = runs[cell + width];
  }
  return runs;
}

/** The middles of thin vertical runs, row by row: there may be hundreds of thousands. */
interface Middles {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly runs: Float64Array;
}

function middlesOf(runs: Int32Array, width: number, height: number, thick: number): Middles {
  const most = Math.max(2, Math.round(thick * Math.max(width, height)));
  const isFirst = (cell: number) => runs[cell] > 0 && runs[cell] <= most && (cell < width || runs[cell - width] === 0);
  let count = 0;
  for (let cell = 0; cell < runs.length; cell++) if (isFirst(cell)) count++;
  const middles = { xs: new Float64Array(count), ys: new Float64Array(count), runs: new Float64Array(count) };
  for (let y = 0, cell = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) {
      if (!isFirst(cell)) continue;
      middles.xs[i] = x;
      middles.ys[i] = y + (runs[cell] - 1) / 2;
      middles.runs[i++] = runs[cell];
    }
  }
  return middles;
}

/** Parts middles into those near a line, which are put in front, and the others. Both keep their order. */
function parted({ xs, ys, runs }: Middles, at: number, slope: number): { own: Middles; others: Middles } {
  const [ownXs, ownYs, ownRuns]: [number[], number[], number[]] = [[], [], []];
  // From the end, the others move up to where those near the line were.
  let to = xs.length;
  for (let i = xs.length - 1; i >= 0; i--) {
    if (Math.abs(ys[i] - at - slope * xs[i]) > NEAR) {
      to--;
      xs[to] = xs[i];
      ys[to] = ys[i];
      runs[to] = runs[i];
    } else {
      ownXs.push(xs[i]);
      ownYs.push(ys[i]);
      ownRuns.push(runs[i]);
    }
  }
  const part = (from: number, end: number): Middles => ({
    xs: xs.subarray(from, end),
    ys: ys.subarray(from, end),
    runs: runs.subarray(from, end),
  });
  const [own, others] = [part(0, to), part(to, xs.length)];
  own.xs.set(ownXs.reverse());
  own.ys.set(ownYs.reverse());
  own.runs.set(ownRuns.reverse());
  return { own, others };
}

function joined(a: Middles, b: Middles): Middles {
  const both = (first: Float64Array, second: Float64Array) => {
    const values = new Float64Array(first.length + second.length);
    values.set(first);
    values.set(second, first.length);
    return values;
  };
  return { xs: both(a.xs, b.xs), ys: both(a.ys, b.ys), runs: both(a.runs, b.runs) };
}

/** Those near a line; all if none are. */
function near(middles: Middles, { at, slope }: { readonly at: number; readonly slope: number }): Middles {
  return filtered(middles, (i) => Math.abs(middles.ys[i] - at - slope * middles.xs[i]) <= NEAR);
}

/** Those about as thin as the thinnest quarter. */
function thinOf(middles: Middles): Middles {
  const most = CROSSED * quantile(middles.runs, 0.25) + 1;
  return filtered(middles, (i) => middles.runs[i] <= most);
}

function filtered({ xs, ys, runs }: Middles, isKept: (i: number) => boolean): Middles {
  if (!xs.some((_, i) => isKept(i))) return { xs, ys, runs };
  const of = (values: Float64Array) => values.filter((_, i) => isKept(i));
  return { xs: of(xs), ys: of(ys), runs: of(runs) };
}

/** Votes for lines: for each slope, how many middles are on each. */
class Votes {
  readonly #steps: number;
  readonly #below: number;
  readonly #bins: number;
  readonly #votes: Int32Array;

  constructor({ width, height }: Grid) {
    this.#steps = Math.ceil((SLOPE * width) / 1.5);
    this.#below = Math.ceil(SLOPE * width) + 2;
    this.#bins = height + 2 * this.#below;
    this.#votes = new Int32Array((2 * this.#steps + 1) * this.#bins);
  }

  #slopeOf(step: number): number {
    return (step / this.#steps) * SLOPE;
  }

  /** Slope by slope, whose votes stay in the cache. */
  add({ xs, ys }: Middles, count: 1 | -1): void {
    const votes = this.#votes;
    for (let step = -this.#steps; step <= this.#steps; step++) {
      const first = (step + this.#steps) * this.#bins + this.#below;
      const slope = this.#slopeOf(step);
      for (let i = 0; i < xs.length; i++) votes[first + Math.round(ys[i] - slope * xs[i])] += count;
    }
  }

  /** The line with most votes, those of its neighbours with them. */
  best(): { most: number; at: number; slope: number } {
    const votes = this.#votes;
    let [most, best] = [0, 0];
    for (let i = 1; i < votes.length - 1; i++) {
      const count = votes[i - 1] + votes[i] + votes[i + 1];
      if (count > most) {
        most = count;
        best = i;
      }
    }
    const slope = this.#slopeOf(Math.floor(best / this.#bins) - this.#steps);
    return { most, at: (best % this.#bins) - this.#below, slope };
  }
}

/** Long, thin, nearly level lines. */
function findLines(ink: Grid, threshold: number, thick = THICK): Line[] {
  const { width, height } = ink;
  let middles = middlesOf(runsOf(ink, threshold), width, height, thick);
  const least = SHOWN * width;
  if (middles.xs.length < least || middles.xs.length > TEXTURE * MOST * width) return [];
  const votes = new Votes(ink);
  votes.add(middles, 1);
  const lines: Line[] = [];
  while (lines.length < MOST && 3 * middles.xs.length >= least) {
    const { most, at, slope } = votes.best();
    if (most < least) break;
    const rough = parted(middles, at, slope);
    // A stroke that runs along a line draws it aside: where it is thin it is the line alone.
    const line = fitted(thinOf(rough.own));
    const more = parted(rough.others, line.at, line.slope);
    votes.add(rough.own, -1);
    votes.add(more.own, -1);
    middles = more.others;
    const own = thinOf(near(joined(rough.own, more.own), line));
    const thickness = quantile(own.runs, 0.7);
    const [from, to] = [own.xs.reduce((a, b) => Math.min(a, b)), own.xs.reduce((a, b) => Math.max(a, b)) + 1];
    lines.push(prolonged(ink, threshold, { ...fitted(own), from, to, thickness }));
  }
  return lines;
}

/** The line of least squares through points. */
function fitted({ xs, ys }: Middles): { at: number; slope: number } {
  const n = xs.length;
  const [x, y] = [xs.reduce((sum, at) => sum + at, 0) / n, ys.reduce((sum, at) => sum + at, 0) / n];
  const spread = xs.reduce((sum, at) => sum + (at - x) ** 2, 0);
  const slope = xs.reduce((sum, at, i) => sum + (at - x) * (ys[i] - y), 0) / (spread || 1);
  return { at: y - slope * x, slope };
}

/** A line that continues into ink that is thicker than lines: a book's edge, a table. */
function prolonged({ width, height, values }: Grid, threshold: number, line: Line): Line {
  const inked = (x: number) => {
    const y = Math.round(line.at + line.slope * x);
    return x >= 0 && x < width && y >= 0 && y < height && values[y * width + x] >= threshold;
  };
  let { from, to } = line;
  while (inked(from - 1)) from--;
  while (inked(to)) to++;
  return { ...line, from, to };
}

/** Lines that rule the sheet, and those that make a box. */
function choose(lines: readonly Line[], others: readonly Line[], width: number): Line[] {
  const corner = BOX.corner * width + NEAR;
  const alike = (a: Line, b: Line) => Math.max(Math.abs(a.from - b.from), Math.abs(a.to - b.to)) < RULED.alike * width;
  return lines.filter((line) => {
    const { at, slope, from, to } = line;
    const long = to - from >= RULED.some * width;
    const count = lines.filter((other) => alike(line, other)).length;
    if (long && count >= RULED.count) return true;
    const ends = endsOf(line, width);
    if (ends === 2 || (ends === 1 && to - from >= RULED.one * width)) return true;
    // It ends where another one ends, too, or just at another one, which continues: a wall between two boxes. A 1
    // between two rules is no wall: it is alone.
    const meets = (x: number) => {
      const y = at + slope * x;
      return others.some((other) => {
        const distance = Math.abs(other.at + other.slope * y - x);
        const end = Math.min(Math.abs(other.from - y), Math.abs(other.to - y));
        return (distance < corner && end < corner) || (count > 1 && distance <= NEAR + other.thickness);
      });
    };
    return to - from >= BOX.side * width && meets(from) && meets(to);
  });
}

/** The ink without lines where they are as thin as lines are. */
function erase(ink: Grid, threshold: number, lines: readonly Line[]): Grid {
  if (lines.length === 0) return ink;
  const { width, height } = ink;
  const runs = runsOf(ink, threshold);
  const values = ink.values.slice();
  for (const { at, slope, from, to, thickness } of lines) {
    const reach = thickness / 2 + NEAR;
    for (let x = from; x < to; x++) {
      const y = at + slope * x;
      const bottom = Math.min(height - 1, Math.ceil(y + reach));
      for (let v = Math.max(0, Math.floor(y - reach)); v <= bottom; v++) {
        const cell = v * width + x;
        if (runs[cell] <= CROSSED * thickness + 1) values[cell] = Math.min(0, values[cell]);
      }
    }
  }
  return { width, height, values };
}

/** Whether one or two lines found are the strokes of a digit that fills its sheet, as a bar and a stem do. */
function areStrokes(before: Grid, after: Grid, threshold: number, { across, down }: Ruling): boolean {
  if (across.length + down.length > FEW) return false;
  const all = piecesOf(before, threshold);
  const total = inkOf(all);
  const left = piecesOf(after, threshold);
  if (inkOf(left) < STROKES.left * total) return true;
  const main = left.reduce((a, b) => (b.ink > a.ink ? b : a));
  return main.contact > 0 && all.some(({ ink }) => ink > STROKES.one * total);
}

const inkOf = (pieces: readonly Piece[]) => pieces.reduce((sum, { ink }) => sum + ink, 0);
