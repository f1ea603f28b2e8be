// The public API: everything here runs in browsers too. Files and MNIST from disk are in node/index.ts.

export { compareToTraining } from "./data/compare.js";
export { Dataset, type DatasetOptions, type PixelOptions, type Pixels } from "./data/dataset.js";
export type { Distortions } from "./data/distortions.js";
export { type IdxFile, parseDataset } from "./data/idx.js";
export { type DataWarning, inspectDataset } from "./data/inspect.js";
export type { Ground } from "./data/measure.js";
export type { Preparation } from "./data/preparation.js";
export type { Samples } from "./data/samples.js";
export { DivergenceError, FormatError, ThreadError } from "./errors.js";
export { createKernels, type KernelOptions } from "./kernels/create.js";
export {
  type Activation,
  type Cost,
  countWeights,
  type InitialWeights,
  type Kernels,
  type Optimizer,
} from "./kernels/kernels.js";
export { createReference } from "./kernels/reference/reference.js";
export { chooseThreads } from "./kernels/threads/choose.js";
export type { StartThread, Thread, ThreadOptions } from "./kernels/threads/team.js";
export type { Reply, Request } from "./kernels/threads/thread.js";
export { createWasmKernels } from "./kernels/wasm/wasm.js";
export { type DistortOptions, distort } from "./network/augment.js";
export { averageParameters } from "./network/average.js";
export { type Backpropagation, backpropagate } from "./network/inspect.js";
export type { EpochFigures } from "./network/learning.js";
export type { MethodOptions } from "./network/method.js";
export {
  type Accuracy,
  accuracyOf,
  type ClassFigures,
  classFigures,
  confusionMatrix,
  type Evaluation,
} from "./network/metrics.js";
export { Network } from "./network/network.js";
export type { LoadOptions, NetworkOptions } from "./network/options.js";
export type { FromOptions } from "./network/parameters.js";
export type { Parameters, Prediction } from "./network/results.js";
export { cosineSchedule, type Schedule, stepSchedule, warmUp } from "./network/schedules.js";
export type { EpochReport, TrainOptions } from "./network/trainer.js";
export type { Training } from "./network/training.js";
export { defaultLearningRate, type LearningRateOptions } from "./options/learning-rate.js";
