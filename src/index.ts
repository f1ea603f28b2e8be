// The public API: everything here runs in browsers too. Files, MNIST and the .wasm from disk are in node/index.ts.

export { Dataset, type DatasetOptions } from "./dataset.js";
export { DivergenceError, FormatError, ThreadError } from "./errors.js";
export { type IdxFile, parseDataset } from "./idx.js";
export { countWeights, type Evaluation, type InitialWeights, type Kernels, type LayerParameters } from "./kernels.js";
export { type Accuracy, accuracyOf } from "./metrics.js";
export { Network, type NetworkOptions } from "./network.js";
export { createReference } from "./reference.js";
export type { Reply, Request } from "./thread.js";
export { chooseThreads, type StartThread, startWebThread, type Thread, type ThreadOptions } from "./threads.js";
export type { EpochReport, TrainOptions } from "./trainer.js";
export { createWasmKernels } from "./wasm.js";
