// The pictures that a command's arguments name: files, folders, patterns that no shell has expanded, standard input.

import { constants, open, readdir, stat } from "node:fs/promises";
import { join, parse, sep } from "node:path";
import { FormatError } from "ductus";
import { decodePicture, kindOfFile } from "ductus/formats";
import { UsageError } from "ductus/recipe";
import { reasonOf } from "./reasons.js";

/** In bytes: a larger file is no picture that is read; and of IDX files, 2 GiB. */
const [MOST_PICTURE, MOST_IDX] = [2 ** 27, 2 ** 31];
/** Bytes by which a file's kind is told. */
const HEAD = 1024;
/** What else than a picture can be read from: images of IDX files, which are unpacked first. */
const OTHERS = ["an IDX file", "a gzip file"];
const EXPECTED = "a picture (PNG, JPEG, WebP, BMP or GIF) or an IDX file";

/** The name of what comes from there. */
export const STANDARD_INPUT = "standard input";

/** What standard input is read from. */
type Input = AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };

/** A picture that an argument names. */
export interface PictureFile {
  /** As errors and output call it: its path, or "standard input". */
  readonly name: string;
  /**
   * Its bytes. They begin as those of a picture, of an IDX file or of gzip do.
   * @throws {FormatError} if it is empty, of another kind, or larger than any picture
   * @throws {Error} if it cannot be read
   */
  read(): Promise<Uint8Array>;
}

/**
 * The files that arguments name, in their order: a file itself; of a folder the pictures in it, sorted; of a pattern
 * with * ? [ ] the files that match, sorted; "-" is standard input. Nothing is read but the beginnings of the files in
 * folders.
 * @param notice gets a sentence for each folder with other files, which are skipped
 * @throws {UsageError} if standard input is named twice, or the only argument is a folder without pictures or a pattern
 * that nothing matches; among others such an argument is a file that cannot be read
 */
export async function pictureFiles(
  args: readonly string[],
  notice: (sentence: string) => void = () => {},
  input: Input = process.stdin,
): Promise<PictureFile[]> {
  if (args.filter((arg) => arg === "-").length > 1) {
    throw new UsageError("expected - for standard input at most once, got it twice");
  }
  const files: PictureFile[] = [];
  for (const arg of args) {
    if (arg === "-") {
      let read: Promise<Uint8Array> | undefined;
      const readOnce = () => {
        read ??= readInput(input);
        return read;
      };
      files.push({ name: STANDARD_INPUT, read: readOnce });
      continue;
    }
    try {
      for (const path of await pathsOf(arg, notice)) files.push({ name: path, read: () => readPicture(path) });
    } catch (error) {
      if (args.length === 1) throw error;
      // Reported in its turn, so that the other arguments are read, too.
      files.push({ name: arg, read: () => Promise.reject(error) });
    }
  }
  return files;
}

async function pathsOf(arg: string, notice: (sentence: string) => void): Promise<string[]> {
  const status = await stat(arg).catch(() => undefined);
  if (status?.isDirectory()) return picturesIn(arg, notice);
  // What is no file is reported when it is read, so that the other arguments are read, too.
  if (status !== undefined || !/[*?[]/.test(arg)) return [arg];
  const paths = await matches(arg);
  // Brackets alone are as likely part of a file's name.
  if (paths.length === 0 && !/[*?]/.test(arg)) return [arg];
  if (paths.length === 0) throw new UsageError(`${arg}: expected files that match, got none`);
  return paths;
}

async function picturesIn(folder: string, notice: (sentence: string) => void): Promise<string[]> {
  const pictures: string[] = [];
  let others = 0;
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (/ picture$/.test((await kindAt(path)) ?? "")) pictures.push(path);
    else others++;
  }
  if (pictures.length === 0) {
    const found = others === 0 ? "an empty one" : `${others} other ${others === 1 ? "file" : "files"}`;
    throw new UsageError(`${folder}: expected a folder with pictures in it, got ${found}`);
  }
  if (others > 0) notice(`${folder}: skipped ${others} that ${others === 1 ? "is no picture" : "are no pictures"}`);
  return pictures;
}

/** What is in a folder, sorted, numbers by their value. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error) => {
    throw new Error(`${folder}: expected a folder that can be read, got ${reasonOf(error)}`);
  });
  return names.sort(new Intl.Collator("en", { numeric: true }).compare);
}

/** The kind of the file at a path; undefined if it is none, or cannot be read. */
async function kindAt(path: string): Promise<string | undefined> {
  if (!(await stat(path).catch(() => undefined))?.isFile()) return undefined;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
    return kindOfFile(buffer.subarray(0, bytesRead));
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** The paths that match a pattern: * and ? stand for anything but a separator, [abc] and [a-c] for one of these. */
async function matches(pattern: string): Promise<string[]> {
  const { root } = parse(pattern);
  let paths = [root === "" ? "." : root];
  for (const part of pattern.slice(root.length).split(sep === "/" ? /\/+/ : /[\\/]+/)) {
    const found: string[] = [];
    for (const folder of paths) found.push(...(await matchesIn(folder, part)));
    paths = found;
  }
  return paths;
}

async function matchesIn(folder: string, part: string): Promise<string[]> {
  if (!/[*?[]/.test(part)) {
    const path = join(folder, part);
    return (await stat(path).catch(() => undefined)) === undefined ? [] : [path];
  }
  const names = await namesIn(folder).catch(() => []);
  const expression = expressionOf(part);
  // As in a shell, hidden files are matched by name only.
  return names
    .filter((name) => expression.test(name) && (part.startsWith(".") || !name.startsWith(".")))
    .map((name) => join(folder, name));
}

function expressionOf(part: string): RegExp {
  const source = part.replace(/\[(!?)([^\]]+)\]|\*|\?|[\\^$.|+(){}[\]]/g, (special, not, set) => {
    if (special === "*") return ".*";
    if (special === "?") return ".";
    return set === undefined ? `\\${special}` : `[${not && "^"}${set.replace(/[\\^[\]]/g, "\\$&")}]`;
  });
  return new RegExp(`^${source}$`, "s");
}

/** Checks size and kind before it reads the whole file, which may be sparse. */
async function readPicture(path: string): Promise<Uint8Array> {
  try {
    // A pipe would be waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = await file.stat();
      if (!status.isFile()) throw new FormatError(path, `expected ${EXPECTED}, got something that is not a file`);
      const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
      checkLength(path, status.size, mostBytes(path, buffer.subarray(0, bytesRead)));
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new Error(`${path}: expected ${EXPECTED} that can be read, got ${reasonOf(error)}`);
  }
}

async function readInput(input: Input): Promise<Uint8Array> {
  if (input.isTTY) throw new UsageError(`${STANDARD_INPUT}: expected ${EXPECTED} from a pipe, got a terminal`);
  const chunks: Uint8Array[] = [];
  let [length, most] = [0, 0];
  for await (const chunk of input) {
    chunks.push(chunk);
    length += chunk.length;
    if (most === 0 && length >= HEAD) most = mostBytes(STANDARD_INPUT, Buffer.concat(chunks));
    // Input that does not end is given up.
    if (most > 0) checkLength(STANDARD_INPUT, length, most);
  }
  const bytes = Buffer.concat(chunks);
  checkLength(STANDARD_INPUT, length, mostBytes(STANDARD_INPUT, bytes));
  return bytes;
}

/**
 * The most bytes of a file that begins like this.
 * @throws {FormatError} if it is neither a picture nor one of the others that are read
 */
function mostBytes(name: string, head: Uint8Array): number {
  const kind = kindOfFile(head) ?? "";
  if (/ picture$/.test(kind)) return MOST_PICTURE;
  // It says what else the file is, and what to do.
  if (!OTHERS.includes(kind)) decodePicture(head, name);
  return MOST_IDX;
}

function checkLength(name: string, length: number, most: number): void {
  if (length <= most) return;
  const [allowed, got] = [most, length].map((bytes) => Math.round(bytes / 2 ** 20));
  throw new FormatError(name, `expected ${EXPECTED} of at most ${allowed} MB, got ${got} MB`);
}
