// What the network makes of a data set: the most active output of each image, how many are the label, and their costs.

import { quadraticCosts } from "./cost";
import { feedforward } from "./feedforward";
import { Dataset, Image } from "./images";
import { Layer, Network } from "./network";
import { shareEnd, shareStart } from "./team";

/** Samples that are carried through the network together: their activations stay in the cache. */
const BLOCK: u32 = 64;

/**
 * Evaluates this thread's share of the images; returns how many of these are read correctly. Leaves dataset.predictions (the
 * first of equally active outputs) and dataset.costs. Needs room for one sample or more per thread of the team.
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
    quadraticCosts(output, images, row, samples, dataset.costs + (first << 2));
    for (let s: u32 = 0; s < samples; s++) {
      const prediction = argmax(output, row + s);
      store<u8>(dataset.predictions + first + s, prediction);
      correct += u32(prediction === changetype<Image>(<usize>load<u32>(images + (s << 2))).label);
    }
  }
  return correct;
}

/** The output j with the largest a_j for sample s: the first such. */
function argmax(output: Layer, s: u32): u32 {
  const a = output.activations + <usize>s * output.stride;
  let best: u32 = 0;
  for (let j: u32 = 1; j < output.outputs; j++) {
    if (load<f32>(a + (j << 2)) > load<f32>(a + (best << 2))) best = j;
  }
  return best;
}
