// IDX files: what is read, and every way in which a file can be wrong.

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { parseDataset } from "../../src/data/idx.js";
import { parseSplit } from "../../src/data/split.js";
import { FormatError } from "../../src/errors.js";
import { idxImages, idxLabels } from "../idx-files.js";

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

test("headers in memory are compared before data, too: a wrong pair is named, not what lacks in another file", () => {
  const file = (name: string, bytes: Uint8Array) => ({ name, bytes });
  const split = () =>
    parseSplit([
      file("images", idxImages(12, 3, 5).subarray(0, 30)),
      file("labels", idxLabels(12)),
      file("test images", idxImages(5, 3, 4)),
      file("test labels", idxLabels(5)),
    ]);
  expect(split).toThrow(FormatError);
  expect(split).toThrow("test images: expected images of 3 x 5 pixels as in images, got 3 x 4");
});
