// The part of the table of options that says what the pixels of data files mean.

import { RANGES } from "../ranges.js";
import { declareOptions } from "./option.js";

const COMMON = { belongs: "data", search: "fixed" } as const;

/** The keys are those of PixelOptions. */
export const PIXELS = declareOptions({
  pixelMax: {
    ...COMMON,
    flag: "pixel-max",
    kind: { type: "number", range: RANGES.pixelMax },
    unset: "as the data have it",
    value: "N",
    help: "the pixel value of full ink in the data, as 1 or 16 (default: 255)",
    metadata: "pixel_max",
  },
  invert: {
    ...COMMON,
    flag: "invert",
    kind: { type: "flag" },
    unset: "false",
    help: "the data have dark ink on bright ground: invert it",
    metadata: "invert",
  },
  transpose: {
    ...COMMON,
    flag: "transpose",
    kind: { type: "flag" },
    unset: "false",
    help: "the data have rows and columns swapped, as EMNIST: swap them back",
    metadata: "transpose",
  },
});
