// Data sets as IDX files: the reverse of parseDataset().

import { checkArgument } from "../arguments.js";
import { Dataset, toBytes } from "./dataset.js";

/** A data set as the bytes of two IDX files. */
export interface IdxPair {
  /** The file of images: count x rows x columns. */
  readonly images: Uint8Array;
  /** The file of labels. */
  readonly labels: Uint8Array;
}

/** Labels of one byte. */
const MOST_CLASSES = 256;

/**
 * A data set as two IDX files of unsigned bytes: images (count x rows x columns) and labels.
 * @throws {TypeError} if it is no Dataset
 * @throws {RangeError} if its pixels are no bytes, or it has more than 256 classes
 */
export function encodeIdx(dataset: Dataset): IdxPair {
  checkArgument("data", "a Dataset", dataset, dataset instanceof Dataset);
  const { length, inputs, columns, labels, classes } = dataset;
  const pixels = toBytes(dataset.images);
  if (pixels instanceof Float32Array) {
    throw new RangeError("images: expected pixels that are bytes, got other numbers: CSV holds these");
  }
  if (classes > MOST_CLASSES) {
    throw new RangeError(`classes: expected at most ${MOST_CLASSES} for IDX, got ${classes}: CSV holds more`);
  }
  return { images: file([length, inputs / columns, columns], pixels), labels: file([length], labels) };
}

function file(dimensions: readonly number[], data: ArrayLike<number>): Uint8Array {
  const head = 4 + 4 * dimensions.length;
  const bytes = new Uint8Array(head + data.length);
  bytes.set([0, 0, 0x08, dimensions.length]);
  const view = new DataView(bytes.buffer);
  for (const [i, size] of dimensions.entries()) view.setUint32(4 + 4 * i, size);
  bytes.set(data, head);
  return bytes;
}
