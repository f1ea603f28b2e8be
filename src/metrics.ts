// Figures derived from counts.

/** A share with its standard error, both 0 to 1. */
export interface Accuracy {
  readonly accuracy: number;
  /** sqrt(p (1 - p) / n): one standard deviation of the binomial distribution. */
  readonly standardError: number;
}

/** The accuracy that `correct` of `count` estimate. */
export function accuracyOf(correct: number, count: number): Accuracy {
  const accuracy = correct / count;
  return { accuracy, standardError: Math.sqrt((accuracy * (1 - accuracy)) / count) };
}
