// The part of the table of options that says how many pictures are made to train on.

import type { Range } from "../ranges.js";
import { declareOptions } from "./option.js";

/** Pictures made for each image. */
export const MADE: Range = { min: 0, max: 10, whole: false, description: "a number from 0 to 10" };

export const MADE_OPTION = declareOptions({
  made: {
    flag: "made",
    belongs: "data",
    kind: { type: "number", range: MADE },
    unset: "none",
    value: "N",
    help: `add N generated pictures per image: other handwriting, and non-digits as class 10: ${MADE.description}`,
    metadata: "made",
    search: "fixed",
    form: { group: "distortion", label: "Generated pictures", hint: "for each image" },
  },
});
