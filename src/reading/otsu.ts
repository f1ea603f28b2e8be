// Two kinds of values, told apart by the threshold with the largest variance between them.
// Source: Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Transactions SMC 9(1), 1979.

/**
 * Where two kinds part, their means, and the share of the variance that lies between them: noise has up to 2 / 3 of
 * it.
 */
export interface Split {
  readonly threshold: number;
  readonly low: number;
  readonly high: number;
  readonly separability: number;
}

const BINS = 256;

export function split(values: ArrayLike<number>): Split {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]);
    most = Math.max(most, values[i]);
  }
  const unit = (most - least) / BINS || 1;
  const counts = new Float64Array(BINS);
  for (let i = 0; i < values.length; i++) counts[Math.min(BINS - 1, Math.floor((values[i] - least) / unit))]++;
  const sum = counts.reduce((total, n, bin) => total + n * bin, 0);
  const squares = counts.reduce((total, n, bin) => total + n * bin * bin, 0);
  const variance = squares / values.length - (sum / values.length) ** 2;
  let best = { between: 0, bin: 0, low: 0, high: 0 };
  for (let [bin, n, below] = [0, 0, 0]; bin < BINS - 1; bin++) {
    n += counts[bin];
    below += counts[bin] * bin;
    const [low, high] = [below / n, (sum - below) / (values.length - n)];
    const between = ((n * (values.length - n)) / values.length ** 2) * (low - high) ** 2;
    if (between > best.between) best = { between, bin, low, high };
  }
  const level = (bin: number) => least + (bin + 0.5) * unit;
  return {
    threshold: least + (best.bin + 1) * unit,
    low: level(best.low),
    high: level(best.high),
    separability: variance > 0 ? best.between / variance : 0,
  };
}
