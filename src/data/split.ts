// The four files of a data set in MNIST's form: their data, divided into what trains, what chooses, and what tests.

import { checkArgument } from "../arguments.js";
import { checkObject, FormatError } from "../errors.js";
import { DIVISION, RandomStream } from "../kernels/reference/random.js";
import { PIXELS } from "../options/data.js";
import { checkKnown } from "../options/known.js";
import { checkRange, RANGES } from "../ranges.js";
import { comparePixels } from "./compare.js";
import { Dataset, type PixelOptions } from "./dataset.js";
import { checkCounts, checkSizes, type IdxFile, type IdxHeader, idxDimensions, parseDataset } from "./idx.js";
import { countsOf, type DataWarning, inspectClasses, inspectPart, inspectPixels, isSorted } from "./inspect.js";
import { copyPixels } from "./samples.js";

/** Of the order in which a sorted file is divided. */
const SEED = 1;
/** Less likely than this is no accident. */
const HARDLY = 1e-4;
/** Who holds back more of the file than this has asked for a training part that lacks classes. */
const HALF = 0.5;

/** MNIST's four files: training images and labels, test images and labels. */
export const MNIST: readonly {
  /** The file's name, without the ".gz" of a compressed copy. */
  readonly name: string;
  /** SHA-256 of the file, uncompressed: 64 hexadecimal digits. */
  readonly sha256: string;
}[] = [
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
];

/** A training file in two parts, and a test file. Validation is undefined if none are held back. */
export interface DataSplit<Validation extends Dataset | undefined = Dataset> {
  /** What is left of the training file: of MNIST 50,000 images, unless told otherwise. */
  readonly training: Dataset;
  /** The last images of the training file, to choose options by: of MNIST 10,000, unless told otherwise. */
  readonly validation: Validation;
  /** To be read once, at the end: 10,000 of MNIST. */
  readonly test: Dataset;
  /** What the training suffers from; empty for MNIST. */
  readonly warnings: readonly DataWarning[];
}

/** How a training file is divided, and how the pixels are made. */
export interface Division extends PixelOptions {
  /** How many images are held back for validation, 0 for none; default: a sixth. */
  readonly validation?: number;
  /** How many images are trained on at most, the first ones; default: all that are not held back. */
  readonly limit?: number;
}

/** The keys of Division. */
export const DIVISION_OPTIONS = { validation: true, limit: true, ...PIXELS } as const satisfies Record<
  keyof Division,
  unknown
>;

/**
 * The data of the four files, in the order of MNIST. The last images of the training file are held back; where it is
 * sorted by class, it is first put into an order, always the same, in which every part has all classes in proportion.
 * @throws {FormatError} if one is not what it should be, or test and training files disagree
 * @throws {TypeError | RangeError} if the training file cannot be divided like that, or all of it is held back, or the
 *   pixels cannot be made so
 */
export function parseSplit(files: readonly IdxFile[]): DataSplit;
export function parseSplit(files: readonly IdxFile[], division?: Division): DataSplit<Dataset | undefined>;
export function parseSplit(files: readonly IdxFile[], division?: Division): DataSplit<Dataset | undefined> {
  checkArgument("files", "an array of four IDX files { name, bytes }", files, Array.isArray(files));
  if (files.length !== 4) throw new RangeError(`files: expected four IDX files { name, bytes }, got ${files.length}`);
  checkHeaders(files.map((file, i) => ({ dimensions: idxDimensions(file, i % 2 === 0 ? 3 : 1), name: file.name })));
  const [trainImages, trainLabels, testImages, testLabels] = files;
  const parts = parseTraining(trainImages, trainLabels, division);
  const test = parseDataset(testImages, testLabels, parts.training.classes, pixelsOf(division));
  const warnings = [
    ...parts.warnings,
    ...comparePixels(parts.training, test, "the test images"),
    ...inspectPart(test, parts.training, "the test data"),
  ];
  return { ...parts, test, warnings };
}

/**
 * Compares the headers of the four files, or of the two that train, before the data are read.
 * @throws {FormatError} if they disagree
 */
export function checkHeaders(headers: readonly IdxHeader[]): void {
  const [images, labels, testImages, testLabels] = headers;
  checkCounts(images, labels);
  if (testImages === undefined) return;
  checkSizes(images, testImages);
  checkCounts(testImages, testLabels);
}

/**
 * The data of the training files, divided as parseSplit() divides them.
 * @throws {FormatError} if one is not what it should be
 * @throws {TypeError | RangeError} if they cannot be divided like that, all images are held back, or the pixels cannot
 *   be made so
 */
export function parseTraining(
  images: IdxFile,
  labels: IdxFile,
  division: Division = {},
): Omit<DataSplit<Dataset | undefined>, "test"> {
  checkObject("division", division);
  checkKnown("division", division, DIVISION_OPTIONS);
  const { validation, limit } = division;
  if (validation !== undefined) checkRange("validation", validation, RANGES.validation);
  if (limit !== undefined) checkRange("limit", limit, RANGES.limit);
  const file = parseDataset(images, labels, undefined, pixelsOf(division));
  const { length } = file;
  if (length < 2 && validation !== 0) {
    throw new FormatError(labels.name, "expected at least 2 samples, to train and to validate, got 1");
  }
  const held = validation ?? Math.max(1, Math.floor(length / 6));
  if (held >= length) {
    throw new RangeError(`validation: expected fewer than the ${length} training images there are, got ${held}`);
  }
  const why = whyReordered(file, held);
  const all = why === undefined ? file : inProportion(file);
  const parts = {
    training: all.slice(0, Math.min(limit ?? length, length - held)),
    validation: held === 0 ? undefined : all.slice(length - held, length),
  };
  const message = `the training file ${why}: its images are divided in another order`;
  const order: DataWarning[] = why === undefined ? [] : [{ code: "sorted", message }];
  const { training, validation: rest } = parts;
  const unlike = rest === undefined ? [] : comparePixels(training, rest, "the validation images");
  const cut = file.warnings.filter(({ code }) => code === "cut");
  return {
    ...parts,
    warnings: [...cut, ...inspectPixels(training), ...unlike, ...order, ...inspectParts(file, parts)],
  };
}

/** What of a division is about pixels. */
function pixelsOf({ validation: _, limit: __, ...pixels }: Division = {}): PixelOptions {
  return pixels;
}

/** Classes that a part lacks though it has room for all there are. */
function inspectParts(
  file: Dataset,
  { training, validation }: { readonly training: Dataset; readonly validation: Dataset | undefined },
): DataWarning[] {
  const counts = countsOf(file.labels, file.classes);
  const room = training.length >= counts.filter((count) => count > 0).length;
  return [
    ...(room ? inspectClasses(training, "the training part", (label) => label > 0 || counts[0] > 0) : []),
    ...(validation === undefined ? [] : inspectPart(validation, file, "the validation part")),
  ];
}

/** What is wrong with the order of a file of which the last images are held back; undefined if nothing is. */
function whyReordered({ labels, classes }: Dataset, held: number): string | undefined {
  if (isSorted(labels, classes)) return "is sorted by class";
  if (held === 0) return undefined;
  const counts = countsOf(labels, classes);
  const ends = countsOf(labels.subarray(labels.length - held), classes);
  const share = held / labels.length;
  // The chance that none of the samples of a class are among the last ones in a random order, or all of them.
  if (counts.some((count, label) => ends[label] === 0 && (1 - share) ** count < HARDLY)) return "ends without a class";
  const only = counts.some((count, label) => count > 0 && ends[label] === count);
  return only && share < HALF ? "has a class at its end only" : undefined;
}

/**
 * The samples in an order in which every piece has all classes in proportion: sample j of the n of a class, in a
 * random order, comes at (j + u) / n of the way, u between 1/4 and 3/4. So even a piece of a few has its share, and the
 * only sample of a class is in the middle.
 */
function inProportion({ images, labels, inputs, columns, classes, prepared }: Dataset): Dataset {
  const random = new RandomStream(SEED, DIVISION, 0);
  const members = Array.from({ length: classes }, () => [] as number[]);
  for (const [i, label] of labels.entries()) members[label].push(i);
  const places = new Float64Array(labels.length);
  for (const samples of members) {
    const { length } = samples;
    for (let j = 0; j < length; j++) {
      const other = j + random.nextBelow(length - j);
      [samples[j], samples[other]] = [samples[other], samples[j]];
      places[samples[j]] = (j + 0.5 + random.nextSigned() / 4) / length;
    }
  }
  const order = Uint32Array.from(labels.keys()).sort((a, b) => places[a] - places[b] || a - b);
  const made = copyPixels(images);
  order.forEach((from, to) => {
    made.set(images.subarray(from * inputs, (from + 1) * inputs), to * inputs);
  });
  return new Dataset({ images: made, labels: labels.map((_, to) => labels[order[to]]), columns, classes, prepared });
}
