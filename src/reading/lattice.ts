// The best reading of a line of segments: dynamic programming over all ways to join neighbours to digits. Each digit
// scores the logarithm of the network's belief in its best class, and how likely its size and its joints are.
// Source: LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of
// the IEEE 86(11), 1998, section V: the best path through the segmentation graph.

import { hull, type Region } from "./grid.js";
import type { Segment } from "./segments.js";

/** Neighbouring segments that may be one digit. */
export interface Choice {
  readonly segments: readonly Segment[];
  readonly box: Region;
  /** How many segments of the line are before its end. */
  readonly end: number;
}

/** Ink joined to a digit, and what it was read as. */
export interface Reading extends Choice {
  readonly label: number;
  /** The share of the label among the activations, 0 to 1. */
  readonly confidence: number;
}

/** Reads each choice as one digit: all at once, which takes less time. Confidences are at most 1. */
export type Classify = (choices: readonly Choice[]) => readonly { label: number; confidence: number }[];

/** Instead of a reading's place: a segment is left out. */
const NONE = -1;
/** A digit has at most this many segments. */
const JOINED = 12;
/** Beliefs below this count as this: a network is never so sure that nothing else matters. */
const LEAST = 1e-9;
/**
 * The weight of the logarithm of the network's belief. It and the costs below were fitted to numbers made of MNIST's
 * digits, as bench/reading/numbers.ts makes them, and the network of the package.
 */
const BELIEF = 5.5;
/** What each digit costs: fewer are likelier. */
const DIGIT = 1.5;
/** What a cut costs for each height of ink that it crosses. */
const CUT = 2.9;
/** What joining pieces costs for each height of gap between them. */
const JOIN = 56;
/** The height of digits varies by this factor (natural logarithm), costs at most so much. */
const HEIGHT = { deviation: 0.24, most: 2.7 };
/** Digits wider than this many heights cost this much for each height more. */
const WIDTH = { most: 0.94, each: 11.6 };
/** What leaving out a segment costs, and more for its share of the height. */
const SKIP = { each: 0.17, height: 5.2 };
/** Nothing wider than this many heights is one digit. */
const WIDEST = 1.7;

/**
 * The digits in segments from left to right; with a count, that many digits if there are enough segments. Only choices
 * on a path that may be the best are read: one that is not read yet counts as one that the network is sure of, so once
 * all choices on the best path are read, no other path is better.
 */
export function bestReading(
  segments: readonly Segment[],
  height: number,
  classify: Classify,
  count?: number,
): Reading[] {
  const choices = choicesOf(segments, height, count);
  const gains = Float64Array.from(choices, ({ segments: joined, box }) => -costOf(joined, box, height));
  const skips = segments.map((segment) => -skipCost(segment, height));
  const readings: (Reading | undefined)[] = new Array(choices.length);
  for (;;) {
    const path = bestPath(choices, gains, skips, count);
    const unread = path.filter((place) => readings[place] === undefined);
    if (unread.length === 0) return path.map((place) => readings[place] as Reading);
    const beliefs = classify(unread.map((place) => choices[place]));
    for (const [i, place] of unread.entries()) {
      const { label, confidence } = beliefs[i];
      readings[place] = { ...choices[place], label, confidence };
      gains[place] += BELIEF * Math.log(Math.max(LEAST, confidence));
    }
  }
}

/**
 * The places of the choices on the path that gains most.
 * @param choices ordered by their last segment, and what each of them gains
 * @param skips what leaving out each segment gains
 */
function bestPath(
  choices: readonly Choice[],
  gains: Float64Array,
  skips: readonly number[],
  count: number | undefined,
): number[] {
  const n = skips.length;
  const most = count ?? 0;
  /** Rows from a number of digits to the next. */
  const step = count === undefined ? 0 : 1;
  // scores[k][i]: the first i segments read as k digits; without a count all are in one row.
  const scores = Array.from({ length: most + 1 }, () => new Float64Array(n + 1).fill(-Infinity));
  // The place of each best way's last choice; none where the last segment is left out.
  const last = scores.map(() => new Int32Array(n + 1).fill(NONE));
  let next = 0;
  scores[0][0] = 0;
  for (let end = 1; end <= n; end++) {
    for (let row = 0; row <= most; row++) improve(row, end, end - 1, row, skips[end - 1], NONE);
    for (; next < choices.length && choices[next].end === end; next++) {
      const start = end - choices[next].segments.length;
      for (let row = 0; row + step <= most; row++) improve(row + step, end, start, row, gains[next], next);
    }
  }
  let row = most;
  while (row > 0 && scores[row][n] === -Infinity) row--;
  const path: number[] = [];
  for (let end = n; end > 0; ) {
    const place = last[row][end];
    if (place === NONE) {
      end--;
      continue;
    }
    path.push(place);
    end -= choices[place].segments.length;
    row -= step;
  }
  return path.reverse();

  function improve(row: number, end: number, from: number, before: number, gain: number, place: number) {
    const score = scores[before][from] + gain;
    if (score <= scores[row][end]) return;
    scores[row][end] = score;
    last[row][end] = place;
  }
}

/**
 * All neighbours that are not too many nor too wide for a digit, ordered by their last segment. Unless their number is
 * given, only those that can be on the best path: of others even a sure belief is worth less than leaving them out.
 */
function choicesOf(segments: readonly Segment[], height: number, count?: number): Choice[] {
  const choices: Choice[] = [];
  for (let end = 1; end <= segments.length; end++) {
    for (let start = end - 1; start >= Math.max(0, end - JOINED); start--) {
      const joined = segments.slice(start, end);
      const box = hull(joined.map((segment) => segment.box));
      if (start < end - 1 && box.right - box.left > WIDEST * height) break;
      const left = joined.reduce((sum, segment) => sum + skipCost(segment, height), 0);
      if (count === undefined && costOf(joined, box, height) > left) continue;
      choices.push({ segments: joined, box, end });
    }
  }
  return choices;
}

const heightOf = ({ top, bottom }: Region) => bottom - top;

/** What leaving out a segment costs: little if it is small. */
function skipCost({ box, cut }: Segment, height: number): number {
  const side = Math.max(heightOf(box), box.right - box.left);
  return SKIP.each + (SKIP.height * side) / height + cutCost({ cut });
}

const cutCost = ({ cut }: Pick<Segment, "cut">) => CUT * cut;

/** What a digit costs, however sure the network is of it. */
function costOf(joined: readonly Segment[], box: Region, height: number): number {
  return DIGIT + sizeCost(box, height) + joinCost(joined, height) + cutCost(joined[0]);
}

/** How unlikely a digit of this size is. */
function sizeCost(box: Region, height: number): number {
  const deviations = Math.log(heightOf(box) / height) / HEIGHT.deviation;
  const wide = (box.right - box.left) / height - WIDTH.most;
  return Math.min(HEIGHT.most, deviations ** 2 / 2) + WIDTH.each * Math.max(0, wide);
}

/** What joining pieces costs. Parts of one piece that are cut apart have nothing to be joined. */
function joinCost(joined: readonly Segment[], height: number): number {
  let [cost, right] = [0, joined[0].box.right];
  for (const { cut, box } of joined.slice(1)) {
    if (cut === 0) cost += JOIN * Math.max(0, (box.left - right) / height);
    right = Math.max(right, box.right);
  }
  return cost;
}
