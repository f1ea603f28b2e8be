// What several tests of networks need.

import { Dataset } from "../../src/data/dataset.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { Network } from "../../src/network/network.js";
import type { TrainOptions } from "../../src/network/trainer.js";

export const OPTIONS: TrainOptions = { epochs: 2, batchSize: 10, learningRate: 2 };

/** A network of these layers, trained with OPTIONS. */
export async function trained(data: Dataset, options: { threads?: number; kernels?: Kernels }, layers: number[]) {
  const network = await Network.create({ ...options, layers });
  for await (const _ of network.train(data, OPTIONS));
  return network;
}

/** Numbers as other programs prepare them: mean 0, deviation about 1. */
export function standardised(length: number, inputs: number, classes: number): Dataset {
  const random = new RandomStream(5, 1002, 0);
  const labels = Uint16Array.from({ length }, () => random.nextBelow(classes));
  const images = Float32Array.from({ length: length * inputs }, () => random.nextNormal());
  return new Dataset({ images, labels, classes });
}
