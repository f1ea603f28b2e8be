// The values that the recipe's numbers may take: one table for the library's checks and the command line's help.

import { checkObject, typeName } from "./errors.js";

/** The numbers that something may be. */
export interface Range {
  /** The least, which is one of them. */
  readonly min: number;
  /** The largest, which is one of them. */
  readonly max: number;
  /** Whether only whole numbers are. */
  readonly whole: boolean;
  /** In words, as in "expected ...". */
  readonly description: string;
}

function whole(min: number, max: number): Range {
  return { min, max, whole: true, description: `a whole number from ${min} to ${max}` };
}

function real(min: number, max: number, description = `a number from ${min} to ${max}`): Range {
  return { min, max, whole: false, description };
}

/** The ranges of all numbers that users give. */
export const RANGES = {
  /** Times through the training data. */
  epochs: whole(1, 1_000_000),
  /** Samples in a mini-batch. */
  batchSize: whole(1, 1_000_000),
  /** eta; epsilon of Adam. The least is the smallest f32 above 0. */
  learningRate: real(2 ** -149, 3.4e38, "a number above 0, up to 3.4e38"),
  /** Momentum, averages, smoothing, dropout, scaling. The largest is the last f32 below 1. */
  fraction: real(0, 1 - 2 ** -24, "a number from 0 to below 1"),
  /** Pixels that an image is moved by, at most. */
  shift: real(0, 1000),
  /** Degrees that an image is turned by, at most. */
  rotation: real(0, 180),
  /** Pixels to the side for each pixel down that an image is slanted by, at most. */
  shear: real(0, 10),
  /** Pixels of the noise that, smoothed, bends an image. */
  elastic: real(0, 1000),
  /** Pixels of standard deviation of the Gaussian that smooths that noise. */
  sigma: real(0.01, 100),
  /** How much of a weight is added to its gradient. */
  weightDecay: real(0, 1),
  /** What a learning rate is multiplied with. */
  factor: real(2 ** -149, 1, "a number above 0, up to 1"),
  /** Epochs in which the learning rate rises. */
  warmUp: whole(0, 1_000_000),
  /** What decides all that is random. */
  seed: whole(0, 0xffff_ffff),
  /** Pixels per image. */
  inputs: whole(1, 2 ** 22),
  /** Neurons of a hidden layer. */
  hidden: whole(1, 65_536),
  /** Layers that keep their weights and biases: fewer than a network has. */
  frozen: whole(0, 1000),
  /** Classes, and so neurons of the last layer. */
  classes: whole(1, 65_536),
  /** Images held back for validation. */
  validation: whole(0, 0xffff_ffff),
  /** Training samples that are used, at most. */
  limit: whole(1, 0xffff_ffff),
  /** The pixel value of full ink. */
  pixelMax: real(2 ** -149, 65_535, "a number above 0, up to 65535"),
  /** Threads that a network is trained and evaluated on. */
  threads: whole(1, 64),
} as const satisfies Record<string, Range>;

/**
 * Checks a number against its range.
 * @param name what an error calls it
 * @throws {TypeError} if value is not a number
 * @throws {RangeError} if it is outside the range
 */
export function checkRange(name: string, value: number, range: Range): void {
  checkObject("range", range);
  if (typeof name !== "string") throw new TypeError(`name: expected a string, got ${typeName(name)}`);
  const message = `${name}: expected ${range.description}, got ${typeName(value)}`;
  if (typeof value !== "number") throw new TypeError(message);
  if (!(value >= range.min && value <= range.max) || (range.whole && !Number.isInteger(value)))
    throw new RangeError(message);
}
