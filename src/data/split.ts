// The four files of a data set in MNIST's form: their data, divided into what trains, what chooses, and what tests.

import { FormatError } from "../errors.js";
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

/** A training file in two parts, and a test file. */
export interface DataSplit {
  /** The first five sixths of the training file: 50,000 of MNIST. */
  readonly training: Dataset;
  /** The rest, to choose options by: 10,000 of MNIST. */
  readonly validation: Dataset;
  /** To be read once, at the end: 10,000 of MNIST. */
  readonly test: Dataset;
  /** The whole training file. */
  readonly all: Dataset;
}

/**
 * The data of the four files, in the order of MNIST.
 * @throws {FormatError} if one is not what it should be, or test and training files disagree
 */
export function parseSplit([trainImages, trainLabels, testImages, testLabels]: readonly IdxFile[]): DataSplit {
  const parts = parseTraining(trainImages, trainLabels);
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
 */
export function parseTraining(images: IdxFile, labels: IdxFile): Omit<DataSplit, "test"> {
  const all = parseDataset(images, labels);
  if (all.length < 2)
    throw new FormatError(labels.name, "expected at least 2 samples, to train and to validate, got 1");
  const split = all.length - Math.max(1, Math.floor(all.length / 6));
  return { training: all.slice(0, split), validation: all.slice(split, all.length), all };
}
