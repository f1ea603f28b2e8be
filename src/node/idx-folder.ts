// Folders with IDX files, plain or gzip: which file is which, and their headers before their bytes.

import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { constants } from "node:zlib";
import { checkLength, type IdxFile, type IdxHeader, idxDimensions, idxHeaderLength } from "../data/idx.js";
import { checkClassNames } from "../data/names.js";
import { checkHeaders, MNIST } from "../data/split.js";
import { hasWideLabels, narrowLabels, wideLabelsHeader } from "../data/wide-labels.js";
import { FormatError } from "../errors.js";
import { isFolder, readable, reasonOf, unzip } from "./files.js";

/** How the names of images end, and of labels: QMNIST has a table of whole numbers. */
const [IMAGES, LABELS] = ["images.*idx3-ubyte(\\.gz)?$", "labels.*(idx1-ubyte|idx2-int)(\\.gz)?$"];
/** The four files: what an error calls them, how their names look, and the rank of their data. */
const FILES = [
  { what: "training images", pattern: new RegExp(`^(?!\\.).*train.*${IMAGES}`, "i"), rank: 3 },
  { what: "training labels", pattern: new RegExp(`^(?!\\.).*train.*${LABELS}`, "i"), rank: 1 },
  { what: "test images", pattern: new RegExp(`^(?!\\.|.*train).*(t10k|test).*${IMAGES}`, "i"), rank: 3 },
  { what: "test labels", pattern: new RegExp(`^(?!\\.|.*train).*(t10k|test).*${LABELS}`, "i"), rank: 1 },
] as const;

/** Nothing larger is read: more would not fit in the module's memory. */
const MAX_BYTES = 2 ** 30;
/** Bytes of a file that surely hold an IDX header, compressed or not. */
const HEADER_BYTES = 1024;
/** The most that gzip makes of so many bytes, by far: it adds some to each block that it cannot compress. */
const STORED = { factor: 1.1, more: 2 ** 22 } as const;

type Check = (file: IdxFile, i: number) => void;

/**
 * Those of the four files with these places: training images and labels, test images and labels. Their headers are
 * compared before one of them is read whole.
 * @param split the one of several data sets in the folder, as EMNIST's letters; undefined if there is one
 */
export function readFiles(directory: string, places: readonly number[], check: Check, split?: string): IdxFile[] {
  const names = listDirectory(directory);
  const opened = places.map((i) => openFile(findFile(directory, names, i, split), FILES[i].rank));
  checkHeaders(opened);
  return opened.map((one, i) => {
    const file = { name: one.name, bytes: readWhole(one) };
    check(file, places[i]);
    return FILES[places[i]].rank === 1 ? narrowLabels(file) : file;
  });
}

/** Whether names of files are those of IDX files. */
export function hasIdxFiles(names: readonly string[]): boolean {
  return names.some((name) => FILES.some(({ pattern }) => pattern.test(name)));
}

/** Whether some of them are of test data. */
export function hasTestFiles(names: readonly string[]): boolean {
  return names.some((name) => FILES[2].pattern.test(name) || FILES[3].pattern.test(name));
}

function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    throw new Error(`${directory}: expected a folder with four IDX files, got ${reasonOf(error)}`);
  }
}

/** Whether a file belongs to a data set of this name, as emnist-letters-train-images-idx3-ubyte to letters. */
function belongsTo(name: string, split: string | undefined): boolean {
  return split === undefined || name.toLowerCase().split(/[-_.]/).includes(split.toLowerCase());
}

/** The path of the file with this place in FILES. */
function findFile(directory: string, names: readonly string[], i: number, split: string | undefined): string {
  const { what, pattern } = FILES[i];
  // A plain file goes before its compressed twin, and a folder is no file, unless there is nothing else.
  const all = names.filter((name) => pattern.test(name));
  const named = all.filter((name) => belongsTo(name, split));
  const files = named.filter((name) => !isFolder(join(directory, name)));
  const found = files.length === 0 ? named.map((name) => withinFolder(directory, name, pattern)) : files;
  const chosen = found.filter((name) => !(name.endsWith(".gz") && found.includes(name.slice(0, -3))));
  if (chosen.length === 1) return join(directory, chosen[0]);
  const like = `${MNIST[i].name} or ${MNIST[i].name}.gz`;
  const got = chosen.join(", ") || (split === undefined ? "none" : `none of ${split}`);
  const advice = chosen.length > 1 ? ": say which data set with split (--split), as letters of EMNIST" : "";
  throw new Error(`${directory}: expected one file of ${what} named like ${like}, got ${got}${advice}`);
}

/** What archives unpack to a folder of its own: the file in it, if there is one. */
function withinFolder(directory: string, name: string, pattern: RegExp): string {
  const files = listDirectory(join(directory, name)).filter((file) => pattern.test(file));
  return files.length === 1 ? join(name, files[0]) : name;
}

/** Bytes of a file of class names, at most. */
const MAX_NAMES = 2 ** 22;

/**
 * The class names beside IDX files: a line each in classes.txt, or EMNIST's mapping, lines of a label and the codes of
 * the characters that it stands for. Undefined if there is no such file.
 * @throws {FormatError} if it holds anything else
 */
export function readClassNames(directory: string, split?: string): readonly string[] | undefined {
  const names = listDirectory(directory);
  const mappings = names.filter((name) => /^emnist-\w+-mapping\.txt$/i.test(name) && belongsTo(name, split));
  const [file] = names.includes("classes.txt") ? ["classes.txt"] : mappings.length === 1 ? mappings : [];
  if (file === undefined) return undefined;
  const path = join(directory, file);
  const text = readable(path, () => {
    const { size } = statSync(path);
    if (size > MAX_NAMES) throw new FormatError(file, `expected at most ${MAX_NAMES} bytes, got ${size}`);
    return readFileSync(path, "utf8");
  });
  const lines = text
    .replace(/^\ufeff/, "")
    .trimEnd()
    .split(/\r?\n/);
  try {
    return checkClassNames(file === "classes.txt" ? lines : fromMapping(lines));
  } catch (error) {
    throw new FormatError(file, (error as Error).message);
  }
}

/** Names of labels from 0 on; those that are left out are called by their numbers. */
function fromMapping(lines: readonly string[]): string[] {
  const names: string[] = [];
  for (const [i, line] of lines.entries()) {
    const [, label, code] = /^(\d{1,3})((?: \d{1,6})+)$/.exec(line.trim()) ?? [];
    const point = Number(code?.trim().split(" ")[0]);
    if (label === undefined || point > 0x10ffff) {
      throw new RangeError(
        `line ${i + 1}: expected a label and codes of characters, got ${JSON.stringify(line.slice(0, 40))}`,
      );
    }
    names[Number(label)] = String.fromCodePoint(point);
  }
  return Array.from(names, (name, label) => name ?? String(label));
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
  const wide = rank === 1 && hasWideLabels(beginning);
  const { dimensions } = wide
    ? wideLabelsHeader({ name, bytes: beginning })
    : { dimensions: idxDimensions({ name, bytes: beginning }, rank) };
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
