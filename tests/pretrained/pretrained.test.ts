// The network that comes with the package: it loads, reads MNIST, knows what is no digit, and is small.

import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadPretrained } from "ductus/pretrained";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomOf } from "../../bench/reading/canvas.js";
import { STRANGERS } from "../../bench/reading/strangers.js";
import type { Network } from "../../src/index.js";
import { loadMnist } from "../../src/node/index.js";
import { areaUnderCurve, calibrationError } from "../../src/reading/calibration.js";
import { toDigit } from "../../src/reading/digit.js";
import { deciderOf } from "../../src/reading/variants.js";
import { calibrationOf, type Verdict, verdict } from "../../src/reading/verdict.js";

const { test: mnist } = loadMnist();
const imageOf = (i: number) => Uint8Array.from(mnist.images.subarray(784 * i, 784 * (i + 1)));

let network: Network;
let read: (image: Uint8Array) => Verdict;
let verdicts: readonly Verdict[];
beforeAll(async () => {
  network = await loadPretrained({ threads: 1 });
  const calibration = calibrationOf(network.metadata);
  expect(calibration).toBeDefined();
  const decider = deciderOf(network);
  read = (image) => verdict(decider.predict(image).activations, calibration);
  verdicts = Array.from(mnist.labels, (_, i) => read(imageOf(i)));
});
afterAll(() => network?.dispose());

test("reads at least 9,940 of MNIST's 10,000 test images; without variants as many as its metadata say", async () => {
  const right = verdicts.filter(({ label }, i) => label === mnist.labels[i]).length;
  expect(right).toBeGreaterThanOrEqual(9940);
  const { correct } = await network.evaluate(mnist);
  expect(network.metadata.get("test_correct")).toBe(`${correct} / 10000`);
  expect(correct).toBeLessThan(right);
  expect(network.layers).toEqual([784, 1000, 300, 10]);
});

test("means what it says on MNIST: the expected calibration error is at most 1 %, and sure answers are right", () => {
  const right = verdicts.map(({ label }, i) => label === mnist.labels[i]);
  expect(
    calibrationError(
      verdicts.map(({ confidence }) => confidence),
      right,
    ),
  ).toBeLessThan(0.01);
  const sure = verdicts.flatMap(({ kind }, i) => (kind === "sure" ? [right[i]] : []));
  expect(sure.length).toBeGreaterThan(9500);
  expect(sure.filter(Boolean).length / sure.length).toBeGreaterThan(0.995);
  const kept = verdicts.filter(({ kind }) => kind !== "not a digit").length;
  expect(kept).toBeGreaterThan(9800);
});

test.each([
  ["scribbles", 0.8],
  ["shapes", 0.95],
  ["crossed out", 0.75],
  ["two digits", 0.95],
])("rejects %s at the threshold that keeps 95 %% of well-read digits", (name, share) => {
  const random = randomOf(11);
  const scores = Array.from({ length: 100 }, () => {
    const picture = STRANGERS[name](random, (next) => imageOf(Math.floor(next() * mnist.length)));
    return read(toDigit(picture)).confidence;
  });
  const wellRead = verdicts.flatMap(({ label, confidence }, i) => (label === mnist.labels[i] ? [confidence] : []));
  const least = [...wellRead].sort((a, b) => a - b)[Math.floor(0.05 * wellRead.length)];
  expect(scores.filter((score) => score < least).length / scores.length).toBeGreaterThanOrEqual(share);
  expect(areaUnderCurve(wellRead, scores)).toBeGreaterThan(0.95);
});

test("calls blank images, noise and full ones no digits", () => {
  const random = randomOf(3);
  const images = [
    new Uint8Array(784),
    new Uint8Array(784).fill(255),
    Uint8Array.from({ length: 784 }, () => 255 * random()),
  ];
  for (const image of images) expect(read(image).kind).not.toBe("sure");
});

test("takes at most 1.5 MB in the package", () => {
  const file = fileURLToPath(new URL("../../build/lib/pretrained/pretrained.bin", import.meta.url));
  expect(statSync(file).size).toBeLessThanOrEqual(1_500_000);
  expect(readFileSync(file)).toEqual(readFileSync(new URL("../../src/pretrained/pretrained.bin", import.meta.url)));
});

test("refuses options that it does not know", async () => {
  await expect(loadPretrained({ thread: 1 } as object)).rejects.toThrow(TypeError);
});

test.each([null, 5, "x", [], true])("refuses %j as options, by its own name", async (options) => {
  await expect(loadPretrained(options as never)).rejects.toThrow(/^options: expected an object, got /);
});

test.each(["thread", "file"])("refuses option %s by its own name", async (name) => {
  await expect(loadPretrained({ [name]: 1 } as never)).rejects.toThrow(/^loadPretrained: unknown option /);
});
