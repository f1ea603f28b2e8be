// Whatever is done to a safetensors file, it is refused with a FormatError, or decoded to something that agrees with
// itself.

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { content, fileOf, fileWith } from "./safetensors-file.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);

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
