// The safetensors format: u64 little-endian length of the header, the header in JSON, then the tensors' data without gaps.
//   header: { "name": { "dtype": "F32", "shape": [...], "data_offsets": [begin, end] }, ..., "__metadata__": { string: string } }

import { FormatError } from "./errors.js";

export interface Tensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The format's own bound on the header, against files that claim an absurd one. */
const MAX_HEADER = 100_000_000;
const LENGTH_BYTES = 8;

/** The bytes of a safetensors file: f32 tensors in the given order, data aligned to 8 bytes. */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  let end = 0;
  const entries: [string, unknown][] = [["__metadata__", Object.fromEntries(metadata)]];
  for (const [name, { shape, data }] of tensors) {
    entries.push([name, { dtype: "F32", shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + headerLength + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + json.length, LENGTH_BYTES + headerLength);
  let offset = LENGTH_BYTES + headerLength;
  for (const { data } of tensors.values()) {
    for (const x of data) {
      view.setFloat32(offset, x, true);
      offset += 4;
    }
  }
  return bytes;
}

/**
 * The tensors and metadata of a safetensors file of f32 tensors.
 * @param file the name by which errors call it
 * @throws {FormatError} unless lengths, header, types, shapes and offsets agree, without gap or overlap
 */
export function decodeSafetensors(bytes: Uint8Array, file = "model"): Safetensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const room = bytes.length - LENGTH_BYTES;
  const headerLength = room < 0 ? 0n : view.getBigUint64(0, true);
  if (headerLength === 0n || headerLength > BigInt(Math.min(room, MAX_HEADER))) {
    throw new FormatError(
      file,
      `expected a safetensors header within ${bytes.length} bytes, got ${headerLength} (file truncated?)`,
    );
  }
  const start = LENGTH_BYTES + Number(headerLength);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, start), file);
  const metadata = new Map<string, string>();
  const tensors = new Map<string, Tensor>();
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  for (const [key, value] of Object.entries(header.__metadata__ ?? {})) {
    if (typeof value !== "string")
      throw new FormatError(file, `metadata ${key}: expected a string, got ${typeof value}`);
    metadata.set(key, value);
  }
  const ranges: (readonly [number, number])[] = [];
  for (const [name, entry] of entries) {
    const { shape, begin, end } = checkEntry(name, entry, bytes.length - start, file);
    const data = new Float32Array((end - begin) / 4);
    for (let i = 0; i < data.length; i++) data[i] = view.getFloat32(start + begin + 4 * i, true);
    tensors.set(name, { shape, data });
    ranges.push([begin, end]);
  }
  let used = 0;
  for (const [begin, end] of ranges.sort(([a], [b]) => a - b)) {
    if (begin !== used)
      throw new FormatError(file, `expected tensor data at byte ${used}, got ${begin} (gap or overlap)`);
    used = end;
  }
  if (used !== bytes.length - start) {
    throw new FormatError(file, `expected ${used} bytes of tensor data, got ${bytes.length - start}`);
  }
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> & { __metadata__?: object } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new FormatError(file, "expected a safetensors header in JSON, got something else (file corrupt?)");
  }
  if (!isObject(header) || !(header.__metadata__ === undefined || isObject(header.__metadata__))) {
    throw new FormatError(file, "expected a JSON object as header and as __metadata__");
  }
  return header;
}

function checkEntry(name: string, entry: unknown, length: number, file: string) {
  const { dtype, shape, data_offsets: offsets }: Record<string, unknown> = isObject(entry) ? entry : {};
  if (dtype !== "F32") throw new FormatError(file, `tensor ${name}: expected dtype F32, got ${JSON.stringify(dtype)}`);
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw new FormatError(file, `tensor ${name}: expected a shape and two offsets in whole numbers`);
  }
  const [begin, end] = offsets;
  const bytes = shape.reduce((product, n) => product * n, 4);
  if (end - begin !== bytes || end > length) {
    throw new FormatError(
      file,
      `tensor ${name}: expected ${bytes} bytes within ${length} for shape [${shape.join(", ")}], got bytes ${begin} to ${end}`,
    );
  }
  return { shape, begin, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
