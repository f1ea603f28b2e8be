import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { decodeSafetensors, encodeSafetensors, MAX_HEADER, type Tensor } from "../../src/formats/safetensors.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);

const content = {
  tensors: new Map([
    ["a", { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, -0, 1e-40) }],
    ["b", { shape: [1], data: Float32Array.of(0.1) }],
  ]),
  metadata: new Map([["seed", "1"]]),
};

/** A file with this header, and as many bytes of data. */
function fileWith(header: unknown, dataBytes: number): Uint8Array {
  return fileOf(typeof header === "string" ? header : JSON.stringify(header), new Uint8Array(dataBytes));
}

function fileOf(header: string, data: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
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
  const x = JSON.stringify(entry);
  const truncated = encodeSafetensors(content).slice(0, -1);
  test.each([
    [
      "an empty file",
      new Uint8Array(0),
      /^m: expected a safetensors header within 0 bytes, got 0 \(file truncated\?\)$/,
    ],
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

describe("whatever is done to a file, it is refused, or decoded to something that agrees with itself:", () => {
  const files = [
    encodeSafetensors(content),
    encodeSafetensors({ tensors: new Map(), metadata: new Map([['\u00e9\\"', "{}"]]) }),
    encodeSafetensors({
      tensors: new Map([...content.tensors, ["__proto__", { shape: [1, 1, 2, 1], data: new Float32Array(2) }]]),
      metadata: new Map(),
    }),
  ];
  let decoded = 0;
  let refused = 0;
  beforeEach(() => {
    decoded = 0;
    refused = 0;
  });

  function check(bytes: Uint8Array): void {
    let result: ReturnType<typeof decodeSafetensors>;
    try {
      result = decodeSafetensors(bytes, "m");
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(/^m: .{10,300}$/);
      expect((error as Error).message).toMatch(/expected .*, got /);
      refused++;
      return;
    }
    decoded++;
    let floats = 0;
    for (const { shape, data } of result.tensors.values()) {
      expect(data).toHaveLength(shape.reduce((product, n) => product * n, 1));
      floats += data.length;
    }
    const dataAt = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    expect(dataAt + 4 * floats).toBe(bytes.length);
    const again = encodeSafetensors(result);
    expect(Buffer.compare(again.subarray(again.length - 4 * floats), bytes.subarray(dataAt))).toBe(0);
    const { tensors, metadata } = decodeSafetensors(again);
    expect(metadata).toEqual(result.metadata);
    expect(shapes(tensors)).toEqual(shapes(result.tensors));
  }

  const shapes = (tensors: ReadonlyMap<string, Tensor>) => [...tensors].map(([name, { shape }]) => [name, shape]);

  /** Bytes that mean something in JSON more often than others. */
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]:,"\\0123456789eFaux -.')));

  test("bytes changed, inserted and left out, and the file cut short", () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(3),
      insert: fc.array(byte, { maxLength: 3 }),
    });
    const end = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(200));
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(edit, { maxLength: 4 }), end, (file, edits, cut) => {
        let bytes: number[] = [...file.subarray(0, Math.max(0, file.length - cut))];
        for (const { at, remove, insert } of edits) {
          const i = Math.floor(at * bytes.length);
          bytes = [...bytes.slice(0, i), ...insert, ...bytes.slice(i + remove)];
        }
        check(Uint8Array.from(bytes));
      }),
      { seed: 1, numRuns: RUNS },
    );
    expect(decoded).toBeGreaterThan(RUNS / 20);
    expect(refused).toBeGreaterThan(RUNS / 4);
  });

  test("the header's text edited, its length right", () => {
    const text = fc.oneof(
      fc.constantFrom(
        '"a"',
        '"\\u0061"',
        '"shape"',
        '"__metadata__"',
        '"__proto__":',
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        " ",
      ),
      fc.constantFrom(
        "0",
        "1",
        "-1",
        "4",
        "8",
        "28",
        "1e0",
        "1e400",
        "0.5",
        "9007199254740992",
        "null",
        "true",
        '"F32"',
      ),
      fc.constantFrom("\\", '\\"', '"', "\ufeff", "\u0000", '"F16"'),
    );
    const tokens = /"(?:[^"\\]|\\.)*"|[\d.]+|[^"\d]/g;
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(60), fc.nat(2), text), { maxLength: 3 }),
        (file, edits) => {
          const dataAt = 8 + file[0];
          const parts = Buffer.from(file.subarray(8, dataAt)).toString().match(tokens) ?? [];
          for (const [at, remove, part] of edits) parts.splice(at % parts.length, remove, part);
          check(fileOf(parts.join(""), file.subarray(dataAt)));
        },
      ),
      { seed: 1, numRuns: RUNS },
    );
    expect(decoded).toBeGreaterThan(RUNS / 20);
    expect(refused).toBeGreaterThan(RUNS / 4);
  });

  test("the header's structure edited: keys taken away, added and written twice, values exchanged", () => {
    const size = fc.oneof(fc.nat(8), fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 52, 2 ** 53, 1e300));
    const odd = fc.oneof(
      fc.constantFrom(null, true, "F32", "", {}, []),
      size,
      fc.json().map((json) => JSON.parse(json)),
    );
    const often = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
      fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: odd });
    const name = fc.constantFrom("a", "b", "c", "__proto__", "constructor", "dtype", "shape", "\u2028", '"', "");
    const key = (usual: string) =>
      fc.oneof({ weight: 30, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: name });
    const more: fc.Arbitrary<[string, unknown][]> = fc.array(fc.tuple(name, odd), { maxLength: 2 });
    // Tensors lie one after the other but for a few; equal names come by themselves.
    const tensor = fc.record({
      name,
      keys: fc.tuple(key("dtype"), key("shape"), key("data_offsets")),
      dtype: often(fc.constant("F32")),
      shape: often(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 })),
      shift: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.constantFrom(-4, 4, 1)),
      more: fc.oneof({ weight: 20, arbitrary: fc.constant<[string, unknown][]>([]) }, { weight: 1, arbitrary: more }),
    });
    const metadata = often(fc.dictionary(name, often(fc.string())));
    fc.assert(
      fc.property(fc.array(tensor, { maxLength: 3 }), metadata, fc.nat(20), (list, metadata, extra) => {
        const member = (key: string, value: unknown) => `${JSON.stringify(key)}:${JSON.stringify(value)}`;
        const members = [member("__metadata__", metadata)];
        let end = 0;
        for (const { name, keys, dtype, shape, shift, more } of list) {
          const begin = end + shift;
          const sizes = Array.isArray(shape) ? shape.filter(Number.isInteger) : [];
          const floats = sizes.reduce((product, n) => product * n, 1);
          end = begin + 4 * Math.min(99, floats);
          const values = [dtype, shape, [begin, end]].map((value, i) => member(keys[i], value));
          members.push(`${JSON.stringify(name)}:{${[...values, ...more.map(([k, v]) => member(k, v))].join()}}`);
        }
        check(fileOf(`{${members.join()}}`, new Uint8Array(Math.max(0, end + (extra === 0 ? 1 : 0)))));
      }),
      { seed: 1, numRuns: RUNS },
    );
    expect(decoded).toBeGreaterThan(RUNS / 20);
    expect(refused).toBeGreaterThan(RUNS / 4);
  });

  test("a header made of any JSON, or of anything", () => {
    const any = fc.oneof(
      fc.json(),
      fc.string(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
    );
    fc.assert(
      fc.property(any, fc.nat(9), (header, dataBytes) => check(fileWith(`{${header}`, dataBytes))),
      { seed: 1, numRuns: RUNS },
    );
    expect(refused).toBeGreaterThan(RUNS / 4);
  });
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

test("no mutation of a model gets past the checks with another error", async () => {
  const kernels = createReference();
  const bytes = (await Network.create({ kernels, layers: [3, 4, 2] })).save();
  let refused = 0;
  let loaded = 0;
  const mutation = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(mutation, async (changes) => {
      const copy = bytes.slice();
      for (const [at, value] of changes) copy[at] = value;
      try {
        await Network.load(copy, { kernels });
        loaded++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        refused++;
      }
    }),
    { seed: 1, numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(RUNS / 4);
  expect(loaded).toBeGreaterThan(RUNS / 200);
});
