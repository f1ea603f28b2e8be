// What a reading is worth: how sure the network is of a digit, what else it may be, or that it is none. The shares of
// the classes are the softmax at a temperature, which calibrates them without changing their order; what is no digit
// has a share beside them.
// Sources: Guo et al., "On calibration of modern neural networks", 2017; Hendrycks et al., "Deep anomaly detection with
// outlier exposure", 2019.

import { checkArgument, checkScores, checkText } from "../arguments.js";
import { checkObject, FormatError, show } from "../errors.js";
import { checkKnown } from "../options/known.js";
import { checkRange, type Range } from "../ranges.js";

/** What makes confidences of a network's activations. It belongs to the network, and is kept in its metadata. */
export interface Calibration {
  /** T, above 0: the shares of classes are those of the softmax of z / T. */
  readonly temperature: number;
  /**
   * Where the network says that it sees no digit: in a class of its own, the number of which this is, or in "sigmoid"
   * outputs that are all low. Without it, it takes everything for a digit.
   */
  readonly noDigit?: number | "sigmoid";
  /** How much more often what is no digit is shown than when the network was trained, above 0. Default 1. */
  readonly prior?: number;
  /**
   * With "sigmoid" outputs, the power, 0 to 1, of what all classes but the likeliest have. It speaks for no digit: what
   * looks a little like several digits is often none. Default 0: it says nothing.
   */
  readonly rivals?: number;
  /** From this share of what is no digit on, 0 to 1, the answer is "not a digit". */
  readonly reject?: number;
  /** Whether it was fitted to readings by withVariants(): so digits are to be read that the network is not sure of. */
  readonly variants?: boolean;
  /** From this confidence on, 0 to 1, the answer is "sure". */
  readonly sure: number;
}

/** A reading in words and figures. */
export interface Verdict {
  /** "not a digit" from the share `reject` of that on, else "sure" from the confidence `sure` on. */
  readonly kind: "sure" | "unsure" | "not a digit";
  /** The likeliest digit (or other class), be it "not a digit". */
  readonly label: number;
  /** The share of `label`, 0 to 1: of pictures with this share, so many are read rightly. */
  readonly confidence: number;
  /** The next likely one. */
  readonly second: number;
  /** The share of `second`, 0 to 1. */
  readonly secondConfidence: number;
  /** Whether the confidence was fitted to validation data. */
  readonly calibrated: boolean;
}

/** What is fitted is far within it. */
const POSITIVE: Range = { min: 1e-6, max: 1e6, whole: false, description: "a number from 1e-6 to 1e6" };
const SHARE: Range = { min: 0, max: 1, whole: false, description: "a number from 0 to 1" };
const CLASS: Range = { min: 0, max: 65_535, whole: true, description: 'the number of a class or "sigmoid"' };
const ACTIVATION: Range = { ...SHARE, description: "numbers from 0 to 1" };
const MEMBERS = {
  temperature: true,
  noDigit: true,
  prior: true,
  rivals: true,
  variants: true,
  reject: true,
  sure: true,
} as const satisfies Record<keyof Calibration, true>;
/** The key of a model's metadata that holds its calibration, as JSON. */
export const CALIBRATION_KEY = "calibration";
/** For networks that have none. */
const UNCALIBRATED: Calibration = { temperature: 1, sure: 0.9 };

/** The shares of the digits (or other classes), and of what is none of them; together they are 1. */
export interface Shares {
  /** [classes], 0 for the class that is no digit */
  readonly classes: Float64Array;
  /** The share of what is none of the classes, 0 to 1; 0 if the network cannot tell. */
  readonly none: number;
}

/** One over the largest odds that an activation of 24 bits can tell. */
export const LEAST = 2 ** -25;

/**
 * The shares of the classes, all alike if all activations are 0. With o_j = a_j, or a_j / (1 - a_j) for "sigmoid"
 * outputs, they are o_j^(1/T) / (n + sum over k of o_k^(1/T)); n is 0, or for what is no digit the prior times
 * a_none^(1/T), for "sigmoid" outputs the prior times r^rivals, r being the sum of o_k^(1/T) but for the largest.
 * @param activations [classes], 0 to 1, at least two beside that of no digit
 * @throws {TypeError | RangeError} if an activation or a member of the calibration cannot be used
 */
export function sharesOf(
  activations: ArrayLike<number>,
  calibration: Omit<Calibration, "sure"> = UNCALIBRATED,
): Shares {
  checkMembers(calibration);
  checkActivations(activations, calibration.noDigit);
  return sharesAt(activations, calibration);
}

/** sharesOf() of what was checked before. */
export function sharesAt(
  activations: ArrayLike<number>,
  { temperature, noDigit, prior = 1, rivals = 0 }: Omit<Calibration, "sure">,
): Shares {
  const sharpened = (odds: number) => odds ** (1 / temperature);
  const classes = Float64Array.from(activations, (a) =>
    sharpened(noDigit === "sigmoid" ? Math.max(a, LEAST) / Math.max(1 - a, LEAST) : a),
  );
  let none = noDigit === "sigmoid" ? prior * othersOf(classes) ** rivals : 0;
  if (typeof noDigit === "number") {
    none = prior * classes[noDigit];
    classes[noDigit] = 0;
  }
  const sum = classes.reduce((all, power) => all + power, none);
  return {
    classes: classes.map((power) => (sum === 0 ? 1 / classes.length : power / sum)),
    none: sum === 0 ? 0 : none / sum,
  };
}

/** The sum of all but the largest. */
function othersOf(values: Float64Array): number {
  const largest = values.indexOf(Math.max(...values));
  return values.reduce((sum, value, j) => (j === largest ? sum : sum + value), 0);
}

/** @throws {TypeError | RangeError} unless they are from 0 to 1, of two classes at least beside that of no digit */
export function checkActivations(activations: ArrayLike<number>, noDigit: Calibration["noDigit"]): void {
  checkScores("activations", activations);
  const needed = typeof noDigit === "number" ? Math.max(3, noDigit + 1) : 2;
  if (!(activations.length >= needed)) {
    throw new RangeError(`activations: expected those of at least ${needed} classes, got ${activations.length}`);
  }
  for (let j = 0; j < activations.length; j++) checkRange("activations", activations[j], ACTIVATION);
}

/** @throws {TypeError | RangeError} unless it says where a network sees no digit, if anywhere */
export function checkNoDigit(noDigit: unknown): void {
  if (noDigit !== undefined && noDigit !== "sigmoid") checkRange("noDigit", noDigit as number, CLASS);
}

/** @throws {TypeError | RangeError} unless it can be used; `sure` may lack */
function checkMembers(calibration: Omit<Calibration, "sure"> & { readonly sure?: number }): void {
  checkObject("calibration", calibration);
  checkKnown("calibration", calibration, MEMBERS);
  const { temperature, noDigit, prior, rivals, variants, reject, sure } = calibration;
  checkRange("temperature", temperature, POSITIVE);
  checkNoDigit(noDigit);
  if (prior !== undefined) checkRange("prior", prior, POSITIVE);
  if (rivals !== undefined) checkRange("rivals", rivals, SHARE);
  if (variants !== undefined) checkArgument("variants", "true or false", variants, typeof variants === "boolean");
  if (reject !== undefined) checkRange("reject", reject, SHARE);
  if (sure !== undefined) checkRange("sure", sure, SHARE);
}

/** @throws {TypeError | RangeError} unless it can be used */
function checkCalibration(calibration: Calibration): void {
  checkMembers(calibration);
  checkRange("sure", calibration.sure, SHARE);
}

/**
 * The verdict on one reading.
 * @param activations [classes], 0 to 1, at least two classes beside that of no digit, as Network.predict() gives them
 * @param calibration the network's own: calibrationOf(network.metadata)
 * @throws {TypeError | RangeError} if an activation or a member of the calibration cannot be used, or there are fewer
 *   classes than it takes
 */
export function verdict(activations: ArrayLike<number>, calibration?: Calibration): Verdict {
  if (calibration !== undefined) checkCalibration(calibration);
  const { sure, noDigit, reject = 1 } = calibration ?? UNCALIBRATED;
  const { classes, none } = sharesOf(activations, calibration);
  const [label, second] = Array.from(classes.keys())
    .filter((j) => j !== noDigit)
    .sort((a, b) => classes[b] - classes[a] || a - b);
  const kind = none >= reject && noDigit !== undefined ? "not a digit" : classes[label] >= sure ? "sure" : "unsure";
  return {
    kind,
    label,
    confidence: classes[label],
    second,
    secondConfidence: classes[second],
    calibrated: calibration !== undefined,
  };
}

/**
 * The metadata, for Network.save(), that calibrationOf() reads.
 * @throws {TypeError | RangeError} if a member of the calibration cannot be used
 */
export function calibrationMetadata(calibration: Calibration): Record<string, string> {
  checkCalibration(calibration);
  return { [CALIBRATION_KEY]: JSON.stringify(calibration) };
}

/**
 * The calibration that a network's metadata hold, undefined if they hold none.
 * @param file what errors call the network's file
 * @param outputs how many classes the network has, 2 or more, to check that the calibration is one of such a network:
 *   the class of no digit is the last one; "sigmoid" outputs, all low for it, are those of ten digits at most
 * @throws {FormatError} if it is not one
 */
export function calibrationOf(
  metadata: ReadonlyMap<string, string>,
  file = "model",
  outputs?: number,
): Calibration | undefined {
  checkArgument("metadata", "a Map", metadata, metadata instanceof Map);
  checkText("file", file);
  if (outputs !== undefined) checkRange("outputs", outputs, OUTPUTS);
  const text = metadata.get(CALIBRATION_KEY);
  if (text === undefined) return undefined;
  const refuse = (problem: string) => new FormatError(file, `metadata ${CALIBRATION_KEY}: ${problem} (file corrupt?)`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(`expected JSON, got ${show(text)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(`expected a JSON object, got ${show(value)}`);
  }
  const { temperature, noDigit, prior, rivals, variants, reject, sure } = value as Calibration;
  const calibration = { temperature, noDigit, prior, rivals, variants, reject, sure };
  try {
    checkKnown("members", value, calibration);
    checkCalibration(calibration);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (outputs !== undefined) checkOutputs(noDigit, outputs, refuse);
  return calibration;
}

const OUTPUTS: Range = { min: 2, max: 65_536, whole: true, description: "a whole number from 2 to 65536" };
/** Digits: classes from the eleventh on are none. */
const DIGITS = 10;

function checkOutputs(
  noDigit: Calibration["noDigit"],
  outputs: number,
  refuse: (problem: string) => FormatError,
): void {
  const last = outputs - 1;
  if (noDigit === undefined || (noDigit === "sigmoid" ? outputs <= DIGITS : noDigit === last && outputs > 2)) return;
  const expected = [...(outputs > 2 ? [String(last)] : []), ...(outputs <= DIGITS ? ['"sigmoid"'] : [])].join(" or ");
  throw refuse(`expected noDigit ${expected} for ${outputs} outputs, got ${show(noDigit)}`);
}
