// Random numbers as a function of (seed, purpose, stream, position) alone: the counter-based generator Philox4x32-10
// (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011). Pairs with assembly/random.ts.
// Normal numbers z solve Phi(z) = u by Wichura's rational functions (algorithm AS 241, PPND7; relative error below
// 1e-7), in f64 additions, multiplications, divisions and square roots only: these round the same way in every engine.

export const WEIGHTS = 0;
export const SHUFFLE = 1;
export const DROPOUT = 2;
export const DISTORTIONS = 3;
/** The settings of the trials of `ductus tune`. */
export const TUNE = 4;
/** The order in which a sorted training file is divided. */
export const DIVISION = 5;

/** Stream (a, b, c) of `purpose` under `seed`, all of them 32-bit unsigned numbers. */
export class RandomStream {
  readonly #key: readonly [number, number];
  readonly #stream: readonly [number, number, number];
  #block = 0;
  #words: readonly number[] = [];
  #used = 4;

  /**
   * The stream from its beginning; all five are whole numbers from 0 to 2^32 - 1.
   * @param seed the first word of Philox's key
   * @param purpose the second word: what the numbers are for, as TUNE
   * @param a the second word of the counter, the first being the position in the stream
   * @param b the third word
   * @param c the fourth word
   */
  constructor(seed: number, purpose: number, a: number, b = 0, c = 0) {
    this.#key = [seed, purpose];
    this.#stream = [a, b, c];
  }

  /** The next 32 random bits. */
  nextWord(): number {
    if (this.#used === 4) {
      this.#words = philox([this.#block++, ...this.#stream], this.#key);
      this.#used = 0;
    }
    return this.#words[this.#used++];
  }

  /** A whole number in 0..n-1, n >= 1: the high word of word * n (a bias of at most n / 2^32). */
  nextBelow(n: number): number {
    return multiplyHigh(this.nextWord(), n);
  }

  /** The next number between -1 and 1, all of them alike. */
  nextSigned(): number {
    return (this.nextWord() + 0.5) / 2147483648 - 1;
  }

  /** The next number from N(0, 1). */
  nextNormal(): number {
    return normalQuantile((this.nextWord() + 0.5) / 4294967296);
  }
}

/** Ten Philox rounds of a 4-word counter under a 2-word key. */
export function philox(counter: readonly [number, number, number, number], key: readonly [number, number]): number[] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The high 32 bits of the 64-bit product of two 32-bit unsigned numbers, by halves of 16 bits. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16); // below 2^32
  const carried = a0 * b1 + (middle & 0xffff); // below 2^32
  return a1 * b1 + (middle >>> 16) + (carried >>> 16);
}

/** z with Phi(z) = u, for 2^-33 <= u <= 1 - 2^-33: the third of the rational functions is for u beyond e^-25. */
export function normalQuantile(u: number): number {
  const q = u - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q * (((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)) /
      (((67.1875636 * r + 78.757757664) * r + 17.895169469) * r + 1)
    );
  }
  const r = Math.sqrt(-ln(q < 0 ? u : 1 - u)) - 1.6;
  const z =
    (((0.17023821103 * r + 1.3067284816) * r + 2.75681539) * r + 1.4234372777) /
    ((0.12021132975 * r + 0.7370016425) * r + 1);
  return q < 0 ? -z : z;
}

/**
 * ln(x) for x from 2^-126 to 1, and ln(2^-126) for smaller ones: x = m / 2^e with m in [0.7, 1.42), then
 * ln m = 2 artanh((m - 1) / (m + 1)) as a series.
 */
export function ln(x: number): number {
  x = Math.max(x, 2 ** -126);
  let e = 0;
  while (x < Math.SQRT1_2) {
    x *= 2;
    e += 1;
  }
  const s = (x - 1) / (x + 1);
  const t = s * s;
  const series = 1 + t * (1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * (1 / 13 + t / 15))))));
  return 2 * s * series - e * Math.LN2;
}
