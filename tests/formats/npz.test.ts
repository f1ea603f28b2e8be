// NumPy archives: as encodeNpz() writes them, and as np.savez() does, and what is refused and why.

import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { encodeNpz } from "../../src/formats/npz.js";
import type { Parameters } from "../../src/network/results.js";
import { GIVEN, LAYERS, layersOf, npy, read, refusal, transposed } from "./model-files.js";

const [FIRST, SECOND] = LAYERS;

describe("npz of NumPy", () => {
  const matrix = (layer: Parameters, descr = "<f4", fortran = false) =>
    npy(
      descr,
      [layer.biases.length, layer.weights.length / layer.biases.length],
      fortran ? transposed(layer) : layer.weights,
      fortran,
    );
  const turned = (layer: Parameters) =>
    npy("<f8", [layer.weights.length / layer.biases.length, layer.biases.length], transposed(layer));
  const vector = (layer: Parameters, shape = [layer.biases.length]) => npy("<f8", shape, layer.biases);
  const found = { layers: LAYERS, ...GIVEN };

  test.each([
    ["W1, b1", { W1: matrix(FIRST), b1: vector(FIRST), W2: matrix(SECOND), b2: vector(SECOND) }],
    [
      "weights in turns with biases",
      { arr_0: turned(FIRST), arr_1: vector(FIRST), arr_2: turned(SECOND), arr_3: vector(SECOND) },
    ],
    [
      "coefs and intercepts",
      { arr_0: turned(FIRST), arr_1: turned(SECOND), arr_2: vector(FIRST), arr_3: vector(SECOND) },
    ],
    [
      "columns",
      { W1: matrix(FIRST, ">f4"), W2: matrix(SECOND, "<f2"), b1: vector(FIRST, [5, 1]), b2: vector(SECOND, [1, 4]) },
    ],
    [
      "columns of numbers",
      { W1: matrix(FIRST, "<f8", true), W2: matrix(SECOND, "<f4", true), b1: vector(FIRST), b2: vector(SECOND) },
    ],
  ])("%s", (_, arrays) => {
    const files = Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes]));
    for (const level of [0, 6] as const) expect(read(zipSync(files, { level }))).toEqual(found);
  });

  test("one output, whose weights are a row", () => {
    const layers = layersOf([3, 2, 1]);
    const files = {
      "W1.npy": matrix(layers[0]),
      "W2.npy": matrix(layers[1]),
      "b1.npy": vector(layers[0]),
      "b2.npy": vector(layers[1]),
    };
    expect(read(zipSync(files)).layers).toEqual(layers);
  });

  test("what was written has the same bytes each time, and says its functions", () => {
    const bytes = encodeNpz(LAYERS, "tanh", "log-likelihood");
    expect(Buffer.compare(bytes, encodeNpz(LAYERS, "tanh", "log-likelihood"))).toBe(0);
    expect(read(bytes, {})).toEqual({ layers: LAYERS, activation: "tanh", cost: "log-likelihood" });
    expect(() => encodeNpz([])).toThrow(RangeError);
  });

  const square = layersOf([3, 3])[0];
  test.each<readonly [string, Record<string, Uint8Array>, RegExp]>([
    [
      "Python objects",
      { "a.npy": npy("|O", [1], FIRST.biases) },
      /"a.npy": expected a NumPy array of floats, got Python/,
    ],
    [
      "whole numbers",
      { "a.npy": npy("<i8", [5], FIRST.biases, false, 8) },
      /"a.npy": expected floats, f2, f4 or f8, got "i8"/,
    ],
    ["other files", { "a.npy": matrix(FIRST), "b.txt": vector(FIRST) }, /expected arrays, .npy, alone, got "b.txt"/],
    ["a matrix more", { "a.npy": matrix(FIRST), "b.npy": vector(FIRST), "c.npy": matrix(SECOND) }, /got 1 and 2/],
    ["an image", { "a.npy": npy("<f4", [5, 3, 2], FIRST.weights) }, /got "a" of shape \[5, 3, 2\]/],
    ["a square", { "a.npy": matrix(square), "b.npy": vector(square) }, /expected layers of different sizes/],
    ["a shape of other numbers", { "a.npy": npy("<f4", [5, 7], FIRST.weights) }, /expected 140 bytes for shape/],
    ["no array", { "a.npy": new Uint8Array(100) }, /"a.npy": expected a NumPy array of floats, got something else/],
  ])("refuses %s", (_, files, message) => {
    expect(refusal(zipSync(files, { level: 0 }))).toMatch(message);
  });

  test("refuses what inflates to more than it says, and archives that are cut", () => {
    const bytes = zipSync({ "a.npy": matrix(FIRST), "b.npy": vector(FIRST) }, { level: 9 });
    // The sizes of the first file in the list at the end.
    const at = Buffer.from(bytes).indexOf("PK\x01\x02", 0, "latin1");
    for (const size of [10, 100_000_000, 0xfffffff0]) {
      const wrong = bytes.slice();
      new DataView(wrong.buffer).setUint32(at + 24, size, true);
      expect(refusal(wrong)).toMatch(/expected/);
    }
    for (let length = 100; length < bytes.length; length += 7) refusal(bytes.subarray(0, length));
  });
});
