// What is found in data that train badly: each finding where it belongs, and none where it does not.

import { describe, expect, test } from "vitest";
import { comparePixels } from "../../src/data/compare.js";
import { Dataset, type DatasetOptions, type PixelOptions } from "../../src/data/dataset.js";
import { inspectDataset } from "../../src/data/inspect.js";
import { parseSplit } from "../../src/data/split.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { idxLabels } from "../idx-files.js";
import { idxFile } from "./pictures.js";

const first = loadMnist().training.slice(0, 600);
// Copies: slice() of a Buffer is none.
const images = Uint8Array.from(first.images);
const labels = Uint8Array.from(first.labels);

/** MNIST's first images with their bytes changed. */
function changed(level: (byte: number) => number, options: Partial<DatasetOptions> = {}): Dataset {
  return new Dataset({ images: Uint8Array.from(images, level), labels, ...options });
}

const floats = (level: (byte: number) => number) =>
  new Dataset({ images: Float32Array.from(images, (byte) => level(byte)), labels });

const codes = (dataset: Dataset) => inspectDataset(dataset).map(({ code }) => code);
const mends = (dataset: Dataset) => inspectDataset(dataset).map(({ mend }) => mend);

describe("pixels", () => {
  test.each([
    ["0 and 1", changed((byte) => byte >> 7), "0 to 1, a small part of 0 to 255", { pixelMax: 1 }],
    ["0 to 16", changed((byte) => Math.round(byte / 16)), "0 to 16, a small part of 0 to 255", { pixelMax: 16 }],
    ["0 to 9", changed((byte) => Math.round((9 * byte) / 255)), "0 to 9, a small part", { pixelMax: 9 }],
    ["floats to 255", floats((byte) => byte), "0 to 255, beyond 0 to 1", { pixelMax: 255 }],
    ["floats to 16", floats((byte) => byte / 15.9375), "0 to 16, beyond 0 to 1", { pixelMax: 16 }],
    ["floats to 1/10", floats((byte) => byte / 2550), "0 to 0.1, a small part of 0 to 1", { pixelMax: 0.1 }],
    ["grey on grey", changed((byte) => 100 + (byte >> 3)), "100 to 131, a small part of 0 to 255", undefined],
  ])("%s are a small part of the range, or beyond it", (_, dataset, message, mend) => {
    const [warning, ...more] = inspectDataset(dataset);
    expect(more).toEqual([]);
    expect(warning.code).toBe("range");
    expect(warning.message).toContain(`pixels go from ${message}`);
    expect(warning.mend).toEqual(mend);
    if (mend === undefined) return;
    expect(inspectDataset(new Dataset({ images: dataset.images, labels, ...mend }))).toEqual([]);
  });

  test("ten of thousands of images with the brightest pixel are enough not to be blamed", () => {
    const dim = Uint8Array.from(images, (byte) => byte >> 4);
    expect(codes(new Dataset({ images: dim, labels }))).toEqual(["range"]);
    dim.fill(255, 784 * 333 + 300, 784 * 333 + 310);
    expect(codes(new Dataset({ images: dim, labels }))).toEqual([]);
  });

  test("standardised numbers are not blamed", () => {
    expect(codes(floats((byte) => (byte / 255 - 0.13) / 0.31))).toEqual([]);
  });

  test.each([
    ["bytes", changed((byte) => 255 - byte)],
    ["floats", floats((byte) => 1 - byte / 255)],
    ["grey paper", changed((byte) => 210 - Math.round(byte / 1.5))],
  ])("bright ground of %s is found, and inverting mends it", (_, dataset) => {
    expect(codes(dataset)).toEqual(["ground"]);
    expect(mends(dataset)).toEqual([{ invert: true }]);
    expect(codes(new Dataset({ images: dataset.images, labels, invert: true }))).toEqual([]);
  });

  test("bright ground of most images is found", () => {
    const some = (share: number) =>
      new Dataset({
        images: Uint8Array.from(images, (byte, i) => (Math.floor(i / 784) % 100 < share ? byte : 255 - byte)),
        labels,
      });
    expect(codes(some(8))).toEqual(["ground"]);
    expect(codes(some(30))).toEqual([]);
    expect(codes(some(95))).toEqual([]);
  });

  test("bright ground of 0 and 1 has two faults, mended together", () => {
    const dataset = changed((byte) => 1 - (byte >> 7));
    expect(codes(dataset)).toEqual(["range", "ground"]);
    const mend = Object.assign({}, ...mends(dataset)) as PixelOptions;
    const mended = new Dataset({ images: dataset.images, labels, ...mend });
    expect(codes(mended)).toEqual([]);
    expect(mended.images).toEqual(Uint8Array.from(images, (byte) => 255 * (byte >> 7)));
  });

  test("pictures without a common ground are not blamed", () => {
    const random = new RandomStream(1, 1000, 0);
    expect(codes(changed(() => random.nextBelow(256)))).toEqual([]);
  });

  test("one tone has nothing to learn from, and pixels far above 0 are a part of the range", () => {
    for (const tone of [0, 128, 255]) expect(codes(changed(() => tone))).toEqual(["range"]);
    const [warning] = inspectDataset(changed((byte) => 128 + (byte >> 1)));
    const message = "pixels go from 128 to 255, a small part of 0 to 255: spread them over it before";
    expect(warning).toEqual({ code: "range", message });
  });

  test("a broken pixel does not hide the range of the others, be it in one image or in all", () => {
    for (const every of [1, 1_000_000]) {
      const dim = Uint8Array.from(images, (byte) => byte >> 4);
      for (let i = 400; i < dim.length; i += 784 * every) dim[i] = 255;
      const [warning] = inspectDataset(new Dataset({ images: dim, labels }));
      expect(warning).toMatchObject({ code: "range", mend: { pixelMax: 15 } });
    }
  });

  test("a data set has its warnings, and a part of another kind is noticed", () => {
    const plain = changed((byte) => byte);
    expect(plain.warnings).toEqual([]);
    const inverted = changed((byte) => 255 - byte);
    expect(inverted.warnings).toEqual(inspectDataset(inverted));
    const found = (part: Dataset) => comparePixels(plain, part, "the test images").map(({ code }) => code);
    expect(found(plain.slice(0, 50))).toEqual([]);
    expect(found(floats((byte) => byte / 255))).toEqual([]);
    expect(found(inverted)).toEqual(["ground"]);
    expect(found(changed((byte) => byte >> 4))).toEqual(["range"]);
    expect(found(floats((byte) => byte))).toEqual(["range"]);
    expect(found(changed((byte) => 100 + (byte >> 2)))).toEqual(["range"]);
  });
});

describe("classes", () => {
  const labelled = (list: Uint8Array, classes?: number) =>
    new Dataset({ images: images.subarray(0, 784 * list.length), labels: list, classes });

  test.each([
    ["sorted", labels.slice().sort(), ["sorted"]],
    ["sorted the other way", labels.slice().sort().reverse(), ["sorted"]],
    ["one half after the other", Uint8Array.from(labels, (label, i) => (label % 5) + (i < 300 ? 0 : 5)), ["sorted"]],
    ["in turn", Uint8Array.from(labels, (_, i) => i % 10), []],
    ["as they come", labels, []],
  ])("%s", (_, list, expected) => {
    expect(codes(labelled(list))).toEqual(expected);
  });

  test("without samples are named, but for a class 0 where labels begin with 1", () => {
    const [warning] = inspectDataset(labelled(Uint8Array.from(labels, (label) => (label === 4 ? 3 : label))));
    expect(warning).toEqual({ code: "missing", message: "no image of the data shows class 4 of 10" });
    expect(codes(labelled(Uint8Array.from(labels, (label) => label + 1)))).toEqual([]);
    const [far] = inspectDataset(labelled(Uint8Array.from(labels, (label) => label + 48)));
    expect(far.message).toBe("no image of the data shows classes 1, 2, 3, 4, 5 and 42 more of 58");
  });
});

test("MNIST has nothing to be warned of, whole or in its parts", () => {
  const { training, validation, test, warnings } = loadMnist();
  expect([training, validation, test].flatMap(inspectDataset)).toEqual([]);
  expect(warnings).toEqual([]);
});

test("what is no data set is refused", () => {
  expect(() => inspectDataset({ images, labels } as unknown as Dataset)).toThrow(TypeError);
});

describe("pixel options", () => {
  const made = (options: PixelOptions & Partial<DatasetOptions>, pixels: Uint8Array | Float32Array) =>
    new Dataset({ images: pixels, labels: Uint8Array.of(0), columns: 3, ...options });

  test("scale, cut off, invert and transpose, once, and leave what was given as it is", () => {
    const pixels = Uint8Array.of(0, 4, 8, 16, 17, 2);
    expect([...made({ pixelMax: 16 }, pixels).images]).toEqual([0, 64, 128, 255, 255, 32]);
    expect([...made({ invert: true }, pixels).images]).toEqual([255, 251, 247, 239, 238, 253]);
    expect([...made({ pixelMax: 16, invert: true }, pixels).images]).toEqual([255, 191, 128, 0, 0, 223]);
    const turned = made({ transpose: true }, pixels);
    expect([[...turned.images], turned.columns]).toEqual([[0, 16, 4, 17, 8, 2], 2]);
    expect([...pixels]).toEqual([0, 4, 8, 16, 17, 2]);
    expect([...made({ pixelMax: 4, invert: true }, Float32Array.of(-1, 0, 1, 2, 4, 8)).images]).toEqual([
      1.25, 1, 0.75, 0.5, 0, 0,
    ]);
  });

  test("are known of a data set, its slices and its copies, which are not made again", () => {
    const options = { pixelMax: 16, invert: true, transpose: true };
    const dataset = new Dataset({
      images: Uint8Array.of(0, 16, 0, 16),
      labels: Uint8Array.of(0, 1),
      columns: 1,
      ...options,
    });
    expect(dataset.prepared).toEqual(options);
    for (const same of [
      dataset.slice(0, 2),
      new Dataset({ ...dataset }),
      new Dataset(structuredClone({ ...dataset })),
    ]) {
      expect(same.images).toEqual(dataset.images);
      expect(same.columns).toBe(dataset.columns);
      expect(same.prepared).toEqual(options);
    }
    expect(made({ invert: false }, Uint8Array.of(1, 2, 3)).prepared).toBeUndefined();
    expect(new Dataset({ images, labels }).prepared).toBeUndefined();
  });

  test.each([
    [{ pixelMax: 0 }, RangeError, "pixel max: expected a number above 0, up to 65535, got 0"],
    [{ pixelMax: "16" }, TypeError, 'pixel max: expected a number above 0, up to 65535, got "16"'],
    [{ invert: 1 }, TypeError, "invert: expected true or false, got 1"],
    [{ transpose: "yes" }, TypeError, 'transpose: expected true or false, got "yes"'],
    [{ prepared: { invertt: true } }, TypeError, "prepared: unknown option invertt: did you mean invert?"],
    [{ pixelmax: 1 }, TypeError, "Dataset: unknown option pixelmax: did you mean pixelMax?"],
  ])("%j is refused", (options, type, message) => {
    expect(() => made(options as PixelOptions, Uint8Array.of(1, 2, 3))).toThrow(type);
    expect(() => made(options as PixelOptions, Uint8Array.of(1, 2, 3))).toThrow(message);
  });

  test("give data of 0 and 1 the bits of 0 and 255", async () => {
    const hashes = await Promise.all(
      [changed((byte) => byte >> 7, { pixelMax: 1 }), changed((byte) => 255 * (byte >> 7))].map(async (dataset) => {
        using network = await Network.create({ layers: [784, 12, 10], threads: 1 });
        await network.fit(dataset, { epochs: 1, batchSize: 10, learningRate: 2 });
        return network.hash();
      }),
    );
    expect(hashes[0]).toBe(hashes[1]);
  });
});

describe("the division of a training file", () => {
  const whole = loadMnist(undefined, { validation: 0 }).training;
  /** Files whose images are one pixel each, the last byte of their number: so they are known again. */
  function files(list: Uint8Array) {
    const pixels = Uint8Array.from(list, (_, i) => i % 251);
    return [
      { name: "images", bytes: idxFile(pixels, 1, 1) },
      { name: "labels", bytes: idxLabels([...list]) },
      { name: "test images", bytes: idxFile(Uint8Array.of(0, 255), 1, 1) },
      { name: "test labels", bytes: idxLabels([0, 1]) },
    ];
  }

  const shares = (dataset: Dataset) => {
    const counts = new Array<number>(10).fill(0);
    for (const label of dataset.labels) counts[label]++;
    return counts;
  };

  test.each([
    ["sorted", labels.slice().sort()],
    ["sorted the other way", labels.slice().sort().reverse()],
    ["one half after the other", Uint8Array.from(labels, (_, i) => (i % 5) + (i < 300 ? 0 : 5))],
    ["with a class at its end only", Uint8Array.from(labels, (_, i) => (i < 520 ? i % 9 : i % 10))],
  ])("%s is in proportion, the same each time, and loses nothing", (_, list) => {
    const { training, validation, warnings } = parseSplit(files(list));
    expect(warnings.map(({ code }) => code)).toContain("sorted");
    expect([training.length, validation.length]).toEqual([500, 100]);
    const all = shares(new Dataset({ images: new Uint8Array(600), labels: list }));
    for (const [label, count] of shares(validation).entries()) {
      expect(Math.abs(count - all[label] / 6)).toBeLessThanOrEqual(2);
    }
    // The first part of what is trained on is in proportion, too.
    const beginning = parseSplit(files(list), { limit: 100 }).training;
    for (const [label, count] of shares(beginning).entries()) {
      expect(Math.abs(count - all[label] / 6)).toBeLessThanOrEqual(2);
    }
    const pairs = (sets: readonly Dataset[]) =>
      sets.flatMap(({ images, labels }) => Array.from(labels, (label, i) => 1000 * images[i] + label)).sort();
    const original = new Dataset({ images: Uint8Array.from(list, (_, i) => i % 251), labels: list });
    expect(pairs([training, validation])).toEqual(pairs([original]));
    expect(parseSplit(files(list)).validation.images).toEqual(validation.images);
  });

  test("with few samples of a class trains on them first", () => {
    const list = Uint8Array.from({ length: 600 }, (_, i) => (i < 590 ? i % 2 : i === 599 ? 3 : 2));
    const { training, validation, warnings } = parseSplit(files(list));
    expect(shares(training)[3]).toBe(1);
    expect(shares(validation)[2]).toBeGreaterThan(0);
    expect(warnings.map(({ message }) => message)).toContain("no image of the validation part shows class 3 of 4");
  });

  test("in a random order keeps the last images for validation", () => {
    const { training, validation } = parseSplit(files(labels));
    expect([...training.labels, ...validation.labels]).toEqual([...labels]);
  });

  test.each([1, 7, 10, 30, 100, 500, 2000, 9999, 10_000, 20_000, 29_999, 40_000, 59_000, 59_990])(
    "of MNIST keeps its last %i images, whatever they are",
    (validation) => {
      const split = loadMnist(undefined, { validation });
      expect(split.validation?.labels).toEqual(whole.labels.subarray(60_000 - validation));
      expect(split.training.labels).toEqual(whole.labels.subarray(0, 60_000 - validation));
      expect(split.warnings.filter(({ code }) => code !== "missing")).toEqual([]);
    },
  );
});
