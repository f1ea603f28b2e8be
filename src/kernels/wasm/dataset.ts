// A data set in the module's memory: images go in by chunks, as sparse rows.

import { type Dataset, type Pixels, toBytes } from "../../data/dataset.js";
import type { DistortionBounds } from "../../data/distortions.js";
import type { KernelDataset } from "../kernels.js";
import { checkAllocated, type Memory } from "./memory.js";

/** Bytes of images handed over at a time. */
const CHUNK_BYTES = 2 ** 18;
/** addImages reads whole vectors, so up to 15 bytes past the last pixel. */
const PIXEL_PADDING = 16;
const NO_DISTORTION: DistortionBounds = { shift: 0, rotation: 0, scale: 0, shear: 0, elastic: 0, sigma: 1 };

/** Samples in the module's memory, with the cost and prediction of each. */
export class WasmDataset implements KernelDataset {
  readonly length: number;
  readonly pointer: number;
  readonly #memory: Memory;
  readonly #inputs: number;
  readonly #columns: number;
  readonly #floats: boolean;
  #bounds: string | undefined;

  constructor(memory: Memory, { labels, length, inputs, columns, ...dataset }: Dataset) {
    const { exports } = memory;
    const images = toBytes(dataset.images);
    const what = `a data set of ${length} images`;
    const chunk = Math.min(length, Math.max(1, Math.floor(CHUNK_BYTES / images.BYTES_PER_ELEMENT / inputs)));
    const labelBytes = Math.ceil(chunk / 2) * 4;
    const stagedLabels = memory.stage(labelBytes + chunk * inputs * images.BYTES_PER_ELEMENT + PIXEL_PADDING);
    const pixels = stagedLabels + labelBytes;
    this.#memory = memory;
    this.length = length;
    this.#inputs = inputs;
    this.#columns = columns;
    this.#floats = images instanceof Float32Array;
    this.pointer = checkAllocated(exports.createDataset(length, inputs), what);
    for (let first = 0; first < length; first += chunk) {
      const count = Math.min(chunk, length - first);
      const part = images.subarray(first * inputs, (first + count) * inputs);
      new Uint16Array(exports.memory.buffer, stagedLabels, count).set(labels.subarray(first, first + count));
      if (part instanceof Float32Array) memory.floats(pixels, part.length).set(part);
      else memory.bytes(pixels, part.length).set(part);
      const add = part instanceof Float32Array ? exports.addFloatImages : exports.addImages;
      if (add(this.pointer, first, pixels, stagedLabels, count) === 0) {
        this.release();
        checkAllocated(0, what);
      }
    }
  }

  distort(bounds: DistortionBounds | undefined): void {
    // The room of the same distortions is there already.
    const key = JSON.stringify(bounds);
    if (key === this.#bounds) return;
    this.#bounds = undefined;
    const { shift, rotation, scale, shear, elastic, sigma } = bounds ?? NO_DISTORTION;
    const numbers = [shift, rotation, scale, shear, elastic, sigma] as const;
    checkAllocated(this.#memory.exports.setDistortion(this.pointer, this.#columns, ...numbers), "distortions");
    this.#bounds = key;
  }

  /** Makes room for the distorted images of a mini-batch. */
  reserveDistorted(m: number, threads: number): void {
    const samples = Math.min(m, this.length);
    checkAllocated(
      this.#memory.exports.reserveDistorted(this.pointer, samples, threads),
      `${samples} distorted images`,
    );
  }

  distorted(i: number, number: number, seed: number, epoch: number): Pixels {
    const { exports } = this.#memory;
    this.reserveDistorted(1, 1);
    const address = exports.distortedImage(this.pointer, i, number, seed, epoch) >>> 0;
    return this.#floats
      ? this.#memory.floats(address, this.#inputs).slice()
      : this.#memory.bytes(address, this.#inputs).slice();
  }

  shuffle(seed: number, epoch: number): void {
    this.#memory.exports.shuffle(this.pointer, seed, epoch);
  }

  meanCost(): number {
    return this.#memory.exports.sumCosts(this.pointer, 0, this.length) / this.length;
  }

  countCorrect(): number {
    return this.#memory.exports.countCorrect(this.pointer);
  }

  release(): void {
    this.#memory.afterWork((exports) => exports.releaseDataset(this.pointer));
  }
}
