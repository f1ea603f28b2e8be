// The part of the public API that needs Node: IDX files and MNIST from disk.

export type { DataSplit, Division } from "../data/split.js";
export { loadDirectory, loadMnist, loadTraining } from "./data.js";
