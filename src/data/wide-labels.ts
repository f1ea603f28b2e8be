// Labels of other IDX files than MNIST's: whole numbers of one, two or four bytes, and tables of which the first column
// is the class, as in QMNIST (Yadav, Bottou: Cold case: the lost MNIST digits; 2019), whose files are called idx2-int.

import { checkArgument, checkText, hasObjects } from "../arguments.js";
import { FormatError } from "../errors.js";
import { checkLength, type IdxFile, type IdxHeader } from "./idx.js";

/** By its third byte: the bytes of a number of an IDX file, big-endian. */
const TYPES: ReadonlyMap<number, 1 | 2 | 4> = new Map([
  [0x08, 1],
  [0x09, 1],
  [0x0b, 2],
  [0x0c, 4],
]);
/** A byte is enough for them. */
const MOST_CLASSES = 256;
/** The columns of a table, at most. */
const MOST_COLUMNS = 1024;

/** Whether a file that begins like this is an IDX file of labels, but not of unsigned bytes in one column. */
export function hasWideLabels([first, second, type, rank]: Uint8Array): boolean {
  return first === 0 && second === 0 && TYPES.has(type) && (rank === 2 || (rank === 1 && type !== 0x08));
}

/**
 * The header of such a file: samples, and the bytes that each of them takes. `bytes` may be the beginning alone.
 * @throws {FormatError} if it is cut short, or has no samples or too many columns
 */
export function wideLabelsHeader({ name, bytes }: IdxFile): IdxHeader & { readonly head: number } {
  const head = 4 + 4 * bytes[3];
  if (bytes.length < head) {
    throw new FormatError(name, `expected a header of ${head} bytes, got ${bytes.length} (file truncated?)`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [count, columns] = [view.getUint32(4), bytes[3] === 2 ? view.getUint32(8) : 1];
  if (count === 0 || columns === 0 || columns > MOST_COLUMNS) {
    throw new FormatError(name, `expected labels in 1 to ${MOST_COLUMNS} columns, got ${count} x ${columns}`);
  }
  const size = TYPES.get(bytes[2]) as number;
  return { name, dimensions: [count, columns * size], head };
}

/**
 * An IDX file of labels as parseDataset() takes it: of one unsigned byte a sample. Of QMNIST's tables (idx2-int) it has
 * the first column, the class. A file that has that form already is returned as it is.
 * @throws {FormatError} if it is cut short, or a label is not from 0 to 255
 */
export function narrowLabels(file: IdxFile): IdxFile {
  const isFile = hasObjects(file, "bytes") && file.bytes instanceof Uint8Array;
  checkArgument("IDX file", "an object { name, bytes } with its bytes as a Uint8Array", file, isFile);
  checkText("name of an IDX file", file.name);
  const { name, bytes } = file;
  if (!hasWideLabels(bytes)) return file;
  const header = wideLabelsHeader(file);
  const [count, width] = header.dimensions;
  checkLength(header, bytes.length - header.head);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const read = readerOf(view, bytes[2]);
  const narrow = new Uint8Array(8 + count);
  narrow.set([0, 0, 8, 1]);
  narrow.set(bytes.subarray(4, 8), 4);
  for (let i = 0; i < count; i++) {
    const at = header.head + i * width;
    const label = read(at);
    if (label < 0 || label >= MOST_CLASSES) {
      throw new FormatError(name, `expected labels from 0 to ${MOST_CLASSES - 1}, got ${label} for sample ${i}`);
    }
    narrow[8 + i] = label;
  }
  return { name, bytes: narrow };
}

/** Reads a number of a type at an offset. */
function readerOf(view: DataView, type: number): (at: number) => number {
  if (type === 0x0c) return (at) => view.getInt32(at);
  if (type === 0x0b) return (at) => view.getInt16(at);
  return type === 0x09 ? (at) => view.getInt8(at) : (at) => view.getUint8(at);
}
