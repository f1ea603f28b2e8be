// sigma(z) = 1 / (1 + e^-z),   sigma'(z) = sigma(z) (1 - sigma(z)), four at a time; absolute error of sigma below 2e-7.
// e^t = 2^n e^r with n = round(t / ln 2), |r| <= ln(2) / 2, and e^r = 1 + r + r^2 P(r), P from Cephes' expf (Moshier).

import { Row1, Row2 } from "./simd";

/** f32 constants by byte offset. One instruction loads one into four lanes; V8 makes a v128 constant with three. */
const CONSTANTS: usize = memory.data<f32>(
  [
    -87,
    87,
    Mathf.LOG2E,
    12582912,
    0.693359375,
    2.1219444e-4,
    1.98756915e-4,
    1.3981999507e-3,
    8.3334519073e-3,
    4.1665795894e-2,
    1.6666665459e-1,
    0.50000001201,
    1,
  ],
  16,
);
/** |z| beyond 87 changes nothing: sigma is within 2e-38 of 0 or 1, and 2^n stays a normal number. */
const LOWEST: usize = 0;
const HIGHEST: usize = 4;
const LOG2E: usize = 8;
/** 1.5 * 2^23: added to |x| < 2^22, it leaves no room for a fraction, so x is rounded to the nearest whole number. */
const ROUNDER: usize = 12;
/** ln 2 in two parts, high - low, the first with so few digits that its product with n is exact. */
const LN2_HIGH: usize = 16;
const LN2_LOW: usize = 20;
/** The coefficients of P, the highest power's first. */
const P5: usize = 24;
const P4: usize = 28;
const P3: usize = 32;
const P2: usize = 36;
const P1: usize = 40;
const P0: usize = 44;
const ONE: usize = 48;

/** a = sigma(z) in place for f32[4 * vectors]. NaN stays NaN: pmin and pmax return their first argument for it. */
export function sigmoid(z: usize, vectors: u32): void {
  const end = z + ((<usize>vectors) << 4);
  // Two vectors at a time, for their steps overlap and share the constants.
  for (; z + 16 < end; z += 32) sigmoidOf<Row2>(z);
  if (z < end) sigmoidOf<Row1>(z);
}

/** Of the vectors of a row of one or two. */
function sigmoidOf<Row>(z: usize): void {
  let c = v128.load32_splat(CONSTANTS, LOWEST);
  let t0 = f32x4.pmax(f32x4.neg(v128.load(z)), c);
  let t1 = f32x4.pmax(f32x4.neg(offsetof<Row>() > 16 ? v128.load(z, 16) : v128.load(z)), c);
  c = v128.load32_splat(CONSTANTS, HIGHEST);
  t0 = f32x4.pmin(t0, c);
  t1 = f32x4.pmin(t1, c);
  c = v128.load32_splat(CONSTANTS, LOG2E);
  const rounder = v128.load32_splat(CONSTANTS, ROUNDER);
  const rounded0 = f32x4.add(f32x4.mul(t0, c), rounder);
  const rounded1 = f32x4.add(f32x4.mul(t1, c), rounder);
  const n0 = f32x4.sub(rounded0, rounder);
  const n1 = f32x4.sub(rounded1, rounder);
  c = v128.load32_splat(CONSTANTS, LN2_HIGH);
  let r0 = f32x4.sub(t0, f32x4.mul(n0, c));
  let r1 = f32x4.sub(t1, f32x4.mul(n1, c));
  c = v128.load32_splat(CONSTANTS, LN2_LOW);
  r0 = f32x4.add(r0, f32x4.mul(n0, c));
  r1 = f32x4.add(r1, f32x4.mul(n1, c));
  c = v128.load32_splat(CONSTANTS, P5);
  let p0 = f32x4.mul(c, r0);
  let p1 = f32x4.mul(c, r1);
  c = v128.load32_splat(CONSTANTS, P4);
  p0 = f32x4.mul(f32x4.add(p0, c), r0);
  p1 = f32x4.mul(f32x4.add(p1, c), r1);
  c = v128.load32_splat(CONSTANTS, P3);
  p0 = f32x4.mul(f32x4.add(p0, c), r0);
  p1 = f32x4.mul(f32x4.add(p1, c), r1);
  c = v128.load32_splat(CONSTANTS, P2);
  p0 = f32x4.mul(f32x4.add(p0, c), r0);
  p1 = f32x4.mul(f32x4.add(p1, c), r1);
  c = v128.load32_splat(CONSTANTS, P1);
  p0 = f32x4.mul(f32x4.add(p0, c), r0);
  p1 = f32x4.mul(f32x4.add(p1, c), r1);
  c = v128.load32_splat(CONSTANTS, P0);
  const one = v128.load32_splat(CONSTANTS, ONE);
  const exp0 = f32x4.add(f32x4.add(f32x4.mul(f32x4.add(p0, c), f32x4.mul(r0, r0)), r0), one);
  const exp1 = f32x4.add(f32x4.add(f32x4.mul(f32x4.add(p1, c), f32x4.mul(r1, r1)), r1), one);
  // The low bits of `rounded` are n: moved into the exponent field and added to the bits of 1, they make 2^n.
  const power0 = i32x4.add(i32x4.shl(rounded0, 23), one);
  const power1 = i32x4.add(i32x4.shl(rounded1, 23), one);
  const a0 = f32x4.div(one, f32x4.add(one, f32x4.mul(exp0, power0)));
  const a1 = f32x4.div(one, f32x4.add(one, f32x4.mul(exp1, power1)));
  if (offsetof<Row>() > 16) v128.store(z, a1, 16);
  v128.store(z, a0);
}

/** e^t for t from -87 to 87, and e^-87 = 1.6e-38 below. Relative error below 2e-7. The steps are those of sigmoid(). */
export function exp(t: v128): v128 {
  t = f32x4.pmin(f32x4.pmax(t, v128.load32_splat(CONSTANTS, LOWEST)), v128.load32_splat(CONSTANTS, HIGHEST));
  const rounder = v128.load32_splat(CONSTANTS, ROUNDER);
  const rounded = f32x4.add(f32x4.mul(t, v128.load32_splat(CONSTANTS, LOG2E)), rounder);
  const n = f32x4.sub(rounded, rounder);
  let r = f32x4.sub(t, f32x4.mul(n, v128.load32_splat(CONSTANTS, LN2_HIGH)));
  r = f32x4.add(r, f32x4.mul(n, v128.load32_splat(CONSTANTS, LN2_LOW)));
  let p = v128.load32_splat(CONSTANTS, P5);
  p = f32x4.add(f32x4.mul(p, r), v128.load32_splat(CONSTANTS, P4));
  p = f32x4.add(f32x4.mul(p, r), v128.load32_splat(CONSTANTS, P3));
  p = f32x4.add(f32x4.mul(p, r), v128.load32_splat(CONSTANTS, P2));
  p = f32x4.add(f32x4.mul(p, r), v128.load32_splat(CONSTANTS, P1));
  p = f32x4.add(f32x4.mul(p, r), v128.load32_splat(CONSTANTS, P0));
  const one = v128.load32_splat(CONSTANTS, ONE);
  const power = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), one);
  return f32x4.mul(power, i32x4.add(i32x4.shl(rounded, 23), one));
}

/** sigma'(z) = a (1 - a), from a = sigma(z). */
export function sigmoidPrime(a: v128): v128 {
  return f32x4.mul(a, f32x4.sub(f32x4.splat(1), a));
}
