// Evaluation: the most active output for each image, how many of them are the label, and the costs.

import { outputErrors } from "./cost";
import { Dataset, Image } from "./dataset";
import { feedforward } from "./feedforward";
import { Layer, Network } from "./layer";
import { shareEnd, shareStart } from "./ownership";

/** Samples that go through the network together: their activations stay in the cache. */
const BLOCK: u32 = 64;

/**
 * Evaluates this thread's share of the images, in the order given. Returns how many of these are read correctly, and
 * leaves dataset.predictions and dataset.costs. Needs room for one sample or more per thread of the team.
 */
export function evaluate(network: Network, dataset: Dataset): u32 {
  const output = network.layer(network.layers);
  const row = shareStart(network.batch);
  const block = min(BLOCK, shareEnd(network.batch) - row);
  const end = shareEnd(dataset.count);
  let correct: u32 = 0;
  for (let first = shareStart(dataset.count); first < end; first += block) {
    const samples = min(end - first, block);
    const images = dataset.images + (first << 2);
    feedforward(network, images, row, samples);
    outputErrors(network, images, row, samples, 0, dataset.costs + (first << 2));
    predict(output, row, samples, dataset.predictions + (first << 1));
    for (let s: u32 = 0; s < samples; s++) {
      correct += u32(load<u16>(dataset.predictions + ((first + s) << 1)) === Image.at(images, s).label);
    }
  }
  return correct;
}

/** Writes the most active output of samples first..first+count-1, the first of equals, to predictions (u16[count]). */
export function predict(output: Layer, first: u32, count: u32, predictions: usize): void {
  for (let s: u32 = 0; s < count; s++) {
    const a = output.activationsOf(first + s);
    const end = a + ((<usize>output.vectors) << 4);
    // Outputs are at least 0, and padding is 0: where padding equals the largest, so does an output before it.
    let largest = v128.load(a);
    for (let j = a + 16; j < end; j += 16) largest = f32x4.pmax(largest, v128.load(j));
    largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
    largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
    let prediction: u32 = 0;
    for (let j = a; j < end; j += 16) {
      const equal = i32x4.bitmask(f32x4.eq(v128.load(j), largest));
      if (equal === 0) continue;
      prediction = (<u32>(j - a) >>> 2) + ctz(equal);
      break;
    }
    store<u16>(predictions + (s << 1), prediction);
  }
}
