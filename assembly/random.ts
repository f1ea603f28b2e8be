// Random numbers as a function of (seed, purpose, stream, position) alone: the counter-based generator Philox4x32-10
// (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011).
// Normal numbers z solve Phi(z) = u by Wichura's rational functions (algorithm AS 241, PPND7; relative error below
// 1e-7), with f64 additions, multiplications, divisions and square roots only: these round the same way in every
// engine.

export const WEIGHTS: u32 = 0;
export const SHUFFLE: u32 = 1;
export const DROPOUT: u32 = 2;
export const DISTORTIONS: u32 = 3;

let key0: u32 = 0;
let key1: u32 = 0;
let counter1: u32 = 0;
let counter2: u32 = 0;
let counter3: u32 = 0;
let block: u32 = 0;
let used: u32 = 4;
let word0: u32 = 0;
let word1: u32 = 0;
let word2: u32 = 0;
let word3: u32 = 0;

/**
 * Starts the stream (a, b, c) of `purpose` under `seed` at its block `first`: the key is (seed, purpose), and the
 * counter (block, a, b, c).
 */
export function openStream(seed: u32, purpose: u32, a: u32, b: u32, c: u32, first: u32): void {
  key0 = seed;
  key1 = purpose;
  counter1 = a;
  counter2 = b;
  counter3 = c;
  block = first;
  used = 4;
}

/** The next 32 random bits of the open stream. */
export function nextWord(): u32 {
  if (used === 4) {
    philox(block, counter1, counter2, counter3, key0, key1);
    block++;
    used = 0;
  }
  const i = used++;
  return i === 0 ? word0 : i === 1 ? word1 : i === 2 ? word2 : word3;
}

/** A whole number in 0..n-1, n >= 1: the high word of word * n (a bias of at most n / 2^32). */
export function nextBelow(n: u32): u32 {
  return <u32>((<u64>nextWord() * n) >> 32);
}

/** The next number from the uniform distribution between -1 and 1. */
export function nextSigned(): f64 {
  return (<f64>nextWord() + 0.5) / 2147483648.0 - 1;
}

/** The next number from N(0, 1). */
export function nextNormal(): f64 {
  return normalQuantile((<f64>nextWord() + 0.5) / 4294967296.0);
}

/** Ten Philox rounds of counter (c0, c1, c2, c3) under key (k0, k1) into word0..word3. */
function philox(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): void {
  for (let round = 0; round < 10; round++) {
    const p0 = <u64>c0 * 0xd2511f53;
    const p1 = <u64>c2 * 0xcd9e8d57;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c1 = <u32>p1;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c3 = <u32>p0;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  word0 = c0;
  word1 = c1;
  word2 = c2;
  word3 = c3;
}

/** z with Phi(z) = u, for 2^-33 <= u <= 1 - 2^-33: the third of the rational functions is for u beyond e^-25. */
function normalQuantile(u: f64): f64 {
  const q = u - 0.5;
  if (abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q * (((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)) /
      (((67.1875636 * r + 78.757757664) * r + 17.895169469) * r + 1.0)
    );
  }
  const r = sqrt(-ln(q < 0 ? u : 1 - u)) - 1.6;
  const z =
    (((0.17023821103 * r + 1.3067284816) * r + 2.75681539) * r + 1.4234372777) /
    ((0.12021132975 * r + 0.7370016425) * r + 1.0);
  return q < 0 ? -z : z;
}

/**
 * ln(x) for x from 2^-126 to 1, and ln(2^-126) below. x = m / 2^e with m in [0.7, 1.42), and ln m =
 * 2 artanh((m - 1) / (m + 1)) as a series.
 */
export function ln(x: f64): f64 {
  x = max(x, f32.MIN_NORMAL_VALUE);
  let e = 0.0;
  while (x < Math.SQRT1_2) {
    x *= 2;
    e += 1;
  }
  const s = (x - 1) / (x + 1);
  const t = s * s;
  const series =
    1 + t * (1.0 / 3 + t * (1.0 / 5 + t * (1.0 / 7 + t * (1.0 / 9 + t * (1.0 / 11 + t * (1.0 / 13 + t / 15))))));
  return 2 * s * series - e * Math.LN2;
}
