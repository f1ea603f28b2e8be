import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../src/errors.js";
import { Network } from "../src/network.js";
import { createReference } from "../src/reference.js";
import { decodeSafetensors, encodeSafetensors } from "../src/safetensors.js";

const content = {
  tensors: new Map([
    ["a", { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, -0, 1e-40) }],
    ["b", { shape: [1], data: Float32Array.of(0.1) }],
  ]),
  metadata: new Map([["seed", "1"]]),
};

/** A file with this header, and as many bytes of data. */
function fileWith(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

test("what is encoded is decoded, bit for bit", () => {
  const { tensors, metadata } = decodeSafetensors(encodeSafetensors(content));
  expect(metadata).toEqual(content.metadata);
  expect([...tensors.keys()]).toEqual(["a", "b"]);
  for (const [name, { shape, data }] of content.tensors) {
    expect(tensors.get(name)?.shape).toEqual(shape);
    expect(new Uint8Array(tensors.get(name)?.data.buffer as ArrayBuffer)).toEqual(new Uint8Array(data.buffer));
  }
});

test("the bytes are those of the format", () => {
  const bytes = encodeSafetensors({
    tensors: new Map([["x", { shape: [1], data: Float32Array.of(1) }]]),
    metadata: new Map([["k", "v"]]),
  });
  const json = '{"__metadata__":{"k":"v"},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const padding = (8 - (json.length % 8)) % 8;
  const expected = Buffer.concat([
    Buffer.from([json.length + padding, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from(json + " ".repeat(padding)),
    Buffer.from([0, 0, 0x80, 0x3f]),
  ]);
  expect(Buffer.from(bytes).equals(expected)).toBe(true);
});

test("bytes inside a larger buffer are decoded", () => {
  const bytes = encodeSafetensors(content);
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 3);
  expect(decodeSafetensors(larger.subarray(3, 3 + bytes.length)).tensors.size).toBe(2);
});

describe("refuses", () => {
  const entry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  test.each([
    [
      "an empty file",
      new Uint8Array(0),
      /^m: expected a safetensors header within 0 bytes, got 0 \(file truncated\?\)$/,
    ],
    ["a header longer than the file", Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0, 123), /header within 9 bytes, got 99/],
    ["an absurd header length", new Uint8Array(20).fill(0xff), /got 18446744073709551615/],
    ["a header that is not JSON", fileWith("{oops", 0), /header in JSON/],
    ["a header that is no object", fileWith([], 0), /JSON object as header/],
    ["metadata other than strings", fileWith({ __metadata__: { seed: 1 } }, 0), /metadata seed: expected a string/],
    ["another type", fileWith({ x: { ...entry, dtype: "F64" } }, 8), /tensor x: expected dtype F32, got "F64"/],
    ["a tensor that is no object", fileWith({ x: null }, 8), /tensor x: expected dtype F32, got undefined/],
    ["a negative size", fileWith({ x: { ...entry, shape: [-2] } }, 8), /shape and two offsets in whole numbers/],
    ["a shape that is not its bytes", fileWith({ x: { ...entry, shape: [3] } }, 8), /expected 12 bytes within 8/],
    ["offsets beyond the file", fileWith({ x: entry }, 4), /expected 8 bytes within 4 .* got bytes 0 to 8/],
    ["an overlap", fileWith({ x: entry, y: entry }, 8), /expected tensor data at byte 8, got 0 \(gap or overlap\)/],
    ["a gap", fileWith({ x: { ...entry, data_offsets: [4, 12] } }, 12), /expected tensor data at byte 0, got 4/],
    ["bytes after the data", fileWith({ x: entry }, 9), /expected 8 bytes of tensor data, got 9/],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, "m")).toThrow(FormatError);
    expect(() => decodeSafetensors(bytes, "m")).toThrow(message);
  });
});

describe("a model that", () => {
  const kernels = createReference();
  const good = decodeSafetensors(Network.create(kernels, { layers: [3, 2] }).save());
  const metadata = (key: string, value: string) => new Map([...good.metadata, [key, value]]);
  const tensor = (name: string, shape: number[], ...data: number[]) =>
    new Map([...good.tensors, [name, { shape, data: Float32Array.from(data) }]]);

  test.each([
    [
      "is of another format",
      { metadata: metadata("format", "pt") },
      /^m: expected format "ductus" in its metadata, got "pt"$/,
    ],
    ["has an unknown version", { metadata: metadata("version", "99") }, /^m: expected version "1" .* got "99"$/],
    ["has no metadata", { metadata: new Map() }, /^m: expected format "ductus" in its metadata, got undefined$/],
    ["names impossible layers", { metadata: metadata("layers", "[3]") }, /^m: metadata: layers: expected at least/],
    ["names layers that are not JSON", { metadata: metadata("layers", "3,2") }, /^m: metadata: /],
    ["has a seed that is none", { metadata: metadata("seed", "-1") }, /seed: expected a whole number, got "-1"$/],
    ["has epochs that are none", { metadata: metadata("epochs", "many") }, /epochs: expected a whole number/],
    ["has unknown initial weights", { metadata: metadata("initial_weights", "zero") }, /initial weights/],
    ["has other shapes", { tensors: tensor("layers.1.biases", [1], 0) }, /expected shape \[2\], got \[1\]$/],
    [
      "lacks a layer",
      { metadata: metadata("layers", "[3,2,2]") },
      /layers.2.weights: expected shape \[2, 2\], got undefined$/,
    ],
    [
      "holds NaN",
      { tensors: tensor("layers.1.biases", [2], 0, Number.NaN) },
      /layers.1.biases: expected finite numbers/,
    ],
  ])("%s is refused", (_, change, message) => {
    const load = () => Network.load(kernels, encodeSafetensors({ ...good, ...change }), "m");
    expect(load).toThrow(FormatError);
    expect(load).toThrow(message);
  });
});

test("no mutation of a model gets past the checks with another error", () => {
  const kernels = createReference();
  const bytes = Network.create(kernels, { layers: [3, 4, 2] }).save();
  let refused = 0;
  let loaded = 0;
  const mutation = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(mutation, (changes) => {
      const copy = bytes.slice();
      for (const [at, value] of changes) copy[at] = value;
      try {
        Network.load(kernels, copy);
        loaded++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        refused++;
      }
    }),
    { seed: 1, numRuns: 2000 },
  );
  expect(refused).toBeGreaterThan(500);
  expect(loaded).toBeGreaterThan(10);
});
