// A data set in memory: its structures, how it is created and released, and the order of its samples. An image is a
// sparse row, a record of its label and its pixels that are not 0:
//   u32 label, u32 length, u32 index,    then `length` entries by ascending k:  u8 pixel, u8 gap
// The gap is k less the k of the entry before (for the first entry: k). A gap above 255 is bridged by entries of pixel
// 0 and gap 255. a_k = pixel / 255 comes from a table. Leaving zeros out, or putting some in, is exact: a term 0 * w
// adds nothing. An image of other numbers has all of them in its record, as f32[inputs], with length 2^32 - 1.

import { allocateBlock, release } from "./memory";
import { nextBelow, openStream, SHUFFLE } from "./random";

/** f32[256]: pixel / 255. */
export const PIXELS: usize = memory.data(1024, 16);

/** The length that stands for f32[inputs] instead of entries. */
export const FLOATS: u32 = u32.MAX_VALUE;

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
  /** Address of a Distortion; 0 for none. */
  distortion: usize;
}

/** A record. */
@unmanaged
export class Image {
  label: u32;
  length: u32;
  /** Its number in the data set. */
  index: u32;

  /** Image s of those whose addresses, u32, are at `images`. */
  @inline static at(images: usize, s: u32): Image {
    return changetype<Image>(<usize>load<u32>(images + (s << 2)));
  }

  @inline get entries(): usize {
    return changetype<usize>(this) + offsetof<Image>();
  }

  @inline get end(): usize {
    return this.entries + (this.length << 1);
  }

  @inline get entryBytes(): usize {
    return 2;
  }

  /** Address of an entry's a_k. */
  @inline valueOf(entry: usize): usize {
    return PIXELS + ((<usize>load<u8>(entry)) << 2);
  }

  /** Row k of a panel for an entry, `row` being the one for the entry before. */
  @inline rowOf(entry: usize, _panel: usize, row: usize, rowBytes: usize): usize {
    return row + <usize>load<u8>(entry, 1) * rowBytes;
  }
}

/** How distort.ts distorts the images of a data set. */
@unmanaged
export class Distortion {
  columns: u32;
  rows: u32;
  /** Columns in whole vectors. */
  width: u32;
  /** The bounds: pixels, radians, fractions. */
  shift: f64;
  rotation: f64;
  scale: f64;
  shear: f64;
  /** alpha / 127.5: the noise is bytes less 127.5. */
  amplitude: f32;
  /** The Gaussian g from its middle on, f32[radius + 1], follows this structure. */
  radius: u32;
  /** Room for u32[samples] addresses of distorted images, for their records, and for the work of each thread. */
  room: usize;
  samples: u32;
  threads: u32;
  recordBytes: u32;
  threadBytes: u32;

  get gaussian(): usize {
    return changetype<usize>(this) + offsetof<Distortion>();
  }

  /** Where the record of a distorted image goes. */
  record(s: u32): usize {
    return this.room + <usize>this.samples * 4 + <usize>s * this.recordBytes;
  }
}

/** A data set of `count` images of `inputs` pixels, yet to be added. Returns 0 if the memory cannot be had. */
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
export function releaseChunks(dataset: Dataset, last: usize): void {
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
    correct += u32(load<u16>(dataset.predictions + (i << 1)) === Image.at(dataset.order, i).label);
  }
  return correct;
}

/** Ends the distortion of a data set, if there is one. */
export function releaseDistortion(dataset: Dataset): void {
  if (dataset.distortion === 0) return;
  release(changetype<Distortion>(dataset.distortion).room);
  release(dataset.distortion);
  dataset.distortion = 0;
}

/** Puts the images into the order of an epoch: Fisher-Yates from the given order, decided by (seed, epoch) alone. */
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
