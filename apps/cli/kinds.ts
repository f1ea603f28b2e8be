// The kinds of files that commands write, recognised by their first bytes. A command replaces only its own kind.

import { type FileHandle, open } from "node:fs/promises";
import { extname } from "node:path";

/** A kind of file that a command writes. */
export interface Kind {
  /** What a sentence calls it, as in "a Ductus model". */
  readonly name: string;
  /** Whether a file is of this kind. */
  readonly matches: (path: string) => Promise<boolean>;
  /** How its names end. */
  readonly ending: string;
}

/** How names of other kinds of files end: a file of a command would be taken for one of these. */
const FOREIGN = [
  ...["bmp", "gif", "gz", "h5", "jpeg", "jpg", "keras", "md", "npy", "pb", "pdf", "pickle", "pkl"],
  ...["pt", "pth", "svg", "tar", "tflite", "tif", "tiff", "txt", "webp", "zip"],
];

/** The kind of another ending, without the dot, if a name has one; undefined if it says nothing else than the kind. */
export function otherEnding(path: string, kind: Kind): string | undefined {
  const ending = extname(path).slice(1).toLowerCase();
  const others = [...FOREIGN, ...Object.values(KINDS).map((other) => other.ending)];
  return ending !== kind.ending && others.includes(ending) ? ending : undefined;
}

/** Bytes in which the marks of all kinds but safetensors lie. */
const START = 8192;
/** Bytes. Headers of Ductus models are at most this long. */
const MAX_HEADER = 2 ** 23;
const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
/** After the IR version: field 2, producer_name, of 6 bytes. */
/** How a network in C begins, in both of its files. */
const C_FILE = /^\/\* [\w.-]+\.[ch]: a network of Ductus in C99\./;
/** In an archive of `ductus export`, the name of the first array, and its text, in words of four bytes. */
const NPZ = ["format.npy", [..."ductus-npz"].join("\0\0\0")] as const;
const ONNX_PRODUCER = Buffer.from("\x12\x06ductus", "latin1");

/** Bytes of a PNG after the last text: its checksum, and IEND. */
const AFTER_TEXT = 4 + 12;

/** How the pictures that commands draw name who made them. */
export const SOFTWARE = { sheet: "ductus distort", drawing: "ductus read" } as const;

export const KINDS = {
  model: {
    name: "a Ductus model",
    ending: "safetensors",
    matches: async (path) => (await readHeader(path))?.metadata.format === "ductus",
  },
  report: startsWith("a Ductus report", "html", (start) =>
    /^<!doctype html>.{0,8000} – Ductus report<\/title>/s.test(start.toString()),
  ),
  sheet: madeBy("a sheet of `ductus distort`", SOFTWARE.sheet),
  drawing: madeBy("a drawing of `ductus read`", SOFTWARE.drawing),
  onnx: startsWith("an ONNX model of `ductus export`", "onnx", (start) => start.subarray(2, 10).equals(ONNX_PRODUCER)),
  csv: startsWith("a CSV file of `ductus convert`", "csv", (start) => start.toString().startsWith("label,1x1")),
  json: startsWith("a JSON file of `ductus export`", "json", (start) =>
    start.toString().startsWith('{"format":"ductus-json",'),
  ),
  npz: startsWith("a NumPy archive of `ductus export`", "npz", (start) => {
    const text = start.toString("latin1");
    return text.startsWith("PK\x03\x04") && text.startsWith(NPZ[0], 30) && text.includes(NPZ[1]);
  }),
  history: startsWith("a history of `ductus export`", "csv", (start) => start.toString().startsWith("epoch,cost,")),
  source: startsWith("C source of `ductus export`", "c", (start) => C_FILE.test(start.toString())),
  header: startsWith("a C header of `ductus export`", "h", (start) => C_FILE.test(start.toString())),
  safetensors: {
    name: "a safetensors file of `ductus export`",
    ending: "safetensors",
    matches: async (path) => {
      const header = await readHeader(path);
      return header?.metadata.format === "pt" && header.metadata.producer === "ductus";
    },
  },
} as const satisfies Record<string, Kind>;

/** A PNG whose last chunk but IEND names the program that made it, as encodePng() writes it. */
function madeBy(name: string, software: string): Kind {
  const mark = Buffer.from(`tEXtSoftware\0${software}`, "latin1");
  return {
    name,
    ending: "png",
    matches: async (path) => {
      if (!(await readBytes(path, 0, PNG.length)).equals(PNG)) return false;
      const end = await readBytes(path, -(mark.length + AFTER_TEXT), mark.length);
      return end.equals(mark);
    },
  };
}

function startsWith(name: string, ending: string, matches: (start: Buffer) => boolean): Kind {
  return { name, ending, matches: async (path) => matches(await readBytes(path, 0, START)) };
}

/** What the header of a safetensors file says: its metadata, the shapes of its tensors, and where the last one ends. */
export interface Header {
  readonly metadata: Readonly<Record<string, unknown>>;
  /** By name, as JSON: "[30,784]"; what is no tensor has none. */
  readonly shapes: ReadonlyMap<string, string | undefined>;
  /** Bytes of the whole file; NaN if the header does not say. */
  readonly end: number;
}

/** The header of a safetensors file; undefined if a file is of another kind. Its tensors are not read. */
export async function readHeader(path: string): Promise<Header | undefined> {
  // Opened once: a training may replace the file between its length and its header.
  const { length, text } = await opened(path, async (file) => {
    const prefix = await bytesOf(file, 0, 8);
    const length = prefix.length < 8 ? 0n : prefix.readBigUInt64LE();
    return { length, text: length > MAX_HEADER ? "" : String(await bytesOf(file, 8, Number(length))) };
  });
  if (text.length < 2) return undefined;
  try {
    const { __metadata__: metadata, ...tensors } = JSON.parse(text);
    const ends = Object.values(tensors).map((tensor) => Number((tensor as Partial<Place> | null)?.data_offsets?.[1]));
    const end = ends.reduce((most, one) => Math.max(most, one), 0);
    const shapes = new Map(
      Object.entries(tensors).map(([name, tensor]) => [name, JSON.stringify((tensor as Partial<Place> | null)?.shape)]),
    );
    return { metadata: { ...metadata }, shapes, end: 8 + Number(length) + end };
  } catch (error) {
    // Not JSON, or no object.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A tensor in the header: its shape, and where its bytes are, from the end of the header. */
interface Place {
  readonly shape: readonly number[];
  readonly data_offsets: readonly [begin: number, end: number];
}

async function opened<Value>(path: string, read: (file: FileHandle) => Promise<Value>): Promise<Value> {
  const file = await open(path);
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}

function readBytes(path: string, offset: number, length: number): Promise<Buffer> {
  return opened(path, (file) => bytesOf(file, offset, length));
}

/** Bytes of a file from an offset, or from its end if that is negative; fewer where the file ends before. */
async function bytesOf(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { size } = await file.stat();
  const start = offset < 0 ? Math.max(0, size + offset) : offset;
  const room = Math.max(0, Math.min(length, size - start));
  const { buffer, bytesRead } = await file.read(Buffer.alloc(room), 0, room, start);
  return buffer.subarray(0, bytesRead);
}
