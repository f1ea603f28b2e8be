// A folder of pictures for each class: the names of the folders are those of the classes.

import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { Dataset } from "../data/dataset.js";
import { classify, labelArray } from "../data/names.js";
import type { Preparation } from "../data/preparation.js";
import type { PixelOptions } from "../data/samples.js";
import { FormatError } from "../errors.js";
import { readable } from "./files.js";
import type { Making } from "./picture-job.js";
import { type Progress, readImages } from "./picture-pool.js";

/** What systems leave in folders. */
const OTHER_FILES = /^(\..*|thumbs\.db|desktop\.ini)$/i;

/** How pictures are read, and what of. */
export interface PictureOptions extends PixelOptions {
  /** Class names that are known; undefined for those of the folders. */
  readonly classNames?: readonly string[];
  /** That of the network that is to read them: they are made as it makes pictures. */
  readonly preparation?: Preparation;
  readonly onProgress?: Progress;
}

/** Pictures that were read, and how others are made alike. */
export interface ReadPictures {
  readonly data: Dataset;
  readonly making: Making;
  /** Whether dark and bright were exchanged. */
  readonly invert: boolean | undefined;
  /** What there is to say of how they were made. */
  readonly notice: string | undefined;
}

/** The names of what is in a folder, in the order of their numbers, without what systems leave there. */
export function namesIn(path: string): string[] {
  const names = readable(path, () => readdirSync(path));
  return names.filter((name) => !OTHER_FILES.test(name)).sort(new Intl.Collator("en", { numeric: true }).compare);
}

/**
 * The pictures in the folders of classes.
 * @param making how those were made that these belong to, as test pictures to training pictures
 * @throws {FormatError} for the first folder or picture that cannot be used
 */
export async function readClasses(path: string, options: PictureOptions, making?: Making): Promise<ReadPictures> {
  const { classNames, preparation, onProgress, pixelMax, invert, transpose } = options;
  const folders = namesIn(path);
  if (folders.length < 2 && classNames === undefined) {
    throw new FormatError(path, `expected a folder of pictures for each of two or more classes, got ${folders.length}`);
  }
  const { labels: classes, ...named } = classesOf(path, folders, classNames);
  const paths: string[] = [];
  const labels: number[] = [];
  for (const [i, folder] of folders.entries()) {
    const pictures = namesIn(join(path, folder));
    if (pictures.length === 0) throw new FormatError(join(path, folder), "expected pictures, got an empty folder");
    for (const picture of pictures) {
      paths.push(join(path, folder, picture));
      labels.push(classes[i]);
    }
  }
  const made = await readImages(paths, making ?? preparation, onProgress);
  const given = { ...named, images: made.images, labels: labelArray(named.classes, labels), columns: made.columns };
  const asked = { pixelMax, invert, transpose };
  // The network's own making has done what they ask.
  if (preparation !== undefined) return { ...made, data: new Dataset({ ...given, prepared: asked }), invert };
  const data = new Dataset({ ...given, ...asked });
  // Pictures are dark on bright more often than not: nobody has to say so.
  const isDark = invert === undefined && data.warnings.some(({ mend }) => mend?.invert);
  return { ...made, data: isDark ? new Dataset({ ...given, ...asked, invert: true }) : data, invert: invert ?? isDark };
}

function classesOf(path: string, folders: readonly string[], known: readonly string[] | undefined) {
  try {
    return classify(folders, known);
  } catch (error) {
    throw new FormatError(path, (error as Error).message);
  }
}

/** A name of a picture beside folders, if there is one: it belongs to no class. */
export function pictureAmong(names: readonly string[]): string | undefined {
  return names.find((name) => /\.(png|jpe?g|webp|bmp|gif)$/i.test(basename(name)));
}
