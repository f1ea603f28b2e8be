// Writes images as records (dataset.ts), and reads them back with all their pixels.

import { Dataset, FLOATS, Image, PIXELS, releaseChunks } from "./dataset";
import { allocateBlock, shrink } from "./memory";

/** The largest gap of an entry. */
const MAX_GAP: u32 = 255;
/** A chunk begins with about so much room, enough for the longest records; what they leave free is given back. */
const CHUNK_BYTES: u64 = 1 << 20;
/** With up to this many 256ths of pixels not 0, leaving the zeros out is faster: measured from 30 to 800 neurons. */
const SPARSE_LIMIT: u32 = 180;

/**
 * Adds images first..first+count-1: `pixels` is u8[count][inputs], `labels` u16[count]. Reads up to 15 bytes past the
 * pixels. Returns 1, or 0 if the memory cannot be had.
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

/** Makes the record at this address that of image i. */
function addRecord(dataset: Dataset, i: u32, record: usize, label: u32): Image {
  store<u32>(dataset.images + (i << 2), <u32>record);
  store<u32>(dataset.order + (i << 2), <u32>record);
  const image = changetype<Image>(record);
  image.label = label;
  image.index = i;
  return image;
}

/** Bit i says whether pixel k + i is not zero, for the (up to 16) pixels from k on. */
function nonZeroMask(pixels: usize, k: u32, inputs: u32): u32 {
  const mask = <u32>i8x16.bitmask(i8x16.ne(v128.load(pixels + k), i8x16.splat(0)));
  return inputs - k >= 16 ? mask : mask & ((1 << (inputs - k)) - 1);
}

/** The most bytes of an image's record: one entry per pixel, including zeros that bridge gaps. */
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
    // Only the first of these 16 pixels can follow too large a gap.
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
    const image = Image.at(images, s);
    if (image.length === FLOATS) return false;
    length += image.length;
  }
  return length * 256 < <u64>count * inputs * SPARSE_LIMIT;
}

/** Writes a_k of all pixels, zeros too, of some images to `a`: f32[count][inputs], images `stride` bytes apart. */
export function expandImages(images: usize, count: u32, inputs: u32, a: usize, stride: usize): void {
  memory.fill(a, 0, <usize>count * stride);
  for (let s: u32 = 0; s < count; s++, a += stride) {
    const image = Image.at(images, s);
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
