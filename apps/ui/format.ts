// Replaces d3-format, of which d3-scale imports all: our axes have fixed decimals, per cent or powers of ten. This
// takes 1.8 KB off the gzipped script of the page.

interface Specifier {
  readonly type: string;
  /** d3-scale sets it, by the step from tick to tick. */
  precision?: number;
}

/** The power of ten of a number: 3 of 1234. */
const exponent = (x: number) => Number(x.toExponential().split("e")[1]);

export const formatSpecifier = (text: string): Specifier => ({ type: text.slice(-1) });
export const precisionFixed = (step: number) => Math.max(0, -exponent(step));
export const precisionRound = (step: number, most: number) => Math.max(0, exponent(most - step) - exponent(step)) + 1;
export const precisionPrefix = precisionFixed;

export function format({ type, precision: decided = 0 }: Specifier): (value: number) => string {
  // Of whole per cents it is below 0.
  const precision = Math.max(0, decided);
  if (type === "e") return (value) => value.toExponential(precision);
  if (type === "%") return (value) => `${(100 * value).toFixed(precision)}%`;
  const decimals = { minimumFractionDigits: precision, maximumFractionDigits: precision };
  return (value) => value.toLocaleString("en-US", decimals);
}
export const formatPrefix = format;
