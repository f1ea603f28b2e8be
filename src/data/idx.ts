// The IDX format of MNIST: 0, 0, type, rank, then `rank` big-endian u32 dimensions, then the data, row-major.
// Format: "The MNIST database of handwritten digits", LeCun, Cortes, Burges.

import { checkArgument, checkBytes, hasObjects } from "../arguments.js";
import { FormatError } from "../errors.js";
import { RANGES } from "../ranges.js";
import { Dataset } from "./dataset.js";

const UNSIGNED_BYTE = 0x08;

/** The bytes of an IDX file, and the name by which errors call it. */
export interface IdxFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The bytes that an IDX header with these first bytes takes, 4 before the rank is known. */
export function idxHeaderLength(bytes: Uint8Array): number {
  checkBytes("bytes", bytes);
  return bytes.length < 4 ? 4 : 4 + 4 * bytes[3];
}

/**
 * Checks the header of an IDX file of unsigned bytes and returns its dimensions. `bytes` may be the beginning alone.
 * @throws {FormatError} unless magic number, type and rank are right, the header is whole, no dimension is 0, and an
 *   image has at most 2^22 pixels
 */
export function idxDimensions(file: IdxFile, rank: number): number[] {
  const isFile = hasObjects(file, "bytes") && file.bytes instanceof Uint8Array;
  checkArgument("IDX file", "an object { name, bytes } with its bytes as a Uint8Array", file, isFile);
  const { name, bytes } = file;
  const magic = `00 00 08 0${rank}`;
  if (bytes.length < 4)
    throw new FormatError(name, `expected an IDX file, got ${bytes.length} bytes (file truncated?)`);
  if (bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== UNSIGNED_BYTE || bytes[3] !== rank) {
    const got = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const what = rank === 1 ? "labels" : "images";
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

/**
 * The dimensions and data of an IDX file.
 * @throws {FormatError} as idxDimensions(), or if the length is not what the dimensions say
 */
function parseIdx(file: IdxFile, rank: number): { dimensions: number[]; data: Uint8Array } {
  const dimensions = idxDimensions(file, rank);
  const data = file.bytes.subarray(idxHeaderLength(file.bytes));
  const expected = dimensions.reduce((product, n) => product * n);
  if (data.length !== expected) {
    const hint = data.length < expected ? "file truncated?" : "not an IDX file of this kind?";
    throw new FormatError(
      file.name,
      `expected ${dimensions.join(" x ")} = ${expected} bytes of data, got ${data.length} (${hint})`,
    );
  }
  return { dimensions, data };
}

/**
 * A data set from its two IDX files: images of rank 3 (count x rows x columns) and labels of rank 1.
 * @param classes see DatasetOptions
 * @throws {FormatError} if a file is not what its header says, their counts disagree, or a label is not below classes
 */
export function parseDataset(images: IdxFile, labels: IdxFile, classes?: number): Dataset {
  const { dimensions, data } = parseIdx(images, 3);
  const { data: labelData } = parseIdx(labels, 1);
  const [count] = dimensions;
  if (labelData.length !== count) {
    throw new FormatError(
      labels.name,
      `expected ${count} labels, as many as images in ${images.name}, got ${labelData.length}`,
    );
  }
  const wrong = classes === undefined ? -1 : labelData.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new FormatError(
      labels.name,
      `expected labels from 0 to ${Number(classes) - 1}, got ${labelData[wrong]} for sample ${wrong}`,
    );
  }
  return new Dataset({ images: data, labels: labelData, classes, columns: dimensions[2] });
}
