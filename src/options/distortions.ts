// The part of the table of options that says how far training images are distorted.

import { RANGES } from "../ranges.js";
import { declareOptions } from "./option.js";

const COMMON = { belongs: "distortions", search: "uniform" } as const;

/** The keys are those of Distortions. */
export const DISTORTIONS = declareOptions({
  shift: {
    ...COMMON,
    flag: "shift",
    kind: { type: "number", range: RANGES.shift },
    default: 0,
    value: "PIXELS",
    help: `move each training image by up to this: ${RANGES.shift.description}`,
    form: { group: "distortion", label: "Shift", hint: "pixels" },
  },
  rotation: {
    ...COMMON,
    flag: "rotation",
    kind: { type: "number", range: RANGES.rotation },
    default: 0,
    value: "DEGREES",
    help: `turn it by up to this, either way: ${RANGES.rotation.description}`,
    form: { group: "distortion", label: "Rotation", hint: "degrees" },
  },
  scale: {
    ...COMMON,
    flag: "scale",
    kind: { type: "number", range: RANGES.fraction },
    default: 0,
    value: "S",
    help: `stretch or shrink each side by up to this fraction: ${RANGES.fraction.description}`,
    form: { group: "distortion", label: "Scale", hint: "fraction of each side" },
  },
  shear: {
    ...COMMON,
    flag: "shear",
    kind: { type: "number", range: RANGES.shear },
    default: 0,
    value: "H",
    help: `slant it by up to this many pixels a row: ${RANGES.shear.description}`,
    form: { group: "distortion", label: "Shear", hint: "pixels for each down" },
  },
  elastic: {
    ...COMMON,
    flag: "elastic",
    kind: { type: "number", range: RANGES.elastic },
    default: 0,
    value: "ALPHA",
    help: `bend it by smoothed noise of this many pixels: ${RANGES.elastic.description}`,
    form: { group: "distortion", label: "Elastic α", hint: "pixels of noise" },
  },
  sigma: {
    ...COMMON,
    flag: "sigma",
    kind: { type: "number", range: RANGES.sigma },
    needs: { option: "elastic" },
    default: 4,
    value: "PIXELS",
    help: `deviation of the Gaussian that smooths that noise: ${RANGES.sigma.description}`,
    form: { group: "distortion", label: "Elastic σ", hint: "pixels, smooths it" },
  },
});
