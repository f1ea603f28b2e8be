// The part of the public API that needs Node: data from disk, of every form, MNIST, and vectors of 256 bits.

export type { DataSplit, Division } from "../data/split.js";
export { loadDirectory, loadMnist, loadTraining } from "./data.js";
export { type DataOptions, type DataParts, loadData, loadParts, loadTestData, loadTrainingData } from "./load.js";
export { enableWideVectors } from "./wide.js";
