// Fits the calibration of a network to readings whose truth is known, and measures how good it is.

import { type Calibration, sharesOf } from "./verdict.js";

/** Readings and what they should be: of validation data, never of those that trained the network. */
export interface Readings {
  /** One array of activations, [classes], for each picture. */
  readonly activations: readonly ArrayLike<number>[];
  /** The class of each picture. */
  readonly labels: ArrayLike<number>;
}

/** What a calibration is fitted to. */
export interface CalibrationAims {
  /** The class that is no digit, if the network has one. */
  readonly noDigit?: number;
  /** The share of digits that are not to be called "not a digit", 0 to 1. Default 0.97. */
  readonly kept?: number;
  /** The share of "sure" answers that are to be right, 0 to 1. Default 0.99. */
  readonly right?: number;
}

/** ln T is looked for from -RANGE to RANGE. */
const RANGE = 2;
/** Steps of the golden-section search: the interval shrinks to 1e-5 of itself. */
const STEPS = 24;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const TINY = 1e-12;

/**
 * The temperature with the least mean of -ln p(truth), and the least confidence with which answers are right so often.
 * @throws {RangeError} if there are no readings of digits
 */
export function fitCalibration(readings: Readings, { noDigit, kept = 0.97, right = 0.99 }: CalibrationAims = {}) {
  const { activations, labels } = readings;
  const digits = Array.from(activations.keys()).filter((i) => labels[i] !== noDigit);
  if (digits.length === 0) throw new RangeError("readings: expected at least one of a digit, got none");
  const temperature = Math.exp(minimum((lnT) => logLoss(readings, Math.exp(lnT))));
  const shares = activations.map((all) => sharesOf(all, temperature));
  const reject =
    noDigit === undefined
      ? undefined
      : ascending(digits.map((i) => shares[i][noDigit]))[Math.min(digits.length - 1, Math.ceil(kept * digits.length))];
  const answers = shares.flatMap((share, i) => {
    if (noDigit !== undefined && share[noDigit] >= (reject as number)) return [];
    const label = likeliest(share, noDigit);
    return [{ confidence: share[label], isRight: label === labels[i] }];
  });
  return { temperature, noDigit, reject, sure: leastSure(answers, right) } satisfies Calibration;
}

interface Answer {
  readonly confidence: number;
  readonly isRight: boolean;
}

/** The least confidence from which on all answers together are right so often; 1 if there is none. */
function leastSure(answers: readonly Answer[], right: number): number {
  const sorted = [...answers].sort((a, b) => b.confidence - a.confidence);
  let [count, sure] = [0, 1];
  sorted.forEach(({ confidence, isRight }, i) => {
    if (isRight) count++;
    const isLastOfEquals = confidence !== sorted[i + 1]?.confidence;
    if (isLastOfEquals && count >= right * (i + 1)) sure = confidence;
  });
  return sure;
}

/** The mean of -ln p(truth). */
function logLoss({ activations, labels }: Readings, temperature: number): number {
  return (
    activations.reduce((sum, all, i) => sum - Math.log(Math.max(TINY, sharesOf(all, temperature)[labels[i]])), 0) /
    activations.length
  );
}

/** Where a function with one minimum has it, by golden-section search. */
function minimum(f: (x: number) => number): number {
  let [low, high] = [-RANGE, RANGE];
  for (let step = 0; step < STEPS; step++) {
    const [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (f(a) < f(b)) high = b;
    else low = a;
  }
  return (low + high) / 2;
}

function likeliest(shares: Float64Array, noDigit: number | undefined): number {
  let best = noDigit === 0 ? 1 : 0;
  shares.forEach((share, j) => {
    if (j !== noDigit && share > shares[best]) best = j;
  });
  return best;
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/**
 * The expected calibration error: answers in bins of like confidence; the mean over the answers of the difference, in
 * their bin, between the share that is right and the mean confidence. 0 to 1.
 * Source: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015.
 * @param confidences one an answer, 0 to 1
 * @param isRight whether the answer was right
 */
export function calibrationError(confidences: ArrayLike<number>, isRight: ArrayLike<boolean>, bins = 15): number {
  const gaps = new Float64Array(bins);
  for (let i = 0; i < confidences.length; i++) {
    gaps[Math.min(bins - 1, Math.floor(confidences[i] * bins))] += confidences[i] - (isRight[i] ? 1 : 0);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / confidences.length;
}

/**
 * The area under the receiver operating characteristic: how probably a score of the first kind is above one of the
 * second, equal ones counting half (Mann and Whitney's U). 0 to 1.
 */
export function areaUnderCurve(first: readonly number[], second: readonly number[]): number {
  const others = ascending(second);
  const below = (score: number, orEqual: boolean) => {
    let [low, high] = [0, others.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (others[middle] < score || (orEqual && others[middle] === score)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const wins = first.reduce((sum, score) => sum + (below(score, false) + below(score, true)) / 2, 0);
  return wins / (first.length * second.length);
}
