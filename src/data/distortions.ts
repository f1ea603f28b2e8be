// Data augmentation: how far training images may be distorted (Simard, Steinkraus, Platt: Best practices for
// convolutional neural networks applied to visual document analysis; ICDAR 2003). The kernels draw the distortions:
// assembly/distort.ts has the equation.

import { checkObject } from "../errors.js";
import { DISTORTIONS } from "../options/distortions.js";
import { checkKnown } from "../options/known.js";
import { checkOptions, type TrainingOption } from "../options/option.js";

/** How far training images may be distorted, each time anew: every amount is drawn from -bound to bound. Default 0. */
export interface Distortions {
  /** Pixels, to the sides and up or down: 0 to 1000. */
  readonly shift?: number;
  /** Degrees: 0 to 180. */
  readonly rotation?: number;
  /** Fraction of width and height, each for itself: 0 to below 1. */
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
export function boundsOf(
  distortions: Distortions | undefined,
  table: Readonly<Record<keyof Distortions, TrainingOption>> = DISTORTIONS,
): DistortionBounds | undefined {
  if (distortions === undefined) return undefined;
  checkObject("distortions", distortions);
  checkKnown("distortions", distortions, table);
  const { sigma, ...amounts } = checkOptions(distortions, table);
  if (Object.values(amounts).every((amount) => amount === 0)) return undefined;
  return { ...amounts, sigma, rotation: (amounts.rotation * Math.PI) / 180 };
}
