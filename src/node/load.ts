// Data of every form from disk: IDX files, CSV files, and a folder of pictures for each class.

import { createReadStream, statSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { checkArgument, checkText } from "../arguments.js";
import { CsvReader } from "../data/csv.js";
import { Dataset } from "../data/dataset.js";
import { parseDataset } from "../data/idx.js";
import type { DataWarning } from "../data/inspect.js";
import { checkClassNames } from "../data/names.js";
import { checkPreparation, type Preparation } from "../data/preparation.js";
import { type DataSplit, DIVISION_OPTIONS, type Division, divide, pixelsOf, withTest } from "../data/split.js";
import { checkObject, FormatError } from "../errors.js";
import { checkKnown } from "../options/known.js";
import { escapeControls } from "../text.js";
import { isFolder, readable, reasonOf } from "./files.js";
import { hasIdxFiles, hasTestFiles, readClassNames, readFiles } from "./idx-folder.js";
import { namesIn, pictureAmong, type ReadPictures, readClasses } from "./picture-folder.js";

/** What data on disk mean, and how they are divided. */
export interface DataOptions extends Division {
  /** Of CSV files, the column of the labels: "first", "last", or its name in the header. Default: by its looks. */
  readonly label?: string;
  /** Of several IDX data sets in one folder the one that is meant, as "letters" of EMNIST. */
  readonly split?: string;
  /** The classes there are, in their order, as a network has them: others are refused. Default: those of the data. */
  readonly classNames?: readonly string[];
  /** Makes pictures as a network's training images were made: its preparation. Default: as loadParts() says. */
  readonly preparation?: Preparation;
  /** Called while CSV files and pictures are read, with the bytes or pictures that are read, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The keys of DataOptions. */
const DATA_OPTIONS = {
  ...DIVISION_OPTIONS,
  label: true,
  split: true,
  classNames: true,
  preparation: true,
  onProgress: true,
} as const satisfies Record<keyof DataOptions, unknown>;

/** The parts of data as they are on disk. */
export interface DataParts {
  /** What trains, or all there is. */
  readonly training: Dataset;
  /** What tests; undefined if the data are in one part. */
  readonly test: Dataset | undefined;
  /** What there is to say of how pictures were read. */
  readonly warnings: readonly DataWarning[];
}

type Part = "training" | "test";

/** Data that were found, and how each part of them is read. */
interface Source {
  /** The folder or file that errors name. */
  readonly name: string;
  readonly parts: readonly Part[];
  readonly read: (part: Part, training: Dataset | undefined) => Promise<Dataset>;
  readonly warnings: DataWarning[];
  /** Whether the samples come class after class, whatever they are. */
  readonly inOrder?: boolean;
}

/** What is held back to test with, where data are in one part, and the seed that decides which samples are. */
const [TEST, SEED] = [1 / 7, 1];
/** Names of files and folders of each part, and what is no part of a data set. */
const NAMES: Readonly<Record<Part, RegExp>> = { training: /train/i, test: /test|val|t10k/i };
const FOLDERS: Readonly<Record<Part, RegExp>> = {
  training: /^train(ing)?$/i,
  test: /^(test(ing)?|val|valid|validation|eval)$/i,
};
const CSV = /\.(csv|tsv)(\.gz)?$/i;
const FORMS = "IDX files, a CSV file, or a folder of pictures for each class";
/** Bytes of a CSV file, and of what a compressed one holds: more would not fit in memory. */
const MOST_CSV = 2 ** 33;
/** Folders in each other that hold nothing but the next one, at most. */
const DEPTH = 3;

/**
 * The parts of data on disk, as they are there: IDX files in a folder as loadDirectory() takes them, a CSV file, or
 * a folder with one for training and one for testing, or a folder with a folder of pictures for each class, in "train"
 * and "test" or not. Pictures of one size up to 64 x 64 are used as they are; of others each is made an image in
 * MNIST's form, as `ductus predict` makes it.
 * @throws {Error} if there are no such data, or they cannot be read; the message begins with a name
 * @throws {FormatError} for the first file, line or picture that is not what it should be
 * @throws {TypeError | RangeError} for an option that cannot be used
 */
export async function loadParts(path: string, options: DataOptions = {}): Promise<DataParts> {
  checkDataOptions("loadParts", path, options);
  const source = findSource(path, options);
  const training = await source.read("training", undefined);
  const test = source.parts.includes("test") ? await source.read("test", training) : undefined;
  return { training, test, warnings: source.warnings };
}

/**
 * Data on disk of any form, divided to train, to validate and to test. Where they are in one part, a seventh is held
 * back to test with, all classes in proportion, always the same.
 * @throws {Error | FormatError | TypeError | RangeError} as loadParts(), and if they cannot be divided like that
 */
export async function loadData(path: string, options: DataOptions = {}): Promise<DataSplit<Dataset | undefined>> {
  checkDataOptions("loadData", path, options);
  const source = findSource(path, options);
  const all = await source.read("training", undefined);
  const { training, held } = source.parts.includes("test")
    ? { training: all, held: await source.read("test", all) }
    : holdBack(all, source);
  const split = withTest(divided(training, source, options), held);
  return { ...split, warnings: [...source.warnings, ...split.warnings] };
}

/**
 * The training part alone, divided: a search of options must not see the test data.
 * @throws {Error | FormatError | TypeError | RangeError} as loadData()
 */
export async function loadTrainingData(
  path: string,
  options: DataOptions = {},
): Promise<Omit<DataSplit<Dataset | undefined>, "test">> {
  checkDataOptions("loadTrainingData", path, options);
  const source = findSource(path, options);
  const all = await source.read("training", undefined);
  const { training } = source.parts.includes("test") ? { training: all } : holdBack(all, source);
  const parts = divided(training, source, options);
  return { ...parts, warnings: [...source.warnings, ...parts.warnings] };
}

/**
 * Data to test a network with: the test part, or all where there is but one part.
 * @throws {Error | FormatError | TypeError | RangeError} as loadParts()
 */
export async function loadTestData(path: string, options: DataOptions = {}): Promise<Dataset> {
  checkDataOptions("loadTestData", path, options);
  const source = findSource(path, options);
  return source.read(source.parts.includes("test") ? "test" : "training", undefined);
}

function checkDataOptions(name: string, path: string, options: DataOptions): void {
  checkArgument("path", "the name of a file or folder, a string", path, typeof path === "string");
  checkObject("options", options);
  checkKnown(name, options, DATA_OPTIONS);
  const { label, split, classNames, preparation, onProgress } = options;
  if (label !== undefined) checkText("label", label);
  if (split !== undefined) checkText("split", split);
  if (classNames !== undefined) checkClassNames(classNames);
  if (preparation !== undefined) checkPreparation(preparation);
  const isRight = onProgress === undefined || typeof onProgress === "function";
  checkArgument("onProgress", "a function", onProgress, isRight);
}

/** Two parts of one, the second to test with. */
function holdBack(all: Dataset, { name, warnings }: Source): { readonly training: Dataset; readonly held: Dataset } {
  if (all.length < 2) throw new FormatError(name, "expected at least 2 images, to train and to test, got 1");
  const [training, held] = all.split(1 - TEST, SEED);
  const message = `there are no test data, so ${held.length} of ${all.length} images are held back to test with`;
  warnings.push({ code: "test", message });
  return { training, held };
}

function divided(training: Dataset, { name, inOrder }: Source, options: DataOptions) {
  const parts = divide(training, name, options);
  // Folders come one after the other: that they are sorted tells nobody anything.
  return inOrder ? { ...parts, warnings: parts.warnings.filter(({ code }) => code !== "sorted") } : parts;
}

/** What data a path leads to. */
function findSource(path: string, options: DataOptions, depth = 0): Source {
  let isFile: boolean;
  try {
    isFile = !statSync(path).isDirectory();
  } catch (error) {
    throw new Error(`${path}: expected ${FORMS}, got ${reasonOf(error)}`);
  }
  if (isFile) return csvSource(path, { training: path }, options);
  const names = namesIn(path);
  if (hasIdxFiles(names)) return idxSource(path, options);
  const folders = names.filter((name) => isFolder(join(path, name)));
  const files = names.filter((name) => !folders.includes(name));
  const tables = files.filter((name) => CSV.test(name));
  if (tables.length > 0) return csvSource(path, tableParts(path, tables), options);
  // What archives unpack to.
  if (folders.length === 1 && files.length === 0 && depth < DEPTH && hasData(join(path, folders[0]))) {
    return findSource(join(path, folders[0]), options, depth + 1);
  }
  if (folders.length > 0) return pictureSource(path, folders, files, options);
  const got = files.length === 0 ? "an empty folder" : `a folder with ${files.length} other files`;
  throw new Error(`${path}: expected ${FORMS}, got ${got}`);
}

/** Whether a folder holds more than pictures. */
function hasData(path: string): boolean {
  const names = namesIn(path);
  return hasIdxFiles(names) || names.some((name) => CSV.test(name) || isFolder(join(path, name)));
}

function pictureSource(
  path: string,
  folders: readonly string[],
  files: readonly string[],
  options: DataOptions,
): Source {
  const beside = pictureAmong(files);
  if (beside !== undefined) {
    throw new FormatError(
      join(path, beside),
      "expected pictures in a folder for each class, got one beside the folders",
    );
  }
  const places = Object.entries(FOLDERS).map(([part, pattern]) => [part, folders.filter((name) => pattern.test(name))]);
  const found = Object.fromEntries(places) as Record<Part, string[]>;
  const isDivided = found.training.length > 0 && found.test.length > 0;
  if (isDivided && folders.length > 2) {
    throw new Error(`${path}: expected the folders train and test, got ${folders.map(escapeControls).join(", ")}`);
  }
  const warnings: DataWarning[] = [];
  let first: ReadPictures | undefined;
  const read = async (part: Part, training: Dataset | undefined) => {
    const folder = isDivided ? join(path, found[part][0]) : path;
    const classNames = options.classNames ?? (training === undefined ? undefined : namesOf(training));
    const alike = training === undefined ? undefined : first;
    const invert = alike === undefined ? options.invert : alike.invert;
    first = await readClasses(folder, { ...options, classNames, invert }, alike?.making);
    if (first.notice !== undefined) warnings.push({ code: "size", message: first.notice });
    if (first.invert === true && invert === undefined) {
      warnings.push({ code: "ground", message: "the pictures have dark ink on bright ground: they are inverted" });
    }
    return first.data;
  };
  return { name: path, parts: isDivided ? ["training", "test"] : ["training"], read, warnings, inOrder: true };
}

function idxSource(path: string, options: DataOptions): Source {
  const classNames = readClassNames(path, options.split);
  const read = async (part: Part, training: Dataset | undefined) => {
    const places = part === "training" ? [0, 1] : [2, 3];
    const [images, labels] = readFiles(path, places, () => {}, options.split);
    const classes = classNames?.length ?? training?.classes;
    const data = new Dataset({ ...parseDataset(images, labels, classes), classNames, ...pixelsOf(options) });
    checkSize(images.name, data, training);
    return data;
  };
  const parts: readonly Part[] = hasTestFiles(namesIn(path)) ? ["training", "test"] : ["training"];
  return { name: path, parts, read, warnings: [] };
}

/** @throws {FormatError} unless test images have the size of training images */
function checkSize(name: string, { inputs, columns }: Dataset, training: Dataset | undefined): void {
  if (training === undefined || (inputs === training.inputs && columns === training.columns)) return;
  const [expected, got] = [training, { inputs, columns }].map((one) => `${one.inputs / one.columns} x ${one.columns}`);
  throw new FormatError(name, `expected images of ${expected} pixels as in the training data, got ${got}`);
}

/** Which of the CSV files in a folder is which. */
function tableParts(path: string, names: readonly string[]): Partial<Record<Part, string>> & { training: string } {
  if (names.length === 1) return { training: join(path, names[0]) };
  const [training, test] = (["training", "test"] as const).map((part) =>
    names.filter((name) => NAMES[part].test(name)),
  );
  if (training.length === 1 && test.length === 1 && names.length === 2) {
    return { training: join(path, training[0]), test: join(path, test[0]) };
  }
  throw new Error(
    `${path}: expected one CSV file, or one named like train.csv and one like test.csv, got ${names.join(", ")}`,
  );
}

function csvSource(
  name: string,
  paths: Partial<Record<Part, string>> & { training: string },
  options: DataOptions,
): Source {
  const read = async (part: Part, training: Dataset | undefined) => {
    const { training: path } = { training: paths[part] ?? paths.training };
    // Labels of test data are those of the training data, though some may be missing.
    const classNames = options.classNames ?? (training === undefined ? undefined : namesOf(training));
    const data = await readTable(path, { ...options, classNames });
    checkSize(basename(path), data, training);
    return data;
  };
  return { name, parts: paths.test === undefined ? ["training"] : ["training", "test"], read, warnings: [] };
}

/** The names of all classes: their numbers where they have no other. */
function namesOf({ classNames, classes }: Dataset): readonly string[] {
  return classNames ?? Array.from({ length: classes }, (_, label) => String(label));
}

/** A CSV file, plain or gzip. */
async function readTable(path: string, { label, classNames, onProgress, ...options }: DataOptions): Promise<Dataset> {
  const name = basename(path);
  const reader = new CsvReader(name, { label, classNames, ...pixelsOf(options) });
  const status = readable(path, () => statSync(path));
  if (!status.isFile()) throw new FormatError(name, "expected a CSV file, got something else");
  const file = createReadStream(path, { highWaterMark: 2 ** 20 });
  let [done, length] = [0, 0];
  const counted = async function* () {
    for await (const piece of file) {
      done += piece.length;
      onProgress?.(done, status.size);
      yield piece as Uint8Array;
    }
  };
  try {
    const first = counted();
    for await (const piece of name.endsWith(".gz") ? pipeline(first, createGunzip(), () => {}) : first) {
      length += piece.length;
      if (length > MOST_CSV) throw new FormatError(name, `expected at most ${MOST_CSV} bytes, got more`);
      reader.push(piece as Uint8Array);
    }
    return reader.finish();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code.startsWith("Z_")) throw new FormatError(name, "expected gzip data of a CSV file, got damaged or cut data");
    throw new Error(`${path}: expected a file that can be read, got ${reasonOf(error)}`);
  }
}
