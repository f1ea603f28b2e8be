// Fits the calibration of a network to readings whose truth is known, and measures how good it is.

import { checkArgument, checkScores, hasObjects } from "../arguments.js";
import { checkObject } from "../errors.js";
import { checkKnown } from "../options/known.js";
import { checkRange, RANGES as NUMBERS, type Range } from "../ranges.js";
import { type Calibration, checkActivations, checkNoDigit, sharesAt } from "./verdict.js";

/** Readings and what they should be: of validation data, never of those that trained the network. */
export interface Readings {
  /** One array of activations, [classes], for each picture. */
  readonly activations: readonly ArrayLike<number>[];
  /** The class of each picture; what is no digit has its class, or with "sigmoid" outputs the number of classes. */
  readonly labels: ArrayLike<number>;
}

/** What a calibration is fitted to. */
export interface CalibrationAims {
  /** Where the network says that it sees no digit, as in Calibration. */
  readonly noDigit?: Calibration["noDigit"];
  /** How often what is no digit is shown, a share of all pictures, 0 to below 1. Default 0.05. */
  readonly shown?: number;
  /** The share of digits that are not to be called "not a digit", 0 to 1. Default 0.97. */
  readonly kept?: number;
  /** The share of "sure" answers that are to be right, 0 to 1. Default 0.99. */
  readonly right?: number;
}

/** Logarithms of temperature and prior are looked for between these, and their negatives. */
const RANGES = { temperature: 2, prior: 8 };
/** Steps of the golden-section search: the interval shrinks to 2e-4 of itself. */
const STEPS = 18;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const TINY = 1e-12;
/** Of 0, 0.05, 0.1, ... 0.3 the one that parts the digits and no digits of validation best (docs/hand.md). */
const RIVALS = 0.15;

/**
 * The temperature and the prior with the least mean of -ln p(truth), what is no digit having its share of the mean,
 * and the least confidence with which answers are right so often.
 * @throws {TypeError | RangeError} if there are no readings of digits, or one of them or an aim cannot be used
 */
export function fitCalibration(readings: Readings, aims: CalibrationAims = {}): Calibration {
  checkAims(aims);
  checkReadings(readings, aims.noDigit);
  const { noDigit, shown = 0.05, kept = 0.97, right = 0.99 } = aims;
  const { activations, labels } = readings;
  const isDigit = Array.from(activations, (all, i) => labels[i] !== (noDigit === "sigmoid" ? all.length : noDigit));
  const count = isDigit.filter(Boolean).length;
  if (count === 0) throw new RangeError("readings: expected at least one of a digit, got none");
  const hasStrangers = noDigit !== undefined && count < isDigit.length;
  const weights = { digits: (hasStrangers ? 1 - shown : 1) / count, strangers: shown / (isDigit.length - count) };
  const rivals = hasStrangers && noDigit === "sigmoid" ? RIVALS : undefined;
  const loss = (temperature: number, prior: number) => {
    let sum = 0;
    activations.forEach((all, i) => {
      const { classes, none } = sharesAt(all, { temperature, noDigit, prior, rivals });
      const share = isDigit[i] ? classes[labels[i]] : none;
      sum -= (isDigit[i] ? weights.digits : weights.strangers) * Math.log(Math.max(TINY, share));
    });
    return sum;
  };
  const priorAt = (temperature: number) =>
    hasStrangers ? Math.exp(minimum(RANGES.prior, (x) => loss(temperature, Math.exp(x)))) : 1;
  const temperature = Math.exp(minimum(RANGES.temperature, (x) => loss(Math.exp(x), priorAt(Math.exp(x)))));
  const fitted = { temperature, noDigit, prior: hasStrangers ? priorAt(temperature) : undefined, rivals };
  const shares = activations.map((all) => sharesAt(all, fitted));
  const nones = shares.flatMap(({ none }, i) => (isDigit[i] ? [none] : []));
  const reject = hasStrangers ? (ascending(nones)[Math.ceil(kept * count)] ?? 1) : undefined;
  const answers = shares.flatMap(({ classes, none }, i) => {
    if (reject !== undefined && none >= reject) return [];
    const label = likeliest(classes);
    return [{ confidence: classes[label], isRight: label === labels[i] }];
  });
  return { ...fitted, reject, sure: leastSure(answers, right) };
}

const SHARE: Range = { min: 0, max: 1, whole: false, description: "a number from 0 to 1" };
const AIMS = {
  noDigit: true,
  shown: true,
  kept: true,
  right: true,
} as const satisfies Record<keyof CalibrationAims, true>;

function checkAims(aims: CalibrationAims): void {
  checkObject("aims", aims);
  checkKnown("fitCalibration", aims, AIMS);
  const { noDigit, shown, kept, right } = aims;
  checkNoDigit(noDigit);
  if (shown !== undefined) checkRange("shown", shown, NUMBERS.fraction);
  if (kept !== undefined) checkRange("kept", kept, SHARE);
  if (right !== undefined) checkRange("right", right, SHARE);
}

function checkReadings(readings: Readings, noDigit: Calibration["noDigit"]): void {
  const isReadings = hasObjects(readings, "activations", "labels");
  checkArgument("readings", "an object { activations, labels }", readings, isReadings);
  const { activations, labels } = readings;
  checkArgument("activations", "an array of those of each picture", activations, Array.isArray(activations));
  checkScores("labels", labels);
  const count = activations.length;
  if (labels.length !== count) throw new RangeError(`labels: expected ${count}, got ${labels.length}`);
  activations.forEach((all, i) => {
    checkActivations(all, noDigit);
    if (all.length !== activations[0].length) {
      throw new RangeError(`activations: expected those of ${activations[0].length} classes, got ${all.length}`);
    }
    const max = noDigit === "sigmoid" ? all.length : all.length - 1;
    checkRange("labels", labels[i], { min: 0, max, whole: true, description: `whole numbers from 0 to ${max}` });
  });
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

/** Where a function with one minimum between -range and range has it, by golden-section search. */
function minimum(range: number, f: (x: number) => number): number {
  let [low, high] = [-range, range];
  let [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atA, atB] = [f(a), f(b)];
  for (let step = 0; step < STEPS; step++) {
    if (atA < atB) {
      [high, b, atB] = [b, a, atA];
      a = high - GOLDEN * (high - low);
      atA = f(a);
    } else {
      [low, a, atA] = [a, b, atB];
      b = low + GOLDEN * (high - low);
      atB = f(b);
    }
  }
  return (low + high) / 2;
}

function likeliest(shares: Float64Array): number {
  return shares.reduce((best, share, j) => (share > shares[best] ? j : best), 0);
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/**
 * The expected calibration error: answers in bins of like confidence; the mean over the answers of the difference, in
 * their bin, between the share that is right and the mean confidence. 0 to 1.
 * Source: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015.
 * @param confidences one an answer, 0 to 1
 * @param isRight whether the answer was right
 * @param bins 1 to 1,000,000
 * @throws {TypeError | RangeError} if an argument cannot be used
 */
export function calibrationError(confidences: ArrayLike<number>, isRight: ArrayLike<boolean>, bins = 15): number {
  checkScores("confidences", confidences);
  checkScores("is right", isRight);
  checkRange("bins", bins, { min: 1, max: 1e6, whole: true, description: "a whole number from 1 to 1000000" });
  for (const confidence of Array.from(confidences)) checkRange("confidences", confidence, SHARE);
  if (isRight.length !== confidences.length) {
    throw new RangeError(`is right: expected ${confidences.length}, got ${isRight.length}`);
  }
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
  checkScores("first", first);
  checkScores("second", second);
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
