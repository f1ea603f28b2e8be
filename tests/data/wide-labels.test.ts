// Labels of IDX files of other types than bytes, and in tables: every form, and mutated files.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { encodeIdx } from "../../src/data/encode-idx.js";
import { parseDataset } from "../../src/data/idx.js";
import { narrowLabels } from "../../src/data/wide-labels.js";
import { FormatError } from "../../src/errors.js";
import { randomDataset } from "../helpers.js";

const parse = (...bytes: number[]) => narrowLabels({ name: "f", bytes: Uint8Array.from(bytes) });
const narrow = (...labels: number[]) => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, labels.length, ...labels);

describe("labels", () => {
  test("of bytes are as they are; of other types, and in tables, they become bytes", () => {
    expect([...parse(...narrow(3, 1)).bytes]).toEqual([...narrow(3, 1)]);
    expect(parse(0, 0, 9, 1, 0, 0, 0, 2, 3, 127).bytes).toEqual(narrow(3, 127));
    expect(parse(0, 0, 11, 1, 0, 0, 0, 2, 0, 3, 0, 200).bytes).toEqual(narrow(3, 200));
    expect(parse(0, 0, 12, 1, 0, 0, 0, 1, 0, 0, 0, 255).bytes).toEqual(narrow(255));
    expect(parse(0, 0, 12, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 6).bytes).toEqual(narrow(5, 6));
    expect(parse(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 5, 9, 9, 6, 9, 9).bytes).toEqual(narrow(5, 6));
  });

  test.each([
    [[0, 0, 12, 2, 0, 0, 0, 1, 0, 0], "f: expected a header of 12 bytes, got 10 (file truncated?)"],
    [[0, 0, 12, 2, 0, 0, 0, 0, 0, 0, 0, 8], "f: expected labels in 1 to 1024 columns, got 0 x 8"],
    [[0, 0, 12, 2, 0, 0, 0, 1, 0, 0, 4, 1], "f: expected labels in 1 to 1024 columns, got 1 x 1025"],
    [[0, 0, 12, 1, 0, 0, 0, 1, 0, 0, 1, 0], "f: expected labels from 0 to 255, got 256 for sample 0"],
    [[0, 0, 9, 1, 0, 0, 0, 1, 0x80], "f: expected labels from 0 to 255, got -128 for sample 0"],
    [[0, 0, 12, 1, 0, 0, 0, 2, 0, 0, 0, 1], "f: expected 2 x 4 = 8 bytes of data, got 4 (file truncated?)"],
  ])("%j are refused", (bytes, message) => {
    expect(() => parse(...bytes)).toThrow(FormatError);
    expect(() => parse(...bytes)).toThrow(message);
  });

  test("whatever is done to a file, it is refused, or has a label for each sample", () => {
    const file = [0, 0, 12, 2, 0, 0, 0, 3, 0, 0, 0, 2, ...Array.from({ length: 24 }, (_, i) => (i % 4 === 3 ? 7 : 0))];
    let [parsed, refused] = [0, 0];
    const edit = fc.tuple(fc.nat(file.length - 1), fc.oneof(fc.nat(255), fc.nat(3)));
    const run = fc.property(fc.array(edit, { maxLength: 3 }), fc.nat(3), (edits, cut) => {
      const bytes = Uint8Array.from(file.slice(0, file.length - (cut === 3 ? 5 : 0)));
      for (const [at, byte] of edits) if (at < bytes.length) bytes[at] = byte;
      try {
        const { bytes: labels } = narrowLabels({ name: "f", bytes });
        expect(labels === bytes || labels.length === 8 + new DataView(labels.buffer).getUint32(4)).toBe(true);
        parsed++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        expect((error as Error).message).toMatch(/^f: expected .{1,150}, got .{1,150}$/);
        refused++;
      }
    });
    const numRuns = Number(process.env.FUZZ_RUNS ?? 1000);
    fc.assert(run, { numRuns });
    expect(Math.min(parsed, refused)).toBeGreaterThan(numRuns / 20);
  });
});

test("what encodeIdx() writes, parseDataset() reads; what IDX cannot hold is refused", () => {
  const data = randomDataset(20, 12, 5);
  const { images, labels } = encodeIdx(data);
  const read = parseDataset({ name: "images", bytes: images }, { name: "labels", bytes: labels }, 5);
  expect([read.images, [...read.labels], read.columns]).toEqual([data.images, [...data.labels], data.columns]);
  const floats = new Dataset({ images: Float32Array.of(0.3), labels: Uint8Array.of(0) });
  expect(() => encodeIdx(floats)).toThrow("images: expected pixels that are bytes, got other numbers: CSV holds these");
  const many = new Dataset({ images: Uint8Array.of(0), labels: Uint16Array.of(300) });
  expect(() => encodeIdx(many)).toThrow("classes: expected at most 256 for IDX, got 301: CSV holds more");
});
