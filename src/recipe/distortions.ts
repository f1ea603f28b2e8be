// The options by which training images are distorted, for the commands that take them.

import type { Distortions } from "../data/distortions.js";
import { RANGES } from "../ranges.js";
import { type Option, type Values, withoutUndefined } from "./options.js";

export const DISTORTION_OPTIONS: Readonly<Record<keyof Distortions, Option>> = {
  shift: { value: "PIXELS", help: `distort training images by at most so much: ${RANGES.shift.words} (default 0)` },
  rotation: { value: "DEGREES", help: `the same, turned: ${RANGES.rotation.words} (default 0)` },
  scale: { value: "S", help: "the same, a share of width and of height: 0 to below 1 (default 0)" },
  shear: { value: "H", help: `the same, pixels to the side for each down: ${RANGES.shear.words} (default 0)` },
  elastic: { value: "ALPHA", help: `the same, noise of so many pixels, smoothed: ${RANGES.elastic.words} (default 0)` },
  sigma: { value: "PIXELS", help: `by a Gaussian of this deviation: ${RANGES.sigma.words} (default 4)` },
};

/** @throws {UsageError} for a value that cannot be used */
export function distortionsOf(values: Values): Distortions {
  return withoutUndefined({
    shift: values.number("shift", RANGES.shift),
    rotation: values.number("rotation", RANGES.rotation),
    scale: values.number("scale", RANGES.share),
    shear: values.number("shear", RANGES.shear),
    elastic: values.number("elastic", RANGES.elastic),
    sigma: values.number("sigma", RANGES.sigma),
  });
}
