// A folder with four IDX files: which files are found and read, and what is said of a folder that cannot be used.

import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { loadDirectory, loadMnist, loadTraining } from "../../src/node/index.js";
import { idxImages, idxLabels, writeIdxFolder } from "../idx-files.js";

describe("a folder", () => {
  let root: string;
  let folder: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "ductus-idx-"));
  });
  afterAll(() => rm(root, { recursive: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(root, "set-"));
    await writeIdxFolder(folder, { training: 12, test: 5, rows: 3, columns: 5, classes: 4 });
  });
  const replace = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes);

  test("is split: the last sixth of the training file validates", () => {
    const { training, validation, test } = loadDirectory(folder);
    expect([training, validation, test].map(({ length }) => length)).toEqual([10, 2, 5]);
    expect([training, validation, test].map(({ inputs }) => inputs)).toEqual([15, 15, 15]);
    expect([training, validation, test].map(({ classes }) => classes)).toEqual([4, 4, 4]);
  });

  test("may hold gzip files, and names with dots", async () => {
    const plain = loadDirectory(folder);
    const zipped = await mkdtemp(join(root, "zipped-"));
    const names = {
      "train-images.idx3-ubyte.gz": idxImages(12, 3, 5),
      "train-labels.idx1-ubyte.gz": idxLabels(12, 4),
      "t10k-images.idx3-ubyte.gz": idxImages(5, 3, 5),
      "t10k-labels.idx1-ubyte.gz": idxLabels(5, 4),
    };
    for (const [name, bytes] of Object.entries(names)) await writeFile(join(zipped, name), gzipSync(bytes));
    const { training, test } = loadDirectory(zipped);
    expect(training.images).toEqual(plain.training.images);
    expect(test.labels).toEqual(plain.test.labels);
  });

  test.each([
    ["an HTML page", Buffer.from("<!doctype html><title>404</title>")],
    ["a PNG picture", Buffer.from("\x89PNG\r\n\x1a\n", "latin1")],
    ["a PyTorch zip", Buffer.from(`PK\x03\x04${"\0".repeat(26)}mnist/data.pkl`, "latin1")],
  ])("with %s under a data file's name, plain or compressed, says what it is", async (kind, bytes) => {
    const labels = "train-labels-idx1-ubyte";
    await replace(labels, bytes);
    expect(() => loadDirectory(folder)).toThrow(new FormatError(labels, `expected IDX labels, got ${kind}`));
    await rm(join(folder, labels));
    await replace(`${labels}.gz`, gzipSync(bytes));
    expect(() => loadDirectory(folder)).toThrow(new FormatError(`${labels}.gz`, `expected IDX labels, got ${kind}`));
  });

  test("with a file both plain and compressed gives the plain one", async () => {
    await replace("train-labels-idx1-ubyte.gz", Buffer.from("not read"));
    expect(loadDirectory(folder).training.length).toBe(10);
  });

  test("with two sets says which files are too many", async () => {
    await replace("emnist-letters-train-images-idx3-ubyte.gz", gzipSync(idxImages(12, 3, 5)));
    expect(() => loadDirectory(folder)).toThrow(
      /one file of training images .*, got emnist-letters-train-images-idx3-ubyte.gz, train-images-idx3-ubyte: say/,
    );
  });

  test("may have other files beside, and training files are never taken for test files", async () => {
    for (const name of ["._train-images-idx3-ubyte", "train-images-idx3-ubyte.gz.sha256", "README"]) {
      await replace(name, Buffer.from("not read"));
    }
    expect(loadDirectory(folder).training.length).toBe(10);
    for (const kind of ["images-idx3", "labels-idx1"]) {
      await rename(join(folder, `train-${kind}-ubyte`), join(folder, `latest-train-${kind}-ubyte`));
      await rm(join(folder, `t10k-${kind}-ubyte`));
    }
    expect(() => loadDirectory(folder)).toThrow(/expected one file of test images .*, got none$/);
  });

  test("with a folder or a dead link in place of a file says so", async () => {
    const labels = join(folder, "train-labels-idx1-ubyte");
    await rm(labels);
    await mkdir(labels);
    expect(() => loadDirectory(folder)).toThrow(/^train-labels-idx1-ubyte: expected a file, got something else$/);
    await rm(labels, { recursive: true });
    await symlink(join(folder, "nowhere"), labels);
    expect(() => loadDirectory(folder)).toThrow(
      /train-labels-idx1-ubyte: expected a file that can be read, got no such file or folder$/,
    );
  });

  test("may have folders beside named like the files, as archives are unpacked", async () => {
    for (const name of ["train-images.idx3-ubyte", "t10k-labels.idx1-ubyte", "train-labels-idx1-ubyte.gz"]) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, name), "not read");
    }
    expect(loadDirectory(folder).training.length).toBe(10);
  });

  test("that is missing, or lacks a file, is named", async () => {
    expect(() => loadDirectory(join(folder, "none"))).toThrow(
      /none: expected a folder with four IDX files, got no such file or folder$/,
    );
    await rm(join(folder, "t10k-labels-idx1-ubyte"));
    expect(() => loadDirectory(folder)).toThrow(
      /: expected one file of test labels named like t10k-labels-idx1-ubyte or .*, got none$/,
    );
  });

  test("that should be MNIST but is not is refused by its SHA-256", () => {
    expect(() => loadMnist(folder)).toThrow(FormatError);
    expect(() => loadMnist(folder)).toThrow(
      /^train-images-idx3-ubyte: expected MNIST's file with SHA-256 ba89\w+, got \w{64} \(file corrupt, or not MNIST/,
    );
  });

  test.each([
    [
      "a label that training does not know",
      "t10k-labels-idx1-ubyte",
      idxLabels([0, 1, 2, 3, 9]),
      /got 9 for sample 4$/,
    ],
    [
      "test images of another size",
      "t10k-images-idx3-ubyte",
      idxImages(5, 3, 4),
      /expected images of 3 x 5 pixels as in train-images-idx3-ubyte, got 3 x 4$/,
    ],
    [
      "test images whose rows and columns are swapped",
      "t10k-images-idx3-ubyte",
      idxImages(5, 5, 3),
      /expected images of 3 x 5 pixels as in train-images-idx3-ubyte, got 5 x 3$/,
    ],
    [
      "gzip data cut short",
      "train-images-idx3-ubyte",
      gzipSync(idxImages(12, 3, 5)).subarray(0, -6),
      /expected gzip data/,
    ],
    ["a gzip file of something else", "train-images-idx3-ubyte", gzipSync(Buffer.alloc(99, 65)), /got a text file$/],
    [
      "a gzip bomb: far more bytes than its header says",
      "train-images-idx3-ubyte",
      gzipSync(Buffer.concat([idxImages(12, 3, 5), Buffer.alloc(2 ** 27)])),
      /expected gzip data of one IDX file, got more bytes than the IDX header in it says$/,
    ],
    [
      "a gzip bomb whose header says so",
      "train-images-idx3-ubyte",
      gzipSync(Buffer.from([0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 1])),
      /expected at most 1073741824 bytes, got 42\d+$/,
    ],
  ])("with %s is refused", async (_, name, bytes, message) => {
    await replace(name, bytes);
    const before = process.memoryUsage().rss;
    expect(() => loadDirectory(folder)).toThrow(FormatError);
    expect(() => loadDirectory(folder)).toThrow(new RegExp(`^${name}: `));
    expect(() => loadDirectory(folder)).toThrow(message);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 26);
  });
});

test.each([loadMnist, loadDirectory, loadTraining])("%o takes a name, and options that are known", (load) => {
  const call = load as (...args: unknown[]) => unknown;
  expect(() => call({ validation: 5 })).toThrow(/^directory: expected the name of a folder, a string, got Object$/);
  expect(() => call("x", { validaton: 5 })).toThrow(/: unknown option validaton: did you mean validation\?$/);
  expect(() => call("x", 5)).toThrow(/^division: expected an object, got 5$/);
});
