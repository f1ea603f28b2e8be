// Data of every form from disk: folders of pictures, CSV files, IDX files as other data sets have them; and what is
// said of those that cannot be used.

import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadData as builtLoadData } from "../../build/lib/node/index.js";
import { encodeCsv } from "../../src/data/csv.js";
import { Dataset } from "../../src/data/dataset.js";
import { FormatError } from "../../src/errors.js";
import { encodePng } from "../../src/formats/index.js";
import { loadData, loadMnist, loadParts, loadTestData, loadTrainingData } from "../../src/node/index.js";
import { idxImages, idxLabels, writeIdxFolder } from "../idx-files.js";

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ductus-load-"));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(root, "own-"));
});

async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
}

/** Pictures of grey levels that tell class and number. */
async function putPictures(classes: readonly string[], count: number, side = 4): Promise<void> {
  for (const [label, name] of classes.entries())
    for (let i = 0; i < count; i++)
      await put(`${name}/${i}.png`, encodePng(new Uint8Array(side * side).fill(20 * label + i), side, side));
}

/** A test's data set: 24 images of 3 x 5 pixels in the classes 0 to 3. */
const data = new Dataset({
  images: Uint8Array.from({ length: 24 * 15 }, (_, k) => (k * 7) % 256),
  labels: Uint8Array.from({ length: 24 }, (_, i) => (i * 7) % 4),
  columns: 5,
});
const csv = (dataset: Dataset) => Buffer.concat([...encodeCsv(dataset)]);

/** Numbers of 32 bits, in a table of so many columns of which the first is the label. */
function idx2Int(labels: readonly number[], columns = 8): Uint8Array {
  const bytes = Buffer.alloc(12 + 4 * columns * labels.length, 9);
  bytes.writeUInt32BE(0x0c02);
  bytes.writeUInt32BE(labels.length, 4);
  bytes.writeUInt32BE(columns, 8);
  for (const [i, label] of labels.entries()) bytes.writeInt32BE(label, 12 + 4 * columns * i);
  return bytes;
}

describe("pictures in a folder for each class", () => {
  test("names are those of the classes, numbers in their order; a seventh tests, a sixth validates", async () => {
    await putPictures(["10", "9", "a b"], 14);
    const { training, validation, test, warnings } = await loadData(folder);
    expect([training, validation, test].map((part) => part?.length)).toEqual([30, 6, 6]);
    expect(training).toMatchObject({ classNames: ["9", "10", "a b"], inputs: 16, columns: 4, classes: 3 });
    for (const part of [training, validation, test]) {
      for (let i = 0; i < (part?.length ?? 0); i++) {
        const label = ["10", "9", "a b"][Math.floor((part?.images[16 * i] ?? 0) / 20)];
        expect(part?.classNames?.[part.labels[i]]).toBe(label);
      }
    }
    expect(warnings.map(({ code }) => code)).toEqual(["test", "range"]);
    expect(warnings[0].message).toBe("there are no test data, so 6 of 42 images are held back to test with");
    const again = await loadTrainingData(folder);
    expect(again.training.images).toEqual(training.images);
    const all = await loadParts(folder);
    expect([all.training.length, all.test]).toEqual([42, undefined]);
    expect((await loadTestData(folder)).length).toBe(42);
  });

  test("numbers from 0 on are no names; train and test, a folder around, files of systems are understood", async () => {
    for (const part of ["set/Train", "set/valid"]) await putPictures([`${part}/1`, `${part}/0`], 12);
    for (const name of [".DS_Store", "set/.hidden", "set/Train/Thumbs.db", "set/Train/1/.x.png"]) await put(name, "x");
    const { training, test, warnings } = await loadData(folder);
    expect([training.classNames, training.classes, training.length, test.length]).toEqual([undefined, 2, 20, 24]);
    expect([...new Set(test.labels)]).toEqual([0, 1]);
    expect(warnings.filter(({ code }) => code === "test" || code === "sorted")).toEqual([]);
    expect((await loadTestData(folder)).length).toBe(24);
  });

  test("of several sizes or large ones become images in MNIST's form, as predict makes them", async () => {
    const { test: digits } = loadMnist();
    for (let i = 0; i < 12; i++) {
      const image = digits.images.subarray(784 * i, 784 * (i + 1));
      await put(`${digits.labels[i]}/${i}.png`, encodePng(image as Uint8Array, 28, 28));
    }
    const same = await loadParts(folder);
    expect(same.warnings).toEqual([]);
    const wide = new Uint8Array(40 * 90).fill(255);
    for (let y = 10; y < 30; y++) wide.fill(0, y * 90 + 40, y * 90 + 44);
    await put("1/99.png", encodePng(wide, 90, 40));
    const mixed = await loadParts(folder);
    expect(mixed.warnings).toEqual([
      { code: "size", message: "99.png has another size than others: a digit or letter is looked for on each" },
    ]);
    expect([mixed.training.length, mixed.training.columns]).toEqual([13, 28]);
    const places = [...mixed.training.labels.keys()].filter((i) => i !== mixed.training.labels.lastIndexOf(1));
    // Digits in MNIST's form stay as they are.
    expect(mixed.training.subset(places).images).toEqual(same.training.subset([...Array(12).keys()]).images);
  });

  test("dark on bright are inverted, in the test part too, unless that is said", async () => {
    const line = (bright: number) => Uint8Array.from({ length: 64 }, (_, k) => (k % 8 === 3 ? 255 - bright : bright));
    for (const [label, name] of ["a", "b"].entries())
      for (let i = 0; i < 12; i++) {
        await put(`train/${name}/${i}.png`, encodePng(line(250 - label), 8, 8));
        if (i < 3) await put(`test/${name}/${i}.png`, encodePng(line(label), 8, 8));
      }
    const { training, test, warnings } = await loadParts(folder);
    expect([training.images[0], training.images[3], training.prepared]).toEqual([5, 250, { invert: true }]);
    expect([test?.images[0], test?.prepared]).toEqual([255, { invert: true }]);
    const message = "the pictures have dark ink on bright ground: they are inverted";
    expect(warnings).toEqual([{ code: "ground", message }]);
    const said = await loadParts(folder, { invert: false });
    expect([said.training.images[0], said.training.prepared, said.warnings]).toEqual([250, undefined, []]);
  });

  test("of 500 pictures all are read, by threads too, and their progress is told", async () => {
    await putPictures(["a", "b"], 250, 2);
    const told: (readonly [number, number])[] = [];
    const here = await loadParts(folder, { onProgress: (done, total) => told.push([done, total]) });
    expect(told.at(-1)).toEqual([500, 500]);
    const built = await builtLoadData(folder, { validation: 0 });
    const { training, test } = await loadData(folder, { validation: 0 });
    expect(here.training.length).toBe(500);
    expect(built.training.images).toEqual(training.images);
    expect(built.test.labels).toEqual(test.labels);
    await put("b/100.png", "no picture");
    await put("b/200.png", "no picture");
    const refusal = /b\/100.png: expected a picture .*, got a text file$/;
    await expect(loadData(folder)).rejects.toThrow(refusal);
    await expect(builtLoadData(folder)).rejects.toThrow(refusal);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      "an empty folder",
      async () => {},
      "expected IDX files, a CSV file, or a folder of pictures for each class, got an e",
    ],
    [
      "other files",
      () => put("notes.md", "x"),
      "expected IDX files, a CSV file, or a folder of pictures for each class, got a",
    ],
    ["one class", () => putPictures(["a"], 3), "expected a folder of pictures for each of two or more classes, got 1"],
    [
      "a picture beside",
      async () => [await putPictures(["a", "b"], 1), await put("c.png", "x")],
      "c.png: expected pict",
    ],
    [
      "an empty class",
      async () => [await putPictures(["a"], 1), await mkdir(join(folder, "b"))],
      "b: expected pictures, go",
    ],
    [
      "a text",
      async () => [await putPictures(["a", "b"], 1), await put("b/x.txt", "x")],
      "x.txt: expected a picture (PNG",
    ],
    [
      "a folder in it",
      async () => [await putPictures(["a", "b"], 1), await put("b/c/1.png", "x")],
      "c: expected a picture, g",
    ],
    [
      "a huge file",
      async () => {
        await putPictures(["a", "b"], 1);
        await put("b/9.png", "");
        await truncate(join(folder, "b", "9.png"), 2 ** 30);
      },
      "9.png: expected a picture of at most 134217728 bytes, got 1073741824",
    ],
    [
      "a pipe",
      async () => [await putPictures(["a", "b"], 1), spawnSync("sh", ["-c", `mkfifo '${join(folder, "b", "p.png")}'`])],
      "p.png: expected a picture, got no file",
    ],
    [
      "a link in a circle",
      async () => [await putPictures(["a", "b"], 1), await symlink("x.png", join(folder, "b", "x.png"))],
      "x.png: expected a picture that can be read, got links in a circle",
    ],
    [
      "a name that cannot be seen",
      () => putPictures(["a", "\u202eb"], 1),
      "class names: expected characters that can be seen",
    ],
    [
      "no picture like its header",
      async () => {
        await putPictures(["a", "b"], 1);
        await put("b/9.png", encodePng(new Uint8Array(16), 4, 4).subarray(0, 40));
      },
      "9.png: expected",
    ],
    [
      "train and more",
      () => putPictures(["train/a", "train/b", "test/a", "other/a"], 1),
      "expected the folders train and test, got other, test, train",
    ],
    [
      "test pictures of another size",
      async () => {
        await putPictures(["train/a", "train/b"], 2);
        await putPictures(["test/a", "test/b"], 2, 5);
      },
      "0.png: expected 4 x 4 pixels, as the others, got 5 x 5",
    ],
    [
      "a class that is not trained",
      () => putPictures(["train/a", "train/b", "test/c"], 2),
      'expected a class of "a", "b", got "c"',
    ],
  ])("%s: refused", async (_, make, message) => {
    await make();
    await expect(loadData(folder)).rejects.toThrow(message);
    await expect(loadData(folder)).rejects.toThrow(basename(folder));
  });

  test("a bomb, a picture that is said to be huge, costs nothing", async () => {
    await putPictures(["a", "b"], 1);
    const png = encodePng(new Uint8Array(16), 4, 4);
    new DataView(png.buffer, png.byteOffset).setUint32(16, 60_000);
    await put("b/9.png", png);
    await expect(loadData(folder)).rejects.toThrow(FormatError);
  });
});

describe("CSV files", () => {
  test("one, plain or gzip, or one to train and one to test", async () => {
    await put("one.csv", csv(data));
    await put("one.csv.gz", gzipSync(csv(data)));
    const plain = await loadParts(join(folder, "one.csv"));
    expect(plain.training.images).toEqual(data.images);
    expect(plain.training).toMatchObject({ columns: 5, classes: 4, classNames: undefined });
    expect((await loadParts(join(folder, "one.csv.gz"))).training.images).toEqual(data.images);
    const split = await loadData(join(folder, "one.csv"));
    expect([split.training.length, split.validation?.length, split.test.length]).toEqual([18, 3, 3]);
    await rm(join(folder, "one.csv"));
    await rm(join(folder, "one.csv.gz"));
    await put("my_train.csv", csv(data));
    await put("my_test.csv", csv(data.slice(1, 3)));
    const two = await loadData(folder, { validation: 4 });
    expect([two.training.length, two.validation?.length, two.test.length]).toEqual([20, 4, 2]);
    // Of all classes, though the test file lacks some.
    expect([two.test.classes, ...two.test.labels]).toEqual([4, 3, 2]);
    await put("more.csv", csv(data));
    await expect(loadData(folder)).rejects.toThrow(
      "expected one CSV file, or one named like train.csv and one like test",
    );
  });

  test("options are passed on, and mistakes name the file", async () => {
    await put("d.csv", "1,0,16\n0,8,0\n1,3,4\n");
    const { training } = await loadParts(join(folder, "d.csv"), { label: "first", pixelMax: 16, invert: true });
    expect([...training.images]).toEqual([255, 0, 128, 255, 207, 191]);
    await expect(loadData(join(folder, "d.csv"))).rejects.toThrow(
      "d.csv: expected the label in the first or the last c",
    );
    await put("cut.csv.gz", gzipSync(csv(data)).subarray(0, 60));
    await expect(loadData(join(folder, "cut.csv.gz"))).rejects.toThrow(
      "cut.csv.gz: expected gzip data of a CSV file, got d",
    );
    await expect(loadData(join(folder, "none.csv"))).rejects.toThrow(
      /none.csv: expected IDX files, a CSV file, .* no such/,
    );
    spawnSync("sh", ["-c", `mkfifo '${join(folder, "pipe.csv")}'`]);
    await expect(loadData(join(folder, "pipe.csv"))).rejects.toThrow(
      "pipe.csv: expected a CSV file, got something else",
    );
    await put("bomb.csv.gz", gzipSync(Buffer.concat([Buffer.from("label,a\n"), Buffer.alloc(2 ** 24, "1")])));
    await expect(loadData(join(folder, "bomb.csv.gz"))).rejects.toThrow("line 2: expected cells of at most 1000 bytes");
  });
});

describe("IDX files of other data sets", () => {
  const four = { training: 12, test: 5, rows: 3, columns: 5, classes: 4 };

  test("QMNIST: tables of labels, of which the first column is the class", async () => {
    await put("qmnist-train-images-idx3-ubyte", idxImages(12, 3, 5));
    await put("qmnist-test-images-idx3-ubyte.gz", gzipSync(idxImages(5, 3, 5)));
    await put("qmnist-train-labels-idx2-int", idx2Int(Array.from({ length: 12 }, (_, i) => i % 4)));
    await put("qmnist-test-labels-idx2-int.gz", gzipSync(idx2Int([3, 2, 1, 0, 3])));
    const { training, test } = await loadData(folder, { validation: 0 });
    expect([...training.labels]).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    expect([...test.labels]).toEqual([3, 2, 1, 0, 3]);
    await put("qmnist-train-labels-idx2-int", idx2Int(Array.from({ length: 12 }, (_, i) => i - 1)));
    await expect(loadData(folder)).rejects.toThrow("int: expected labels from 0 to 255, got -1 for sample 0");
    await put("qmnist-train-labels-idx2-int", idx2Int([1, 2]));
    await expect(loadData(folder)).rejects.toThrow("int: expected 12 labels, as many as images in qmnist-train-images");
    await put("qmnist-train-labels-idx2-int", idx2Int(Array(12).fill(1)).subarray(0, 100));
    await expect(loadData(folder)).rejects.toThrow(
      "int: expected 12 x 32 = 384 bytes of data, got 88 (file truncated?)",
    );
  });

  test("EMNIST: one of several data sets, with the names of its mapping", async () => {
    for (const [split, first] of [
      ["letters", 1],
      ["digits", 0],
    ] as const) {
      const names = { "train-images": idxImages(12, 5, 3), "test-images": idxImages(5, 5, 3) };
      for (const [name, bytes] of Object.entries(names)) await put(`gzip/emnist-${split}-${name}-idx3-ubyte`, bytes);
      const labels = (count: number) => idxLabels(Array.from({ length: count }, (_, i) => first + (i % 3)));
      await put(`gzip/emnist-${split}-train-labels-idx1-ubyte`, labels(12));
      await put(`gzip/emnist-${split}-test-labels-idx1-ubyte`, labels(5));
    }
    await put("gzip/emnist-letters-mapping.txt", "1 65 97\r\n2 66 98\r\n3 67 99\r\n");
    await expect(loadData(folder)).rejects.toThrow(
      /got .*digits.*, .*letters.*: say which data set with split \(--split\)/,
    );
    await expect(loadData(folder, { split: "balanced" })).rejects.toThrow(/, got none of balanced$/);
    const letters = await loadData(folder, { split: "letters", transpose: true });
    expect(letters.training).toMatchObject({ classNames: ["0", "A", "B", "C"], classes: 4, columns: 5 });
    expect(letters.test.classNames).toEqual(["0", "A", "B", "C"]);
    expect((await loadData(folder, { split: "digits" })).training).toMatchObject({ classNames: undefined, classes: 3 });
    await put("gzip/emnist-letters-mapping.txt", "1 65\nx");
    await expect(loadData(folder, { split: "letters" })).rejects.toThrow(
      'emnist-letters-mapping.txt: line 2: expected a label and codes of characters, got "x"',
    );
  });

  test("with class names beside them, in folders that archives unpack to, and only to test", async () => {
    await mkdir(join(folder, "MNIST", "raw"), { recursive: true });
    await writeIdxFolder(join(folder, "MNIST", "raw"), four);
    await put("MNIST/raw/classes.txt", "zero\none\ntwo\nthree\n");
    expect((await loadData(folder)).training.classNames).toEqual(["zero", "one", "two", "three"]);
    await put("MNIST/raw/classes.txt", "zero\n\none\n");
    await expect(loadData(folder)).rejects.toThrow("classes.txt: class names: expected 1 to 100 characters");
    await put("MNIST/raw/classes.txt", "zero\none\n");
    await expect(loadData(folder)).rejects.toThrow("train-labels-idx1-ubyte: expected labels from 0 to 1, got 2");
    await rm(join(folder, "MNIST/raw/classes.txt"));

    const unpacked = join(folder, "MNIST", "raw");
    for (const name of ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]) {
      await rename(join(unpacked, name), join(unpacked, "x"));
      await mkdir(join(unpacked, name));
      await rename(join(unpacked, "x"), join(unpacked, name, name.replace("-idx", ".idx")));
    }
    const { training, test } = await loadData(folder);
    expect([training.length, test.length]).toEqual([10, 5]);

    await cp(unpacked, join(folder, "copy"), { recursive: true });
    for (const name of ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
      await rm(join(folder, "copy", name), { recursive: true });
    expect((await loadTestData(join(folder, "copy"))).length).toBe(5);
    await expect(loadData(join(folder, "copy"))).rejects.toThrow("expected one file of training images named like");
  });
});

test.each([loadData, loadParts, loadTestData, loadTrainingData])("%o checks its arguments", async (load) => {
  const wrong = (path: unknown, options?: object) => load(path as string, options as undefined);
  await expect(wrong(3)).rejects.toThrow("path: expected the name of a file or folder, a string, got 3");
  await expect(wrong("x", { labels: "first" })).rejects.toThrow(/^load\w+: unknown option labels/);
  for (const options of [{ label: 1 }, { split: 1 }, { classNames: "x" }, { onProgress: 1 }, { preparation: 1 }])
    await expect(wrong("x", options)).rejects.toThrow(TypeError);
});
