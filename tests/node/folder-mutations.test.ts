// Whatever the four files of a data folder hold, plain or compressed, the folder is refused in a sentence that names
// the file, or is a data set that agrees with itself. Headers are compared before anything is read whole.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { loadDirectory } from "../../src/node/index.js";
import { idxImages, idxLabels } from "../idx-files.js";

const RUNS = Math.ceil(Number(process.env.FUZZ_RUNS ?? 1000) / 5);
const folder = mkdtempSync(join(tmpdir(), "ductus-folder-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FILES: Record<string, Uint8Array> = {
  "train-images-idx3-ubyte": idxImages(12, 2, 3),
  "train-labels-idx1-ubyte": idxLabels(12, 4),
  "t10k-images-idx3-ubyte": idxImages(4, 2, 3),
  "t10k-labels-idx1-ubyte": idxLabels(4, 4),
};
const NAMES = Object.keys(FILES);

const change = fc.record({
  file: fc.nat(3),
  // Most are in the header.
  at: fc.oneof({ weight: 3, arbitrary: fc.nat(15) }, fc.nat(100)),
  value: fc.oneof({ weight: 2, arbitrary: fc.nat(4) }, fc.nat(255)),
  removed: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(5)),
});
const how = fc.record({ file: fc.nat(3), kind: fc.constantFrom("gzip", "gzip, changed", "page", "empty", "plain") });

test("bytes changed and cut off, compressed or not, and other files under the names of these", () => {
  let [read, refused] = [0, 0];
  const property = fc.property(fc.array(change, { maxLength: 2 }), fc.option(how), (changes, packed) => {
    const files = Object.values(FILES).map((bytes) => bytes.slice());
    for (const { file, at, value, removed } of changes) {
      files[file][at % files[file].length] = value;
      files[file] = files[file].slice(0, files[file].length - removed);
    }
    if (packed !== null) {
      const { file, kind } = packed;
      if (kind.startsWith("gzip")) files[file] = new Uint8Array(gzipSync(files[file]));
      if (kind === "gzip, changed")
        files[file][(changes[0]?.at ?? 9) % files[file].length] ^= 1 + (changes[0]?.value ?? 0);
      if (kind === "page") files[file] = new Uint8Array(Buffer.from("<!doctype html><html>404"));
      if (kind === "empty") files[file] = new Uint8Array();
    }
    for (const [i, name] of NAMES.entries()) writeFileSync(join(folder, name), files[i]);
    try {
      const { training, validation, test } = loadDirectory(folder);
      for (const { length, inputs, images, labels, classes } of [training, validation, test]) {
        expect([images.length, labels.length]).toEqual([length * inputs, length]);
        expect(Math.max(...labels)).toBeLessThan(classes);
      }
      expect([validation.inputs, test.inputs]).toEqual([training.inputs, training.inputs]);
      read++;
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(
        /^(train|t10k)-(images|labels)-idx\d-ubyte: expected .{1,160}, got .{1,160}$/,
      );
      refused++;
    }
  });
  fc.assert(property, { seed: 1, numRuns: RUNS });
  expect(read).toBeGreaterThan(RUNS / 20);
  expect(refused).toBeGreaterThan(RUNS / 4);
});
