// Labelled images in memory: grey pixels, and for each image the class it shows.

import { checkArgument } from "../arguments.js";
import { checkObject, typeName } from "../errors.js";
import { PIXELS } from "../options/data.js";
import { checkKnown } from "../options/known.js";
import { checkOptions } from "../options/option.js";
import { checkRange, RANGES, type Range } from "../ranges.js";
import { type DataWarning, inspectCut, inspectDataset } from "./inspect.js";
import { checkClassNames } from "./names.js";
import { orderInProportion, randomOrder } from "./order.js";
import type { PixelOptions, Pixels, Samples } from "./samples.js";

export type { PixelOptions, Pixels };

/** Images and what they show. */
export interface DatasetOptions extends PixelOptions {
  /** [length][inputs]: the pixels of one image after the other. Not copied: must not be changed afterwards. */
  readonly images: Pixels;
  /** One a sample, 0 to classes - 1. Not copied: must not be changed afterwards. */
  readonly labels: Uint8Array | Uint16Array;
  /** 1 to 65,536. Default: as many as there are class names, else the largest label + 1. */
  readonly classes?: number;
  /** What the classes are called, in their order: as many names as classes. A model keeps them. */
  readonly classNames?: readonly string[];
  /** Pixels in a row of an image, a divisor of the pixels per image. Default: their square root if whole, else all. */
  readonly columns?: number;
  /** How the images were made already, as of another Dataset: kept, not done again. */
  readonly prepared?: PixelOptions;
}

/** The keys of DatasetOptions. */
const DATASET_OPTIONS = {
  images: true,
  labels: true,
  classes: true,
  classNames: true,
  columns: true,
  ...PIXELS,
  prepared: true,
} as const satisfies Record<keyof DatasetOptions, unknown>;

const LABEL: Range = { min: 0, max: 65_535, whole: true, description: "a whole number from 0 to 65535" };
/** Of samples in the first of two parts. */
const SHARE: Range = { min: 1e-9, max: 1 - 1e-9, whole: false, description: "a number between 0 and 1" };

/** Images of one size, each with a class: to train on, or to test with. */
export class Dataset implements Samples {
  /** [length][inputs]: the pixels of one image after the other, made as `prepared` says. */
  readonly images: Pixels;
  /** [length], the class of each image, 0 to classes - 1. */
  readonly labels: Uint8Array | Uint16Array;
  /** Pixels in a row of an image. */
  readonly columns: number;
  /** The size of the last layer. */
  readonly classes: number;
  /** What the classes are called, in their order; undefined if they have numbers only. */
  readonly classNames: readonly string[] | undefined;
  /** How the images were made; undefined if they are as they were given. */
  readonly prepared: PixelOptions | undefined;
  readonly #cut: readonly DataWarning[];
  #warnings: readonly DataWarning[] | undefined;

  /**
   * @throws {TypeError} if images or labels are not typed arrays of the types above
   * @throws {RangeError} if there are no samples, images and labels disagree in number, a label is not below classes,
   *   a pixel is not a finite number, or another option is outside its range
   */
  constructor(options: DatasetOptions) {
    checkObject("options", options);
    checkKnown("Dataset", options, DATASET_OPTIONS);
    const { images, labels, prepared, pixelMax, invert, transpose } = options;
    let { classes, columns } = options;
    checkPixels("images", images);
    if (!(labels instanceof Uint8Array || labels instanceof Uint16Array)) {
      throw new TypeError(`labels: expected a Uint8Array or Uint16Array of classes, got ${typeName(labels)}`);
    }
    if (labels.length === 0) throw new RangeError("labels: expected at least one sample, got an empty data set");
    const inputs = images.length / labels.length;
    if (!Number.isInteger(inputs)) {
      throw new RangeError(`images: expected ${labels.length} images of the same size, got ${images.length} pixels`);
    }
    checkRange("pixels per image", inputs, RANGES.inputs);
    if (columns !== undefined && typeof columns !== "number") {
      throw new TypeError(`columns: expected a divisor of ${inputs}, the pixels per image, got ${typeName(columns)}`);
    }
    columns ??= Number.isInteger(Math.sqrt(inputs)) ? Math.sqrt(inputs) : inputs;
    if (!Number.isInteger(inputs / columns) || !(columns >= 1)) {
      throw new RangeError(`columns: expected a divisor of ${inputs}, the pixels per image, got ${columns}`);
    }
    let largest = 0;
    for (const label of labels) if (label > largest) largest = label;
    const names = options.classNames === undefined ? undefined : checkClassNames(options.classNames);
    if (classes === undefined) classes = names?.length ?? largest + 1;
    checkRange("classes", classes, RANGES.classes);
    if (names !== undefined && names.length !== classes) {
      throw new RangeError(`class names: expected ${classes}, as many as classes, got ${names.length}`);
    }
    if (largest >= classes) {
      const i = labels.indexOf(largest);
      throw new RangeError(`labels: expected 0 to ${classes - 1}, got ${largest} for sample ${i}`);
    }
    const asked = checkPixelOptions({ pixelMax, invert, transpose });
    this.images = asked === undefined ? images : preparePixels(images, asked, inputs, columns);
    this.#cut = asked?.pixelMax === undefined ? [] : inspectCut(images, asked.pixelMax);
    this.labels = labels;
    this.columns = asked?.transpose ? inputs / columns : columns;
    this.classes = classes;
    this.classNames = names;
    this.prepared = asked ?? (prepared === undefined ? undefined : checkPixelOptions(prepared));
  }

  // Getters, so that { ...dataset } and a copy in another thread have just what a Dataset is made of.

  /** Samples. */
  get length(): number {
    return this.labels.length;
  }

  /** Pixels per image: the size of the first layer of a network that reads it. */
  get inputs(): number {
    return this.images.length / this.labels.length;
  }

  /** What a training on these data would suffer from, as inspectDataset() finds it; measured when it is asked for. */
  get warnings(): readonly DataWarning[] {
    this.#warnings ??= Object.freeze([...this.#cut, ...inspectDataset(this)]);
    return this.#warnings;
  }

  /**
   * Samples start to end - 1, as Array's slice() counts: a negative number from the end, and what is beyond it is cut
   * off. The slice has the same classes, and shares the memory. Unlike an array, a data set cannot be empty.
   * @throws {TypeError} if a place is not a number
   * @throws {RangeError} if there are no samples from start to end: a Dataset has at least one
   */
  slice(start = 0, end = this.length): Dataset {
    checkArgument("start", "a number", start, typeof start === "number");
    checkArgument("end", "a number", end, typeof end === "number");
    const labels = this.labels.subarray(start, end);
    if (labels.length === 0) {
      throw new RangeError(
        `slice: expected at least one of ${this.length} samples, since a Dataset cannot be empty, ` +
          `got none from ${start} to ${end}`,
      );
    }
    const first = (labels.byteOffset - this.labels.byteOffset) / labels.BYTES_PER_ELEMENT;
    return this.#like(this.images.subarray(first * this.inputs, (first + labels.length) * this.inputs), labels);
  }

  /**
   * A copy of some samples, in the order of their numbers; one may come more than once.
   * @param indices 1 or more whole numbers from 0 to length - 1
   * @throws {TypeError | RangeError} if there are none, or one is no such number
   */
  subset(indices: ArrayLike<number>): Dataset {
    checkArgument("indices", "an array of numbers", indices, Array.isArray(indices) || ArrayBuffer.isView(indices));
    const { images, labels, inputs, length } = this;
    const { length: count } = indices;
    if (count === 0) throw new RangeError("indices: expected at least one, since a Dataset cannot be empty, got none");
    const range = { min: 0, max: length - 1, whole: true, description: `a whole number from 0 to ${length - 1}` };
    const picked = sameType(images, count * inputs);
    const classes = sameType(labels, count);
    for (let to = 0; to < count; to++) {
      const from = indices[to];
      checkRange("index", from, range);
      picked.set(images.subarray(from * inputs, (from + 1) * inputs), to * inputs);
      classes[to] = labels[from];
    }
    return this.#like(picked, classes);
  }

  /**
   * A copy in a random order, the same on every machine.
   * @param seed decides it: a whole number from 0 to 2^32 - 1
   */
  shuffle(seed = 1): Dataset {
    checkRange("seed", seed, RANGES.seed);
    return this.subset(randomOrder(this.length, seed));
  }

  /**
   * Copies of two parts in a random order, each with all classes in proportion: `data.split(0.8)` to train and to test.
   * @param share the first part's share of the samples, between 0 and 1: each part has at least one
   * @param seed decides which samples are in which part: a whole number from 0 to 2^32 - 1
   * @throws {TypeError | RangeError} if one of them cannot be used, or there is but one sample
   */
  split(share: number, seed = 1): [Dataset, Dataset] {
    checkRange("share", share, SHARE);
    checkRange("seed", seed, RANGES.seed);
    const { length } = this;
    if (length === 1) throw new RangeError("split: expected at least 2 samples, got 1");
    const first = Math.min(length - 1, Math.max(1, Math.round(share * length)));
    const order = orderInProportion(this.labels, this.classes, seed);
    return [this.subset(order.subarray(0, first)), this.subset(order.subarray(first))];
  }

  #like(images: Pixels, labels: Dataset["labels"]): Dataset {
    return new Dataset({ ...this, images, labels });
  }

  /**
   * One data set of several, in their order.
   * @param parts 1 or more, of images of one size; bytes with floats become floats
   * @throws {TypeError} if one is no Dataset
   * @throws {RangeError} if there are none, or their images, their class names or the making of their pixels differ
   */
  static concat(parts: readonly Dataset[]): Dataset {
    const areDatasets = Array.isArray(parts) && parts.every((part) => part instanceof Dataset);
    checkArgument("parts", "an array of Datasets", parts, areDatasets);
    if (parts.length === 0) throw new RangeError("parts: expected at least one Dataset, got none");
    const kind = ({ inputs, columns, classNames, prepared }: Dataset) =>
      JSON.stringify([inputs, columns, classNames, prepared]);
    const [first] = parts;
    if (parts.some((part) => kind(part) !== kind(first))) {
      throw new RangeError("parts: expected images of one size, classes and making of pixels, got others");
    }
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const floats = parts.some(({ images }) => images instanceof Float32Array);
    const images = new (floats ? Float32Array : Uint8Array)(length * first.inputs);
    const labels = new Uint16Array(length);
    let at = 0;
    for (const part of parts) {
      const bytes = floats && !(part.images instanceof Float32Array);
      images.set(bytes ? Float32Array.from(part.images, (byte) => LEVELS[byte]) : part.images, at * first.inputs);
      labels.set(part.labels, at);
      at += part.length;
    }
    return new Dataset({ ...first, images, labels, classes: Math.max(...parts.map(({ classes }) => classes)) });
  }

  /**
   * A data set of images that are arrays of their own. Plain arrays hold inputs, as a Float32Array does: 0 to 1.
   * @param images one a sample, all of one size, each its pixels row by row, or an array of rows
   * @param labels one a sample: whole numbers from 0 to 65,535
   * @param options those of a Dataset
   * @throws {TypeError | RangeError} as the constructor, or if images or labels are no such arrays, or sizes differ
   */
  static fromImages(
    images: readonly (Pixels | readonly number[] | readonly (readonly number[])[])[],
    labels: ArrayLike<number>,
    options: Omit<DatasetOptions, "images" | "labels"> = {},
  ): Dataset {
    checkObject("options", options);
    const isList = (list: unknown) => Array.isArray(list) || ArrayBuffer.isView(list);
    checkArgument("images", "an array of images", images, Array.isArray(images) && images.every(isList));
    checkArgument("labels", "an array of numbers", labels, isList(labels));
    for (const label of Array.from(labels)) checkRange("label", label, LABEL);
    const [first = []] = images;
    const columns = Array.isArray(first[0]) ? first[0].length : undefined;
    const flat = images.map((image) => (Array.isArray(image) ? image.flat() : (image as Pixels)));
    const inputs = flat[0]?.length ?? 0;
    if (flat.length !== labels.length) {
      throw new RangeError(`labels: expected ${flat.length}, as many as images, got ${labels.length}`);
    }
    const other = flat.findIndex(({ length }) => length !== inputs);
    if (other >= 0) throw new RangeError(`images[${other}]: expected ${inputs} pixels, got ${flat[other].length}`);
    const bytes = flat.every((image) => image instanceof Uint8Array || image instanceof Uint8ClampedArray);
    const pixels = new (bytes ? Uint8Array : Float32Array)(inputs * flat.length);
    flat.forEach((image, i) => {
      const levels = Array.isArray(image) || image instanceof Float32Array || bytes;
      pixels.set(levels ? image : Float32Array.from(image, (byte) => LEVELS[byte]), i * inputs);
    });
    return new Dataset({ columns, ...options, images: pixels, labels: Uint16Array.from(labels) });
  }
}

/**
 * Those of the options that do something; undefined if none does.
 * @throws {TypeError | RangeError} for one that cannot be used
 */
export function checkPixelOptions(options: PixelOptions): PixelOptions | undefined {
  checkObject("prepared", options);
  checkKnown("prepared", options, PIXELS);
  const entries = Object.entries(checkOptions(options, PIXELS)).filter(([, value]) => value);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/**
 * A copy of images, made as the options say.
 * @param inputs pixels of an image
 * @param columns of them in a row, before they are transposed
 */
export function preparePixels(
  images: Pixels,
  { pixelMax, invert = false, transpose = false }: PixelOptions,
  inputs: number,
  columns: number,
): Pixels {
  const floats = images instanceof Float32Array;
  const full = floats ? 1 : 255;
  const factor = pixelMax === undefined ? 1 : full / pixelMax;
  const level = (pixel: number) => {
    const scaled = pixelMax === undefined ? pixel : Math.min(full, pixel * factor);
    return invert ? full - scaled : scaled;
  };
  const levels = floats ? undefined : Uint8Array.from({ length: 256 }, (_, byte) => Math.round(level(byte)));
  const made = floats ? new Float32Array(images.length) : new Uint8Array(images.length);
  const rows = inputs / columns;
  for (let i = 0; i < images.length; i++) {
    const k = i % inputs;
    const to = transpose ? i - k + (k % columns) * rows + Math.floor(k / columns) : i;
    made[to] = levels === undefined ? level(images[i]) : levels[images[i]];
  }
  return made;
}

/**
 * @throws {TypeError} if they are not a typed array of pixels
 * @throws {RangeError} if one is not a finite number
 */
export function checkPixels(name: string, pixels: Pixels): void {
  if (pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray) return;
  if (!(pixels instanceof Float32Array)) {
    const got = Array.isArray(pixels) ? "a plain array" : typeName(pixels);
    throw new TypeError(`${name}: expected a Uint8Array, Uint8ClampedArray or Float32Array of pixels, got ${got}`);
  }
  for (let k = 0; k < pixels.length; k++) {
    if (Number.isFinite(pixels[k])) continue;
    throw new RangeError(`${name}: expected finite numbers, got ${pixels[k]} for pixel ${k}`);
  }
}

/** p / 255 of each byte p, as f32. */
const LEVELS = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/**
 * If all numbers are 255ths, the bytes that they stand for. An image of bytes takes an eighth of the memory and time,
 * and stays one when it is distorted.
 */
export function toBytes(pixels: Pixels): Pixels {
  if (!(pixels instanceof Float32Array)) return pixels;
  const bytes = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    // Most pixels of most images are 0, as bytes[i] is.
    const pixel = pixels[i];
    if (pixel === 0) continue;
    const byte = (pixel * 255 + 0.5) & 0xff;
    if (LEVELS[byte] !== pixel) return pixels;
    bytes[i] = byte;
  }
  return bytes;
}

/** An empty array of the same type. */
function sameType<T extends Pixels | Dataset["labels"]>(array: T, length: number): T {
  if (array instanceof Float32Array) return new Float32Array(length) as T;
  return (array instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length)) as T;
}
