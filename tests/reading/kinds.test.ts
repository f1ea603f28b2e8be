// Digits on the kinds of sheets that people write on are read: a few of each kind, see bench/reading.ts for many.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { randomOf } from "../../bench/reading/canvas.js";
import { draw } from "../../bench/reading/kinds.js";
import { STRANGERS } from "../../bench/reading/strangers.js";
import { calibrationOf, deciderOf, findDigit, readDigits, toDigit, verdict } from "../../src/formats/index.js";
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
      const { pixels, digits } = findDigit(picture, network);
      return digits === 1 && network.predict(pixels).label === mnist.labels[index];
    });
    expect(right.filter(Boolean).length).toBeGreaterThanOrEqual(COUNT - 1);
  });
});

describe("a network that knows what is no digit helps to see one", () => {
  const sheet = (kind: string, number: number) => {
    const index = (37 * number) % mnist.length;
    const image = Uint8Array.from(mnist.images.subarray(784 * index, 784 * (index + 1)));
    return { picture: draw(kind, image, number), label: mnist.labels[index] };
  };

  test.each([
    ["paper on a table", 20039],
    ["paper on a table", 20047],
    ["shadow edges, two", 20070],
    ["phone photograph", 20058],
  ])("%s, sheet %i", (kind, number) => {
    const { picture, label } = sheet(kind, number);
    expect(network.predict(toDigit(picture)).label).not.toBe(label);
    expect(network.predict(toDigit(picture, network)).label).toBe(label);
  });

  test.each([
    ["book edge", 20014],
    ["book edge", 20023],
    ["phone photograph", 20008],
    ["phone photograph", 20012],
    ["phone photograph", 20023],
  ])("what lies along the edge of a dark table or book is no ink: %s, sheet %i", (kind, number) => {
    const { picture, label } = sheet(kind, number);
    expect(network.predict(toDigit(picture)).label).toBe(label);
    const { numbers } = readDigits(picture, network);
    expect(numbers.map(({ text }) => text)).toEqual([String(label)]);
  });

  test("what a network is told to be a digit, or does not know, stays as it is", () => {
    const { picture } = sheet("paper on a table", 20039);
    const { pixels } = findDigit(picture);
    expect(findDigit(picture, { predict: (digit) => network.predict(digit) }).pixels).toEqual(pixels);
    expect(() => findDigit(picture, {} as never)).toThrow(/^network: expected an object with predict\(\), got /);
  });

  test.each(["scribbles", "shapes", "crossed out", "two digits"])("no digit is made of %s on plain paper", (kind) => {
    for (let seed = 0; seed < 20; seed++) {
      const random = randomOf(seed);
      const picture = STRANGERS[kind](random, (of) => {
        const index = Math.floor(of() * mnist.length);
        return Uint8Array.from(mnist.images.subarray(784 * index, 784 * (index + 1)));
      });
      const [seen, helped] = [findDigit(picture), findDigit(picture, network)];
      if (JSON.stringify(helped) === JSON.stringify(seen)) continue;
      const { activations } = deciderOf(network).predict(helped.pixels);
      expect(verdict(activations, calibrationOf(network.metadata)).kind).toBe("not a digit");
    }
  });
});
