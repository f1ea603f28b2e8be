// The epoch loop: shuffle, train on every mini-batch, evaluate, report. The library never prints: the caller does.

import type { Dataset } from "./dataset.js";
import { DivergenceError } from "./errors.js";
import type { Evaluation, KernelDataset, KernelNetwork } from "./kernels.js";
import { checkRange, RANGES } from "./ranges.js";

export interface TrainOptions {
  /** How often to go through the training data, 1 or more. */
  readonly epochs: number;
  /** m, 1 to the number of training samples. If it does not divide that number, the last mini-batch is smaller. */
  readonly batchSize: number;
  /** eta, above 0. */
  readonly learningRate: number;
  /** Evaluated after each epoch. */
  readonly validation?: Dataset;
  /**
   * Aborting makes the iteration throw the signal's reason, between two mini-batches: the weights are then within an epoch.
   * To go on later with the same bits, end the iteration between two epochs instead.
   */
  readonly signal?: AbortSignal;
  /** Called often within an epoch, with its number and how many of its samples were visited. */
  readonly onProgress?: (epoch: number, samples: number) => void;
}

/** What one epoch did. */
export interface EpochReport {
  /** From 1; goes on where an earlier training of the same network ended. */
  readonly epoch: number;
  /** C: the mean cost of the training samples, each as it was before its mini-batch's update. */
  readonly cost: number;
  /** On the validation data, if there are any. */
  readonly validation?: Evaluation;
  /** Time taken by training. */
  readonly trainingSeconds: number;
  /** Time taken by training and validation. */
  readonly seconds: number;
}

/** How long the event loop may wait: timers, signals and input are served this often. */
const MAX_BLOCKED_MS = 50;

/**
 * Checks the recipe against the data.
 * @throws {TypeError | RangeError} for a value that cannot be used
 */
export function checkRecipe({ epochs, batchSize, learningRate }: TrainOptions, training: Dataset): void {
  checkRange("epochs", epochs, RANGES.epochs);
  checkRange("learning rate", learningRate, RANGES.learningRate);
  checkRange("batch size", batchSize, RANGES.batchSize);
  if (batchSize > training.length) {
    throw new RangeError(
      `batch size: expected at most ${training.length}, the number of training samples, got ${batchSize}`,
    );
  }
}

/** Trains epochs first, first + 1, ... and yields a report after each. */
export async function* trainEpochs(
  network: KernelNetwork,
  training: KernelDataset,
  validation: KernelDataset | undefined,
  { epochs, batchSize, learningRate, signal, onProgress }: TrainOptions,
  first: number,
  seed: number,
): AsyncGenerator<EpochReport, void, void> {
  const batches = Math.ceil(training.length / batchSize);
  // Even slices; between two of them a call of onProgress, a check of the weights, and a chance to abort.
  const slices = Math.min(batches, Math.ceil(training.length / network.slice));
  const slice = Math.ceil(batches / slices);
  let served = performance.now();
  for (let epoch = first; epoch < first + epochs; epoch++) {
    const start = performance.now();
    training.shuffle(seed, epoch);
    for (let batch = 0; batch < batches; batch += slice) {
      signal?.throwIfAborted();
      await network.trainBatches(training, batch, slice, learningRate, batchSize);
      const done = Math.min(batch + slice, batches);
      if (!network.allFinite()) throw new DivergenceError(epoch, done, learningRate);
      onProgress?.(epoch, Math.min(done * batchSize, training.length));
      if (performance.now() - served > MAX_BLOCKED_MS) {
        await eventLoop();
        served = performance.now();
      }
    }
    const cost = training.meanCost();
    const trained = performance.now();
    const evaluation = validation && (await network.evaluate(validation));
    const end = performance.now();
    yield {
      epoch,
      cost,
      validation: evaluation,
      trainingSeconds: (trained - start) / 1000,
      seconds: (end - start) / 1000,
    };
  }
}

/** Lets the event loop go round once. */
function eventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve);
  });
}
