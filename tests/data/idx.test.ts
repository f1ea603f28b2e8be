// IDX files: what is read, and every way in which a file can be wrong.

import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseDataset } from "../../src/data/idx.js";
import { FormatError } from "../../src/errors.js";
import { loadDirectory, loadMnist } from "../../src/node/index.js";
import { idxImages, idxLabels, writeIdxFolder } from "../idx-files.js";

const images = { name: "images", bytes: idxImages(3, 2, 4) };
const labels = { name: "labels", bytes: idxLabels([0, 2, 1]) };

test("images and labels make a data set", () => {
  const data = parseDataset(images, labels);
  expect([data.length, data.inputs, data.classes]).toEqual([3, 8, 3]);
  expect(data.images).toEqual(images.bytes.subarray(16));
  expect([...data.labels]).toEqual([0, 2, 1]);
});

describe("refuses", () => {
  const changed = (bytes: Uint8Array, at: number, value: number) => {
    const copy = bytes.slice();
    copy[at] = value;
    return copy;
  };
  test.each([
    ["an empty file", new Uint8Array(0), /^images: expected IDX images, got an empty file$/],
    ["three bytes", Uint8Array.of(0, 0, 8), /^images: expected an IDX file, got 3 bytes \(file truncated\?\)$/],
    ["half a header", images.bytes.slice(0, 9), /^images: expected a header of 16 bytes, got 9 \(file truncated\?\)$/],
    [
      "truncated data",
      images.bytes.slice(0, -1),
      /^images: expected 3 x 2 x 4 = 24 bytes of data, got 23 \(file truncated\?\)$/,
    ],
    [
      "bytes after the data",
      Uint8Array.of(...images.bytes, 0),
      /^images: expected 3 x 2 x 4 = 24 bytes of data, got 25/,
    ],
    [
      "a wrong magic number",
      changed(images.bytes, 0, 0x89),
      /^images: expected IDX images \(unsigned bytes, magic number 00 00 08 03\), got 89 00 08 03$/,
    ],
    ["another type", changed(images.bytes, 2, 0x0d), /^images: .* got 00 00 0d 03$/],
    ["labels instead of images", labels.bytes, /^images: .* got 00 00 08 01$/],
    [
      "images too large",
      Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 255, 255, 0, 0, 255, 255),
      /^images: expected images of at most 4194304 pixels, got 4294836225$/,
    ],
    ["no samples", changed(images.bytes, 7, 0), /^images: expected no dimension of 0, got 0 x 2 x 4$/],
  ])("%s", (_, bytes, message) => {
    const parse = () => parseDataset({ name: "images", bytes }, labels);
    expect(parse).toThrow(FormatError);
    expect(parse).toThrow(message);
  });

  test("counts that disagree", () => {
    const two = { name: "labels", bytes: idxLabels([0, 1]) };
    expect(() => parseDataset(images, two)).toThrow(/^labels: expected 3 labels, as many as images in images, got 2$/);
  });

  test("labels out of range", () => {
    expect(() => parseDataset(images, labels, 2)).toThrow(/^labels: expected labels from 0 to 1, got 2 for sample 1$/);
  });
});

describe("whatever is done to the two files, they are refused, or make a data set that agrees with itself:", () => {
  const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);
  let parsed = 0;
  let refused = 0;
  beforeEach(() => {
    parsed = 0;
    refused = 0;
  });

  function check(images: Uint8Array, labels: Uint8Array, classes?: number): void {
    let data: ReturnType<typeof parseDataset>;
    try {
      data = parseDataset({ name: "images", bytes: images }, { name: "labels", bytes: labels }, classes);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(/^(images|labels): expected .{1,150}, got .{1,150}$/);
      refused++;
      return;
    }
    parsed++;
    expect(data.length).toBeGreaterThan(0);
    expect(data.images).toHaveLength(data.length * data.inputs);
    expect(data.labels).toHaveLength(data.length);
    expect(Math.max(...data.labels)).toBeLessThan(data.classes);
    if (classes !== undefined) expect(data.classes).toBe(classes);
    expect(data.images).toEqual(images.subarray(16));
    expect(data.labels).toEqual(labels.subarray(8));
  }

  test("bytes changed, inserted and left out, and the files cut short", () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(2),
      insert: fc.array(fc.oneof(fc.nat(255), fc.nat(4)), { maxLength: 2 }),
    });
    const edits = fc.array(edit, { maxLength: 3 });
    const end = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(40));
    const mutate = (
      file: Uint8Array,
      edits: readonly { at: number; remove: number; insert: number[] }[],
      cut: number,
    ) => {
      let bytes = [...file.subarray(0, Math.max(0, file.length - cut))];
      for (const { at, remove, insert } of edits) {
        const i = Math.floor(at * bytes.length);
        bytes = [...bytes.slice(0, i), ...insert, ...bytes.slice(i + remove)];
      }
      return Uint8Array.from(bytes);
    };
    const classes = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
    fc.assert(
      fc.property(edits, end, edits, end, classes, (edits, cut, labelEdits, labelCut, classes) => {
        check(mutate(images.bytes, edits, cut), mutate(labels.bytes, labelEdits, labelCut), classes);
      }),
      { seed: 1, numRuns: RUNS },
    );
    expect(parsed).toBeGreaterThan(RUNS / 50);
    expect(refused).toBeGreaterThan(RUNS / 4);
  });

  test("any dimensions, with or without the bytes they ask for", () => {
    const size = fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 1, max: 4 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, 2 ** 16, 2 ** 22, 2 ** 31, 2 ** 32 - 1) },
    );
    const more = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: -2, max: 2 }));
    const file = (dimensions: readonly number[], more: number) => {
      const asked = dimensions.reduce((product, n) => product * n);
      const bytes = new Uint8Array(4 + 4 * dimensions.length + Math.max(0, Math.min(asked, 99) + more));
      const view = new DataView(bytes.buffer);
      view.setUint32(0, 0x800 + dimensions.length);
      dimensions.forEach((n, i) => {
        view.setUint32(4 + 4 * i, n);
      });
      return bytes;
    };
    fc.assert(
      fc.property(size, size, size, more, more, (count, rows, columns, morePixels, moreLabels) => {
        check(file([count, rows, columns], morePixels), file([count + moreLabels], 0));
      }),
      { seed: 1, numRuns: RUNS },
    );
    expect(parsed).toBeGreaterThan(RUNS / 10);
    expect(refused).toBeGreaterThan(RUNS / 10);
  });
});

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
      /one file of training images .*, got emnist-letters-train-images-idx3-ubyte.gz, train-images-idx3-ubyte$/,
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
      /^train-images-idx3-ubyte: expected MNIST's file with SHA-256 ba891046e6505d7a\w+, got \w{64} \(file corrupt\?/,
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
