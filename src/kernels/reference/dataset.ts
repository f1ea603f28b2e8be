// A data set: a^0 of each image, and the order of an epoch. Pairs with assembly/images.ts.

import { type Dataset, type Pixels, toBytes } from "../../data/dataset.js";
import type { DistortionBounds } from "../../data/distortions.js";
import type { KernelDataset, RealArray } from "../kernels.js";
import type { Arithmetic } from "./arithmetic.js";
import { distortPixels } from "./distort.js";
import { RandomStream, SHUFFLE } from "./random.js";

/** Samples as they are, with the cost and prediction of each. */
export class ReferenceDataset implements KernelDataset {
  readonly length: number;
  /** The samples' numbers in the order of the epoch. */
  readonly order: Uint32Array;
  /** C_x of each sample, in the order it was last visited. */
  readonly costs: RealArray;
  /** The most active output for each sample, in the order it was last visited. */
  readonly predictions: Uint16Array;
  // Not the Dataset itself, which could then never be garbage-collected.
  readonly #images: Pixels;
  readonly #labels: Dataset["labels"];
  readonly #columns: number;
  readonly #grey: RealArray;
  #bounds: DistortionBounds | undefined;
  /** Those of the latest shuffle(). */
  seed = 0;
  epoch = 0;

  constructor(dataset: Dataset, { Array: Real }: Arithmetic) {
    this.length = dataset.length;
    this.order = Uint32Array.from({ length: dataset.length }, (_, i) => i);
    this.costs = new Real(dataset.length);
    this.predictions = new Uint16Array(dataset.length);
    this.#images = toBytes(dataset.images);
    this.#labels = dataset.labels;
    this.#columns = dataset.columns;
    this.#grey = new Real(256).map((_: number, pixel: number) => pixel / 255);
  }

  label(i: number): number {
    return this.#labels[i];
  }

  distort(bounds: DistortionBounds | undefined): void {
    this.#bounds = bounds;
  }

  distorted(i: number, number: number, seed: number, epoch: number): Pixels {
    const inputs = this.#images.length / this.length;
    const pixels = this.#images.subarray(i * inputs, (i + 1) * inputs);
    return this.#bounds ? distortPixels(pixels, this.#columns, this.#bounds, seed, epoch, number) : pixels;
  }

  /** a^0: the pixels of image i, in training the distorted ones; bytes as 0.0 (white) to 1.0 (black). */
  input(i: number, a: RealArray, training: boolean): void {
    const pixels = training
      ? this.distorted(i, i, this.seed, this.epoch)
      : this.#images.subarray(i * a.length, (i + 1) * a.length);
    if (pixels instanceof Float32Array) a.set(pixels);
    else for (let k = 0; k < a.length; k++) a[k] = this.#grey[pixels[k]];
  }

  /** Fisher-Yates from the given order. */
  shuffle(seed: number, epoch: number): void {
    const random = new RandomStream(seed, SHUFFLE, epoch);
    const { order } = this;
    this.seed = seed;
    this.epoch = epoch;
    for (let i = 0; i < this.length; i++) order[i] = i;
    for (let i = this.length; i > 1; i--) {
      const j = random.nextBelow(i);
      [order[i - 1], order[j]] = [order[j], order[i - 1]];
    }
  }

  meanCost(): number {
    let sum = 0;
    for (const cost of this.costs) sum += cost;
    return sum / this.length;
  }

  countCorrect(): number {
    return this.order.reduce((sum, image, i) => sum + Number(this.predictions[i] === this.label(image)), 0);
  }

  release(): void {}
}
