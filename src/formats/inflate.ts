// Deflated data (RFC 1950 and 1951) inflated synchronously and bounded: by Node's own zlib where there is one, which
// is three times as fast, else by fflate. Both give the same bytes; neither looks at the Adler-32 checksum, since the
// formats here have their own.

import { type FlateError, FlateErrorCode, gunzipSync, Unzlib } from "fflate";
import { FormatError } from "../errors.js";

/**
 * Compressed bytes that fflate inflates at a time: deflate makes at most 1032 of one, so that 17 MB are the most before
 * they are counted.
 */
const SLICE = 2 ** 14;
/** Bytes after the deflated ones, and those of all that are needed at least. */
const CHECKSUM = 4;
const SHORTEST = 2 + CHECKSUM;

type Zlib = typeof import("node:zlib");

/** Node's own; other runtimes have a global Worker, and may not bound what they inflate. */
const zlib: Zlib | undefined = "Worker" in globalThis ? undefined : globalThis.process?.getBuiltinModule?.("node:zlib");

/** What a gzip file of ours holds; the bytes are trusted to be not too many. @throws {Error} if it is none */
export function gunzip(bytes: Uint8Array): Uint8Array {
  return zlib === undefined ? gunzipSync(bytes) : zlib.gunzipSync(bytes);
}

/**
 * Inflates zlib data, given in parts of any length, and emits pieces of any length.
 * @param expected the bytes that it inflates to, at least 1
 * @throws {FormatError} if the data cannot be inflated, are not whole, or inflate to less or more: a decompression bomb
 *   is noticed before it takes memory
 */
export function inflate(
  parts: readonly Uint8Array[],
  expected: number,
  emit: (data: Uint8Array) => void,
  file: string,
): void {
  if (lengthOf(parts) < SHORTEST) throw tooLittle(expected, file);
  const inflated =
    zlib === undefined ? inflateSlices(parts, expected, emit, file) : inflateWhole(zlib, parts, expected, emit, file);
  if (inflated < expected) throw tooLittle(expected, file);
}

const lengthOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);

function tooLittle(expected: number, file: string): FormatError {
  return new FormatError(file, `expected data for ${expected} bytes of pixels, got fewer (file truncated?)`);
}

function tooMuch(expected: number, file: string): FormatError {
  return new FormatError(file, `expected data for ${expected} bytes of pixels, got more (file damaged?)`);
}

function damaged(file: string): FormatError {
  return new FormatError(file, "expected deflated pixels, got bytes that cannot be inflated (file damaged?)");
}

/** By fflate. @returns the bytes inflated */
function inflateSlices(...[parts, expected, emit, file]: Parameters<typeof inflate>): number {
  let [inflated, left] = [0, lengthOf(parts)];
  let pieces: Uint8Array[] = [];
  const unzlib = new Unzlib((out) => {
    inflated += out.length;
    pieces.push(out);
  });
  for (const part of parts) {
    for (let at = 0; at < part.length; at += SLICE) {
      const slice = part.subarray(at, at + SLICE);
      left -= slice.length;
      try {
        unzlib.push(slice, left === 0);
      } catch (error) {
        const isTruncated = (error as FlateError).code === FlateErrorCode.UnexpectedEOF;
        throw isTruncated ? tooLittle(expected, file) : damaged(file);
      }
      // What follows the last pixel is kept by the inflater and copied for every slice.
      if (inflated > expected || (inflated === expected && left > SLICE)) throw tooMuch(expected, file);
      pieces.forEach(emit);
      pieces = [];
    }
  }
  return inflated;
}

/** By Node's zlib, which takes all at once. @returns the bytes inflated */
function inflateWhole(zlib: Zlib, ...[parts, expected, emit, file]: Parameters<typeof inflate>): number {
  const data = parts.length === 1 ? parts[0] : Buffer.concat(parts);
  // Method and window, no dictionary, and a check sum of both bytes: RFC 1950, section 2.2.
  const [method, flags] = data;
  if ((method & 15) !== 8 || method >> 4 > 7 || flags & 32 || (method * 256 + flags) % 31 !== 0) throw damaged(file);
  const { buffer, engine } = inflateRaw(zlib, data.subarray(2), expected, file);
  const left = data.length - 2 - engine.bytesWritten;
  if (left < CHECKSUM) throw tooLittle(expected, file);
  // As much may follow the last pixel as inflateSlices() may not have looked at.
  if (buffer.length === expected && left > 2 * SLICE) throw tooMuch(expected, file);
  emit(buffer);
  return buffer.length;
}

function inflateRaw(zlib: Zlib, data: Uint8Array, expected: number, file: string) {
  try {
    // With room for a byte more than expected, one buffer takes all. The types do not know `info`.
    return zlib.inflateRawSync(data, {
      chunkSize: expected + 64,
      maxOutputLength: expected,
      info: true,
    }) as unknown as { buffer: Buffer; engine: ReturnType<Zlib["createInflateRaw"]> };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR") throw tooLittle(expected, file);
    throw code === "ERR_BUFFER_TOO_LARGE" ? tooMuch(expected, file) : damaged(file);
  }
}
