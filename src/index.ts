// The public API: everything here runs in browsers too. Files and MNIST from disk are in node/index.ts.

export { type Backpropagation, backpropagate } from "./backprop.js";
export { createKernels, type KernelOptions } from "./create-kernels.js";
export { Dataset, type DatasetOptions, type Pixels } from "./dataset.js";
export type { Distortions } from "./distort.js";
export { type DistortOptions, distort } from "./distorted.js";
export { DivergenceError, FormatError, ThreadError } from "./errors.js";
export { type IdxFile, parseDataset } from "./idx.js";
export {
  type Activation,
  type Cost,
  countWeights,
  type InitialWeights,
  type Kernels,
  type Optimizer,
} from "./kernels.js";
export type { MethodOptions } from "./method.js";
export {
  type Accuracy,
  accuracyOf,
  type ClassFigures,
  classFigures,
  confusionMatrix,
  type Evaluation,
} from "./metrics.js";
export { type LoadOptions, Network, type NetworkOptions, type Parameters, type Prediction } from "./network.js";
export { createReference } from "./reference.js";
export { cosineSchedule, type Schedule, stepSchedule, warmUp } from "./schedules.js";
export type { Reply, Request } from "./thread.js";
export { chooseThreads, type StartThread, type Thread, type ThreadOptions } from "./threads.js";
export type { EpochReport, TrainOptions } from "./trainer.js";
export { createWasmKernels } from "./wasm.js";
