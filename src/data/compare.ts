// Whether two parts of data, as training and test images, are alike in the range and the ground of their pixels, or the
// data with those that a network was trained on: it reads images of another kind badly, however well it was trained.

import { checkSamples, type DataWarning } from "./inspect.js";
import { measure } from "./measure.js";
import { checkPreparation, opposite, type Preparation } from "./preparation.js";
import type { Samples } from "./samples.js";

/** Fewer images tell nothing of their kind. */
const FEWEST = 10;
/** The range of one part is another if it is wider than the other's by this factor, or begins so much of it beyond. */
const OTHER = { factor: 1.5, offset: 0.25 } as const;
/** The usual range of a part is narrower by this factor than the extremes of the other one if it is another. */
const NARROWER = 2;

/**
 * In what the pixels of a part differ from those that the network is trained on; empty if they are alike.
 * @param what the part's images are, in a message, as "the test images"
 */
export function comparePixels(training: Samples, part: Samples, what: string): DataWarning[] {
  if (Math.min(training.length, part.length) < FEWEST) return [];
  const [ours, theirs] = [measure(training), measure(part)];
  const grounds = [ours.mostly, theirs.mostly];
  if (grounds.includes("bright") && grounds.includes("dark")) {
    const message = `${what} have a ${theirs.mostly} ground, the training images a ${ours.mostly} one`;
    return [{ code: "ground", message: `${message}: make both alike` }];
  }
  const [[low, high], [least, largest]] = [ours.typical, theirs.typical];
  const [range, other] = [high - low, largest - least];
  const differ =
    Math.max(range, other) > OTHER.factor * Math.min(range, other) ||
    Math.abs(low - least) > OTHER.offset * Math.max(range, other);
  if (!differ) return [];
  const units = [training, part].map(({ images }) => (images instanceof Float32Array ? 1 : 255));
  const show = (level: number, unit: number) => Number((level * unit).toPrecision(4));
  const message =
    `${what} have pixels from ${show(least, units[1])} to ${show(largest, units[1])}, ` +
    `the training images from ${show(low, units[0])} to ${show(high, units[0])}: bring both to the same range`;
  return [{ code: "range", message }];
}

/**
 * In what the pixels of a data set are unlike those that a network was trained on: how it reads them then tells little
 * of it. Empty if they are alike. Looks at 400 images.
 * @param preparation that of the network: Network.preparation
 * @throws {TypeError | RangeError} if it is no Dataset, or the preparation none
 */
export function compareToTraining(dataset: Samples, preparation: Preparation): DataWarning[] {
  checkSamples(dataset);
  const { inputs, ground, invert } = checkPreparation(preparation);
  if (dataset.length < FEWEST) return [];
  const { mostly, typical } = measure(dataset);
  const seen = invert ? opposite(ground) : ground;
  if (mostly !== "mixed" && seen !== "mixed" && mostly !== seen) {
    const message = `the images have a ${mostly} ground, those that the network was trained on a ${seen} one`;
    return [{ code: "ground", message: `${message}: give images like those` }];
  }
  const [least, most] = [Math.min(...inputs), Math.max(...inputs)];
  const [low, high] = typical;
  const differ =
    high - low > OTHER.factor * (most - least) ||
    most - least > NARROWER * (high - low) ||
    Math.abs(low - least) > OTHER.offset * Math.max(high - low, most - least);
  if (!differ) return [];
  const show = (level: number) => Number(level.toPrecision(3));
  const message =
    `the images have inputs from ${show(low)} to ${show(high)}, those that the network was trained on ` +
    `from ${show(least)} to ${show(most)}: bring them to the same range`;
  return [{ code: "range", message }];
}
