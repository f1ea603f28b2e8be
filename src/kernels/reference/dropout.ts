// Dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014), scaled while training, so that evaluation
// need not know of it: with probability p a hidden neuron's activation becomes 0, else a / (1 - p), and its delta
// likewise. Pairs with assembly/dropout.ts: (seed, epoch, place of the sample in the epoch, layer, neuron) decide.

import type { RealArray } from "../kernels.js";
import type { Arithmetic } from "./arithmetic.js";
import { nearest } from "./distort.js";
import type { RandomStream } from "./random.js";

/**
 * Drops activations in place, by 16 random bits for each. A dropped one is -0, which no activation is, though those of
 * tanh and ReLU may be 0.
 */
export function dropActivations({ round }: Arithmetic, p: number, a: RealArray, random: RandomStream): void {
  const dropped = nearest(p * 65536);
  const scale = round(1 / round(1 - p));
  for (let j = 0; j < a.length; j += 2) {
    const word = random.nextWord();
    a[j] = (word & 0xffff) < dropped ? -0 : a[j] * scale;
    if (j + 1 < a.length) a[j + 1] = word >>> 16 < dropped ? -0 : a[j + 1] * scale;
  }
}

/** Deltas in place: 0 for the neurons whose activations a were dropped, else delta / (1 - p). */
export function dropDeltas({ round }: Arithmetic, p: number, a: RealArray, delta: RealArray): void {
  const scale = round(1 / round(1 - p));
  for (let k = 0; k < delta.length; k++) delta[k] = Object.is(a[k], -0) ? 0 : delta[k] * scale;
}
