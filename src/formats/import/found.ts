// What a reader of a model finds in a file.

import type { Activation, Cost, LayerParameters } from "../../kernels/kernels.js";

/** The function of the outputs: "linear" if the file has sums, which a function of the program that wrote it takes. */
export type OutputFunction = "sigmoid" | "softmax" | "linear";

/** A network as a file has it. What is undefined, the file does not say. */
export interface FoundNetwork {
  /** First to last. */
  readonly layers: readonly LayerParameters[];
  readonly activation?: Activation;
  readonly output?: OutputFunction;
  /** What it was trained by. */
  readonly cost?: Cost;
}
