// The coefficients of VP8's blocks, and their inverse transforms. Source: RFC 6386, sections 13 and 14.

import type { BoolDecoder } from "./bool.js";
import type { Plane } from "./predict.js";

/** Where a coefficient of the file is in its block, and the band of its probabilities. */
const ZIGZAG = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];
const BANDS = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0];
/** Probabilities of the bits of large coefficients, by category. */
const CATEGORIES = [
  [173, 148, 140],
  [176, 155, 140, 135],
  [180, 157, 141, 134, 130],
  [254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129],
];
/** Probabilities of a context, of a band and of a type of block. */
const [CONTEXT, BAND, TYPE] = [11, 33, 264];

/**
 * Reads a block into `out`, 16 numbers that are 0 before, dequantised.
 * @param first the first coefficient that is coded: 0 or 1
 * @returns the number after the last coefficient that is not 0
 */
export function readBlock(
  bits: BoolDecoder,
  probabilities: Uint16Array,
  type: number,
  context: number,
  steps: readonly [number, number],
  first: number,
  out: Int32Array,
  at: number,
): number {
  const ofType = type * TYPE;
  let p = ofType + BANDS[first] * BAND + context * CONTEXT;
  for (let n = first; n < 16; ) {
    if (bits.bit(probabilities[p]) === 0) return n;
    while (bits.bit(probabilities[p + 1]) === 0) {
      if (++n === 16) return 16;
      p = ofType + BANDS[n] * BAND;
    }
    const value = bits.bit(probabilities[p + 2]) === 0 ? 1 : largeValue(bits, probabilities, p);
    out[at + ZIGZAG[n]] = (bits.bit(128) === 1 ? -value : value) * steps[n > 0 ? 1 : 0];
    n++;
    p = ofType + BANDS[n] * BAND + (value === 1 ? 1 : 2) * CONTEXT;
  }
  return 16;
}

/** A value of 2 or more. */
function largeValue(bits: BoolDecoder, probabilities: Uint16Array, p: number): number {
  if (bits.bit(probabilities[p + 3]) === 0) {
    return bits.bit(probabilities[p + 4]) === 0 ? 2 : 3 + bits.bit(probabilities[p + 5]);
  }
  if (bits.bit(probabilities[p + 6]) === 0) {
    if (bits.bit(probabilities[p + 7]) === 0) return 5 + bits.bit(159);
    const high = bits.bit(165);
    return 7 + 2 * high + bits.bit(145);
  }
  const high = bits.bit(probabilities[p + 8]);
  const category = 2 * high + bits.bit(probabilities[p + 9 + high]);
  let value = 0;
  for (const probability of CATEGORIES[category]) value = 2 * value + bits.bit(probability);
  return value + 3 + (8 << category);
}

const columns = new Int32Array(16);

/** The Walsh-Hadamard transform: from 16 coefficients to the DC coefficients of 16 blocks. */
export function inverseWalshHadamard(input: Int32Array, out: Int32Array): void {
  for (let i = 0; i < 4; i++) {
    const [sum, sum2] = [input[i] + input[12 + i], input[4 + i] + input[8 + i]];
    const [difference, difference2] = [input[i] - input[12 + i], input[4 + i] - input[8 + i]];
    columns[i] = sum + sum2;
    columns[8 + i] = sum - sum2;
    columns[4 + i] = difference + difference2;
    columns[12 + i] = difference - difference2;
  }
  for (let i = 0; i < 4; i++) {
    const [a, b, c, d] = columns.subarray(4 * i);
    const [sum, sum2, difference, difference2] = [a + d + 3, b + c, a - d + 3, b - c];
    out[64 * i] = (sum + sum2) >> 3;
    out[64 * i + 16] = (difference + difference2) >> 3;
    out[64 * i + 32] = (sum - sum2) >> 3;
    out[64 * i + 48] = (difference - difference2) >> 3;
  }
}

/** The square root of 2 times the cosine and the sine of pi / 8, in 16 bits behind the point. */
const byCosine = (value: number) => value + ((value * 20091) >> 16);
const bySine = (value: number) => (value * 35468) >> 16;

/** Adds the inverse cosine transform of 16 coefficients at `from` to a block of 4 x 4 samples. */
export function addInverseDct(from: Int32Array, start: number, { samples, stride }: Plane, at: number): void {
  for (let i = 0; i < 4; i++) {
    const [first, second] = [from[start + i], from[start + 4 + i]];
    const [third, fourth] = [from[start + 8 + i], from[start + 12 + i]];
    const [sum, difference] = [first + third, first - third];
    const [inner, outer] = [bySine(second) - byCosine(fourth), byCosine(second) + bySine(fourth)];
    columns[4 * i] = sum + outer;
    columns[4 * i + 1] = difference + inner;
    columns[4 * i + 2] = difference - inner;
    columns[4 * i + 3] = sum - outer;
  }
  for (let y = 0, to = at; y < 4; y++, to += stride) {
    const [first, second] = [columns[y] + 4, columns[4 + y]];
    const [third, fourth] = [columns[8 + y], columns[12 + y]];
    const [sum, difference] = [first + third, first - third];
    const [inner, outer] = [bySine(second) - byCosine(fourth), byCosine(second) + bySine(fourth)];
    samples[to] += (sum + outer) >> 3;
    samples[to + 1] += (difference + inner) >> 3;
    samples[to + 2] += (difference - inner) >> 3;
    samples[to + 3] += (sum - outer) >> 3;
  }
}
