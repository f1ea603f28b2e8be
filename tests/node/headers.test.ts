// Headers and sizes of IDX files are compared before a file is read whole: huge files cost nothing.

import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { loadDirectory, loadTraining } from "../../src/node/index.js";
import { idxImages, writeIdxFolder } from "../idx-files.js";

const SHAPE = { training: 12, test: 5, rows: 3, columns: 5, classes: 4 };
const HUGE = 900 * 2 ** 20;

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ductus-headers-"));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(root, "set-"));
  await writeIdxFolder(folder, SHAPE);
});

/** The header of an IDX file. */
function header(...dimensions: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * dimensions.length);
  bytes.writeUInt32BE(0x800 + dimensions.length, 0);
  for (const [i, n] of dimensions.entries()) bytes.writeUInt32BE(n, 4 + 4 * i);
  return bytes;
}

/** A file that begins with these bytes and takes no room on disk for the rest. */
async function writeSparse(name: string, beginning: Uint8Array, size: number): Promise<void> {
  const file = await open(join(folder, name), "w");
  await file.write(beginning);
  await file.truncate(size);
  await file.close();
}

/** What loading throws, and by how much the memory of the process grew. */
function refusal(load: () => unknown): { readonly error: Error; readonly grown: number } {
  const before = process.memoryUsage().rss;
  try {
    load();
  } catch (error) {
    return { error: error as Error, grown: process.memoryUsage().rss - before };
  }
  throw new Error("expected a refusal, got data");
}

describe("refused without being read:", () => {
  const count = Math.floor(HUGE / 15);
  test.each([
    ["train-images-idx3-ubyte", header(12, 3, 5), /^train-images.*: expected 12 x 3 x 5 = 180 bytes of data, got 9/],
    ["t10k-images-idx3-ubyte", header(5, 3, 5), /^t10k-images.*: expected 5 x 3 x 5 = 75 bytes of data, got 9\d+/],
    ["t10k-labels-idx1-ubyte", header(5), /^t10k-labels.*: expected 5 = 5 bytes of data, got 9\d+ \(not an IDX/],
    ["train-labels-idx1-ubyte", Buffer.from("label"), /^train-labels.*: expected IDX labels .* got 6c 61 62 65$/],
    ["train-images-idx3-ubyte", Buffer.alloc(0), /^train-images.*: expected IDX images .* got 00 00 00 00$/],
    [
      "train-images-idx3-ubyte",
      gzipSync(idxImages(12, 3, 5)),
      /^train-images.*: expected at most \d+ bytes of gzip data, got 943718400$/,
    ],
  ])("%s, a sparse file that begins with its header, %#", async (name, beginning, message) => {
    await writeSparse(name, beginning, HUGE);
    const { error, grown } = refusal(() => loadDirectory(folder));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(message);
    expect(grown).toBeLessThan(2 ** 26);
  });

  test.each([
    [
      "more images than labels",
      "train-images-idx3-ubyte",
      [count, 3, 5],
      `train-labels-idx1-ubyte: expected ${count} labels, as many as images in train-images-idx3-ubyte, got 12`,
    ],
    [
      "more test images than labels",
      "t10k-images-idx3-ubyte",
      [count, 3, 5],
      `t10k-labels-idx1-ubyte: expected ${count} labels, as many as images in t10k-images-idx3-ubyte, got 5`,
    ],
    [
      "test images of another size",
      "t10k-images-idx3-ubyte",
      [5, 13_000, 5 * 300],
      "t10k-images-idx3-ubyte: expected images of at most 4194304 pixels, got 19500000",
    ],
    [
      "test images larger than those that train",
      "t10k-images-idx3-ubyte",
      [5, 2000, 2000],
      "t10k-images-idx3-ubyte: expected images of 3 x 5 pixels as in train-images-idx3-ubyte, got 2000 x 2000",
    ],
  ])("%s, in a sparse file of the size that its header says", async (_, name, dimensions, message) => {
    const bytes = header(...dimensions);
    const size = dimensions.reduce((product, n) => product * n) + bytes.length;
    await writeSparse(name, bytes, size);
    const { error, grown } = refusal(() => loadDirectory(folder));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe(message);
    expect(grown).toBeLessThan(2 ** 26);
  });

  test("what would take more bytes than can be read, plain or gzip, whatever the size of the file", async () => {
    for (const bytes of [header(2 ** 32 - 1, 2000, 2000), gzipSync(header(2 ** 32 - 1, 2000, 2000))]) {
      await writeFile(join(folder, "train-images-idx3-ubyte"), bytes);
      const { error } = refusal(() => loadTraining(folder));
      expect(error.message).toMatch(/^train-images-idx3-ubyte: expected at most 1073741824 bytes, got 171798691\d+$/);
    }
  });
});

test("a gzip file that is stored, not compressed, is read", async () => {
  await writeFile(join(folder, "train-images-idx3-ubyte"), gzipSync(idxImages(12, 3, 5), { level: 0 }));
  expect(loadDirectory(folder).training.length).toBe(10);
});
