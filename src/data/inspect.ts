// What is wrong with a data set that trains badly though nothing refuses it: pixels in a corner of their range, dark
// ink, samples sorted by class, classes without samples.

import { checkArgument, hasObjects } from "../arguments.js";
import { measure, rangeOf } from "./measure.js";
import type { PixelOptions, Pixels, Samples } from "./samples.js";

/** Something about data that a training suffers from. */
export interface DataWarning {
  /**
   * "range": of the pixels. "cut": most levels. "ground": bright. "sorted": by class. "missing": classes. "size": of
   * pictures. "test": held back, since there are no test data.
   */
  readonly code: "range" | "cut" | "ground" | "sorted" | "missing" | "size" | "test";
  /** What was found, in a sentence without a full stop. */
  readonly message: string;
  /** The options of a Dataset that mend it; undefined if none do. */
  readonly mend?: PixelOptions;
}

/** Pixels that use at most this share of 0 to 1 are hardly seen. */
const NARROW = 0.25;
/** What is above full ink by this factor was not meant to be full ink. */
const FAR = 2;
/** So many places of an image may be broken: bright by themselves. */
const BROKEN = 2;
/** Sorted are labels whose neighbours are alike more often than by chance, by so many standard deviations. */
const DEVIATIONS = 6;
/** Classes that a message names. */
const NAMED = 5;

/**
 * What a training on these data would suffer from; empty for MNIST. Looks at 400 images, and at all labels.
 * @throws {TypeError} if it is not a Dataset
 */
export function inspectDataset(dataset: Samples): DataWarning[] {
  checkSamples(dataset);
  return [...inspectPixels(dataset), ...inspectOrder(dataset), ...inspectClasses(dataset, "the data")];
}

/** @throws {TypeError} if it is not a Dataset */
export function checkSamples(dataset: Samples): void {
  const isDataset = hasObjects(dataset, "images", "labels") && typeof dataset.classes === "number";
  checkArgument("data", "a Dataset", dataset, isDataset);
}

/** What a training suffers from in the pixels. */
export function inspectPixels(dataset: Samples): DataWarning[] {
  const { low, high, bright, typical } = measure(dataset);
  // Two tones are needed to tell ink from ground.
  if (low === high) return inspectConstant(dataset);
  const warning: DataWarning = {
    code: "ground",
    message: "the ground is bright and the ink dark, of which a network learns less well than of the reverse",
    ...(dataset.prepared?.invert ? {} : { mend: { invert: true } }),
  };
  return [...inspectRange(dataset, ...typical), ...(bright ? [warning] : [])];
}

/** Whether all pixels are one tone, not only those of a sample. */
function inspectConstant({ images }: Samples): DataWarning[] {
  const [least, largest] = rangeOf([images]);
  if (least !== largest) return [];
  return [
    { code: "range", message: `all pixels are ${round(least)}, so there is nothing to tell the images apart by` },
  ];
}

function inspectRange(dataset: Samples, low: number, high: number): DataWarning[] {
  const { images, prepared } = dataset;
  const floats = images instanceof Float32Array;
  // Numbers on both sides of 0 are standardised.
  const full = floats ? 1 : 255;
  const wide = low >= 0 && high > 1;
  // Where 0 never comes, all weights see the ground.
  const shifted = low >= NARROW && !wide;
  const narrow = low >= 0 && high - low <= NARROW && !wide && !isWider(dataset, (low + NARROW) * full);
  if (!narrow && !wide && !shifted) return [];
  // The sample may lack the extremes; what is far beyond it is an outlier.
  const extremes = rangeOf([images]);
  const least = Math.max(extremes[0], (low - NARROW) * full);
  const largest = extremes[1] > 2 * high * full ? high * full : extremes[1];
  const part = wide ? "beyond" : "a small part of";
  const found = `pixels go from ${round(least)} to ${round(largest)}, ${part} 0 to ${full}`;
  const scale = (prepared?.pixelMax ?? full) / full;
  // A range that does not begin near 0 cannot be mended by a factor, nor one that was inverted.
  const mends = least <= (largest - least) * 0.1 && !prepared?.invert && largest * scale <= 65_535;
  if (mends) return [{ code: "range", message: found, mend: { pixelMax: round(largest * scale) } }];
  return [{ code: "range", message: `${found}: spread them over it before` }];
}

/** Whether pixels are above a level in more places than broken ones. */
function isWider({ images, inputs }: Samples, level: number): boolean {
  const places = new Set<number>();
  for (let i = 0; i < images.length && places.size <= BROKEN; i++) if (images[i] > level) places.add(i % inputs);
  return places.size > BROKEN;
}

/**
 * Whether the value of full ink was chosen far too low: most pixels above 0 are far above it, and become one level.
 * @param images as they were given
 * @param pixelMax the value of full ink that was asked for
 */
export function inspectCut(images: Pixels, pixelMax: number): DataWarning[] {
  let [above, far] = [0, 0];
  for (let i = 0; i < images.length; i++) {
    if (images[i] > 0) above++;
    if (images[i] > FAR * pixelMax) far++;
  }
  if (far <= above / 2) return [];
  const largest = round(rangeOf([images])[1]);
  const message =
    `full ink is said to be ${round(pixelMax)}, but pixels go to ${largest}: ` +
    `${Math.round((100 * far) / above)} % of those above 0 are far above it, and their levels are cut`;
  return [{ code: "cut", message, ...(largest <= 65_535 ? { mend: { pixelMax: largest } } : {}) }];
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

function inspectOrder({ labels, classes }: Samples): DataWarning[] {
  if (!isSorted(labels, classes)) return [];
  const message = "the samples are sorted by class, so a part of them in one piece lacks most classes: shuffle them";
  return [{ code: "sorted", message }];
}

/**
 * Whether labels stand beside their like far more often than in a random order: equal neighbours are then a binomial
 * number, with p the chance that two samples are of one class.
 */
export function isSorted(labels: ArrayLike<number>, classes: number): boolean {
  const pairs = labels.length - 1;
  const p = countsOf(labels, classes).reduce((sum, count) => sum + (count / labels.length) ** 2, 0);
  let equal = 0;
  for (let i = 0; i < pairs; i++) if (labels[i] === labels[i + 1]) equal++;
  return equal > pairs * p + DEVIATIONS * Math.sqrt(pairs * p * (1 - p));
}

/** Samples of each class. */
export function countsOf(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts;
}

/** What classes are counted of. */
type Labelled = Pick<Samples, "labels" | "classes">;

/** Classes of a whole that a part of it lacks, or what tests it, though there is room for all. */
export function inspectPart({ labels }: Labelled, whole: Labelled, what: string): DataWarning[] {
  const counts = countsOf(whole.labels, whole.classes);
  const room = labels.length >= counts.filter((count) => count > 0).length;
  return room ? inspectClasses({ labels, classes: whole.classes }, what, (label) => counts[label] > 0) : [];
}

/**
 * Classes without samples. Labels that begin with 1 leave class 0 empty, which harms nothing.
 * @param what the samples are, in a message
 * @param expected the classes that should be there; default: all
 */
export function inspectClasses(
  { labels, classes }: Labelled,
  what: string,
  expected: (label: number) => boolean = (label) => label > 0,
): DataWarning[] {
  const missing = countsOf(labels, classes).flatMap((count, label) => (count === 0 && expected(label) ? [label] : []));
  if (missing.length === 0) return [];
  const named = missing.slice(0, NAMED).join(", ");
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : "";
  const which = `class${missing.length === 1 ? "" : "es"} ${named}${more}`;
  const message = `no image of ${what} shows ${which} of ${classes}`;
  return [{ code: "missing", message }];
}
