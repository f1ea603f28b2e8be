// What predict and read have in common: the network that reads, and words for what a reading is worth.

import { access } from "node:fs/promises";
import type { Network, Pixels } from "ductus";
import {
  calibrationOf,
  type DigitReader,
  type ImageReader,
  prepareDigit,
  sharesOf,
  type Verdict,
  verdict,
  withVariants,
} from "ductus/formats";
import { loadPretrained } from "ductus/pretrained";
import type { Option, Values } from "ductus/recipe";
import { MODEL, readModel } from "./model-file.js";
import { percent, printError } from "./terminal.js";

/** The option that names the network that reads. */
export const READER: Option = {
  value: "FILE",
  help: `the model that reads (default ${MODEL} if there is one, else the network of the package)`,
};

/** The file that openReader() looks for first. */
export function modelOf(values: Values): string {
  return values.path("model") ?? MODEL;
}

/**
 * The network that reads: the one that is named, or that of the folder, or that of the package. The last is said.
 * @throws {Error} if it cannot be read
 */
export async function openReader(values: Values): Promise<Network> {
  const given = values.path("model");
  if (given !== undefined) return readModel(given, { threads: 1 });
  const exists = await access(MODEL).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== "ENOENT",
  );
  if (exists) return readModel(MODEL, { threads: 1 });
  printError(`ductus: no ${MODEL} here: reading with the network of the package (--model FILE names another)`);
  return loadPretrained({ threads: 1 });
}

/** Reads digits in MNIST's form with a network whose training images may have other levels or a bright ground. */
export function digitReaderOf(network: Network): DigitReader {
  const { metadata, preparation, cost } = network;
  return {
    predict: (digit) => network.predict(prepareDigit(digit, preparation)),
    predictAll: (digits) => network.predict(digits.map((digit) => prepareDigit(digit, preparation))),
    metadata,
    cost,
  };
}

/** The switch of predict and evaluate. */
export const VARIANTS: Option = {
  help: "decide by eight variants of each image, moved, turned, resized: reads better, takes longer",
};

/** Reads prepared images, each by variants of it. */
export function variantReaderOf(network: Network, columns: number): Required<Pick<ImageReader<Pixels>, "predictAll">> {
  const { cost } = network;
  const predictAll = (images: readonly Pixels[]) => network.predict(images);
  return withVariants<Pixels>({ predict: (image) => network.predict(image), predictAll, cost }, columns);
}

/** What activations of a network say. */
export interface Judge {
  readonly verdict: (activations: ArrayLike<number>) => Verdict;
  /** How likely each class is: its calibrated share, or its activation as it is. */
  readonly shares: (activations: ArrayLike<number>) => ArrayLike<number>;
  /** The confidence from which answers are sure; undefined if nobody has measured it. */
  readonly sure: number | undefined;
  /** Whether the network decides by variants of an image. */
  readonly variants: boolean;
}

/** By the network's own calibration, if it has one. */
export function judgeOf({ metadata }: Network): Judge {
  const calibration = calibrationOf(metadata);
  return {
    verdict: (activations) => verdict(activations, calibration),
    shares: (activations) => (calibration === undefined ? activations : sharesOf(activations, calibration).classes),
    sure: calibration?.sure,
    variants: calibration?.variants ?? false,
  };
}

/** Stands where the digit would, if there is none. */
export const NO_DIGIT = "–";

/** What is said of what is no digit. */
export const noDigitLike = (name: string): string => `not a digit (most like ${name})`;

/** How sure a reading is, in words. A network without a calibration has but its activations. */
export function inWords(
  worth: Verdict,
  activations: ArrayLike<number>,
  nameOf: (label: number) => string = String,
): string {
  const { kind, label, confidence, second, secondConfidence, calibrated } = worth;
  if (!calibrated) return `activation ${percent(activations[label])}`;
  if (kind === "not a digit") return noDigitLike(nameOf(label));
  if (kind === "sure") return `sure (${confidence.toFixed(2)})`;
  return `not sure: ${nameOf(label)} (${confidence.toFixed(2)}) or ${nameOf(second)} (${secondConfidence.toFixed(2)})`;
}
