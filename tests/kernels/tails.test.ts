// Chain of trust 4: layer widths around whole vectors and panels. Memory is NaN before anything is written, so a lane
// that is read without having been written, or padding that leaks into a result, cannot go unnoticed.

import { describe, expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { kernelsOf } from "../../src/kernels/wasm/wasm.js";
import { differences, instance, poison, randomDataset, trainOn } from "../helpers.js";

const WIDTHS = [1, 3, 4, 5, 10, 30, 31, 32, 33, 100];
const BYTES = 2 ** 20;

test("poisoned memory is NaN when it is allocated", async () => {
  const exports = await instance();
  poison(exports, BYTES);
  const block = exports.allocate(4096);
  const floats = new Float32Array(exports.memory.buffer, block, 1024);
  expect(floats.every(Number.isNaN)).toBe(true);
});

describe.each(WIDTHS)("layers of %i", (width) => {
  const recipe = { epochs: 3, batchSize: 6, eta: 2, initialWeights: "scaled" as const, seed: 3 };

  test.each([
    { place: "hidden", layers: [14, width, 3] },
    { place: "below ten digits", layers: [14, width, 10] },
    { place: "first and last", layers: [14, 6, width] },
    { place: "between hidden layers", layers: [14, 9, width, 7, 3] },
    { place: "input", layers: [width, 8, 3] },
  ])("$place: finite, and the bits of the reference", async ({ layers }) => {
    const data = randomDataset(33, layers[0], layers[layers.length - 1], width);
    const exports = await instance();
    poison(exports, BYTES);
    const wasm = await trainOn(kernelsOf(exports), data, { ...recipe, layers });
    const reference = await trainOn(createReference(), data, { ...recipe, layers });
    expect(wasm.network.allFinite()).toBe(true);
    expect(new Float32Array(wasm.after.buffer).every(Number.isFinite)).toBe(true);
    expect(differences(wasm.after, wasm.before)).toBeGreaterThan(0);
    expect(differences(wasm.after, reference.after)).toBe(0);
  });
});
