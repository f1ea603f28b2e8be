// Pictures from disk, one image each, by as many threads as there are: each takes the next picture that nobody has
// taken, so which of them reads which changes nothing. The first picture that is refused, in their order, is reported.

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { preparePicture, toGrey } from "../data/pictures.js";
import type { Preparation } from "../data/preparation.js";
import type { Pixels } from "../data/samples.js";
import { FormatError } from "../errors.js";
import { decodePicture } from "../formats/decode.js";
import type { Picture } from "../reading/picture.js";
import { reasonOf } from "./files.js";

/** In bytes: a larger file is no picture that is read. */
const MOST_PICTURE = 2 ** 27;
/** Where in `state`: the next picture; how many are read; those from here on are not needed; whether sizes differ. */
export const [NEXT, DONE, END, OTHER_SIZE] = [0, 1, 2, 3];

/** How pictures become images: as they are, all of one size, or as those of a network. */
export type Making = { readonly width: number; readonly height: number } | Preparation;

/** What all threads share. */
export interface PictureJob {
  readonly paths: readonly string[];
  readonly making: Making;
  /** [paths][pixels], in memory that threads share. */
  readonly images: Pixels;
  /** Four numbers, as above. */
  readonly state: Int32Array;
}

/** A picture that cannot be used, and why. */
export interface Refused {
  readonly index: number;
  /** What FormatError says after the file's name; undefined for an error of another kind. */
  readonly problem: string | undefined;
  readonly message: string;
}

/**
 * Reads pictures until none is left, or `until` says so. Returns the first one that is refused, if any.
 * @returns undefined too if a picture has another size than asked for: then OTHER_SIZE is its number plus 1
 */
export function readPictures({ paths, making, images, state }: PictureJob, until = () => false): Refused | undefined {
  const pixels = images.length / paths.length;
  while (!until()) {
    const index = Atomics.add(state, NEXT, 1);
    if (index >= Atomics.load(state, END)) return undefined;
    try {
      const image = imageOf(readPicture(paths[index]), paths[index], making);
      if (image === undefined) {
        Atomics.store(state, OTHER_SIZE, index + 1);
        Atomics.store(state, END, 0);
        return undefined;
      }
      images.set(image, index * pixels);
      Atomics.add(state, DONE, 1);
    } catch (error) {
      // Others may still find one before it.
      for (let end = Atomics.load(state, END); index < end; end = Atomics.load(state, END)) {
        Atomics.compareExchange(state, END, end, index);
      }
      const { message } = error as Error;
      const problem = error instanceof FormatError ? message.slice(paths[index].length + 2) : undefined;
      return { index, problem, message };
    }
  }
  return undefined;
}

/** A picture made an image; undefined if it is to be as it is, but has another size. */
export function imageOf(picture: Picture, name: string, making: Making): Pixels | undefined {
  if (!("form" in making)) {
    return picture.width === making.width && picture.height === making.height ? toGrey(picture) : undefined;
  }
  try {
    return preparePicture(picture, making);
  } catch (error) {
    throw new FormatError(name, (error as Error).message);
  }
}

/**
 * The picture in a file. Its size is checked before it is read whole.
 * @throws {FormatError} if it is none, or larger than any
 * @throws {Error} if it cannot be read
 */
export function readPicture(path: string): Picture {
  let bytes: Uint8Array;
  try {
    // A pipe would be waited for.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(file);
      if (!status.isFile()) {
        throw new FormatError(path, `expected a picture, got ${status.isDirectory() ? "a folder" : "no file"}`);
      }
      if (status.size > MOST_PICTURE) {
        throw new FormatError(path, `expected a picture of at most ${MOST_PICTURE} bytes, got ${status.size}`);
      }
      bytes = readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new Error(`${path}: expected a picture that can be read, got ${reasonOf(error)}`);
  }
  return decodePicture(bytes, path);
}
