// The calibration of a network that was trained on made pictures: fitted to images that were held back, and to
// pictures made of them.

import { checkArgument, hasObjects } from "../arguments.js";
import type { Dataset } from "../data/dataset.js";
import { checkObject } from "../errors.js";
import { fitCalibration } from "../reading/calibration.js";
import type { DigitReader } from "../reading/reader.js";
import { withVariants } from "../reading/variants.js";
import type { Calibration } from "../reading/verdict.js";
import { NO_DIGIT, withMade } from "./hand.js";

/** Images read at a time, to keep memory small. */
const BLOCK = 500;
/** Pictures made for each image held back, by another seed than those that train. */
const HELD_BACK = { made: 2, seed: 1_000_003 };

/**
 * How sure the readings of a network are that knows what is no digit.
 * @param reader the network: eleven outputs, the last for no digit, or ten "sigmoid" ones that are all low for it
 * @param validation images that did not train it, 28 x 28 bytes in ten classes
 * @throws {TypeError} if an argument is missing
 * @throws {RangeError} if the images are others
 */
export function calibrateMade(reader: DigitReader, validation: Dataset): Calibration {
  checkArgument("network", "an object with predict()", reader, hasObjects(reader, "predict"));
  checkObject("validation", validation);
  const { images, labels, inputs } = withMade(validation, HELD_BACK);
  const { predictAll } = withVariants(reader);
  const activations: ArrayLike<number>[] = [];
  for (let first = 0; first < labels.length; first += BLOCK) {
    const count = Math.min(BLOCK, labels.length - first);
    const block = Array.from({ length: count }, (_, i) => {
      return images.subarray((first + i) * inputs, (first + i + 1) * inputs) as Uint8Array;
    });
    activations.push(...predictAll(block).map((prediction) => prediction.activations));
  }
  const noDigit = activations[0].length > NO_DIGIT ? NO_DIGIT : "sigmoid";
  return { ...fitCalibration({ activations, labels }, { noDigit }), variants: true };
}
