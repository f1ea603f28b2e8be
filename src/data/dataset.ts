// Labelled images in memory: grey pixels, and for each image the class it shows.

import { checkArgument } from "../arguments.js";
import { checkObject, typeName } from "../errors.js";
import { PIXELS } from "../options/data.js";
import { checkKnown } from "../options/known.js";
import { checkOptions } from "../options/option.js";
import { checkRange, RANGES } from "../ranges.js";
import { type DataWarning, inspectCut, inspectDataset } from "./inspect.js";
import type { PixelOptions, Pixels, Samples } from "./samples.js";

export type { PixelOptions, Pixels };

/** Images and what they show. */
export interface DatasetOptions extends PixelOptions {
  /** [length][inputs]: the pixels of one image after the other. Not copied: must not be changed afterwards. */
  readonly images: Pixels;
  /** One a sample, 0 to classes - 1. Not copied: must not be changed afterwards. */
  readonly labels: Uint8Array | Uint16Array;
  /** 1 to 65,536. Default: the largest label + 1. */
  readonly classes?: number;
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
  columns: true,
  ...PIXELS,
  prepared: true,
} as const satisfies Record<keyof DatasetOptions, unknown>;

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
    if (classes === undefined) classes = largest + 1;
    checkRange("classes", classes, RANGES.classes);
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
    return new Dataset({
      images: this.images.subarray(first * this.inputs, (first + labels.length) * this.inputs),
      labels,
      classes: this.classes,
      columns: this.columns,
      prepared: this.prepared,
    });
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
