// Numbers of any size in few characters, and their colours between blue and orange.

/** Four decimals, or two significant digits if the number is small. */
export function formatNumber(x: number): string {
  return digitsOf(x).replaceAll("-", "−");
}

function digitsOf(x: number): string {
  const size = Math.abs(x);
  if (size === 0) return "0";
  if (size < 1e-5) return x.toExponential(1);
  if (size < 1e-3) return x.toPrecision(2);
  return size < 1000 ? x.toFixed(size < 10 ? 4 : 2) : x.toPrecision(3);
}

/** C with four significant digits. */
export function formatC(cost: number): string {
  return cost.toPrecision(4).replaceAll("-", "−");
}

/** The largest absolute value. */
export function largest(values: ArrayLike<number>): number {
  let size = 0;
  for (let i = 0; i < values.length; i++) size = Math.max(size, Math.abs(values[i]));
  return size;
}

/** A grey value of the signed palette: 128 is 0, 255 the limit, 1 its negative. */
export function toGrey(value: number, limit: number): number {
  return limit === 0 ? 128 : Math.round(128 + (127 * value) / limit);
}
