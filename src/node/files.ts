// What all readers of files share: the system's refusals in words, and gzip with a bound.

import { statSync } from "node:fs";
import { gunzipSync, type ZlibOptions } from "node:zlib";
import { FormatError } from "../errors.js";

/** The commonest reasons of the system for refusing a file or folder, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "a file where a folder should be",
  EISDIR: "a folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ELOOP: "links in a circle",
  EIO: "a disk that fails",
};

/** Why the system refused something: in words, or by its code, or else that there was no room for it. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? "one that does not fit into memory" : (REASONS[code] ?? `the system's error ${code}`);
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** What `read` returns; what the system says is said of the file. */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new Error(`${path}: expected a file that can be read, got ${reasonOf(error)}`);
  }
}

/** What zlib finds wrong with gzip data, in words. */
const GZIP_FAULTS: Readonly<Record<string, string>> = {
  ERR_BUFFER_TOO_LARGE: "more bytes than the IDX header in it says",
  Z_BUF_ERROR: "a part of it (file truncated?)",
  Z_DATA_ERROR: "damaged data",
  Z_NEED_DICT: "data that need a dictionary",
  Z_MEM_ERROR: "one that does not fit into memory",
};

export function unzip(name: string, bytes: Uint8Array, options: ZlibOptions): Uint8Array {
  try {
    return gunzipSync(bytes, options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = GZIP_FAULTS[code ?? ""] ?? message;
    throw new FormatError(name, `expected gzip data of one IDX file, got ${problem}`);
  }
}
