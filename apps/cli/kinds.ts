// The kinds of files that commands write, recognised by their first bytes. A command replaces only its own kind.

import { open } from "node:fs/promises";

/** A kind of file that a command writes. */
export interface Kind {
  /** What a sentence calls it, as in "a Ductus model". */
  readonly name: string;
  /** Whether a file is of this kind. */
  readonly matches: (path: string) => Promise<boolean>;
}

/** Bytes in which the marks of all kinds but safetensors lie. */
const START = 8192;
/** Bytes. Headers of Ductus models are at most this long. */
const MAX_HEADER = 2 ** 23;
const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
/** After the IR version: field 2, producer_name, of 6 bytes. */
const ONNX_PRODUCER = Buffer.from("\x12\x06ductus", "latin1");

export const KINDS = {
  model: { name: "a Ductus model", matches: async (path) => (await readHeader(path))?.metadata.format === "ductus" },
  report: startsWith("a Ductus report", (start) =>
    /^<!doctype html>.{0,8000} – Ductus report<\/title>/s.test(start.toString()),
  ),
  // 8 bits of grey, as all sheets have; a photograph has colours.
  sheet: startsWith(
    "a sheet of `ductus distort`",
    (start) => start.subarray(0, 8).equals(PNG) && start[24] === 8 && start[25] === 0,
  ),
  onnx: startsWith("an ONNX model of `ductus export`", (start) => start.subarray(2, 10).equals(ONNX_PRODUCER)),
  json: startsWith("a JSON file of `ductus export`", (start) =>
    start.toString().startsWith('{"format":"ductus-json",'),
  ),
  safetensors: {
    name: "a safetensors file of `ductus export`",
    matches: async (path) => {
      const header = await readHeader(path);
      if (header === undefined || Object.keys(header.metadata).join() !== "format") return false;
      return header.metadata.format === "pt" && header.tensors.every((name) => /^\d+\.(weight|bias)$/.test(name));
    },
  },
} as const satisfies Record<string, Kind>;

function startsWith(name: string, matches: (start: Buffer) => boolean): Kind {
  return { name, matches: async (path) => matches(await readBytes(path, 0, START)) };
}

/** What the header of a safetensors file says: its metadata, the names of its tensors, and where the last one ends. */
export interface Header {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: readonly string[];
  /** Bytes of the whole file; NaN if the header does not say. */
  readonly end: number;
}

/** The header of a safetensors file; undefined if a file is of another kind. Its tensors are not read. */
export async function readHeader(path: string): Promise<Header | undefined> {
  const prefix = await readBytes(path, 0, 8);
  const length = prefix.length < 8 ? 0n : prefix.readBigUInt64LE();
  if (length < 2n || length > MAX_HEADER) return undefined;
  try {
    const { __metadata__: metadata, ...tensors } = JSON.parse(String(await readBytes(path, 8, Number(length))));
    const ends = Object.values(tensors).map((tensor) => Number((tensor as Partial<Place> | null)?.data_offsets?.[1]));
    const end = ends.reduce((most, one) => Math.max(most, one), 0);
    return { metadata: { ...metadata }, tensors: Object.keys(tensors), end: 8 + Number(length) + end };
  } catch (error) {
    // Not JSON, or no object.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Where the bytes of a tensor are, from the end of the header. */
interface Place {
  readonly data_offsets: readonly [begin: number, end: number];
}

/** Bytes of a file from an offset, fewer where it ends before. */
async function readBytes(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const room = Math.max(0, Math.min(length, (await file.stat()).size - offset));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(room), 0, room, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
