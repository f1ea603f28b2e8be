// NumPy's .npz, a zip archive of arrays, and .npy, an array: "\x93NUMPY", the version, the length of the header, the
// header as Python writes a dict, then the numbers. Source: numpy.org/doc/stable/reference/generated/numpy.lib.format

import { unzipSync } from "fflate";
import { FormatError, show } from "../errors.js";
import { type Activation, type Cost, type LayerParameters, outputOf } from "../kernels/kernels.js";
import { crc32 } from "./crc.js";
import { decodeFloats } from "./import/floats.js";
import { transpose } from "./import/layers.js";
import { layerSizes } from "./json.js";
import { checkFunctions, functionsOf, type NetworkWeights, parametersOf } from "./weights.js";

const MAGIC = "\x93NUMPY";
/** The data begin at a multiple of so many bytes. */
const ALIGNMENT = 64;
/** Arrays of a file: more than any network of these has. */
const MOST_ARRAYS = 1000;
/** Deflate makes at most so many bytes of one. */
const MOST_INFLATED = 1032;
/** Bytes of all arrays together, 2 GiB. */
const MOST_BYTES = 2 ** 31;
/** Bytes of a header that are read. */
const MOST_HEADER = 4096;

/** An array of a file: numbers as f32, row-major, or a text. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | string;
}

/**
 * The bytes of a NumPy archive: of each layer l the f32 arrays W1, W2, ... [outputs, inputs] and b1, b2, ... [outputs],
 * so that a = f(W1 @ a + b1), and the texts "activation" and "output", the functions f.
 * @example
 * ```ts
 * await writeFile("model.npz", encodeNpz(network));
 * // layers = numpy.load("model.npz"); layers["W1"].shape == (30, 784)
 * ```
 * @param network a Network, or the layers of one, first to last: weights [outputs][inputs] and biases [outputs] of each
 * @param activation of the hidden layers; default: the network's, of layers alone "sigmoid"
 * @param cost decides the activation of the outputs; default: the network's, of layers alone "quadratic"
 * @throws {RangeError} if there is no layer, or they do not fit each other
 */
export function encodeNpz(
  network: NetworkWeights | readonly LayerParameters[],
  activation: Activation = functionsOf(network).activation,
  cost: Cost = functionsOf(network).cost,
): Uint8Array {
  const layers = parametersOf(network);
  checkFunctions(activation, cost);
  const sizes = layerSizes(layers);
  const files: [name: string, bytes: Uint8Array][] = [
    ["format.npy", textArray("ductus-npz")],
    ["activation.npy", textArray(activation)],
    ["output.npy", textArray(outputOf(cost))],
  ];
  for (const [i, { weights, biases }] of layers.entries()) {
    files.push([`W${i + 1}.npy`, floatArray(weights, [sizes[i + 1], sizes[i]])]);
    files.push([`b${i + 1}.npy`, floatArray(biases, [sizes[i + 1]])]);
  }
  return zip(files);
}

/** The first day that zip has, for the same bytes at any time. */
const DAY = 0x21;

/** A zip archive of files as they are: PKWARE's APPNOTE.TXT. Fflate's would bring its compressor along. */
function zip(files: readonly (readonly [name: string, bytes: Uint8Array])[]): Uint8Array {
  const [parts, list]: [Uint8Array[], Uint8Array[]] = [[], []];
  let offset = 0;
  for (const [name, bytes] of files) {
    const text = new TextEncoder().encode(name);
    // Version 2.0, no flags, stored, at midnight.
    const common = [20, 0, 0, 0, DAY];
    const sizes = [crc32(bytes), bytes.length, bytes.length];
    parts.push(record("PK\x03\x04", common, sizes, [text.length, 0]), text, bytes);
    list.push(record("PK\x01\x02", [20, ...common], sizes, [text.length, 0, 0, 0, 0, 0, 0], [offset]), text);
    offset += 30 + text.length + bytes.length;
  }
  const listed = list.reduce((sum, { length }) => sum + length, 0);
  const end = record("PK\x05\x06", [0, 0, files.length, files.length], [listed, offset], [0]);
  const result = new Uint8Array(offset + listed + end.length);
  let at = 0;
  for (const part of [...parts, ...list, end]) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** A signature, then in turns numbers of two bytes and of four. */
function record(signature: string, ...groups: readonly (readonly number[])[]): Uint8Array {
  const bytes = Array.from(signature, (character) => character.charCodeAt(0));
  for (const [g, group] of groups.entries()) {
    for (const n of group)
      bytes.push(n & 0xff, (n >>> 8) & 0xff, ...(g % 2 === 0 ? [] : [(n >>> 16) & 0xff, n >>> 24]));
  }
  return Uint8Array.from(bytes);
}

function floatArray(numbers: LayerParameters["biases"], shape: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  const view = new DataView(bytes.buffer);
  numbers.forEach((x, i) => void view.setFloat32(4 * i, x, true));
  return npy("<f4", shape, bytes);
}

/** A text of ASCII in words of four bytes. */
function textArray(text: string): Uint8Array {
  const bytes = new Uint8Array(4 * text.length);
  for (let i = 0; i < text.length; i++) bytes[4 * i] = text.charCodeAt(i);
  return npy(`<U${text.length}`, [], bytes);
}

function npy(type: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${type}', 'fortran_order': False, 'shape': (${lengths}), }`;
  const start = Math.ceil((MAGIC.length + 4 + dict.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = `${dict.padEnd(start - MAGIC.length - 5)}\n`;
  const bytes = new Uint8Array(start + data.length);
  const text = `${MAGIC}\x01\x00${String.fromCharCode(header.length & 0xff, header.length >> 8)}${header}`;
  for (let i = 0; i < start; i++) bytes[i] = text.charCodeAt(i);
  bytes.set(data, start);
  return bytes;
}

/**
 * The arrays of a NumPy archive by name, without ".npy".
 * @throws {FormatError} if it is none, or has other arrays than floats and texts
 */
export function decodeNpz(bytes: Uint8Array, file: string): Map<string, NpyArray> {
  let [count, packed, inflated] = [0, 0, 0];
  let files: Record<string, Uint8Array>;
  const sizes = new Map<string, number>();
  try {
    files = unzipSync(bytes, {
      filter: ({ name, size, originalSize, compression }) => {
        count++;
        packed += size;
        inflated += originalSize;
        const isBomb = originalSize > MOST_INFLATED * size || inflated > MOST_BYTES || packed > bytes.length;
        const isKnown = compression === 0 ? originalSize === size : compression === 8;
        if (count > MOST_ARRAYS || isBomb || !isKnown || sizes.has(name)) {
          throw new FormatError(file, `expected arrays within ${bytes.length} bytes, got other ones (file damaged?)`);
        }
        sizes.set(name, originalSize);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(file, "expected a NumPy archive, got a zip that cannot be unpacked (file truncated?)");
  }
  const arrays = new Map<string, NpyArray>();
  for (const [name, data] of Object.entries(files)) {
    if (!name.endsWith(".npy")) throw new FormatError(file, `expected arrays, .npy, alone, got ${show(name)}`);
    if (data.length !== sizes.get(name)) {
      throw new FormatError(file, `${show(name)}: expected ${sizes.get(name)} bytes, got ${data.length}`);
    }
    arrays.set(name.slice(0, -".npy".length), decodeNpy(data, `${file}: ${show(name)}`));
  }
  return arrays;
}

/** One array. */
function decodeNpy(bytes: Uint8Array, file: string): NpyArray {
  const text = String.fromCharCode(...bytes.subarray(0, MOST_HEADER));
  const wide = bytes[MAGIC.length] > 1;
  const length = wide ? bytes[8] + bytes[9] * 256 + (bytes[10] + bytes[11]) * 65536 : bytes[8] + bytes[9] * 256;
  const start = (wide ? 12 : 10) + length;
  const [, order, kind, size, fortran, lengths] =
    /^\{'descr': '([<>|=])([a-zA-Z])(\d{1,4})', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), ?\}\s*$/.exec(
      text.slice(wide ? 12 : 10, start),
    ) ?? [];
  if (!text.startsWith(MAGIC) || !(start <= Math.min(bytes.length, MOST_HEADER)) || lengths === undefined) {
    const python = /'descr': '\|?O/.test(text) ? "Python objects" : "something else";
    throw new FormatError(file, `expected a NumPy array of floats, got ${python}`);
  }
  const shape = lengths.split(",").flatMap((word) => (word.trim() === "" ? [] : [Number(word)]));
  const count = shape.reduce((product, n) => product * n, 1);
  const type = kind === "f" ? ({ 2: "F16", 4: "F32", 8: "F64" } as const)[Number(size)] : undefined;
  const data = bytes.subarray(start);
  const width = kind === "U" ? 4 * Number(size) : Number(size);
  if (data.length !== count * width) {
    throw new FormatError(file, `expected ${count * width} bytes for shape [${shape}], got ${data.length}`);
  }
  if (kind === "U" && order !== ">") return { shape, data: decodeText(data) };
  if (type === undefined) {
    throw new FormatError(file, `expected floats, f2, f4 or f8, got ${show(`${kind}${size}`)}`);
  }
  const numbers = decodeFloats(data, type, order !== ">");
  if (fortran === "False" || shape.length < 2) return { shape, data: numbers };
  // In columns, as a matrix turned round has it in rows.
  if (shape.length > 2) throw new FormatError(file, `expected one or two dimensions, got ${shape.length}`);
  return { shape, data: transpose(numbers, shape[1], shape[0]) };
}

function decodeText(data: Uint8Array): string {
  const codes = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i] + 256 * data[4 * i + 1]);
  return String.fromCharCode(...codes.slice(0, 100)).replace(/\0+$/, "");
}
