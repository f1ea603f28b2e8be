// How much an option that was searched mattered: the share of the spread of accuracies that is between groups of
// trials with like values, epsilon^2 = (B - (g - 1) W / (n - g)) / (B + W), with the squares B between and W within g
// groups of n trials (Kelley, 1935: unlike B / (B + W), it is about 0 for an option that does not matter).

import type { SearchResult } from "./data.js";

/** Trials with numbers are divided into so many groups of equal size. */
const GROUPS = 4;
/** Fewer trials say nothing. */
const LEAST = 8;
const LEAST_ERROR = 1e-4;

/** For each option a share from 0 to 1; undefined if there are too few trials. */
export function importances({ options, trials }: SearchResult): number[] | undefined {
  const whole = trials.filter(({ points }) => points.length > 0);
  if (whole.length < LEAST) return undefined;
  // As on the charts: by what factor errors fall.
  const values = whole.map(({ points }) => -Math.log(Math.max(LEAST_ERROR, 1 - points[points.length - 1].value)));
  return options.map(({ scale }, k) => {
    const settings = whole.map((trial) => trial.settings[k]);
    return shareOf(values, scale === "words" ? settings : groupsOf(settings.map(Number)));
  });
}

/** The group of each number: the same for equal ones. */
function groupsOf(numbers: readonly number[]): number[] {
  const sorted = [...numbers].sort((a, b) => a - b);
  return numbers.map((number) => Math.floor((sorted.indexOf(number) * GROUPS) / sorted.length));
}

function shareOf(values: readonly number[], groups: readonly (string | number)[]): number {
  const squares = (list: readonly number[]) => {
    const mean = list.reduce((a, b) => a + b, 0) / list.length;
    return list.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  };
  const names = [...new Set(groups)];
  const within = names.reduce<number>((sum, name) => sum + squares(values.filter((_, i) => groups[i] === name)), 0);
  const total = squares(values);
  const [n, g] = [values.length, names.length];
  if (total === 0 || g === 1 || n === g) return 0;
  return Math.max(0, (total - within - ((g - 1) * within) / (n - g)) / total);
}
