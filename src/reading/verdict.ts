// What a reading is worth: how sure the network is of a digit, what else it may be, or that it is none. The shares of
// the classes are the softmax at a temperature, which calibrates them without changing their order.
// Sources: Guo et al., "On calibration of modern neural networks", 2017; Hendrycks et al., "Deep anomaly detection with
// outlier exposure", 2019.

import { FormatError, show } from "../errors.js";

/** What makes confidences of a network's activations. It belongs to the network, and is kept in its metadata. */
export interface Calibration {
  /** T, above 0: shares are proportional to a^(1 / T). */
  readonly temperature: number;
  /** The class that is no digit, if the network has one. */
  readonly noDigit?: number;
  /** From this share of that class on, 0 to 1, the answer is "not a digit". */
  readonly reject?: number;
  /** From this confidence on, 0 to 1, the answer is "sure". */
  readonly sure: number;
}

/** A reading in words and figures. */
export interface Verdict {
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

/** The key of a model's metadata that holds its calibration, as JSON. */
const KEY = "calibration";
/** For networks that have none: from this share on they are taken to be sure. */
const SURE = 0.9;

/**
 * The shares of the classes: p_j = a_j^(1/T) / sum over k of a_k^(1/T), 0 to 1; all alike if all activations are 0.
 * With softmax outputs this is the softmax of z / T; sigmoid outputs are brought to the sum 1.
 * @param activations [classes], 0 to 1
 */
export function sharesOf(activations: ArrayLike<number>, temperature = 1): Float64Array {
  const powers = Float64Array.from(activations, (a) => a ** (1 / temperature));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => (sum === 0 ? 1 / powers.length : power / sum));
}

/**
 * The verdict on one reading.
 * @param activations [classes], 0 to 1, at least two classes beside that of no digit, as Network.predict() gives them
 * @param calibration the network's own: calibrationOf(network.metadata)
 * @throws {RangeError} if there are fewer classes than it takes
 */
export function verdict(activations: ArrayLike<number>, calibration?: Calibration): Verdict {
  const { temperature = 1, sure = SURE, noDigit, reject = 1 } = calibration ?? {};
  const least = noDigit === undefined ? 2 : 3;
  if (!(activations.length >= least) || (noDigit !== undefined && noDigit >= activations.length)) {
    const classes = Math.max(least, (noDigit ?? 0) + 1);
    throw new RangeError(`activations: expected those of at least ${classes} classes, got ${activations.length}`);
  }
  const shares = sharesOf(activations, temperature);
  const [label, second] = Array.from(shares.keys())
    .filter((j) => j !== noDigit)
    .sort((a, b) => shares[b] - shares[a] || a - b);
  const isDigit = noDigit === undefined || shares[noDigit] < reject;
  const kind = !isDigit ? "not a digit" : shares[label] >= sure ? "sure" : "unsure";
  return {
    kind,
    label,
    confidence: shares[label],
    second,
    secondConfidence: shares[second],
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
  const { temperature, noDigit, reject, sure } = value as Record<string, unknown>;
  const isShare = (x: unknown) => typeof x === "number" && x >= 0 && x <= 1;
  if (!(typeof temperature === "number" && temperature > 0)) throw refuse("a temperature above 0", temperature);
  if (!isShare(sure)) throw refuse("sure from 0 to 1", sure);
  if (reject !== undefined && !isShare(reject)) throw refuse("reject from 0 to 1", reject);
  if (noDigit !== undefined && !(Number.isInteger(noDigit) && (noDigit as number) >= 0)) {
    throw refuse("the number of a class as noDigit", noDigit);
  }
  return { temperature, noDigit, reject, sure } as Calibration;
}
