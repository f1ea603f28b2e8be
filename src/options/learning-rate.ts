// The learning rate that suits a training: its default where none is given.

import { checkLayers } from "../arguments.js";
import { checkObject } from "../errors.js";
import type { Activation, Cost, Optimizer } from "../kernels/kernels.js";
import { checkRange, RANGES } from "../ranges.js";
import { checkKnown } from "./known.js";
import { METHOD } from "./method.js";
import { NETWORK } from "./network.js";
import { checkOptions, freeze } from "./option.js";

/** What decides the default of the learning rate. What is not given is as in the recipe of the notes. */
export interface LearningRateOptions {
  /** Default "sgd". */
  readonly optimizer?: Optimizer;
  /** mu of momentum and nesterov, 0 to below 1. Default 0.9. */
  readonly momentum?: number;
  /** Of adam and adamw, a number above 0. Default 1e-8. */
  readonly epsilon?: number;
  /** Of the hidden layers. Default "sigmoid". */
  readonly activation?: Activation;
  /** Default "quadratic". */
  readonly cost?: Cost;
  /** Neurons of the hidden layers, [] for none. Default: one layer. */
  readonly hidden?: readonly number[];
  /** m, samples in a mini-batch: 1 to 1,000,000. Default 10. */
  readonly batchSize?: number;
}

/** A learning rate, or one each for networks with 1 hidden layer, 2, and 3 or more. */
type Rates = number | readonly number[];

const ADAM = { quadratic: 0.001, "cross-entropy": 0.001, "log-likelihood": 0.001 };

/**
 * By optimiser, activation and cost, for mini-batches of 10 and momentum 0.9. Chosen on the validation set:
 * docs/accuracy.md has the measurements, and `npm run bench:defaults` repeats them.
 */
const RATES: Readonly<Record<Optimizer, Readonly<Record<Activation, Readonly<Record<Cost, Rates>>>>>> = freeze({
  sgd: {
    sigmoid: { quadratic: 2.5, "cross-entropy": 0.5, "log-likelihood": 0.5 },
    tanh: { quadratic: 0.3, "cross-entropy": 0.1, "log-likelihood": 0.1 },
    relu: { quadratic: 0.3, "cross-entropy": 0.1, "log-likelihood": 0.1 },
  },
  momentum: {
    sigmoid: { quadratic: [0.05, 0.1, 0.2], "cross-entropy": 0.05, "log-likelihood": 0.05 },
    tanh: { quadratic: 0.03, "cross-entropy": 0.01, "log-likelihood": 0.01 },
    relu: { quadratic: 0.03, "cross-entropy": 0.01, "log-likelihood": 0.01 },
  },
  nesterov: {
    sigmoid: { quadratic: [0.1, 0.2, 0.3], "cross-entropy": 0.05, "log-likelihood": 0.05 },
    tanh: { quadratic: 0.03, "cross-entropy": 0.01, "log-likelihood": 0.01 },
    relu: { quadratic: 0.03, "cross-entropy": 0.01, "log-likelihood": 0.01 },
  },
  adam: { sigmoid: ADAM, tanh: ADAM, relu: ADAM },
  adamw: { sigmoid: ADAM, tanh: ADAM, relu: ADAM },
});

const { optimizer, momentum, epsilon } = METHOD;
const { activation, cost } = NETWORK;
const TABLE = { optimizer, momentum, epsilon, activation, cost };
/** The keys of LearningRateOptions. */
const LEARNING_RATE_OPTIONS = {
  ...TABLE,
  hidden: true,
  batchSize: true,
} as const satisfies Record<keyof LearningRateOptions, unknown>;
/** The mini-batches and momentum that RATES are for. */
const MEASURED = { batchSize: 10, momentum: 0.9 };
/** Layers up to a width take the rates of RATES; in wider ones they fall with this power of the width. Measured. */
const WIDTHS = { sigmoid: { width: 100, power: 1.1 }, others: { width: 300, power: 1.5 } } as const;
/** The size of a weight's gradient, which Adam divides by: an epsilon that is not far below it makes steps smaller. */
const GRADIENT = 1e-3;
/** With more samples in a mini-batch, the rate is as with so many. */
const LARGEST_BATCH = 100;

/**
 * The learning rate that a training has if none is given: eta = rate(optimiser, activation, cost, depth) f(m) g(mu)
 * w(hidden), rounded to two digits. Momentum mu adds up 1 / (1 - mu) steps, so g(mu) = (1 - mu) / 0.1. On the quadratic
 * cost w falls with the width of the widest hidden layer, above 100 sigmoid neurons or 300 others. The recipe of the
 * notes has 2.5.
 * @throws {TypeError | RangeError} for an option that cannot be used
 */
export function defaultLearningRate(options: LearningRateOptions = {}): number {
  checkObject("options", options);
  checkKnown("defaultLearningRate", options, LEARNING_RATE_OPTIONS);
  return suitedLearningRate(options);
}

/** The same from all options of a training, which may have others. */
export function suitedLearningRate(options: LearningRateOptions): number {
  const { optimizer, momentum, epsilon, activation, cost } = checkOptions<
    Omit<LearningRateOptions, "hidden" | "batchSize">
  >(options, TABLE);
  if (options.hidden !== undefined) checkLayers(options.hidden);
  const { hidden = [1], batchSize = MEASURED.batchSize } = options;
  checkRange("batch size", batchSize, RANGES.batchSize);
  // Without a hidden layer there is no activation to saturate, as with ReLU.
  const rates = RATES[optimizer][hidden.length === 0 ? "relu" : activation][cost];
  const depth = Math.max(1, hidden.length);
  let rate = typeof rates === "number" ? rates : rates[Math.min(depth, rates.length) - 1];
  rate *= batchFactor(optimizer, cost, Math.min(batchSize, LARGEST_BATCH) / MEASURED.batchSize);
  if (optimizer === "momentum" || optimizer === "nesterov") rate *= (1 - momentum) / (1 - MEASURED.momentum);
  if (optimizer.startsWith("adam")) {
    const most = RATES.sgd[activation][cost];
    rate = Math.min(rate * (1 + epsilon / GRADIENT), Math.max(rate, typeof most === "number" ? most : most[0]));
  } else if (cost === "quadratic") {
    rate *= widthFactor(activation, hidden);
  }
  return Number(rate.toPrecision(2));
}

/**
 * w for the widest hidden layer. All its neurons together push an output the same way in the first steps, as far as
 * they are many; on the quadratic cost an output that was pushed too far is saturated, and learns no more. The other
 * costs, and Adam, get out of that.
 */
function widthFactor(activation: Activation, hidden: readonly number[]): number {
  const { width, power } = WIDTHS[activation === "sigmoid" ? "sigmoid" : "others"];
  return Math.min(1, (width / Math.max(width, ...hidden)) ** power);
}

/**
 * f(m) for mini-batches of `ratio` times 10 samples. A small batch's gradient is noisy: descent takes steps in
 * proportion to m. Adam divides by the gradient's size, so that steps go with sqrt(m). A large batch has less noise to
 * bear, and steps go with sqrt(m), too. But on the quadratic cost, steps that agree saturate the outputs, and have to
 * become smaller.
 */
function batchFactor(optimizer: Optimizer, cost: Cost, ratio: number): number {
  if (optimizer.startsWith("adam")) return Math.sqrt(ratio);
  if (ratio < 1) return ratio;
  return cost === "quadratic" ? 1 / Math.sqrt(Math.sqrt(ratio)) : Math.sqrt(ratio);
}
