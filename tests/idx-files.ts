// IDX files made for tests: the pixels and labels are a pattern that a network can learn.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Images of rank 3; pixel k of image i is 255 where k leaves the rest i mod 4 when divided by 4. */
export function idxImages(count: number, rows: number, columns: number): Uint8Array {
  const header = [0, 0, 8, 3, ...bigEndian(count), ...bigEndian(rows), ...bigEndian(columns)];
  const bytes = new Uint8Array(header.length + count * rows * columns);
  bytes.set(header);
  for (let p = 0; p < count * rows * columns; p++) {
    const image = Math.floor(p / (rows * columns));
    if ((p % (rows * columns)) % 4 === image % 4) bytes[header.length + p] = 255;
  }
  return bytes;
}

/** Labels of rank 1: the given ones, or `count` of them, i mod classes. */
export function idxLabels(labels: readonly number[] | number, classes = 4): Uint8Array {
  const list = typeof labels === "number" ? Array.from({ length: labels }, (_, i) => i % classes) : labels;
  return Uint8Array.of(0, 0, 8, 1, ...bigEndian(list.length), ...list);
}

/** A folder with the four files, named as MNIST's. */
export async function writeIdxFolder(
  folder: string,
  shape: { training: number; test: number; rows: number; columns: number; classes: number },
): Promise<void> {
  const { training, test, rows, columns, classes } = shape;
  await writeFile(join(folder, "train-images-idx3-ubyte"), idxImages(training, rows, columns));
  await writeFile(join(folder, "train-labels-idx1-ubyte"), idxLabels(training, classes));
  await writeFile(join(folder, "t10k-images-idx3-ubyte"), idxImages(test, rows, columns));
  await writeFile(join(folder, "t10k-labels-idx1-ubyte"), idxLabels(test, classes));
}

function bigEndian(n: number): number[] {
  return [n >>> 24, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff];
}
