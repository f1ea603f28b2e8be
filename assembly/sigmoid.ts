// sigma(z) = 1 / (1 + e^-z),   sigma'(z) = sigma(z) (1 - sigma(z)), four at a time; absolute error of sigma below 2e-7.
// e^t = 2^n e^r with n = round(t / ln 2), |r| <= ln(2) / 2, and e^r = 1 + r + r^2 P(r), P from Cephes' expf (Moshier).

/** |z| beyond this changes nothing: sigma is within 2e-38 of 0 or 1, and 2^n stays a normal number. */
const LIMIT: f32 = 87;
/** 1.5 * 2^23: added to |x| < 2^22, it leaves no room for a fraction, so x is rounded to the nearest whole number. */
const ROUNDER: f32 = 12582912;

/** a = sigma(z) in place for f32[4 * vectors]. NaN stays NaN. */
export function sigmoid(z: usize, vectors: u32): void {
  const end = z + ((<usize>vectors) << 4);
  const one = f32x4.splat(1);
  for (; z < end; z += 16) {
    const t = f32x4.min(f32x4.max(f32x4.neg(v128.load(z)), f32x4.splat(-LIMIT)), f32x4.splat(LIMIT));
    const rounded = f32x4.add(f32x4.mul(t, f32x4.splat(Mathf.LOG2E)), f32x4.splat(ROUNDER));
    const n = f32x4.sub(rounded, f32x4.splat(ROUNDER));
    // ln 2 in two parts, the first with so few digits that its product with n is exact.
    const high = f32x4.sub(t, f32x4.mul(n, f32x4.splat(0.693359375)));
    const r = f32x4.add(high, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
    let p = f32x4.add(f32x4.mul(f32x4.splat(1.98756915e-4), r), f32x4.splat(1.3981999507e-3));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
    const exp = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), one);
    // The low bits of `rounded` are n: moved into the exponent field they make 2^n.
    const power = i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(127 << 23));
    v128.store(z, f32x4.div(one, f32x4.add(one, f32x4.mul(exp, power))));
  }
}

/** sigma'(z) = a (1 - a), from a = sigma(z). */
export function sigmoidPrime(a: v128): v128 {
  return f32x4.mul(a, f32x4.sub(f32x4.splat(1), a));
}
