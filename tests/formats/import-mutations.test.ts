// Whatever is done to a model of another program, it is refused with a FormatError, or gives a network.

import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { encodeJson } from "../../src/formats/json.js";
import { encodeNpz } from "../../src/formats/npz.js";
import { encodeOnnx } from "../../src/formats/onnx.js";
import { encodePyTorch } from "../../src/formats/pytorch.js";
import { GIVEN, LAYERS, npy, read, transposed } from "./model-files.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);

const FILES: readonly (readonly [string, Uint8Array])[] = [
  ["safetensors", encodePyTorch(LAYERS)],
  ["ONNX", encodeOnnx(LAYERS, GIVEN.activation, GIVEN.cost)],
  ["JSON", new TextEncoder().encode(encodeJson(LAYERS, GIVEN.activation, GIVEN.cost))],
  ["npz", encodeNpz(LAYERS, GIVEN.activation, GIVEN.cost)],
  [
    "npz, deflated",
    zipSync({
      "arr_0.npy": npy("<f8", [6, 5], transposed(LAYERS[0])),
      "arr_1.npy": npy("<f2", [5], LAYERS[0].biases),
    }),
  ],
];

describe.each(FILES)("%s", (_, file) => {
  test("bytes changed, inserted and left out, and the file cut short", () => {
    let [taken, refused] = [0, 0];
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
      fc.constantFrom(...Buffer.from('[]{},"0-e')),
    );
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(4),
      insert: fc.array(byte, { maxLength: 4 }),
    });
    const end = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(file.length));
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 3 }), end, (edits, cut) => {
        let bytes: number[] = [...file.subarray(0, file.length - cut)];
        for (const { at, remove, insert } of edits) {
          const i = Math.floor(at * bytes.length);
          bytes = [...bytes.slice(0, i), ...insert, ...bytes.slice(i + remove)];
        }
        try {
          const { layers } = read(Uint8Array.from(bytes));
          for (const { weights, biases } of layers) {
            expect(weights.length % biases.length).toBe(0);
            expect([...weights, ...biases].every(Number.isFinite)).toBe(true);
          }
          taken++;
        } catch (error) {
          // What the options say may contradict a file that was changed.
          if (error instanceof RangeError) expect(error.message).toMatch(/^(activation|cost): expected .*, got /);
          else {
            expect(error).toBeInstanceOf(FormatError);
            expect((error as Error).message).toMatch(/^m: [^\n]{10,600}$/);
          }
          refused++;
        }
      }),
      { seed: 1, numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 50);
    expect(refused).toBeGreaterThan(RUNS / 10);
  });
});
