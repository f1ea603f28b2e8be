// The parts of an ONNX file that a fully connected network has: nodes, constant tensors, inputs and outputs. Field
// numbers as in onnx.proto: see src/formats/onnx.ts.

import { FormatError, show } from "../../errors.js";
import { decodeFloats } from "./floats.js";
import type { Named } from "./layers.js";

/** A step of the computation. */
export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers and floats by name. */
  readonly attributes: ReadonlyMap<string, number>;
  /** Of a Constant. */
  readonly tensor?: Uint8Array;
}

/** The graph of an ONNX file. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** By name, those of Constant nodes included. Undefined: no floats, as shapes have none. */
  readonly constants: ReadonlyMap<string, Named | undefined>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** TensorProto.DataType. */
const TYPES = { 1: "F32", 10: "F16", 11: "F64", 16: "BF16" } as const;
/** TensorProto.DataLocation. */
const EXTERNAL = 1;
const MOST_NODES = 1000;
/** Fields of a message: more than any of a network has, whose numbers are in one field. */
const MOST_FIELDS = 100_000;

/**
 * The graph of an ONNX file.
 * @throws {FormatError} if it cannot be parsed
 */
export function readOnnxGraph(bytes: Uint8Array, file: string): OnnxGraph {
  try {
    const [graph] = fieldsOf(bytes).get(7) ?? [];
    if (graph instanceof Uint8Array) return graphOf(graph, file);
  } catch (error) {
    if (error instanceof FormatError) throw error;
  }
  throw new FormatError(file, "expected an ONNX model with a graph, got something else (file truncated?)");
}

function graphOf(bytes: Uint8Array, file: string): OnnxGraph {
  const fields = fieldsOf(bytes);
  const nodes = messages(fields, 1).map(nodeOf);
  if (nodes.length > MOST_NODES) {
    throw new FormatError(file, `expected a graph of at most ${MOST_NODES} nodes, got ${nodes.length}`);
  }
  const constants = new Map<string, Named | undefined>();
  for (const message of messages(fields, 5)) {
    const tensor = tensorOf(message, file);
    constants.set(tensor.name, tensor.data === undefined ? undefined : { ...tensor, data: tensor.data });
  }
  for (const { outputs, tensor } of nodes) {
    if (tensor === undefined) continue;
    const { shape, data } = tensorOf(tensor, file);
    constants.set(outputs[0], data && { name: outputs[0], shape, data });
  }
  const names = (field: number) => messages(fields, field).map((value) => textOf(fieldsOf(value), 1));
  return {
    nodes: nodes.filter(({ tensor }) => tensor === undefined),
    constants,
    inputs: names(11).filter((name) => !constants.has(name)),
    outputs: names(12),
  };
}

function nodeOf(bytes: Uint8Array): OnnxNode {
  const fields = fieldsOf(bytes);
  const attributes = new Map<string, number>();
  let tensor: Uint8Array | undefined;
  for (const message of messages(fields, 5)) {
    const attribute = fieldsOf(message);
    const [value] = attribute.get(3) ?? attribute.get(2) ?? [];
    if (typeof value === "number") attributes.set(textOf(attribute, 1), value);
    if (textOf(fields, 4) === "Constant" && textOf(attribute, 1) === "value") [tensor] = messages(attribute, 5);
  }
  return { type: textOf(fields, 4), inputs: texts(fields, 1), outputs: texts(fields, 2), attributes, tensor };
}

function tensorOf(bytes: Uint8Array, file: string) {
  const fields = fieldsOf(bytes);
  const name = textOf(fields, 8);
  const refuse = (expected: string, got: string) =>
    new FormatError(file, `tensor ${show(name)}: expected ${expected}, got ${got}`);
  const shape = (fields.get(1) ?? []).flatMap((dims) => (dims instanceof Uint8Array ? varints(dims) : dims));
  if (numberOf(fields, 14) === EXTERNAL) {
    throw refuse("its numbers in the file itself", "another file's: save it without external data");
  }
  const type = TYPES[numberOf(fields, 2) as keyof typeof TYPES];
  if (type === undefined) return { name, shape, data: undefined };
  const [raw] = messages(fields, 9);
  // Floats and doubles have lists of their own; those of 16 bits do not appear as lists in practice.
  const list = type === "F32" ? (fields.get(4) ?? []) : type === "F64" ? (fields.get(10) ?? []) : [];
  const unpacked = list.filter((value) => typeof value === "number");
  const packed = list.filter((value) => value instanceof Uint8Array).map((part) => decodeFloats(part, type));
  const data =
    raw === undefined
      ? Float32Array.from([...packed.flatMap((part) => [...part]), ...unpacked])
      : decodeFloats(raw, type);
  const count = shape.reduce((product, n) => product * n, 1);
  if (data.length !== count) throw refuse(`${count} numbers for shape [${shape.slice(0, 4)}]`, String(data.length));
  return { name, shape, data };
}

/** The fields of a message by number: numbers, and bytes of texts, messages and packed lists, all within it. */
type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

/**
 * The fields of a message. Pbf's reader would go on beyond the end, and fill lists that a file only claims to have.
 * @throws {Error} if a field reaches beyond the end, or is of another type than numbers and bytes
 */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (length: number) => {
    at += length;
    if (!(at <= bytes.length)) throw new Error("a field beyond the end");
    return at - length;
  };
  const varint = () => {
    let [value, factor] = [0, 1];
    for (let byte = 0x80; byte >= 0x80; factor *= 128) {
      byte = bytes[take(1)];
      value += (byte & 0x7f) * factor;
    }
    return value;
  };
  for (let count = 0; at < bytes.length; count++) {
    if (count === MOST_FIELDS) throw new Error("too many fields");
    const tag = varint();
    const type = tag % 8;
    let value: number | Uint8Array;
    if (type === 0) value = varint();
    else if (type === 1) value = view.getFloat64(take(8), true);
    else if (type === 5) value = view.getFloat32(take(4), true);
    else if (type === 2) {
      const length = varint();
      const start = take(length);
      value = bytes.subarray(start, start + length);
    } else throw new Error("a field of an unknown type");
    const field = Math.floor(tag / 8);
    const values = fields.get(field);
    if (values === undefined) fields.set(field, [value]);
    else values.push(value);
  }
  return fields;
}

function messages(fields: Fields, field: number): Uint8Array[] {
  return (fields.get(field) ?? []).filter((value) => value instanceof Uint8Array);
}

const texts = (fields: Fields, field: number) =>
  messages(fields, field).map((bytes) => new TextDecoder().decode(bytes));

const textOf = (fields: Fields, field: number) => texts(fields, field)[0] ?? "";

function numberOf(fields: Fields, field: number): number {
  const [value] = fields.get(field) ?? [];
  return typeof value === "number" ? value : 0;
}

/** A packed list of whole numbers: that of a shape has few. */
function varints(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let [value, factor] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte >= 0x80) continue;
    numbers.push(value);
    [value, factor] = [0, 1];
  }
  return numbers;
}
