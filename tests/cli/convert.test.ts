// ductus convert: data go from each form to each other and come back the same; nothing is half written or replaced.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeCsv } from "../../src/data/csv.js";
import { Dataset } from "../../src/data/dataset.js";
import { loadParts } from "../../src/node/index.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus } from "./command-line.js";

const kept = keepDuctus();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-convert-"));
  await mkdir(join(folder, "idx"));
  await writeIdxFolder(join(folder, "idx"), { training: 24, test: 12, rows: 4, columns: 6, classes: 4 });
  await writeFile(join(folder, "idx", "classes.txt"), "ä\nb c\n+\n=\n");
});
afterAll(() => rm(folder, { recursive: true }));

const ductus = (...args: string[]) => kept(folder, args);
const at = (name: string) => join(folder, name);

/** The samples as texts, in an order that does not depend on the file's. */
function samplesOf({ images, labels, classNames, inputs, columns }: Dataset): string[] {
  return Array.from(labels, (label, i) => {
    return `${classNames?.[label]} ${columns}: ${images.subarray(i * inputs, (i + 1) * inputs).join()}`;
  }).sort();
}

test("IDX to pictures, to CSV, and back to IDX: the same images, classes and names", async () => {
  const steps = ["idx", "png", "csv", "back"] as const;
  for (const [i, format] of ["png", "csv", "idx"].entries()) {
    const [from, to] = steps.slice(i);
    const { code, stdout, stderr } = await ductus("convert", from, to, "--format", format);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${to}: 36 images, ${format}\n`, stderr: "" });
  }
  expect(await readdir(at("png/train"))).toEqual(["+", "=", "b c", "ä"]);
  expect(await readdir(at("csv"))).toEqual(["test.csv", "train.csv"]);
  const [original, ...others] = await Promise.all(steps.map((step) => loadParts(at(step))));
  expect(original.training.length).toBe(24);
  for (const { training, test } of others) {
    expect(samplesOf(training)).toEqual(samplesOf(original.training));
    expect(samplesOf(test as Dataset)).toEqual(samplesOf(original.test as Dataset));
  }
});

test("one part to one CSV file, or to standard output, replaced only where it is a CSV file of convert", async () => {
  const one = await ductus("convert", "idx", "one.csv", "--set", "test");
  expect(one).toMatchObject({ code: 0, stdout: "one.csv: 12 images, csv\n" });
  expect((await loadParts(at("one.csv"))).training.length).toBe(12);
  expect(await ductus("convert", "idx", "one.csv", "--set", "training")).toMatchObject({ code: 0 });
  expect((await loadParts(at("one.csv"))).training.length).toBe(24);
  await writeFile(at("mine.csv"), "a,b\n1,2\n");
  const mine = await ductus("convert", "idx", "mine.csv", "--set", "training");
  expect(mine.code).toBe(1);
  expect(mine.stderr).toMatch(
    /^ductus: mine.csv: expected no file or a CSV file of `ductus convert` to replace, got an/,
  );
  expect(await readFile(at("mine.csv"), "utf8")).toBe("a,b\n1,2\n");
  expect((await ductus("convert", "one.csv", "one.csv")).stderr).toMatch(/expected another file than the data itself/);
});

test("pixels are made as the options say", async () => {
  await writeFile(at("small.csv"), "1,0,16\n0,8,0\n");
  const { code } = await ductus(
    "convert",
    "small.csv",
    "made",
    "--csv-label",
    "first",
    "--pixel-max",
    "16",
    "--invert",
  );
  expect(code).toBe(0);
  expect([...(await loadParts(at("made"))).training.images]).toEqual([255, 0, 128, 255]);
});

test.each([
  [["convert", "idx"], 2, "convert: expected two names, IN and OUT, got fewer: see ductus convert --help"],
  [
    ["convert", "none", "new"],
    1,
    "none: expected IDX files, a CSV file, or a folder of pictures for each class, got no ",
  ],
  [["convert", "idx", "idx"], 1, "idx: expected a new folder, got one with files in it: give another place"],
  [
    ["convert", "idx", "bad.csv"],
    2,
    "--set: expected training or test for a single file, got none: the data have both",
  ],
  [["convert", "mine.csv", "new", "--set", "test"], 2, "--set: expected training, got test: the data are in one part"],
  [["convert", "idx", "no/where"], 1, "no/where: expected a place to write to, got no such file or folder: make the f"],
  [["convert", "floats.csv", "new"], 1, "images: expected pixels that are bytes, got other numbers: CSV holds these"],
  [["convert", "slash.csv", "new", "--format", "png"], 1, 'classes: expected names that folders can have, got "../a"'],
])("%j is refused, and leaves nothing", async (args, code, message) => {
  await writeFile(at("mine.csv"), "label,b\n1,2\n0,3\n");
  await writeFile(at("floats.csv"), "label,b\n1,0.25\n0,1\n");
  await writeFile(at("slash.csv"), "label,b\n../a,2\nb,3\n");
  const before = await readdir(folder);
  const result = await ductus(...args);
  expect(result).toMatchObject({ code, stdout: "" });
  expect(result.stderr).toContain(`ductus: ${message}`);
  expect(await readdir(folder)).toEqual(before);
});

test("a name that a spreadsheet would compute is not written to CSV", async () => {
  const data = new Dataset({ images: Uint8Array.of(1, 2), labels: Uint8Array.of(0, 1), classNames: ["=1+1", "b"] });
  expect(() => encodeCsv(data)).toThrow("class names: expected none that is a formula, got =1+1");
});
