// Sine and cosine in additions, multiplications and divisions only: the same bits in every engine, unlike Math.sin.

/**
 * first - first x^2 / (n (n - 1)) + ... for x^2 = square, up to pi^2.
 * It is sin x from first = x and n = 3, and cos x from first = 1 and n = 2.
 */
export function series(first: number, square: number, n: number): number {
  let term = first;
  let sum = first;
  for (; n < 23; n += 2) {
    term *= -square / (n * (n - 1));
    sum += term;
  }
  return sum;
}
