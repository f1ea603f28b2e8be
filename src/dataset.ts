// Labelled images in memory: grey pixels 0 (white) to 255 (black), and for each image the class it shows.

import { checkRange, RANGES } from "./ranges.js";

export interface DatasetOptions {
  /** [length][inputs]: the pixels of one image after the other. Not copied. */
  readonly images: Uint8Array;
  /** [length]: 0 to classes - 1. Not copied. */
  readonly labels: Uint8Array;
  /** 1 to 256. Default: the largest label + 1. */
  readonly classes?: number;
}

export class Dataset {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  /** Samples. */
  readonly length: number;
  /** Pixels per image: the size of the first layer of a network that reads it. */
  readonly inputs: number;
  /** The size of the last layer. */
  readonly classes: number;

  /**
   * @throws {TypeError} if images or labels are not Uint8Array
   * @throws {RangeError} if there are no samples, images and labels disagree in number, or a label is not below classes
   */
  constructor({ images, labels, classes }: DatasetOptions) {
    if (!(images instanceof Uint8Array)) throw new TypeError("images: expected a Uint8Array of pixels");
    if (!(labels instanceof Uint8Array)) throw new TypeError("labels: expected a Uint8Array of classes");
    if (labels.length === 0) throw new RangeError("labels: expected at least one sample, got an empty data set");
    const inputs = images.length / labels.length;
    if (!Number.isInteger(inputs)) {
      throw new RangeError(`images: expected ${labels.length} images of the same size, got ${images.length} pixels`);
    }
    checkRange("pixels per image", inputs, RANGES.inputs);
    let largest = 0;
    for (const label of labels) if (label > largest) largest = label;
    classes ??= largest + 1;
    checkRange("classes", classes, RANGES.classes);
    if (largest >= classes) {
      const i = labels.indexOf(largest);
      throw new RangeError(`labels: expected 0 to ${classes - 1}, got ${largest} for sample ${i}`);
    }
    this.images = images;
    this.labels = labels;
    this.length = labels.length;
    this.inputs = inputs;
    this.classes = classes;
  }

  /** Samples first to end - 1, with the same classes; shares the memory. */
  slice(first: number, end: number): Dataset {
    return new Dataset({
      images: this.images.subarray(first * this.inputs, end * this.inputs),
      labels: this.labels.subarray(first, end),
      classes: this.classes,
    });
  }
}
