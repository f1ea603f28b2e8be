// The safetensors format: u64 little-endian length of the header, the header in JSON, then the tensors' data without
// gaps.
//   header: { "name": { "dtype": "F32", "shape": [...], "data_offsets": [begin, end] }, ..., "__metadata__": { string:
// string } } Source: github.com/huggingface/safetensors. A file is hostile until checked: no memory is taken for
// tensors before all of the header is found right, and together they take as many bytes as the file has.

import { checkArgument, checkBytes, hasObjects } from "../arguments.js";
import { FormatError, show } from "../errors.js";
import { kindOfFile } from "./kind.js";

/** An array of f32 of any shape. */
export interface Tensor {
  /** The length of each dimension, outermost first. Each 1 or more; [] for a single number. */
  readonly shape: readonly number[];
  /** Row-major: as many numbers as the product of the shape's. */
  readonly data: Float32Array;
}

/** The contents of a safetensors file. */
export interface Safetensors {
  /** By their names, in the order of their data. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The strings of the header's __metadata__. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Bytes. The format allows 100 MB; ours need a thousandth of this bound, and the rest has room for 80,000 lines of
 * history.
 */
export const MAX_HEADER = 2 ** 23;
/** As many as NumPy has. */
const MAX_DIMENSIONS = 64;
const LENGTH_BYTES = 8;
const [OPEN, OPEN_ARRAY, COLON, QUOTE, BACKSLASH] = new TextEncoder().encode('{[:"\\');

/**
 * The bytes of a safetensors file: f32 tensors in the given order, data aligned to 8 bytes.
 * @throws {TypeError} if a value of the metadata is not a string
 * @throws {RangeError} if the header would be larger than decodeSafetensors takes, or a tensor has the name of the
 * metadata
 */
export function encodeSafetensors(content: Safetensors): Uint8Array {
  const areMaps = hasObjects(content) && content.tensors instanceof Map && content.metadata instanceof Map;
  checkArgument("content", "an object with two Maps { tensors, metadata }", content, areMaps);
  const { tensors, metadata } = content;
  for (const [key, value] of metadata) {
    if (typeof value !== "string") throw new TypeError(`metadata ${show(key)}: expected a string, got ${typeof value}`);
  }
  if (tensors.has("__metadata__")) throw new RangeError("tensors: expected names other than __metadata__");
  let end = 0;
  const entries: [string, unknown][] = [["__metadata__", Object.fromEntries(metadata)]];
  for (const [name, { shape, data }] of tensors) {
    entries.push([name, { dtype: "F32", shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(json.length / 8) * 8;
  if (headerLength > MAX_HEADER) {
    throw new RangeError(`metadata: expected a safetensors header of at most ${MAX_HEADER} bytes, got ${headerLength}`);
  }
  const bytes = new Uint8Array(LENGTH_BYTES + headerLength + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + json.length, LENGTH_BYTES + headerLength);
  let offset = LENGTH_BYTES + headerLength;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    toLittleEndian(bytes.subarray(offset, offset + data.byteLength));
    offset += data.byteLength;
  }
  return bytes;
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Turns words of four bytes from the order of this machine into that of the file, or back. */
function toLittleEndian(bytes: Uint8Array): void {
  if (LITTLE_ENDIAN) return;
  for (let i = 0; i < bytes.length; i += 4) bytes.subarray(i, i + 4).reverse();
}

/**
 * The tensors, in the order of their data, and the metadata of a safetensors file of f32 tensors. Their values are not
 * checked: they may be NaN or infinite. Stricter than the format: no duplicate keys, no other keys, no tensor without
 * data.
 * @param file the name by which errors call it
 * @throws {FormatError} unless lengths, header, types, shapes and offsets agree, without gap or overlap
 */
export function decodeSafetensors(bytes: Uint8Array, file = "model"): Safetensors {
  return decodeTensors(bytes, file, { F32: 4 }, (data) => {
    toLittleEndian(data);
    return new Float32Array(data.buffer);
  });
}

/** The types that are taken, and the bytes of a number of each. */
type Sizes = Readonly<Record<string, number>>;

/**
 * As decodeSafetensors(), for tensors of some types.
 * @param read the numbers in a copy of a tensor's bytes
 */
export function decodeTensors(
  bytes: Uint8Array,
  file: string,
  sizes: Sizes,
  read: (data: Uint8Array<ArrayBuffer>, type: string) => Float32Array,
): Safetensors {
  checkBytes(file, bytes);
  const kind = kindOfFile(bytes);
  if (kind !== undefined && kind !== "a safetensors file") {
    throw new FormatError(file, `expected a model (safetensors), got ${kind}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const room = bytes.length - LENGTH_BYTES;
  const headerLength = room < 0 ? 0n : view.getBigUint64(0, true);
  if (headerLength === 0n || headerLength > BigInt(room)) {
    throw new FormatError(
      file,
      `expected a safetensors header within ${bytes.length} bytes, got ${headerLength} (file truncated?)`,
    );
  }
  if (headerLength > BigInt(MAX_HEADER)) {
    throw new FormatError(file, `expected a safetensors header of at most ${MAX_HEADER} bytes, got ${headerLength}`);
  }
  const start = LENGTH_BYTES + Number(headerLength);
  const { metadata, places } = parseHeader(bytes.subarray(LENGTH_BYTES, start), file, sizes);
  let used = 0;
  for (const { name, begin, end } of places) {
    if (begin !== used) {
      throw new FormatError(
        file,
        `tensor ${show(name)}: expected data from byte ${used}, got ${begin} (gap or overlap)`,
      );
    }
    used = end;
  }
  if (used !== bytes.length - start) {
    const hint = used > bytes.length - start ? " (file truncated?)" : "";
    throw new FormatError(file, `expected ${used} bytes of tensor data, got ${bytes.length - start}${hint}`);
  }
  const tensors = new Map<string, Tensor>();
  for (const { name, type, shape, begin, end } of places) {
    // Copied byte by byte, for the data may begin at any one, and a NaN keeps its bits.
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(start + begin, start + end));
    tensors.set(name, { shape, data: read(copy, type) });
  }
  return { tensors, metadata };
}

/** Where a tensor lies: bytes begin to end - 1 of the data. */
interface Place {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** The metadata, and the tensors by ascending place. */
function parseHeader(
  bytes: Uint8Array,
  file: string,
  sizes: Sizes,
): { metadata: Map<string, string>; places: Place[] } {
  if (bytes[0] !== OPEN) throw new FormatError(file, `expected a header that begins with "{", got byte ${bytes[0]}`);
  const written = countSyntax(bytes);
  // Lists of objects or lists would take 30 times their text in memory; a header has none.
  if (written.nested > written.keys) {
    throw new FormatError(file, `expected a key for every object and array, got ${written.keys} for ${written.nested}`);
  }
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new FormatError(file, "expected a safetensors header in JSON, got something else (file corrupt?)");
  }
  // JSON.parse makes "__proto__" a key as any other, and so does taking the rest.
  const { __metadata__: strings = {}, ...tensors } = header;
  if (!isObject(strings)) {
    throw new FormatError(file, `__metadata__: expected an object of strings, got ${show(strings)}`);
  }
  const metadata = new Map<string, string>();
  for (const [key, value] of Object.entries(strings)) {
    if (typeof value !== "string") {
      throw new FormatError(file, `metadata ${show(key)}: expected a string, got ${show(value)}`);
    }
    metadata.set(key, value);
  }
  const places = Object.entries(tensors).map(([name, entry]) => checkEntry(name, entry, file, sizes));
  // JSON.parse keeps the last of equal keys, at any depth, so then there are fewer keys than in the text.
  const keys = Object.keys(header).length + metadata.size + 3 * places.length;
  if (written.keys !== keys) {
    throw new FormatError(file, `expected every key once, got ${written.keys} for ${keys} different ones`);
  }
  return { metadata, places: places.sort((a, b) => a.begin - b.begin) };
}

/** Throws FormatError unless an entry has the three keys of a tensor of these types, and as many bytes as its shape. */
function checkEntry(name: string, entry: unknown, file: string, sizes: Sizes): Place {
  const refuse = (expected: string, got: string) =>
    new FormatError(file, `tensor ${show(name)}: expected ${expected}, got ${got}`);
  if (!isObject(entry)) throw refuse("an object", show(entry));
  const keys = Object.keys(entry);
  if (keys.sort().join() !== "data_offsets,dtype,shape") throw refuse("dtype, shape and data_offsets", show(keys));
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(sizes, dtype)) {
    throw refuse(`dtype ${Object.keys(sizes).join(", ")}`, show(dtype));
  }
  if (!isWhole(shape, 1) || shape.length > MAX_DIMENSIONS) {
    throw refuse(`a shape of at most ${MAX_DIMENSIONS} whole numbers from 1`, show(shape));
  }
  if (!isWhole(offsets, 0) || offsets.length !== 2) throw refuse("two data_offsets, whole numbers", show(offsets));
  const [begin, end] = offsets;
  // Inexact from 2^53, but then larger than any file, for no factor is 0.
  const size = shape.reduce((product, n) => product * n, sizes[dtype]);
  if (end - begin !== size) throw refuse(`${size} bytes for shape ${show(shape)}`, `bytes ${begin} to ${end}`);
  return { name, type: dtype, shape, begin, end };
}

/**
 * In the bytes of JSON, outside of strings: its colons, so its keys, equal ones too, and the objects and arrays within
 * it.
 */
function countSyntax(json: Uint8Array): { keys: number; nested: number } {
  let keys = 0;
  let nested = -1;
  let quoted = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (byte === QUOTE) quoted = !quoted;
    else if (quoted) i += byte === BACKSLASH ? 1 : 0;
    else if (byte === COLON) keys++;
    else if (byte === OPEN || byte === OPEN_ARRAY) nested++;
  }
  return { keys, nested };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, min: number): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= min);
}
