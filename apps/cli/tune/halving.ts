// Successive halving: many trials train for few epochs, the best of them continue for more, until few have trained for
// all.

import type { HistoryEntry } from "ductus/recipe";

/** A step of the search: so many trials train up to this epoch. */
export interface Rung {
  readonly trials: number;
  readonly epochs: number;
}

/** What became of a trial in a rung. */
export interface Outcome {
  /** From 1. */
  readonly trial: number;
  /** From 1. */
  readonly rung: number;
  /** Validation images read correctly, of how many, and their cost, after the rung's last epoch. */
  readonly correct: number;
  readonly count: number;
  readonly cost: number;
  /** The rung's epochs; none if the trial failed. */
  readonly history: readonly HistoryEntry[];
  /** Why the trial failed. */
  readonly error?: string;
}

/** What becomes of a trial that cannot be trained. */
export function failed(trial: number, rung: number, error: string): Outcome {
  return { trial, rung, correct: 0, count: 0, cost: 0, history: [], error };
}

/**
 * The rungs of a search: one trial of `reduction` continues, for `reduction` times as many epochs, as often as both can
 * be divided.
 */
export function rungsOf(trials: number, epochs: number, reduction: number): Rung[] {
  const counts = [trials];
  const lengths = [epochs];
  // To round at each step is the same as to round once.
  for (let factor = reduction; counts[counts.length - 1] >= reduction && factor <= epochs; factor *= reduction) {
    counts.push(Math.floor(counts[counts.length - 1] / reduction));
    lengths.unshift(Math.ceil(lengths[0] / reduction));
  }
  return counts.map((trials, k) => ({ trials, epochs: lengths[k] }));
}

/** The best first: most correct, then least cost, then first drawn; failed trials last. */
export function ranked(outcomes: readonly Outcome[]): Outcome[] {
  return [...outcomes].sort(
    (a, b) =>
      Number(a.error !== undefined) - Number(b.error !== undefined) ||
      b.correct - a.correct ||
      a.cost - b.cost ||
      a.trial - b.trial,
  );
}

/** Whether two outcomes of a trial are the same to the last bit, however long they took. */
export function sameOutcome(a: Outcome, b: Outcome): boolean {
  const text = ({ correct, count, cost, history, error }: Outcome) =>
    JSON.stringify([correct, count, cost, error, figuresOf(history)]);
  return text(a) === text(b);
}

/** Epochs in the form in which they can be compared. */
function figuresOf(history: readonly HistoryEntry[]) {
  return history.map(({ epoch, cost, accuracy, validationCost, validationAccuracy, warning }) => [
    epoch,
    cost,
    accuracy,
    validationCost,
    validationAccuracy,
    warning,
  ]);
}

/** Whether an epoch reads the validation data better than another: more of them, or as many at less cost. */
export function isBetter(a: HistoryEntry, b: HistoryEntry): boolean {
  const [accuracy, other] = [a.validationAccuracy ?? 0, b.validationAccuracy ?? 0];
  return accuracy > other || (accuracy === other && (a.validationCost ?? 0) < (b.validationCost ?? 0));
}

/** The best epoch, the first of equals; undefined if there is none. */
export function bestEpoch(history: readonly HistoryEntry[]): HistoryEntry | undefined {
  return history.reduce<HistoryEntry | undefined>(
    (best, entry) => (best === undefined || isBetter(entry, best) ? entry : best),
    undefined,
  );
}
