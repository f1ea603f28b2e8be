// How many threads train or evaluate, and how much they do at a time. Results do not depend on it, only speed does.

import { checkRange, RANGES } from "../../ranges.js";
import { countWeights } from "../kernels.js";

/** Threads that a machine can run at once. */
const CORES = { min: 1, max: Number.MAX_SAFE_INTEGER, whole: true, description: "a whole number from 1" } as const;
/** Multiply-adds of a mini-batch, those with zeros included, for which another thread saves more than it costs. */
const TRAINING_WORK = 100_000;
/** The same for an evaluation, whose threads wait for nothing but to be called. */
const EVALUATION_WORK = 10_000_000;

/**
 * The number of threads that trains a network fastest: one for every 100,000 multiply-adds of a mini-batch, those with
 * zeros included. It is at least 1, and at most `cores` and 64. Results do not depend on it.
 * @param layers neurons per layer: pixels, hidden layers, classes
 * @param batchSize samples in a mini-batch
 * @param cores how many threads can run at once on this machine: 1 or more
 * @throws {TypeError | RangeError} unless they are such numbers
 */
export function chooseThreads(layers: readonly number[], batchSize: number, cores: number): number {
  checkRange("batch size", batchSize, RANGES.batchSize);
  checkRange("cores", cores, CORES);
  return limit((batchSize * countWeights(layers)) / TRAINING_WORK, cores);
}

/** The same for evaluating a number of images: one thread for every 10 million multiply-adds. */
export function chooseEvaluationThreads(layers: readonly number[], images: number, cores: number): number {
  return limit((images * countWeights(layers)) / EVALUATION_WORK, cores);
}

function limit(threads: number, cores: number): number {
  return Math.max(1, Math.min(Math.floor(threads), cores, RANGES.threads.max));
}
