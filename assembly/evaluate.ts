// What the network makes of a data set: the most active output of each image, how many are the label, and their costs.

import { quadraticCosts } from "./cost";
import { feedforward } from "./feedforward";
import { Dataset, Image } from "./images";
import { Layer, Network } from "./network";

/**
 * Evaluates images first..first+count-1, as given; returns how many are read correctly. Leaves dataset.predictions (the first
 * of equally active outputs) and dataset.costs. Needs reserveBatch(network, 1) or more.
 */
export function evaluate(network: Network, dataset: Dataset, first: u32, count: u32): u32 {
  const output = network.layer(network.layers);
  const end = first + count;
  let correct: u32 = 0;
  while (first < end) {
    const samples = min(end - first, network.batch);
    const images = dataset.images + (first << 2);
    feedforward(network, images, samples);
    quadraticCosts(output, images, samples, dataset.costs + (first << 2));
    for (let s: u32 = 0; s < samples; s++) {
      const prediction = argmax(output, s);
      store<u8>(dataset.predictions + first + s, prediction);
      correct += u32(prediction === changetype<Image>(<usize>load<u32>(images + (s << 2))).label);
    }
    first += samples;
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
