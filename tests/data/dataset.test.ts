// Parts of data sets: divided, shuffled, picked, joined, and made of images that are arrays of their own.

import { describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { Network } from "../../src/network/network.js";

/** Image i has pixels i, i + 1, ...; classes come as 0, 0, 0, 1, 0, 0, 0, 1, ... */
function numbered(length: number, options: object = {}): Dataset {
  const images = Uint8Array.from({ length: 4 * length }, (_, k) => Math.floor(k / 4) + (k % 4));
  return new Dataset({ images, labels: Uint8Array.from({ length }, (_, i) => Number(i % 4 === 3)), ...options });
}

/** The numbers of the samples of a part. */
const numbersOf = ({ images }: Dataset) => Array.from({ length: images.length / 4 }, (_, i) => images[4 * i]);
const sorted = (numbers: number[]) => numbers.sort((a, b) => a - b);

describe("parts", () => {
  test("subset() copies samples by number", () => {
    const data = numbered(8, { classNames: ["cat", "dog"] });
    const part = data.subset([3, 0, 3]);
    expect(numbersOf(part)).toEqual([3, 0, 3]);
    expect([...part.labels]).toEqual([1, 0, 1]);
    expect(part.classNames).toEqual(["cat", "dog"]);
    part.images[0] = 99;
    expect(data.images[12]).toBe(3);
    expect(() => data.subset([])).toThrow("indices: expected at least one, since a Dataset cannot be empty, got none");
    for (const index of [-1, 8, 0.5, Number.NaN])
      expect(() => data.subset([index])).toThrow(`index: expected a whole number from 0 to 7, got ${index}`);
  });

  test("shuffle() keeps every sample once, in an order that its seed decides", () => {
    const data = numbered(200);
    const [one, again, two] = [data.shuffle(7), data.shuffle(7), data.shuffle(8)].map(numbersOf);
    expect(one).toEqual(again);
    expect(one).not.toEqual(two);
    expect(one).not.toEqual(numbersOf(data));
    expect(sorted(one)).toEqual(numbersOf(data));
    expect(numbersOf(data.shuffle()).slice(0, 5)).toEqual([139, 167, 28, 114, 174]);
  });

  test("split() divides every class in proportion", () => {
    const data = numbered(100);
    for (const [share, first] of [
      [0.8, 80],
      [0.25, 25],
      [0.001, 1],
      [0.999, 99],
    ]) {
      const [a, b] = data.split(share);
      expect([a.length, b.length]).toEqual([first, 100 - first]);
      expect(sorted([...numbersOf(a), ...numbersOf(b)])).toEqual(numbersOf(data));
      const ones = [...a.labels].filter((label) => label === 1).length;
      expect(Math.abs(ones - first / 4)).toBeLessThanOrEqual(1);
    }
    expect(numbersOf(data.split(0.5, 3)[0])).not.toEqual(numbersOf(data.split(0.5, 4)[0]));
    expect(() => data.split(1)).toThrow("share: expected a number between 0 and 1, got 1");
    expect(() => data.slice(0, 1).split(0.5)).toThrow("split: expected at least 2 samples, got 1");
  });

  test("concat() joins; bytes become floats beside floats", () => {
    const data = numbered(6);
    const joined = Dataset.concat([data.slice(0, 4), data.slice(2, 6)]);
    expect(numbersOf(joined)).toEqual([0, 1, 2, 3, 2, 3, 4, 5]);
    expect(joined.images).toBeInstanceOf(Uint8Array);
    const floats = new Dataset({ images: Float32Array.of(0, 0.5, 1, 2), labels: Uint8Array.of(2) });
    const mixed = Dataset.concat([data, floats]);
    expect(mixed.classes).toBe(3);
    expect([...mixed.images.subarray(4, 8)]).toEqual([1, 2, 3, 4].map((byte) => Math.fround(byte / 255)));
    expect([...mixed.images.subarray(24)]).toEqual([0, 0.5, 1, 2]);
    const other = numbered(6, { columns: 4 });
    expect(() => Dataset.concat([data, other])).toThrow(/^parts: expected images of one size, classes and making/);
    expect(() => Dataset.concat([])).toThrow("parts: expected at least one Dataset, got none");
  });

  test("fromImages() takes arrays of any kind", () => {
    const plain = Dataset.fromImages(
      [
        [0, 0.5, 1, 0.25],
        [1, 1, 0, 0],
      ],
      [1, 0],
    );
    expect([...plain.images]).toEqual([0, 0.5, 1, 0.25, 1, 1, 0, 0]);
    expect([...plain.labels]).toEqual([1, 0]);
    const rows = Dataset.fromImages([[[0, 1, 0]], Uint8Array.of(0, 255, 51)], [0, 1], { classNames: ["a", "b"] });
    expect(rows).toMatchObject({ columns: 3, inputs: 3, classNames: ["a", "b"] });
    expect([...rows.images]).toEqual([0, 1, 0, 0, 1, Math.fround(0.2)]);
    const bytes = Dataset.fromImages([Uint8Array.of(1, 2), Uint8Array.of(3, 4)], Uint8Array.of(0, 1));
    expect(bytes.images).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(() => Dataset.fromImages([[1, 2], [1]], [0, 1])).toThrow("images[1]: expected 2 pixels, got 1");
    expect(() => Dataset.fromImages([[1, 2]], [0, 1])).toThrow("labels: expected 1, as many as images, got 2");
    expect(() => Dataset.fromImages([[Number.NaN]], [0])).toThrow("images: expected finite numbers, got NaN");
    expect(() => Dataset.fromImages([[1]], [-1])).toThrow("label: expected a whole number from 0 to 65535, got -1");
  });
});

describe("class names", () => {
  test("stay with all parts, and with the model", async () => {
    const classNames = ["чай", "a / b"];
    const data = numbered(16, { classNames });
    for (const part of [data.slice(2), data.shuffle(), ...data.split(0.5), Dataset.concat([data, data])])
      expect(part.classNames).toEqual(classNames);
    const network = await Network.create({ layers: [4, 2], threads: 1 });
    expect(network.classNames).toBeUndefined();
    await network.fit(data, { epochs: 1, batchSize: 4, learningRate: 1 });
    expect(network.classNames).toEqual(classNames);
    const loaded = await Network.load(network.save(), { threads: 1 });
    expect(loaded.classNames).toEqual(classNames);
    await expect(loaded.evaluate(numbered(4, { classNames: ["a / b", "чай"] }))).rejects.toThrow(
      'evaluation data: expected the classes ["чай", "a / b"], got ["a / b", "чай"]',
    );
    expect((await loaded.evaluate(numbered(4))).count).toBe(4);
  });

  test.each([
    [["a"], "class names: expected 2, as many as classes, got 1", { classes: 2 }],
    [["a", "a"], 'class names: expected each name once, got "a" twice'],
    [["a", ""], 'class names: expected 1 to 100 characters without spaces around them, got ""'],
    [["a", " b"], 'class names: expected 1 to 100 characters without spaces around them, got " b"'],
    [["a", "x".repeat(101)], "class names: expected 1 to 100 characters without spaces around them"],
    [["a", "\x1b[2J"], "class names: expected characters that can be seen"],
    [["a", "\u202eb"], "class names: expected characters that can be seen"],
    [["a", "\ud800"], "class names: expected characters that can be seen"],
    [[], "class names: expected 1 to 65536, got 0"],
    ["ab", "class names: expected an array of strings"],
    [["a", 1], "class names: expected an array of strings"],
  ])("%j are refused", (classNames, message, more?: object) => {
    expect(() => numbered(8, { classNames, ...more })).toThrow(message);
  });

  test("that a model claims are checked", async () => {
    const network = await Network.create({ layers: [4, 2], threads: 1 });
    const withNames = (classes: string) => Network.load(network.save({ classes }), { threads: 1, file: "m" });
    expect((await withNames('["x"]')).classNames).toEqual(["x"]);
    for (const text of [
      "",
      "{}",
      '["a","a"]',
      '["a","b","c"]',
      "[1,2]",
      '["\\u001b[2J"]',
      `["${"x".repeat(2 ** 21)}"]`,
    ])
      await expect(withNames(text)).rejects.toThrow("m: metadata classes: expected at most 2 names of classes, got ");
  });
});
