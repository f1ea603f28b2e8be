// What several tests need: kernels, data made from a seed, and bits to compare.

import { readFileSync } from "node:fs";
import { Dataset } from "../src/data/dataset.js";
import { boundsOf, type Distortions } from "../src/data/distortions.js";
import {
  type Activation,
  type Cost,
  type InitialWeights,
  type KernelNetwork,
  type Kernels,
  SGD,
  type TrainingConfig,
} from "../src/kernels/kernels.js";
import { RandomStream } from "../src/kernels/reference/random.js";
import { createReference } from "../src/kernels/reference/reference.js";
import { type Exports, instantiateModule } from "../src/kernels/wasm/module.js";
import { kernelsOf } from "../src/kernels/wasm/wasm.js";

export const MODULE = new URL("../build/ductus.wasm", import.meta.url);
export const THREADS_MODULE = new URL("../build/ductus-threads.wasm", import.meta.url);

export function instance(): Promise<Exports> {
  return instantiateModule(readFileSync(MODULE));
}

/** Both implementations of the contract: a suite that takes kernels runs on each. */
export const IMPLEMENTATIONS: readonly (readonly [string, () => Promise<Kernels>])[] = [
  ["wasm", async () => kernelsOf(await instance())],
  ["reference", async () => createReference()],
];

/** Fills memory that is not allocated yet with NaN, so that whoever reads before writing is found out. */
export function poison(exports: Exports, bytes: number): void {
  const block = exports.allocate(bytes);
  new Uint8Array(exports.memory.buffer, block, bytes).fill(0xff);
  exports.release(block);
}

/** Random images with random labels; the share `density` of their pixels, about half, is not zero. */
export function randomDataset(length: number, inputs: number, classes: number, seed = 1, density = 255 / 511): Dataset {
  const random = new RandomStream(seed, 1000, 0);
  const levels = Math.round(255 / density);
  const pixel = () => (density === 0 ? 0 : Math.max(0, random.nextBelow(levels) - (levels - 256)));
  const images = Uint8Array.from({ length: length * inputs }, pixel);
  const labels = Uint8Array.from({ length }, () => random.nextBelow(classes));
  return new Dataset({ images, labels, classes });
}

export interface Recipe {
  readonly layers: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly eta: number;
  readonly initialWeights: InitialWeights;
  readonly seed: number;
  readonly activation?: Activation;
  readonly cost?: Cost;
  readonly method?: Partial<TrainingConfig>;
  readonly distortions?: Distortions;
}

/** Trains straight on the kernels; returns the network and what was measured on the way. */
export async function trainOn(
  kernels: Kernels,
  data: Dataset,
  { layers, epochs, batchSize, eta, initialWeights, seed, activation, cost: costName, method, distortions }: Recipe,
) {
  const network = kernels.createNetwork(layers, activation, costName);
  const dataset = kernels.createDataset(data);
  const batches = Math.ceil(data.length / batchSize);
  network.initialise(initialWeights, seed);
  if (method !== undefined) network.configure({ ...SGD, ...method });
  dataset.distort(boundsOf(distortions));
  const before = parameterBits(network, layers);
  const costs: number[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    dataset.shuffle(seed, epoch);
    network.setSteps((epoch - 1) * batches);
    await network.trainBatches(dataset, 0, batches, eta, batchSize);
    costs.push(dataset.meanCost());
  }
  const { correct, cost, predictions } = await network.evaluate(dataset);
  return { network, before, after: parameterBits(network, layers), costs, correct, cost, predictions };
}

/** All weights and biases as bit patterns: tells -0 from 0, and NaN from nothing. */
export function parameterBits(network: KernelNetwork, layers: readonly number[]): Uint32Array {
  const parts = layers.slice(1).flatMap((_, i) => {
    const { weights, biases } = network.readLayer(i + 1);
    return [...weights, ...biases];
  });
  return new Uint32Array(Float32Array.from(parts).buffer);
}

/** How many elements differ: readable where a diff of a million numbers is not. */
export function differences(a: Uint32Array, b: Uint32Array): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) count++;
  return count;
}
