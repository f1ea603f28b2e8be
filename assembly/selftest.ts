// Does this engine give the right bits? Trains a tiny network on random pixels and compares a hash of its weights with
// the one expected. For hosts that can call exports but not read memory. tests/module.test.ts repeats it on the
// reference.

import { createDataset, releaseDataset, shuffle } from "./dataset";
import { addImages } from "./images";
import { allocate, release } from "./memory";
import { createNetwork, initialise, readLayer, releaseNetwork, reserveBatch } from "./network";
import { nextBelow, openStream } from "./random";
import { trainBatches } from "./sgd";

const INPUTS: u32 = 25;
const HIDDEN: u32 = 37;
const OUTPUTS: u32 = 3;
const SAMPLES: u32 = 50;
const EPOCHS: u32 = 4;
const BATCH: u32 = 8;
const ETA: f32 = 3;
const SEED: u32 = 1;
/** Purpose of the random stream that makes the images. */
const IMAGES: u32 = 0xffffffff;
const EXPECTED: u32 = 0x238c35ea;

/** 1 if training gives the expected bits, else 0. Leaves the memory as it was. */
export function selftest(): u32 {
  const start = allocate(16384);
  if (start === 0) return 0;
  const right = train(start);
  release(start);
  return right;
}

function train(start: usize): u32 {
  const labels = start + 8192;
  const sizes = start + 12288;
  openStream(SEED, IMAGES, 0, 0, 0, 0);
  for (let i: u32 = 0; i < SAMPLES; i++) {
    store<u16>(labels + (i << 1), nextBelow(OUTPUTS));
    // About two of three pixels are 0.
    for (let k: u32 = 0; k < INPUTS; k++) store<u8>(start + i * INPUTS + k, max<i32>(0, <i32>nextBelow(768) - 512));
  }
  store<u32>(sizes, INPUTS);
  store<u32>(sizes, HIDDEN, 4);
  store<u32>(sizes, OUTPUTS, 8);
  const dataset = createDataset(SAMPLES, INPUTS);
  if (dataset === null) return 0;
  const network = createNetwork(sizes, 3, 0, 0);
  if (network === null) {
    releaseDataset(dataset);
    return 0;
  }
  const room = addImages(dataset, 0, start, labels, SAMPLES) && reserveBatch(network, BATCH, 1);
  if (room) {
    initialise(network, SEED, 1);
    for (let epoch: u32 = 1; epoch <= EPOCHS; epoch++) {
      shuffle(dataset, SEED, epoch);
      trainBatches(network, dataset, 0, (SAMPLES + BATCH - 1) / BATCH, ETA, BATCH);
    }
  }
  const weights = INPUTS * HIDDEN;
  readLayer(network, 1, 0, start, start + (weights << 2));
  let hash = fnv1a(0x811c9dc5, start, (weights + HIDDEN) << 2);
  readLayer(network, 2, 0, start, start + ((HIDDEN * OUTPUTS) << 2));
  hash = fnv1a(hash, start, (HIDDEN * OUTPUTS + OUTPUTS) << 2);
  releaseNetwork(network);
  releaseDataset(dataset);
  return u32(room && hash === EXPECTED);
}

/** FNV-1a, 32 bits, over bytes. */
function fnv1a(hash: u32, bytes: usize, count: u32): u32 {
  for (let i: u32 = 0; i < count; i++) hash = (hash ^ load<u8>(bytes + i)) * 0x01000193;
  return hash;
}
