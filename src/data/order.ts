// The order in which a data set is divided.

import { DIVISION, RandomStream } from "../kernels/reference/random.js";

/**
 * The samples in an order in which every piece has all classes in proportion: sample j of the n of a class, in a
 * random order, comes at (j + u) / n of the way, u between 1/4 and 3/4. So even a piece of a few has its share, and the
 * only sample of a class is in the middle.
 */
export function orderInProportion(labels: ArrayLike<number>, classes: number, seed: number): Uint32Array {
  const random = new RandomStream(seed, DIVISION, 0);
  const members = Array.from({ length: classes }, () => [] as number[]);
  for (let i = 0; i < labels.length; i++) members[labels[i]].push(i);
  const places = new Float64Array(labels.length);
  for (const samples of members) {
    const { length } = samples;
    for (let j = 0; j < length; j++) {
      const other = j + random.nextBelow(length - j);
      [samples[j], samples[other]] = [samples[other], samples[j]];
      places[samples[j]] = (j + 0.5 + random.nextSigned() / 4) / length;
    }
  }
  return numbersTo(labels.length).sort((a, b) => places[a] - places[b] || a - b);
}

/** A random order: each of the n! is as likely (Fisher, Yates; Durstenfeld). */
export function randomOrder(length: number, seed: number): Uint32Array {
  const random = new RandomStream(seed, DIVISION, 1);
  const order = numbersTo(length);
  for (let i = length - 1; i > 0; i--) {
    const other = random.nextBelow(i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}

/** 0 to length - 1. */
function numbersTo(length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i);
}
