// The sigmoid, and e^t in f32 steps as assembly/sigmoid.ts does them.

/** sigma(z) = 1 / (1 + e^-z), each step rounded by `round`: in f32 with Math.fround and exp32. */
export function sigmoid(z: number, { round, exp }: { round(x: number): number; exp(x: number): number }): number {
  return round(1 / round(1 + exp(-z)));
}

/**
 * e^t in f32 steps that every engine rounds alike (Math.exp is not one), for t from -87 to 87; beyond them as at them.
 * Pairs with assembly/sigmoid.ts: e^t = 2^n e^r with n = round(t / ln 2), |r| <= ln(2) / 2,
 * and e^r = 1 + r + r^2 P(r), P from Cephes' expf (Moshier).
 */
export function exp32(t: number): number {
  const f32 = Math.fround;
  t = Math.min(Math.max(t, -87), 87);
  const n = f32(f32(f32(t * f32(Math.LOG2E)) + 12582912) - 12582912);
  const r = f32(f32(t - f32(n * 0.693359375)) + f32(n * f32(2.1219444e-4)));
  let p = f32(1.98756915e-4);
  for (const c of EXP_COEFFICIENTS) p = f32(f32(p * r) + c);
  return f32(f32(f32(f32(p * f32(r * r)) + r) + 1) * POWERS_OF_TWO[n + 126]);
}

const EXP_COEFFICIENTS = Float32Array.of(
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  0.50000001201,
);

/** 2^-126 .. 2^126, by doubling and halving: `**` need not be exact. */
const POWERS_OF_TWO = new Float64Array(253);
POWERS_OF_TWO[126] = 1;
for (let n = 1; n <= 126; n++) {
  POWERS_OF_TWO[126 + n] = POWERS_OF_TWO[125 + n] * 2;
  POWERS_OF_TWO[126 - n] = POWERS_OF_TWO[127 - n] / 2;
}
