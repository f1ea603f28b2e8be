// The four files of a data set in MNIST's form: their data, divided into what trains, what chooses, and what tests.

import { checkArgument } from "../arguments.js";
import { FormatError } from "../errors.js";
import { checkRange, RANGES } from "../ranges.js";
import type { Dataset } from "./dataset.js";
import { type IdxFile, parseDataset } from "./idx.js";

/** MNIST's four files: training images and labels, test images and labels. */
export const MNIST = [
  {
    name: "train-images-idx3-ubyte",
    sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  },
  {
    name: "train-labels-idx1-ubyte",
    sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  },
  {
    name: "t10k-images-idx3-ubyte",
    sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  },
  {
    name: "t10k-labels-idx1-ubyte",
    sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
  },
] as const;

/** A training file in two parts, and a test file. Validation is undefined if none are held back. */
export interface DataSplit<Validation extends Dataset | undefined = Dataset> {
  /** What is left of the training file: of MNIST 50,000 images, unless told otherwise. */
  readonly training: Dataset;
  /** The last images of the training file, to choose options by: of MNIST 10,000, unless told otherwise. */
  readonly validation: Validation;
  /** To be read once, at the end: 10,000 of MNIST. */
  readonly test: Dataset;
}

/** How a training file is divided. */
export interface Division {
  /** How many images are held back for validation, 0 for none; default: a sixth. */
  readonly validation?: number;
  /** How many images are trained on at most, the first ones; default: all that are not held back. */
  readonly limit?: number;
}

/**
 * The data of the four files, in the order of MNIST.
 * @throws {FormatError} if one is not what it should be, or test and training files disagree
 * @throws {TypeError | RangeError} if the training file cannot be divided like that, or all of it is held back
 */
export function parseSplit(files: readonly IdxFile[]): DataSplit;
export function parseSplit(files: readonly IdxFile[], division?: Division): DataSplit<Dataset | undefined>;
export function parseSplit(files: readonly IdxFile[], division?: Division): DataSplit<Dataset | undefined> {
  checkArgument("files", "an array of four IDX files { name, bytes }", files, Array.isArray(files));
  const [trainImages, trainLabels, testImages, testLabels] = files;
  const parts = parseTraining(trainImages, trainLabels, division);
  const { inputs, columns, classes } = parts.training;
  const test = parseDataset(testImages, testLabels, classes);
  if (test.inputs !== inputs || test.columns !== columns) {
    const size = ({ inputs, columns }: Dataset) => `${inputs / columns} x ${columns}`;
    throw new FormatError(
      testImages.name,
      `expected images of ${size(parts.training)} pixels as in ${trainImages.name}, got ${size(test)}`,
    );
  }
  return { ...parts, test };
}

/**
 * The data of the training files.
 * @throws {FormatError} if one is not what it should be
 * @throws {TypeError | RangeError} if they cannot be divided like that, or all images are held back
 */
export function parseTraining(
  images: IdxFile,
  labels: IdxFile,
  { validation, limit }: Division = {},
): Omit<DataSplit<Dataset | undefined>, "test"> {
  if (validation !== undefined) checkRange("validation", validation, RANGES.validation);
  if (limit !== undefined) checkRange("limit", limit, RANGES.limit);
  const all = parseDataset(images, labels);
  const { length } = all;
  if (length < 2) throw new FormatError(labels.name, "expected at least 2 samples, to train and to validate, got 1");
  const held = validation ?? Math.max(1, Math.floor(length / 6));
  if (held >= length) {
    throw new RangeError(`validation: expected fewer than the ${length} training images there are, got ${held}`);
  }
  return {
    training: all.slice(0, Math.min(limit ?? length, length - held)),
    validation: held === 0 ? undefined : all.slice(length - held, length),
  };
}
