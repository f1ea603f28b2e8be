// Digits on the kinds of sheets that people write on are read: a few of each kind, see bench/reading.ts for many.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { draw } from "../../bench/reading/kinds.js";
import { findDigit } from "../../src/formats/index.js";
import { Network } from "../../src/index.js";
import { loadMnist } from "../../src/node/index.js";

const COUNT = 12;
const { test: mnist } = loadMnist();
let network: Network;

beforeAll(async () => {
  const model = readFileSync(new URL("../../src/pretrained/pretrained.bin", import.meta.url));
  network = await Network.load(gunzipSync(model), { threads: 1 });
});

describe("read on", () => {
  test.each([
    "clean",
    "faint pencil, noise",
    "ruled, faint",
    "ruled, askew",
    "ruled, thick",
    "ruled, dashed",
    "squared, dark",
    "squared, blue on blue",
    "margin line",
    "underline",
    "box, askew",
    "box, touched",
    "box, double",
    "box, rounded",
    "edge of one pixel",
    "edge half transparent",
    "dark margin",
    "table on two sides",
    "paper on a table",
    "book edge",
    "shadow edge",
    "shadow edges, two",
    "window's shadow",
    "vignette",
    "chalk on a blackboard",
    "tight, 16 pixels",
    "tight, 100 pixels",
    "ruled, 110 pixels",
    "box, 80 pixels",
  ])("%s", (kind) => {
    const right = Array.from({ length: COUNT }, (_, i) => {
      const index = 101 * i + 5;
      const picture = draw(kind, Uint8Array.from(mnist.images.subarray(784 * index, 784 * (index + 1))), index);
      const { pixels, digits } = findDigit(picture);
      return digits === 1 && network.predict(pixels).label === mnist.labels[index];
    });
    expect(right.filter(Boolean).length).toBeGreaterThanOrEqual(COUNT - 1);
  });
});
