// By what method a network is trained: the options that users give, checked and with their defaults.

import type { Optimizer, TrainingConfig } from "../kernels/kernels.js";
import { METHOD } from "../options/method.js";
import { checkOptions, type TrainingOption } from "../options/option.js";

/**
 * How a mini-batch's gradient moves the weights, beyond the plain descent of the notes. What the optimiser does not use
 * is checked, and otherwise ignored: momentum with "sgd", beta2 and epsilon with all but Adam.
 */
export interface MethodOptions {
  /** Default "sgd": w <- w - eta g. The others are in docs/math.md. */
  readonly optimizer?: Optimizer;
  /** mu of momentum, and b1 of Adam: 0 up to, but not, 1. Default 0.9. */
  readonly momentum?: number;
  /** b2 of Adam: 0 up to, but not, 1. Default 0.999. */
  readonly beta2?: number;
  /** epsilon of Adam, above 0. Default 1e-8. */
  readonly epsilon?: number;
  /**
   * L, 0 to 1: a weight's gradient grows by L w (L2 regularisation); with "adamw" the weight shrinks by eta L w apart
   * from the gradient. Default 0.
   */
  readonly weightDecay?: number;
  /**
   * d: a running average of the weights, e <- d e + (1 - d) w after each mini-batch, is what evaluate, predict,
   * parameters and exports use; 0 up to, but not, 1. Default 0: the weights themselves.
   */
  readonly averaging?: number;
  /** The fraction of y that moves from the label to all classes alike: 0 up to, but not, 1. Default 0. */
  readonly labelSmoothing?: number;
  /**
   * p: the fraction of the hidden neurons that training leaves out, chosen anew for each sample, while the others count
   * 1 / (1 - p); 0 up to, but not, 1. Default 0.
   */
  readonly dropout?: number;
  /**
   * So many layers, from the first on, keep their weights and biases: 0 to one less than the network has. Default 0.
   */
  readonly frozen?: number;
  /**
   * Early stopping: training ends once so many epochs in a row brought no more validation images read correctly. The
   * weights of the best epoch are what evaluate, predict, parameters and exports use. 1 to 1,000,000; default: training
   * ends with the last epoch, whose weights are used.
   */
  readonly patience?: number;
}

/**
 * The method of these options.
 * @throws {TypeError | RangeError} for one that cannot be used
 */
export function methodOf(
  options: MethodOptions,
  table: Readonly<Record<keyof MethodOptions, TrainingOption>> = METHOD,
): TrainingConfig {
  const checked = checkOptions(options, table);
  const { optimizer, momentum, beta2, epsilon, weightDecay, averaging, labelSmoothing, dropout, frozen, patience } =
    checked;
  const [adam, plain] = [optimizer.startsWith("adam"), optimizer === "sgd"];
  return {
    optimizer,
    momentum: plain ? 0 : momentum,
    beta2: adam ? beta2 : 0,
    epsilon: adam ? epsilon : 0,
    weightDecay,
    averaging,
    labelSmoothing,
    dropout,
    frozen,
    keepBest: patience !== undefined,
  };
}
