// How much the options of a search mattered, on searches where that is known.

import { describe, expect, test } from "vitest";
import type { SearchResult } from "../../apps/report/data.js";
import { importances } from "../../apps/report/importance.js";
import { RandomStream } from "../../src/kernels/reference/random.js";

/** Trials of an option that decides the error, one that half decides it, one that does not, and a word. */
function made(count: number, failures = 0): SearchResult {
  const random = new RandomStream(1, 1009, 0);
  const uniform = () => random.nextWord() / 2 ** 32;
  const trials = Array.from({ length: count }, (_, i) => {
    const [a, b, c] = [uniform(), uniform(), uniform()];
    const word = random.nextBelow(2);
    const value = 1 - Math.exp(-(1 + 3 * a + b + 0.01 * uniform()));
    const points = i < failures ? [] : [{ epoch: 1, value }];
    return { settings: [String(a), String(b), String(c), word === 0 ? "tanh" : "relu"], points };
  });
  const options = [
    { name: "much", scale: "linear" },
    { name: "some", scale: "log" },
    { name: "none", scale: "linear" },
    { name: "word", scale: "words" },
  ] as const;
  return { options, trials, best: count - 1 };
}

describe("the importance of options", () => {
  test("is large for what decides, small for what does not", () => {
    const [much, some, none, word] = importances(made(200, 3)) as number[];
    expect(much).toBeGreaterThan(0.7);
    expect(some).toBeGreaterThan(0.03);
    expect(some).toBeLessThan(0.3);
    expect(Math.max(none, word)).toBeLessThan(0.03);
  });

  test("is all of it for a word that alone decides", () => {
    const search = made(40);
    const trials = search.trials.map(({ settings }) => ({
      settings,
      points: [{ epoch: 1, value: settings[3] === "tanh" ? 0.9 : 0.5 }],
    }));
    expect((importances({ ...search, trials }) as number[])[3]).toBeCloseTo(1);
  });

  test("is nothing where all trials are alike, and not said of few", () => {
    const search = made(20);
    const trials = search.trials.map(({ settings }) => ({ settings, points: [{ epoch: 1, value: 0.5 }] }));
    expect(importances({ ...search, trials })).toEqual([0, 0, 0, 0]);
    expect(importances(made(7))).toBeUndefined();
    expect(importances(made(12, 5))).toBeUndefined();
  });
});
