// The safetensors format: what is written, read, and refused.

import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { decodeSafetensors, encodeSafetensors, MAX_HEADER } from "../../src/formats/safetensors.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { content, fileWith } from "./safetensors-file.js";

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
  const x = JSON.stringify(entry);
  const truncated = encodeSafetensors(content).slice(0, -1);
  test.each([
    ["an empty file", new Uint8Array(0), /^m: expected a model \(safetensors\), got an empty file$/],
    ["half a length", new Uint8Array(7).fill(1), /header within 7 bytes, got 0 \(file truncated\?\)$/],
    ["a header of no bytes", new Uint8Array(12), /header within 12 bytes, got 0/],
    ["a header longer than the file", Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0, 123), /header within 9 bytes, got 99/],
    ["an absurd header length", new Uint8Array(20).fill(0xff), /got 18446744073709551615/],
    ["a header that is not JSON", fileWith("{oops", 0), /header in JSON/],
    ["a header that is not UTF-8", fileWith(`{"${"x".repeat(9)}":${x}}`, 8).fill(0xff, 12, 14), /header in JSON/],
    ["two headers", fileWith("{}{}", 0), /expected a key for every object and array, got 0 for 1$/],
    ["a header that is no object", fileWith([], 0), /^m: expected a header that begins with "\{", got byte 91$/],
    ["a header after a space", fileWith(" {}", 0), /begins with "\{", got byte 32$/],
    ["a header after a byte order mark", fileWith("\ufeff{}", 0), /begins with "\{", got byte 239$/],
    ["metadata that are no object", fileWith({ __metadata__: null }, 0), /__metadata__: .* of strings, got null$/],
    ["metadata in an array", fileWith({ __metadata__: ["a"] }, 0), /__metadata__: .* of strings, got \["a"\]$/],
    ["metadata other than strings", fileWith({ __metadata__: { seed: 1 } }, 0), /metadata "seed": .* string, got 1$/],
    ["metadata deeper down", fileWith({ __metadata__: { a: { b: "" } } }, 0), /metadata "a": .* got an object$/],
    ["another type", fileWith({ x: { ...entry, dtype: "F64" } }, 16), /^m: tensor "x": expected dtype F32, got "F64"$/],
    ["a type that is no name", fileWith({ x: { ...entry, dtype: ["F32"] } }, 8), /expected dtype F32, got \["F32"\]$/],
    ["a tensor that is no object", fileWith({ x: null }, 8), /^m: tensor "x": expected an object, got null$/],
    ["a tensor without a type", fileWith({ x: { ...entry, dtype: undefined } }, 8), /got \["data_offsets", "shape"\]$/],
    [
      "a tensor with another key",
      fileWith({ x: { ...entry, q: 1 } }, 8),
      /expected dtype, shape and data_offsets, got/,
    ],
    ["a negative size", fileWith({ x: { ...entry, shape: [-2] } }, 8), /whole numbers from 1, got \[-2\]$/],
    ["a broken size", fileWith({ x: { ...entry, shape: [0.5, 4] } }, 8), /whole numbers from 1, got \[0.5, 4\]$/],
    ["a size in a string", fileWith({ x: { ...entry, shape: ["2"] } }, 8), /whole numbers from 1, got \["2"\]$/],
    ["no shape", fileWith({ x: { ...entry, shape: 2 } }, 8), /whole numbers from 1, got 2$/],
    [
      "a tensor without data",
      fileWith({ x: { ...entry, shape: [3, 0], data_offsets: [0, 0] } }, 0),
      /whole numbers from 1, got \[3, 0\]$/,
    ],
    [
      "more dimensions than anyone has",
      fileWith({ x: { ...entry, shape: [2, ...Array(64).fill(1)] } }, 8),
      /expected a shape of at most 64 whole numbers from 1, got \[2, 1, 1, 1, ...\]$/,
    ],
    [
      "a shape whose product is beyond 2^53",
      fileWith({ x: { ...entry, shape: [2 ** 31, 2 ** 31, 2 ** 31] } }, 8),
      /expected 3\.9\d+e\+28 bytes for shape \[2147483648, 2147483648, 2147483648\], got bytes 0 to 8$/,
    ],
    [
      "a shape whose product is 0 in 64 bits",
      fileWith({ x: { ...entry, shape: Array(4).fill(2 ** 32), data_offsets: [0, 0] } }, 0),
      /expected 1\.3\d+e\+39 bytes/,
    ],
    [
      "a shape whose product is infinite",
      fileWith({ x: { ...entry, shape: Array(64).fill(2 ** 52) } }, 8),
      /expected Infinity bytes for shape/,
    ],
    [
      "a shape that is not its bytes",
      fileWith({ x: { ...entry, shape: [3] } }, 8),
      /expected 12 bytes for shape \[3\]/,
    ],
    ["one offset", fileWith({ x: { ...entry, data_offsets: [0] } }, 8), /expected two data_offsets, .* got \[0\]$/],
    [
      "an offset beyond 2^53",
      fileWith({ x: { ...entry, data_offsets: [0, 2 ** 53] } }, 8),
      /expected two data_offsets/,
    ],
    ["offsets in reverse", fileWith({ x: { ...entry, data_offsets: [8, 0] } }, 8), /got bytes 8 to 0$/],
    [
      "offsets beyond the file",
      fileWith({ x: entry }, 4),
      /^m: expected 8 bytes of tensor data, got 4 \(file truncated\?\)$/,
    ],
    ["data cut short", truncated, /^m: expected 28 bytes of tensor data, got 27 \(file truncated\?\)$/],
    ["an overlap", fileWith({ x: entry, y: entry }, 8), /"y": expected data from byte 8, got 0 \(gap or overlap\)$/],
    ["a gap", fileWith({ x: { ...entry, data_offsets: [4, 12] } }, 12), /"x": expected data from byte 0, got 4 /],
    ["bytes after the data", fileWith({ x: entry }, 9), /^m: expected 8 bytes of tensor data, got 9$/],
    ["data without tensors", fileWith({}, 4), /^m: expected 0 bytes of tensor data, got 4$/],
    ["two tensors of one name", fileWith(`{"x":${x},"x":${x}}`, 8), /every key once, got 8 for 4 different ones$/],
    ["one name in two spellings", fileWith(`{"a":${x},"\\u0061":${x}}`, 8), /every key once, got 8 for 4 different/],
    ["two tensors of one name, one broken", fileWith(`{"x":[],"x":${x}}`, 8), /every key once, got 5 for 4 different/],
    ["two metadata", fileWith('{"__metadata__":{"a":"1"},"__metadata__":{"a":"2"}}', 0), /once, got 4 for 2 different/],
    [
      "a metadata key twice",
      fileWith('{"__metadata__":{"a":"1","a":"2"}}', 0),
      /every key once, got 3 for 2 different/,
    ],
    ["a shape twice", fileWith(`{"x":{"shape":[9],${x.slice(1)}}`, 8), /every key once, got 5 for 4 different ones$/],
    [
      "__proto__ twice",
      fileWith(`{"__proto__":${x},"__proto__":${x}}`, 8),
      /every key once, got 8 for 4 different ones$/,
    ],
    [
      "a name that would fill the screen",
      fileWith({ [`\n${"x".repeat(1e6)}`]: null }, 0),
      /^m: tensor "\\nx{39}\.\.\.": expected an object, got null$/,
    ],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, "m")).toThrow(FormatError);
    expect(() => decodeSafetensors(bytes, "m")).toThrow(message);
  });

  test.each([
    [
      "a header above the bound",
      `{"__metadata__":{"a":"${"x".repeat(MAX_HEADER)}"}}`,
      /at most 8388608 bytes, got 8388633/,
    ],
    [
      "a list of objects",
      `{"a":[${"{},".repeat(2e6)}{}]}`,
      /expected a key for every object and array, got 1 for 2000002$/,
    ],
    [
      "arrays in arrays",
      `{"a":${"[".repeat(4e6)}${"]".repeat(4e6)}}`,
      /expected a key for every object and array, got 1/,
    ],
    ["objects in objects", `${'{"":'.repeat(1.2e6)}0${"}".repeat(1.2e6)}`, /tensor "": .* shape and data_offsets, got/],
    ["a size in a million dimensions", `{"a":{"shape":[${"1,".repeat(4e6)}1]}}`, /tensor "a": expected dtype, shape/],
    ["the same name a million times", `{${'"":{},'.repeat(1e6)}"":{}}`, /tensor "": expected dtype, shape/],
    ["a string of escapes", `{"${'\\"'.repeat(4e6)}":1}`, /expected an object, got 1$/],
  ])("%s, quickly and without much memory", (_, header, message) => {
    const bytes = fileWith(header, 0);
    const before = process.memoryUsage().heapUsed;
    const start = performance.now();
    expect(() => decodeSafetensors(bytes, "m")).toThrow(message);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * bytes.length);
  });

  test("overlapping tensors before it takes memory for them", () => {
    const entry = JSON.stringify({ dtype: "F32", shape: [2 ** 20], data_offsets: [0, 2 ** 22] });
    const bytes = fileWith(`{${Array.from({ length: 50 }, (_, i) => `"${i}":${entry}`).join()}}`, 2 ** 22);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeSafetensors(bytes, "m")).toThrow(/tensor "1": expected data from byte 4194304, got 0/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22);
  });
});

test("names that JavaScript objects give a meaning are names like others", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "0", "\ud800", 'a":{', "\\"];
  const written = {
    tensors: new Map(names.map((name, i) => [name, { shape: [], data: Float32Array.of(i) }])),
    metadata: new Map([...names, "__metadata__"].map((name) => [name, `of ${name}`])),
  };
  const { tensors, metadata } = decodeSafetensors(encodeSafetensors(written));
  expect([...tensors.keys()]).toEqual(names);
  names.forEach((name, i) => {
    expect(tensors.get(name)).toEqual({ shape: [], data: Float32Array.of(i) });
  });
  expect(new Map([...metadata].sort())).toEqual(new Map([...written.metadata].sort()));
  expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});

test("data may begin at any byte, tensors may lie in any order, and the header may end in spaces", () => {
  const json = `{"b":{"data_offsets":[4,8],"shape":[1,1],"dtype":"F32"},
    "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`;
  for (let spaces = 0; spaces < 8; spaces++) {
    const bytes = fileWith(json + " ".repeat(spaces), 8);
    const view = new DataView(bytes.buffer, bytes.length - 8);
    view.setFloat32(0, 0.1, true);
    view.setUint32(4, 0x7f800001, true);
    const { tensors } = decodeSafetensors(bytes);
    expect([...tensors.keys()]).toEqual(["a", "b"]);
    expect(tensors.get("a")).toEqual({ shape: [], data: Float32Array.of(0.1) });
    // A signalling NaN: arithmetic would make it a quiet one.
    expect(new Uint32Array(tensors.get("b")?.data.buffer as ArrayBuffer)).toEqual(Uint32Array.of(0x7f800001));
  }
});

test("infinite weights and NaN are decoded: whether they may be is for the reader to say", () => {
  const data = Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN);
  const { tensors } = decodeSafetensors(
    encodeSafetensors({ tensors: new Map([["x", { shape: [3], data }]]), metadata: new Map() }),
  );
  expect(tensors.get("x")?.data).toEqual(data);
});

test("what could not be decoded is not encoded", () => {
  const long = { tensors: new Map(), metadata: new Map([["a", "x".repeat(MAX_HEADER)]]) };
  expect(() => encodeSafetensors(long)).toThrow(RangeError);
  expect(() => encodeSafetensors(long)).toThrow(/header of at most 8388608 bytes, got 83886\d\d$/);
  const tensors = new Map([["__metadata__", { shape: [], data: Float32Array.of(1) }]]);
  expect(() => encodeSafetensors({ tensors, metadata: new Map() })).toThrow(RangeError);
});

describe("a model that", async () => {
  const kernels = createReference();
  const good = decodeSafetensors((await Network.create({ kernels, layers: [3, 2] })).save());
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
    ["has no metadata", { metadata: new Map() }, /^m: expected format "ductus" in its metadata, got "nothing"$/],
    ["names impossible layers", { metadata: metadata("layers", "[3]") }, /^m: metadata: layers: expected at least/],
    [
      "names layers that are not JSON",
      { metadata: metadata("layers", "3,2") },
      /^m: metadata layers: expected a list of whole numbers, got "3,2"$/,
    ],
    ["has a seed that is none", { metadata: metadata("seed", "-1") }, /seed: expected a whole number, got "-1"$/],
    ["has epochs that are none", { metadata: metadata("epochs", "many") }, /epochs: expected a whole number/],
    ["has unknown initial weights", { metadata: metadata("initial_weights", "zero") }, /initial weights/],
    ["has other shapes", { tensors: tensor("0.bias", [1], 0) }, /expected shape \[2\], got \[1\]$/],
    ["lacks a layer", { metadata: metadata("layers", "[3,2,2]") }, /2.weight: expected shape \[2, 2\], got undefined$/],
    ["holds NaN", { tensors: tensor("0.bias", [2], 0, Number.NaN) }, /0.bias: expected finite numbers/],
  ])("%s is refused", async (_, change, message) => {
    const load = () => Network.load(encodeSafetensors({ ...good, ...change }), { kernels, file: "m" });
    await expect(load).rejects.toThrow(FormatError);
    await expect(load).rejects.toThrow(message);
  });
});
