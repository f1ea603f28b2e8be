// Vectors of 256 bits: when V8 is told to make them, and that it is untold where the module then computes wrongly.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { enable } from "../../src/node/wide.js";

const MODULE = new Uint8Array(readFileSync(new URL("../../build/ductus.wasm", import.meta.url)));

/** A module whose selftest() returns a number. */
function moduleOf(result: number): Uint8Array<ArrayBuffer> {
  const name = [8, ...new TextEncoder().encode("selftest")];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // The type () -> i32, a function of it, its export, and its body: i32.const result.
    ...[1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0],
    ...[7, name.length + 3, 1, ...name, 0, 0],
    ...[10, 6, 1, 4, 0, 0x41, result, 0x0b],
  ]);
}

function enabled(version: string, avx2: boolean, module = MODULE): { on: boolean; flags: string[] } {
  const flags: string[] = [];
  const on = enable(version, avx2, (flag) => flags.push(flag), module);
  return { on, flags };
}

test.each([
  ["11.3.244.8-node.33", []],
  ["12.4.254.21-node.57", []],
  ["13.6.233.17-node.53", ["--experimental-wasm-revectorize"]],
  ["14.6.202.34-node.34", ["--experimental-wasm-revectorize"]],
  ["15.0.1-node.1", ["--wasm-revectorize"]],
  ["21.7", ["--wasm-revectorize"]],
])("V8 %s is given %j", (version, flags) => {
  expect(enabled(version, true)).toEqual({ on: flags.length > 0, flags });
  expect(enabled(version, false)).toEqual({ on: false, flags: [] });
});

test("the flag is taken back if the module fails its own test with it", () => {
  const [on, off] = ["--experimental-wasm-revectorize", "--no-experimental-wasm-revectorize"];
  expect(enabled("14.6", true, moduleOf(1))).toEqual({ on: true, flags: [on] });
  expect(enabled("14.6", true, moduleOf(0))).toEqual({ on: false, flags: [on, off] });
});
