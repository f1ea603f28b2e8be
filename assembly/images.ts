// A data set in memory: each image as a sparse row, a record of its label and its non-zero pixels.
//   record:  u32 label, u32 length, u32 index,    then `length` entries by ascending k:  u8 pixel, u8 gap
// The gap is k less the k of the entry before (of the first: k). Where it would be above 255, entries of pixel 0 and gap 255 go
// before. a_k = pixel / 255 comes from a table. Leaving out zeros, or putting some in, is exact: a term 0 * w adds nothing.
// An image of numbers that are not such pixels has all of them in its record, the length being 2^32 - 1: f32[inputs].

import { releaseDistortion } from "./distort";
import { allocateBlock, release, shrink } from "./memory";
import { nextBelow, openStream, SHUFFLE } from "./random";

/** f32[256]: pixel / 255. */
export const PIXELS: usize = memory.data(1024, 16);

/** The largest gap of an entry. */
const MAX_GAP: u32 = 255;
/** The length that stands for f32[inputs] instead of entries. */
export const FLOATS: u32 = u32.MAX_VALUE;
/** The longest records of so many images have room in a chunk at first: what they leave is given back. */
const CHUNK_BYTES: u64 = 1 << 20;
/** Up to this many 256ths of non-zero pixels, leaving out the zeros is faster than using all: measured from 30 to 800 neurons. */
const SPARSE_SHARE: u32 = 180;

@unmanaged
export class Dataset {
  count: u32;
  /** Pixels per image: n_0 of every network that reads it. */
  inputs: u32;
  /** u32[count]: addresses of the records, as given. */
  images: usize;
  /** u32[count]: the same addresses in the order of the current epoch. */
  order: usize;
  /** f32[count]: C_x of each sample, in the order it was last visited. */
  costs: usize;
  /** u16[count]: the most active output for each sample, in the order it was last visited. */
  predictions: usize;
  /** Address of the latest chunk of records; each begins with the address of the one before. */
  chunks: usize;
  /** What decided the order, and decides distortions. */
  seed: u32;
  epoch: u32;
  /** See distort.ts; 0 for none. */
  distortion: usize;
}

@unmanaged
export class Image {
  label: u32;
  length: u32;
  /** Its number in the data set. */
  index: u32;

  @inline get entries(): usize {
    return changetype<usize>(this) + offsetof<Image>();
  }

  @inline get end(): usize {
    return this.entries + (this.length << 1);
  }
}

/** A data set of `count` images of `inputs` pixels, all still to be added. Returns 0 if the memory cannot be had. */
export function createDataset(count: u32, inputs: u32): Dataset | null {
  for (let pixel: u32 = 0; pixel < 256; pixel++) store<f32>(PIXELS + (pixel << 2), <f32>pixel / 255);
  const block = allocateBlock(offsetof<Dataset>() + <u64>count * 14);
  if (block === 0) return null;
  const dataset = changetype<Dataset>(block);
  const arrays = block + offsetof<Dataset>();
  dataset.count = count;
  dataset.inputs = inputs;
  dataset.images = arrays;
  dataset.order = arrays + 4 * <usize>count;
  dataset.costs = arrays + 8 * <usize>count;
  dataset.predictions = arrays + 12 * <usize>count;
  dataset.chunks = 0;
  dataset.seed = 0;
  dataset.epoch = 0;
  dataset.distortion = 0;
  return dataset;
}

/** Frees a data set and its images. */
export function releaseDataset(dataset: Dataset): void {
  releaseDistortion(dataset);
  releaseChunks(dataset, 0);
  release(changetype<usize>(dataset));
}

/** Frees the chunks that came after one; 0 for all. */
function releaseChunks(dataset: Dataset, last: usize): void {
  while (dataset.chunks !== last) {
    const chunk = dataset.chunks;
    dataset.chunks = load<u32>(chunk);
    release(chunk);
  }
}

/** Address of the most active output for each sample, in the order it was last visited: u16[count]. */
export function predictions(dataset: Dataset): usize {
  return dataset.predictions;
}

/** How many samples were read correctly at their last visits by trainBatches. */
export function countCorrect(dataset: Dataset): u32 {
  let correct: u32 = 0;
  for (let i: u32 = 0; i < dataset.count; i++) {
    const image = changetype<Image>(<usize>load<u32>(dataset.order + (i << 2)));
    correct += u32(load<u16>(dataset.predictions + (i << 1)) === image.label);
  }
  return correct;
}

/**
 * Adds images first..first+count-1: `pixels` is u8[count][inputs], `labels` u16[count]. Reads up to 15 bytes past the pixels.
 * Returns 1, or 0 if the memory cannot be had.
 */
export function addImages(dataset: Dataset, first: u32, pixels: usize, labels: usize, count: u32): u32 {
  const inputs = dataset.inputs;
  const together = max<u32>(1, <u32>(CHUNK_BYTES / maxBytes(inputs)));
  const before = dataset.chunks;
  let record: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (i % together === 0) {
      if (i !== 0) shrink(dataset.chunks, <u32>(record - dataset.chunks));
      record = addChunk(dataset, min(count - i, together) * maxBytes(inputs));
      if (record === 0) {
        releaseChunks(dataset, before);
        return 0;
      }
    }
    addRecord(dataset, first + i, record, load<u16>(labels + (i << 1)));
    record = writeImage(record, pixels + i * inputs, inputs);
  }
  shrink(dataset.chunks, <u32>(record - dataset.chunks));
  return 1;
}

/** addImages() for `a`, f32[count][inputs]: any finite numbers. */
export function addFloatImages(dataset: Dataset, first: u32, a: usize, labels: usize, count: u32): u32 {
  const bytes = (<usize>dataset.inputs) << 2;
  let record = addChunk(dataset, <u64>count * (offsetof<Image>() + bytes));
  if (record === 0) return 0;
  for (let i: u32 = 0; i < count; i++, a += bytes) {
    const image = addRecord(dataset, first + i, record, load<u16>(labels + (i << 1)));
    image.length = FLOATS;
    memory.copy(image.entries, a, bytes);
    record = image.entries + bytes;
  }
  return 1;
}

/** Room for records, or 0. */
function addChunk(dataset: Dataset, bytes: u64): usize {
  const chunk = allocateBlock(bytes + sizeof<u32>());
  if (chunk === 0) return 0;
  store<u32>(chunk, <u32>dataset.chunks);
  dataset.chunks = chunk;
  return chunk + sizeof<u32>();
}

/** Makes the record at an address the one of image i. */
function addRecord(dataset: Dataset, i: u32, record: usize, label: u32): Image {
  store<u32>(dataset.images + (i << 2), <u32>record);
  store<u32>(dataset.order + (i << 2), <u32>record);
  const image = changetype<Image>(record);
  image.label = label;
  image.index = i;
  return image;
}

/** Brings the images into the order of epoch `epoch`: Fisher-Yates from the given order, decided by (seed, epoch) alone. */
export function shuffle(dataset: Dataset, seed: u32, epoch: u32): void {
  const order = dataset.order;
  dataset.seed = seed;
  dataset.epoch = epoch;
  memory.copy(order, dataset.images, (<usize>dataset.count) << 2);
  openStream(seed, SHUFFLE, epoch, 0, 0, 0);
  for (let i = dataset.count; i > 1; i--) {
    const a = order + ((i - 1) << 2);
    const b = order + (nextBelow(i) << 2);
    const image = load<u32>(a);
    store<u32>(a, load<u32>(b));
    store<u32>(b, image);
  }
}

/** Bit i says whether pixel k + i is not zero, for the (up to 16) pixels from k on. */
function nonZeroMask(pixels: usize, k: u32, inputs: u32): u32 {
  const mask = <u32>i8x16.bitmask(i8x16.ne(v128.load(pixels + k), i8x16.splat(0)));
  return inputs - k >= 16 ? mask : mask & ((1 << (inputs - k)) - 1);
}

/** At most so many bytes has an image's record: one entry per pixel, zeros that bridge gaps among them. */
function maxBytes(inputs: u32): u64 {
  return offsetof<Image>() + (((<u64>inputs + 1) & ~1) << 1);
}

/** Writes the entries of a record; returns the address after it. */
export function writeImage(record: usize, pixels: usize, inputs: u32): usize {
  const image = changetype<Image>(record);
  let entry = image.entries;
  let previous: u32 = 0;
  for (let k: u32 = 0; k < inputs; k += 16) {
    let mask = nonZeroMask(pixels, k, inputs);
    if (mask === 0) continue;
    // Within 16 pixels no gap is too large.
    for (; k + ctz(mask) - previous > MAX_GAP; previous += MAX_GAP, entry += 2) store<u16>(entry, MAX_GAP << 8);
    for (; mask !== 0; mask &= mask - 1, entry += 2) {
      const i = k + ctz(mask);
      store<u16>(entry, load<u8>(pixels + i) | ((i - previous) << 8));
      previous = i;
    }
  }
  image.length = <u32>(entry - image.entries) >>> 1;
  return (entry + 3) & ~3;
}

/** Whether it pays to leave out the zeros of these images. */
export function mostlyZero(images: usize, count: u32, inputs: u32): bool {
  let length: u64 = 0;
  for (let s: u32 = 0; s < count; s++) {
    const image = changetype<Image>(<usize>load<u32>(images + (s << 2)));
    if (image.length === FLOATS) return false;
    length += image.length;
  }
  return length * 256 < <u64>count * inputs * SPARSE_SHARE;
}

/** a_k of some images with all their pixels, zeros too, to f32[count][inputs], images being `stride` bytes apart there. */
export function expandImages(images: usize, count: u32, inputs: u32, a: usize, stride: usize): void {
  memory.fill(a, 0, <usize>count * stride);
  for (let s: u32 = 0; s < count; s++, a += stride) {
    const image = changetype<Image>(<usize>load<u32>(images + (s << 2)));
    if (image.length === FLOATS) {
      memory.copy(a, image.entries, (<usize>inputs) << 2);
      continue;
    }
    const end = image.end;
    let pixel = a;
    for (let entry = image.entries; entry < end; entry += 2) {
      pixel += (<usize>load<u8>(entry, 1)) << 2;
      store<f32>(pixel, load<f32>(PIXELS + ((<usize>load<u8>(entry)) << 2)));
    }
  }
}
