// The values that the recipe's numbers may take: one table for the library's checks and the command line's help.

import { checkObject, typeName } from "./errors.js";

/** The numbers that something may be. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
  /** In words, as in "expected ...". */
  readonly description: string;
}

function whole(min: number, max: number): Range {
  return { min, max, whole: true, description: `a whole number from ${min} to ${max}` };
}

/** The ranges of all numbers that users give. */
export const RANGES = {
  epochs: whole(1, 1_000_000),
  batchSize: whole(1, 1_000_000),
  learningRate: { min: 2 ** -149, max: 3.4e38, whole: false, description: "a number above 0, up to 3.4e38" },
  /** momentum, averages, smoothing. */
  fraction: { min: 0, max: 1 - 2 ** -24, whole: false, description: "a number from 0 to below 1" },
  /** Distortions: pixels, degrees, pixels a pixel, pixels, pixels. */
  shift: { min: 0, max: 1000, whole: false, description: "a number from 0 to 1000" },
  rotation: { min: 0, max: 180, whole: false, description: "a number from 0 to 180" },
  shear: { min: 0, max: 10, whole: false, description: "a number from 0 to 10" },
  elastic: { min: 0, max: 1000, whole: false, description: "a number from 0 to 1000" },
  sigma: { min: 0.01, max: 100, whole: false, description: "a number from 0.01 to 100" },
  weightDecay: { min: 0, max: 1, whole: false, description: "a number from 0 to 1" },
  /** What a learning rate is multiplied with. */
  factor: { min: 2 ** -149, max: 1, whole: false, description: "a number above 0, up to 1" },
  /** Epochs in which the learning rate rises. */
  warmUp: whole(0, 1_000_000),
  seed: whole(0, 0xffff_ffff),
  /** Pixels per image. */
  inputs: whole(1, 2 ** 22),
  /** Neurons of a hidden layer. */
  hidden: whole(1, 65_536),
  /** Classes, and so neurons of the last layer. */
  classes: whole(1, 65_536),
  /** Images held back for validation. */
  validation: whole(0, 0xffff_ffff),
  limit: whole(1, 0xffff_ffff),
  /** The pixel value of full ink. */
  pixelMax: { min: 2 ** -149, max: 65_535, whole: false, description: "a number above 0, up to 65535" },
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
  const message = `${name}: expected ${range.description}, got ${typeName(value)}`;
  if (typeof value !== "number") throw new TypeError(message);
  if (!(value >= range.min && value <= range.max) || (range.whole && !Number.isInteger(value)))
    throw new RangeError(message);
}
