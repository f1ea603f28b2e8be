// The part of the public API that needs Node: IDX files and MNIST from disk, and vectors of 256 bits.

export type { DataSplit, Division } from "../data/split.js";
export { loadDirectory, loadMnist, loadTraining } from "./data.js";
export { enableWideVectors } from "./wide.js";
