// The IDX format of MNIST: 0, 0, type, rank, then `rank` big-endian u32 dimensions, then the data, row-major.
// Format: "The MNIST database of handwritten digits", LeCun, Cortes, Burges.

import { checkArgument, checkBytes, checkText, hasObjects } from "../arguments.js";
import { checkObject, FormatError } from "../errors.js";
import { kindOfFile } from "../formats/kind.js";
import { PIXELS } from "../options/data.js";
import { checkKnown } from "../options/known.js";
import { RANGES } from "../ranges.js";
import { Dataset, type PixelOptions } from "./dataset.js";

const UNSIGNED_BYTE = 0x08;

/** The bytes of an IDX file, and the name by which errors call it. */
export interface IdxFile {
  /** The name by which errors call the file. */
  readonly name: string;
  /** The whole file, header and data, not compressed. */
  readonly bytes: Uint8Array;
}

/** @throws {TypeError} unless it is the bytes of a file, and a name */
function checkFile(file: IdxFile): void {
  const isFile = hasObjects(file, "bytes") && file.bytes instanceof Uint8Array;
  checkArgument("IDX file", "an object { name, bytes } with its bytes as a Uint8Array", file, isFile);
  checkText("name of an IDX file", file.name);
}

/** The bytes that an IDX header with these first bytes takes, 4 before the rank is known. */
export function idxHeaderLength(bytes: Uint8Array): number {
  checkBytes("bytes", bytes);
  return bytes.length < 4 ? 4 : 4 + 4 * bytes[3];
}

/**
 * Checks the header of an IDX file of unsigned bytes and returns its dimensions. `bytes` may be the beginning alone.
 * @throws {FormatError} unless magic number, type and rank are right, the header is whole, no dimension is 0, and an
 *   image has at most 2^22 pixels; of a file of another kind it names the kind
 */
export function idxDimensions(file: IdxFile, rank: number): number[] {
  checkFile(file);
  const { name, bytes } = file;
  const what = rank === 1 ? "labels" : "images";
  const kind = kindOfFile(bytes);
  if (kind !== undefined && kind !== "an IDX file") {
    const advice = kind === "a gzip file" ? ": unpack it first" : "";
    throw new FormatError(name, `expected IDX ${what}, got ${kind}${advice}`);
  }
  const magic = `00 00 08 0${rank}`;
  if (bytes.length < 4)
    throw new FormatError(name, `expected an IDX file, got ${bytes.length} bytes (file truncated?)`);
  if (bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== UNSIGNED_BYTE || bytes[3] !== rank) {
    const got = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new FormatError(name, `expected IDX ${what} (unsigned bytes, magic number ${magic}), got ${got}`);
  }
  const headerLength = idxHeaderLength(bytes);
  if (bytes.length < headerLength) {
    throw new FormatError(name, `expected a header of ${headerLength} bytes, got ${bytes.length} (file truncated?)`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const inputs = dimensions.slice(1).reduce((product, n) => product * n, 1);
  if (inputs > RANGES.inputs.max) {
    throw new FormatError(name, `expected images of at most ${RANGES.inputs.max} pixels, got ${inputs}`);
  }
  if (dimensions.includes(0)) throw new FormatError(name, `expected no dimension of 0, got ${dimensions.join(" x ")}`);
  return dimensions;
}

/** What the header of an IDX file says, and the name by which errors call the file. */
export interface IdxHeader {
  readonly name: string;
  readonly dimensions: readonly number[];
}

/** @throws {FormatError} unless there are as many labels as images */
export function checkCounts(images: IdxHeader, labels: IdxHeader): void {
  const [[expected], [got]] = [images.dimensions, labels.dimensions];
  if (got === expected) return;
  throw new FormatError(labels.name, `expected ${expected} labels, as many as images in ${images.name}, got ${got}`);
}

/** @throws {FormatError} unless test images have the size of training images */
export function checkSizes(training: IdxHeader, test: IdxHeader): void {
  const [expected, got] = [training, test].map(({ dimensions: [, rows, columns] }) => `${rows} x ${columns}`);
  if (got === expected) return;
  throw new FormatError(test.name, `expected images of ${expected} pixels as in ${training.name}, got ${got}`);
}

/** @throws {FormatError} unless a file has as many bytes after its header as its dimensions say */
export function checkLength({ name, dimensions }: IdxHeader, got: number): void {
  const expected = dimensions.reduce((product, n) => product * n);
  if (got === expected) return;
  const hint = got < expected ? "file truncated?" : "not an IDX file of this kind?";
  throw new FormatError(name, `expected ${dimensions.join(" x ")} = ${expected} bytes of data, got ${got} (${hint})`);
}

/**
 * A data set from its two IDX files: images of rank 3 (count x rows x columns) and labels of rank 1. The headers are
 * compared before the data are looked at.
 * @param classes see DatasetOptions
 * @param pixels how the pixels are made, as of a Dataset
 * @throws {FormatError} if a file is not what its header says, their counts disagree, or a label is not below classes
 * @throws {TypeError | RangeError} if the pixels cannot be made so
 */
export function parseDataset(images: IdxFile, labels: IdxFile, classes?: number, pixels: PixelOptions = {}): Dataset {
  for (const file of [images, labels]) checkFile(file);
  checkObject("pixels", pixels);
  checkKnown("parseDataset", pixels, PIXELS);
  const header = { name: images.name, dimensions: idxDimensions(images, 3) };
  const labelHeader = { name: labels.name, dimensions: idxDimensions(labels, 1) };
  checkCounts(header, labelHeader);
  const data = images.bytes.subarray(idxHeaderLength(images.bytes));
  const labelData = labels.bytes.subarray(idxHeaderLength(labels.bytes));
  checkLength(header, data.length);
  checkLength(labelHeader, labelData.length);
  const wrong = classes === undefined ? -1 : labelData.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new FormatError(
      labels.name,
      `expected labels from 0 to ${Number(classes) - 1}, got ${labelData[wrong]} for sample ${wrong}`,
    );
  }
  const [, , columns] = header.dimensions;
  const { pixelMax, invert, transpose } = pixels;
  return new Dataset({ images: data, labels: labelData, classes, columns, pixelMax, invert, transpose });
}
