// What a reading is worth: how sure the network is of a digit, what else it may be, or that it is none. The shares of
// the classes are the softmax at a temperature, which calibrates them without changing their order; what is no digit
// has a share beside them.
// Sources: Guo et al., "On calibration of modern neural networks", 2017; Hendrycks et al., "Deep anomaly detection with
// outlier exposure", 2019.

import { checkArgument, checkScores } from "../arguments.js";
import { checkObject, FormatError, show } from "../errors.js";

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
  /** From this share of what is no digit on, 0 to 1, the answer is "not a digit". */
  readonly reject?: number;
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

/** What is fitted is far below this, and above its inverse. */
const MOST = 1e6;
/** The key of a model's metadata that holds its calibration, as JSON. */
const KEY = "calibration";
/** For networks that have none. */
const UNCALIBRATED: Calibration = { temperature: 1, sure: 0.9 };

/** The shares of the digits (or other classes), and of what is none of them; together they are 1. */
export interface Shares {
  /** [classes], 0 for the class that is no digit */
  readonly classes: Float64Array;
  /** The share of what is none of the classes, 0 to 1; 0 if the network cannot tell. */
  readonly none: number;
}

/** The largest odds that an activation of 24 bits can tell. */
const LEAST = 2 ** -25;

/**
 * The shares of the classes, all alike if all activations are 0. With o_j = a_j, or a_j / (1 - a_j) for "sigmoid"
 * outputs, they are o_j^(1/T) / (n + sum over k of o_k^(1/T)); n is 0, or for what is no digit the prior times
 * a_none^(1/T), for "sigmoid" outputs the prior.
 * @param activations [classes], 0 to 1
 */
export function sharesOf(
  activations: ArrayLike<number>,
  calibration: Omit<Calibration, "sure"> = UNCALIBRATED,
): Shares {
  checkScores("activations", activations);
  checkObject("calibration", calibration);
  const { temperature, noDigit, prior = 1 } = calibration;
  const sharpened = (odds: number) => odds ** (1 / temperature);
  const classes = Float64Array.from(activations, (a) =>
    sharpened(noDigit === "sigmoid" ? Math.max(a, LEAST) / Math.max(1 - a, LEAST) : a),
  );
  let none = noDigit === "sigmoid" ? prior : 0;
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

/**
 * The verdict on one reading.
 * @param activations [classes], 0 to 1, at least two classes beside that of no digit, as Network.predict() gives them
 * @param calibration the network's own: calibrationOf(network.metadata)
 * @throws {RangeError} if there are fewer classes than it takes
 */
export function verdict(activations: ArrayLike<number>, calibration?: Calibration): Verdict {
  checkScores("activations", activations);
  const { sure, noDigit, reject = 1 } = calibration ?? UNCALIBRATED;
  const needed = typeof noDigit === "number" ? Math.max(3, noDigit + 1) : 2;
  if (!(activations.length >= needed)) {
    throw new RangeError(`activations: expected those of at least ${needed} classes, got ${activations.length}`);
  }
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

/** The metadata, for Network.save(), that calibrationOf() reads. */
export function calibrationMetadata(calibration: Calibration): Record<string, string> {
  return { [KEY]: JSON.stringify(calibration) };
}

/**
 * The calibration that a network's metadata hold, undefined if they hold none.
 * @param file what errors call the network's file
 * @throws {FormatError} if it is not one
 */
export function calibrationOf(metadata: ReadonlyMap<string, string>, file = "model"): Calibration | undefined {
  checkArgument("metadata", "a Map", metadata, metadata instanceof Map);
  const text = metadata.get(KEY);
  if (text === undefined) return undefined;
  const refuse = (expected: string, got: unknown) =>
    new FormatError(file, `metadata ${KEY}: expected ${expected}, got ${show(got)} (file corrupt?)`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse("JSON", text);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("a JSON object", value);
  const { temperature, noDigit, prior, reject, sure } = value as Record<string, unknown>;
  const isAbove0 = (x: unknown) => typeof x === "number" && x > 1 / MOST && x < MOST;
  const isShare = (x: unknown) => typeof x === "number" && x >= 0 && x <= 1;
  if (!isAbove0(temperature)) throw refuse("a temperature above 0", temperature);
  if (!isShare(sure)) throw refuse("sure from 0 to 1", sure);
  if (reject !== undefined && !isShare(reject)) throw refuse("reject from 0 to 1", reject);
  if (prior !== undefined && !isAbove0(prior)) throw refuse("a prior above 0", prior);
  if (noDigit !== undefined && noDigit !== "sigmoid" && !(Number.isInteger(noDigit) && (noDigit as number) >= 0)) {
    throw refuse('the number of a class or "sigmoid" as noDigit', noDigit);
  }
  return { temperature, noDigit, prior, reject, sure } as Calibration;
}
