// Data augmentation: how far training images may be distorted (Simard, Steinkraus, Platt: Best practices for
// convolutional neural networks applied to visual document analysis; ICDAR 2003). The kernels draw the distortions:
// assembly/distort.ts has the equation.

import { checkObject } from "../errors.js";
import { checkRange, RANGES } from "../ranges.js";

/** How far training images may be distorted, each time anew: every amount is drawn from -bound to bound. Default 0. */
export interface Distortions {
  /** Pixels, to the sides and up or down: 0 to 1000. */
  readonly shift?: number;
  /** Degrees: 0 to 180. */
  readonly rotation?: number;
  /** Share of width and height, each for itself: 0 to below 1. */
  readonly scale?: number;
  /** Pixels to the side for each pixel down: 0 to 10. */
  readonly shear?: number;
  /** alpha: noise from -alpha to alpha pixels for each pixel and direction, then smoothed: 0 to 1000. */
  readonly elastic?: number;
  /** sigma: deviation in pixels of the Gaussian that smooths the noise, above 0, up to 100. Default 4. */
  readonly sigma?: number;
}

/** Distortions as the kernels take them: all given, rotation in radians. */
export type DistortionBounds = Required<Distortions>;

/**
 * The bounds; undefined if nothing is to be distorted.
 * @throws {TypeError | RangeError} for one that cannot be used
 */
export function boundsOf(distortions: Distortions | undefined): DistortionBounds | undefined {
  if (distortions === undefined) return undefined;
  checkObject("distortions", distortions);
  const { shift = 0, rotation = 0, scale = 0, shear = 0, elastic = 0, sigma = 4 } = distortions;
  checkRange("shift", shift, RANGES.shift);
  checkRange("rotation", rotation, RANGES.rotation);
  checkRange("scale", scale, RANGES.share);
  checkRange("shear", shear, RANGES.shear);
  checkRange("elastic", elastic, RANGES.elastic);
  checkRange("sigma", sigma, RANGES.sigma);
  if (shift === 0 && rotation === 0 && scale === 0 && shear === 0 && elastic === 0) return undefined;
  return { shift, rotation: (rotation * Math.PI) / 180, scale, shear, elastic, sigma };
}
