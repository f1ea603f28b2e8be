// One epoch: shuffle, train on every mini-batch, evaluate, report. The library never prints: the caller does.

import { comparePixels } from "../data/compare.js";
import type { Dataset } from "../data/dataset.js";
import { boundsOf, type Distortions } from "../data/distortions.js";
import { type DataWarning, inspectClasses, inspectPart } from "../data/inspect.js";
import type { PixelOptions } from "../data/samples.js";
import { DivergenceError, typeName } from "../errors.js";
import type { Signal } from "../globals.js";
import type { KernelNetwork } from "../kernels/kernels.js";
import { suitedLearningRate } from "../options/learning-rate.js";
import { METHOD } from "../options/method.js";
import { checkOption, type OptionTable } from "../options/option.js";
import { TRAINING } from "../options/training.js";
import { checkRange, RANGES } from "../ranges.js";
import type { Architecture } from "./architecture.js";
import type { Loaded } from "./copies.js";
import { type EpochContext, type EpochFigures, noLearning, reasonIn, saturationOf } from "./learning.js";
import type { MethodOptions } from "./method.js";
import { evaluationOf } from "./metrics.js";
import type { Schedule } from "./schedules.js";

/** How a network is trained. */
export interface TrainOptions extends MethodOptions {
  /** How many times to go through the training data: 1 to 1,000,000. */
  readonly epochs: number;
  /** m, 1 to the number of training samples. If it does not divide that number, the last mini-batch is smaller. */
  readonly batchSize: number;
  /**
   * eta, above 0, up to 3.4e38, or a function that gives it for each epoch, from 1 on: cosineSchedule() makes one.
   * Default: what defaultLearningRate() gives for the network and these options, 2.5 for the recipe of the notes.
   */
  readonly learningRate?: number | Schedule;
  /** Evaluated after each epoch. */
  readonly validation?: Dataset;
  /**
   * How far each training image is distorted (data augmentation), anew in each epoch: the seed, the epoch and the
   * image's number in the data set decide. Default: not at all.
   */
  readonly distortions?: Distortions;
  /**
   * Aborting makes the iteration throw the signal's reason within some milliseconds, at the latest after a mini-batch;
   * a pause of onProgress it ends at once.
   * The weights are then those after the last whole epoch. A later training run continues from there, and gives the
   * bits of one never aborted.
   */
  readonly signal?: Signal;
  /**
   * Called several times per epoch, with the epoch's number and how many of its samples were visited. If it returns a
   * promise, training waits for it: a pause, which does not count as time taken.
   */
  readonly onProgress?: (epoch: number, samples: number) => unknown;
}

/** The keys of TrainOptions. */
export const TRAIN_OPTIONS = {
  ...METHOD,
  ...TRAINING,
  validation: true,
  distortions: true,
  signal: true,
  onProgress: true,
} as const satisfies Record<keyof TrainOptions, unknown>;

/** What one epoch did. */
export interface EpochReport extends EpochFigures {
  /** With patience: the epoch, this or an earlier one, whose weights are used. */
  readonly bestEpoch?: number;
  /**
   * Why the epoch learnt nothing, and what to try, in one sentence; only if that is so, and with 500 training images or
   * more: noLearning() in learning.ts has the rule. Only the first such epoch of a call of train() or fit() has it.
   */
  readonly warning?: string;
  /** The options of a Dataset that mend its images, where the warning advises them. */
  readonly mend?: PixelOptions;
  /**
   * In a network's first epoch: what training suffers from in the data, if anything, as inspectDataset() finds it, and
   * in what the validation data are unlike those that it trains on, or lack classes.
   */
  readonly dataWarnings?: readonly DataWarning[];
  /** Time taken by training. */
  readonly trainingSeconds: number;
  /** Time taken by training and validation. */
  readonly seconds: number;
}

/** The longest that the event loop waits for its turn, in which it serves timers, signals and input. */
const MAX_BLOCKED_MS = 50;

/** TrainOptions as they were checked. */
export interface CheckedOptions extends TrainOptions {
  readonly learningRate: number | Schedule;
  /** The learning rate that suits them, whatever theirs is. */
  readonly suited: number;
}

/**
 * Checks the recipe against the data. Returns a copy, with the learning rate that suits it if none is given.
 * @throws {TypeError | RangeError} for a value that cannot be used
 */
export function checkRecipe(
  options: TrainOptions,
  training: Dataset,
  { layers, activation, cost }: Architecture,
  table: OptionTable = TRAINING,
): CheckedOptions {
  const { signal, onProgress, patience, validation } = options;
  if (patience !== undefined && validation === undefined) {
    throw new TypeError("patience: expected validation data to find the best epoch by, got none");
  }
  boundsOf(options.distortions);
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    throw new TypeError(`signal: expected an AbortSignal, got ${typeName(signal)}`);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new TypeError(`onProgress: expected a function, got ${typeName(onProgress)}`);
  }
  for (const [key, option] of Object.entries(table)) {
    const value = options[key as keyof TrainOptions];
    // A schedule's rates are checked when their epochs come.
    if (option.derived === undefined || (value !== undefined && typeof value !== "function")) {
      checkOption(key, value, option);
    }
  }
  const { batchSize, frozen = 0 } = options;
  if (frozen > layers.length - 2) {
    throw new RangeError(
      `frozen: expected at most ${layers.length - 2}, since the last of ${layers.length - 1} layers learns, ` +
        `got ${frozen}`,
    );
  }
  if (batchSize > training.length) {
    throw new RangeError(
      `batch size: expected at most ${training.length}, the number of training samples, got ${batchSize}`,
    );
  }
  const hidden = layers.slice(1, -1);
  const suited = suitedLearningRate({ ...options, activation, cost, hidden });
  return { ...options, learningRate: options.learningRate ?? suited, suited };
}

/** When the event loop last had its turn. */
let served = 0;

/** Which epoch it is, and of which network. */
export interface Epoch {
  /** From 1. */
  readonly epoch: number;
  /** The network's. */
  readonly seed: number;
  /** The slot whose weights are validated. */
  readonly slot: number;
  /** The network's first epoch and the one before this, if this training run had both. */
  readonly before?: { readonly first: EpochReport; readonly previous: EpochReport };
  /** Whether no epoch follows. */
  readonly last: boolean;
  /** Whether an epoch of this training run learnt nothing, and said so. */
  readonly warned: boolean;
  readonly architecture: Architecture;
  /** Aborted when the network is disposed of. */
  readonly disposal: Signal;
  /** Throws if the network can no longer be used. */
  readonly checkAlive: () => void;
}

/**
 * Trains one epoch, and validates the weights of a slot. If it throws, the weights are those within the epoch.
 * @throws {DivergenceError} if a weight, a bias or the cost is no longer a finite number
 * @throws {ThreadError} if a worker thread is lost; the signal's reason if it is aborted; what checkAlive() throws
 */
export async function trainEpoch(
  network: KernelNetwork,
  training: Loaded,
  validation: Loaded | undefined,
  options: CheckedOptions,
  { epoch, seed, slot, architecture, disposal, checkAlive, ...run }: Epoch,
): Promise<EpochReport> {
  const { batchSize, learningRate: schedule, signal, distortions } = options;
  const { length } = training.dataset;
  const batches = Math.ceil(length / batchSize);
  const start = performance.now();
  const learningRate = typeof schedule === "function" ? schedule(epoch) : schedule;
  checkRange(`learning rate of epoch ${epoch}`, learningRate, RANGES.learningRate);
  network.setSteps((epoch - 1) * batches);
  training.copy.distort(boundsOf(distortions));
  training.copy.shuffle(seed, epoch);
  const check = () => {
    signal?.throwIfAborted();
    checkAlive();
  };
  const paused = await trainSlices(network, training, { ...options, learningRate, disposal }, epoch, check);
  check();
  const cost = training.copy.meanCost();
  const correct = training.copy.countCorrect();
  const trained = performance.now();
  const evaluation =
    validation && evaluationOf(await network.evaluate(validation.copy, slot), validation.dataset.length);
  const end = performance.now();
  // Finite weights may still be so large that outputs are not.
  if (!Number.isFinite(cost) || !Number.isFinite(evaluation?.cost ?? 0)) {
    throw new DivergenceError(epoch, batches, learningRate);
  }
  const report = {
    epoch,
    learningRate,
    cost,
    correct,
    accuracy: correct / length,
    validation: evaluation,
    trainingSeconds: (trained - start - paused) / 1000,
    seconds: (end - start - paused) / 1000,
  };
  const data = dataWarningsOf(training.dataset, validation?.dataset, epoch, architecture);
  const saturation = () => saturationOf(network, training.dataset, slot);
  return {
    ...report,
    ...warningOf(report, {
      ...run,
      ...{ training, validation, saturation, suited: options.suited, method: options, architecture, data },
    }),
    ...(epoch > 1 || data.length === 0 ? {} : { dataWarnings: data }),
  };
}

/** What of a report says that the epoch learnt nothing, if so. */
function warningOf(
  report: EpochFigures,
  {
    training,
    validation,
    warned,
    architecture: { layers, initialWeights },
    ...context
  }: Pick<Epoch, "before" | "last" | "warned" | "architecture"> &
    Pick<EpochContext, "saturation" | "suited" | "method"> & {
      readonly training: Loaded;
      readonly validation: Loaded | undefined;
      readonly data: readonly DataWarning[];
    },
): Pick<EpochReport, "warning" | "mend"> {
  if (warned) return {};
  const warning = noLearning(report, {
    ...context,
    training: training.dataset,
    validation: validation?.dataset,
    hidden: layers.slice(1, -1),
    initialWeights,
  });
  if (warning === undefined) return {};
  const mend = reasonIn(context.data)?.mend;
  return mend === undefined ? { warning } : { warning, mend };
}

/** What slices of an epoch are trained with. */
interface SliceOptions extends TrainOptions {
  readonly learningRate: number;
  readonly disposal: Signal;
}

/**
 * What the training suffers from in its data, and, in the first epoch, which classes the network has without images of
 * them, and in what the validation data are unlike the others.
 */
function dataWarningsOf(
  training: Dataset,
  validation: Dataset | undefined,
  epoch: number,
  { layers }: Architecture,
): readonly DataWarning[] {
  if (epoch > 1) return training.warnings;
  // A data set that lacks the last classes does not know of them.
  const { labels } = training;
  const classes = layers[layers.length - 1];
  return [
    ...training.warnings.filter(({ code }) => code !== "missing"),
    ...inspectClasses({ labels, classes }, "the training data"),
    ...(validation === undefined ? [] : comparePixels(training, validation, "the validation images")),
    ...(validation === undefined ? [] : inspectPart(validation, { labels, classes }, "the validation data")),
  ];
}

/**
 * Trains on the mini-batches of an epoch, in even slices. Between two of them it checks the weights, calls onProgress,
 * and lets the event loop have its turn. Returns for how many milliseconds onProgress paused it.
 */
async function trainSlices(
  network: KernelNetwork,
  { copy, dataset: { length } }: Loaded,
  { batchSize, learningRate, onProgress, signal, disposal }: SliceOptions,
  epoch: number,
  check: () => void,
): Promise<number> {
  const batches = Math.ceil(length / batchSize);
  let paused = 0;
  for (let done = 0; done < batches; ) {
    check();
    const left = batches - done;
    const slice = Math.ceil(left / Math.min(left, Math.ceil((left * batchSize) / network.sliceFor(batchSize))));
    await network.trainBatches(copy, done, slice, learningRate, batchSize);
    done += slice;
    if (!network.allFinite()) throw new DivergenceError(epoch, done, learningRate);
    const called = performance.now();
    const pause = onProgress?.(epoch, Math.min(done * batchSize, length));
    if (pause instanceof Promise) {
      await endOf(pause, signal === undefined ? [disposal] : [signal, disposal]);
      paused += performance.now() - called;
    }
    if (performance.now() - served > MAX_BLOCKED_MS) {
      await eventLoop();
      served = performance.now();
    }
  }
  return paused;
}

/** Resolves when a pause ends, or is aborted. */
async function endOf(pause: Promise<unknown>, signals: readonly Signal[]): Promise<void> {
  let onAbort = () => {};
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    for (const signal of signals) {
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) resolve();
    }
  });
  await Promise.race([pause, aborted]).finally(() => {
    for (const signal of signals) signal.removeEventListener("abort", onAbort);
  });
}

/** Lets the event loop go round once. */
function eventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve);
  });
}
