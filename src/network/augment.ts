// A data set distorted as a training would see it: to look at, or to train other programs on.

import { checkScores } from "../arguments.js";
import { Dataset, toBytes } from "../data/dataset.js";
import { boundsOf, type Distortions } from "../data/distortions.js";
import { copyPixels, type Pixels } from "../data/samples.js";
import { checkObject, typeName } from "../errors.js";
import { checkKernels, createKernels } from "../kernels/create.js";
import type { Kernels } from "../kernels/kernels.js";
import { DISTORTIONS } from "../options/distortions.js";
import { checkKnown } from "../options/known.js";
import { checkRange, RANGES } from "../ranges.js";

/** Which of the endlessly many distortions. */
export interface DistortOptions extends Distortions {
  /** Of the training: 0 to 2^32 - 1. Default 1. */
  readonly seed?: number;
  /** Of the training: 1 to 1,000,000. Default 1. */
  readonly epoch?: number;
  /** The images' numbers in the data set that is trained on. Default: their places in this one, from 0. */
  readonly numbers?: ArrayLike<number>;
  /** Those of createReference() or createWasmKernels(); default: this package's module. */
  readonly kernels?: Kernels;
}

/** The keys of DistortOptions. */
const DISTORT_OPTIONS = {
  ...DISTORTIONS,
  seed: true,
  epoch: true,
  numbers: true,
  kernels: true,
} as const satisfies Record<keyof DistortOptions, unknown>;

/**
 * A copy of a data set with the images that a network sees in an epoch if it trains with these distortions.
 * Their order is that of the data set.
 * @throws {TypeError | RangeError} for an option that cannot be used, or if the memory cannot be had
 */
export async function distort(dataset: Dataset, options: DistortOptions): Promise<Dataset> {
  checkObject("options", options);
  checkKnown("distort", options, DISTORT_OPTIONS);
  const { seed = 1, epoch = 1, numbers, kernels, ...distortions } = options;
  if (!(dataset instanceof Dataset)) throw new TypeError(`data: expected a Dataset, got ${typeName(dataset)}`);
  checkRange("seed", seed, RANGES.seed);
  checkRange("epoch", epoch, RANGES.epochs);
  if (kernels !== undefined) checkKernels(kernels);
  if (numbers !== undefined) checkScores("numbers", numbers);
  const { length } = dataset;
  if (numbers !== undefined && numbers.length !== length) {
    throw new RangeError(`numbers: expected one for each of ${length} images, got ${numbers.length}`);
  }
  for (let i = 0; i < length && numbers !== undefined; i++) checkRange(`numbers[${i}]`, numbers[i], RANGES.seed);
  const bounds = boundsOf(distortions);
  if (bounds === undefined) return dataset;
  const own = kernels ?? (await createKernels(1));
  const copy = own.createDataset(dataset);
  try {
    copy.distort(bounds);
    const { inputs, labels, classes, columns, prepared } = dataset;
    const images: Pixels = copyPixels(toBytes(dataset.images));
    for (let i = 0; i < length; i++) images.set(copy.distorted(i, numbers?.[i] ?? i, seed, epoch), i * inputs);
    return new Dataset({ images, labels, classes, columns, prepared });
  } finally {
    copy.release();
    if (kernels === undefined) own.close();
  }
}
