// In which numbers the reference computes. In f32 it rounds after every operation, in the order that the module uses,
// so both give the same bits: storing into a Float32Array rounds a sum, and round() a product inside a sum. In f64,
// round() changes nothing.

import type { RealArray } from "../kernels.js";
import { exp32 } from "./sigmoid.js";

/** How numbers are stored, how a product is rounded, and e^t. */
export interface Arithmetic {
  readonly Array: typeof Float32Array | typeof Float64Array;
  readonly round: (x: number) => number;
  readonly exp: (t: number) => number;
}

export const ARITHMETICS = {
  f32: { Array: Float32Array, round: Math.fround, exp: exp32 },
  f64: { Array: Float64Array, round: (x) => x, exp: Math.exp },
} as const satisfies Record<string, Arithmetic>;

/** "f32" gives the bits of the module, "f64" is for gradient checks. */
export type Precision = keyof typeof ARITHMETICS;

/**
 * sum over j of x_j y_(offset + j), in four lanes, j mod 4, each by ascending j from 0, then added as (0 + 2) + (1 +
 * 3).
 */
export function dot({ round }: Arithmetic, x: RealArray, y: RealArray, offset = 0): number {
  const lanes = [0, 0, 0, 0];
  for (let j = 0; j < x.length; j++) lanes[j & 3] = round(lanes[j & 3] + round(x[j] * y[offset + j]));
  return round(round(lanes[0] + lanes[2]) + round(lanes[1] + lanes[3]));
}

const TINY = 2 ** -100;

/** What is closer to 0 than 2^-100 is 0: assembly/simd.ts says why. */
export function settled(x: number): number {
  return Math.abs(x) < TINY ? 0 : x;
}
