// Files of models as other programs write them, made byte by byte.

import { PbfWriter } from "pbf";
import { expect } from "vitest";
import { FormatError } from "../../src/errors.js";
import { decodeModel, type ImportOptions } from "../../src/formats/import/model.js";
import type { Parameters } from "../../src/network/results.js";

/** A tensor of a safetensors file. */
export interface RawTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A tensor of floats; those of 16 bits are cut off, not rounded. */
export function floatTensor(
  name: string,
  shape: readonly number[],
  data: Float32Array,
  type: "F64" | "F32" | "F16" | "BF16" = "F32",
): RawTensor {
  const size = { F64: 8, F32: 4, F16: 2, BF16: 2 }[type];
  return { name, type, shape, bytes: floats(data, size, type === "BF16") };
}

/** Numbers of 8, 4 or 2 bytes each. Of 2, f16 are exact for what is no more than 11 bits long, and not small. */
function floats(data: Float32Array, size: number, upper = false, littleEndian = true): Uint8Array {
  const bytes = new Uint8Array(size * data.length);
  const view = new DataView(bytes.buffer);
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (const [i, x] of data.entries()) {
    if (size === 8) view.setFloat64(8 * i, x, littleEndian);
    else if (size === 4) view.setFloat32(4 * i, x, littleEndian);
    else if (upper) view.setUint16(2 * i, bits[i] >>> 16, littleEndian);
    else
      view.setUint16(
        2 * i,
        x === 0 ? 0 : ((bits[i] >>> 16) & 0x8000) | (((bits[i] >>> 13) & 0x3ffff) - (112 << 10)),
        littleEndian,
      );
  }
  return bytes;
}

/** A safetensors file as PyTorch writes it. */
export function safetensorsOf(tensors: readonly RawTensor[]): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, type, shape, bytes }) => {
    end += bytes.length;
    return [name, { dtype: type, shape, data_offsets: [end - bytes.length, end] }] as const;
  });
  const header = Buffer.from(JSON.stringify({ __metadata__: { format: "pt" }, ...Object.fromEntries(entries) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...tensors.map(({ bytes }) => bytes)]);
}

/** A NumPy array, version 1. */
export function npy(
  descr: string,
  shape: readonly number[],
  data: Float32Array,
  fortran = false,
  size = Number(descr.slice(2)),
): Uint8Array {
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${lengths}), }`;
  const header = `${dict.padEnd(117)}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\0${String.fromCharCode(header.length)}\0${header}`, "latin1");
  return Buffer.concat([start, floats(data, size || 4, false, descr[0] !== ">")]);
}

/** A node: its type, its inputs, its output, and attributes. */
export type NodeSpec = readonly [
  type: string,
  inputs: readonly string[],
  output: string,
  attributes?: Readonly<Record<string, number>>,
];

interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One number. */
export function constant(name: string, value: number): Constant {
  return { name, shape: [], data: Float32Array.of(value) };
}

/** An ONNX file from "x" to "y". Field numbers as in onnx.proto. */
export function onnxOf(
  nodes: readonly NodeSpec[],
  constants: readonly Constant[],
  { raw = true, inputs = ["x"], external = false } = {},
): Uint8Array {
  const pbf = new PbfWriter();
  const message = (field: number, write: () => void) => pbf.writeMessage(field, write, undefined);
  const attribute = ([name, value]: [string, number]) =>
    message(5, () => {
      pbf.writeStringField(1, name);
      if (name === "alpha" || name === "beta") pbf.writeFloatField(2, value);
      else pbf.writeVarintField(3, value);
    });
  pbf.writeVarintField(1, 8);
  pbf.writeStringField(2, "test");
  message(7, () => {
    for (const [type, from, to, attributes = {}] of nodes) {
      message(1, () => {
        for (const name of from) pbf.writeStringField(1, name);
        pbf.writeStringField(2, to);
        pbf.writeStringField(4, type);
        Object.entries(attributes).forEach(attribute);
      });
    }
    for (const { name, shape, data } of constants) {
      message(5, () => {
        for (const size of shape) pbf.writeVarintField(1, size);
        pbf.writeVarintField(2, 1);
        pbf.writeStringField(8, name);
        if (raw) pbf.writeBytesField(9, floats(data, 4));
        else pbf.writePackedFloat(4, [...data]);
        if (external) pbf.writeVarintField(14, 1);
      });
    }
    for (const name of inputs) message(11, () => pbf.writeStringField(1, name));
    message(12, () => pbf.writeStringField(1, "y"));
  });
  return pbf.finish().slice();
}

export const SIZES = [6, 5, 4];
export const GIVEN = { activation: "relu", cost: "log-likelihood" } as const;

/** Layers whose numbers are all different, and f16 as they are. */
export function layersOf(sizes: readonly number[]): Parameters[] {
  let next = 0;
  const numbers = (length: number) => Float32Array.from({ length }, () => (++next % 200) / 64 - 1.5);
  return sizes.slice(1).map((outputs, i) => ({ weights: numbers(outputs * sizes[i]), biases: numbers(outputs) }));
}

export const LAYERS = layersOf(SIZES);

export function read(bytes: Uint8Array, options: ImportOptions = GIVEN) {
  return decodeModel(bytes, { file: "m", ...options });
}

/** Of a file that is no model here. */
export function refusal(bytes: Uint8Array, options: ImportOptions = GIVEN): string {
  try {
    read(bytes, options);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(/^m: [^\n]*expected [^\n]*$/);
    return (error as Error).message;
  }
  throw new Error("it was taken");
}

export const transposed = ({ weights, biases }: Parameters) => {
  const inputs = weights.length / biases.length;
  return Float32Array.from(weights, (_, i) => weights[(i % biases.length) * inputs + Math.floor(i / biases.length)]);
};
