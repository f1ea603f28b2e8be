// What a search draws from a command line, and which trials continue.

import { describe, expect, test } from "vitest";
import { bestEpoch, failed, type Outcome, ranked, rungsOf } from "../../apps/cli/tune/halving.js";
import { drawNumber, drawTrials, parseSpace, type Settings } from "../../apps/cli/tune/space.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { UsageError } from "../../src/recipe/values.js";

describe("halving", () => {
  test.each([
    [27, 27, 3, "27@1 9@3 3@9 1@27"],
    [27, 30, 3, "27@2 9@4 3@10 1@30"],
    [27, 9, 3, "27@1 9@3 3@9"],
    [10, 30, 3, "10@4 3@10 1@30"],
    [2, 30, 3, "2@30"],
    [16, 1, 2, "16@1"],
    [16, 5, 2, "16@2 8@3 4@5"],
  ])("%i trials, %i epochs, one of %i continues: %s", (trials, epochs, reduction, expected) => {
    expect(
      rungsOf(trials, epochs, reduction)
        .map((rung) => `${rung.trials}@${rung.epochs}`)
        .join(" "),
    ).toBe(expected);
  });

  test("ranks by accuracy, then cost, then number; failures last", () => {
    const outcome = (trial: number, correct: number, cost: number): Outcome => ({
      ...failed(trial, 1, ""),
      correct,
      cost,
      error: undefined,
    });
    const outcomes = [
      failed(1, 1, "diverged"),
      outcome(2, 5, 0.2),
      outcome(3, 5, 0.1),
      outcome(5, 7, 3),
      outcome(4, 5, 0.1),
    ];
    expect(ranked(outcomes).map(({ trial }) => trial)).toEqual([5, 3, 4, 2, 1]);
  });

  test("the best epoch is the most accurate one, then that of least cost, then the first", () => {
    const epochs = [0.9, 0.95, 0.95, 0.95, 0.94].map((validationAccuracy, i) => ({
      epoch: i + 1,
      cost: 0,
      accuracy: 1,
      validationAccuracy,
      validationCost: [1, 0.5, 0.4, 0.4, 0][i],
      seconds: 1,
    }));
    expect(bestEpoch(epochs)?.epoch).toBe(3);
    expect(bestEpoch([])).toBeUndefined();
  });
});

describe("what is drawn", () => {
  const WORDS = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

  test("numbers lie in their range and have three digits", () => {
    const random = new RandomStream(1, 1005, 0);
    const words = [...WORDS, ...Array.from({ length: 1000 }, () => random.nextWord())];
    for (const word of words) {
      const rate = drawNumber("log", [0.013, 12], word);
      expect(rate).toBeGreaterThanOrEqual(0.013);
      expect(rate).toBeLessThanOrEqual(12);
      expect(rate).toBe(Number(rate.toPrecision(3)));
      const momentum = drawNumber("log-from-1", [0.5, 0.999], word);
      expect(momentum).toBeGreaterThanOrEqual(0.5);
      expect(momentum).toBeLessThanOrEqual(0.999);
      expect(drawNumber("whole", [4, 6], word)).toBeOneOf([4, 5, 6]);
      expect(drawNumber("whole", [0, 2], word)).toBeOneOf([0, 1, 2]);
    }
  });

  test("ranges are searched by factors, fractions by those of their distance to 1, others evenly", () => {
    const middle = 0x80000000;
    expect(drawNumber("log", [0.01, 1], middle)).toBe(0.1);
    expect(drawNumber("log-from-1", [0.9, 0.999], middle)).toBe(0.99);
    expect(drawNumber("uniform", [0, 0.5], middle)).toBe(0.25);
    expect(drawNumber("whole", [1, 99], middle)).toBe(10);
    for (const name of ["label-smoothing", "dropout", "shift", "rotation", "scale", "shear", "elastic", "sigma"]) {
      expect(parseSpace({ [name]: "0.1..0.2" }).parameters).toContainEqual(
        expect.objectContaining({ name, scale: "uniform" }),
      );
    }
    const angles = drawTrials(parseSpace({ rotation: "5..15", elastic: "20" }), 100, 1).map(({ rotation }) => rotation);
    expect(angles.filter((angle) => !Number.isInteger(Number(angle))).length).toBeGreaterThan(80);
    const sizes = Array.from({ length: 256 }, (_, i) => drawNumber("whole", [4, 63], i * 2 ** 24));
    const below = (n: number) => sizes.filter((size) => size < n).length;
    expect([below(8), below(16), below(32)]).toEqual([64, 128, 192]);
  });

  test("a trial's settings depend on seed and number alone", () => {
    const space = parseSpace({ hidden: "20..200", activation: "tanh|relu", momentum: "0.5..0.99" });
    const nine = drawTrials(space, 9, 1);
    expect(drawTrials(space, 30, 1).slice(0, 9)).toEqual(nine);
    expect(drawTrials(space, 9, 2)).not.toEqual(nine);
    expect(nine[0]).toMatchInlineSnapshot(`
      {
        "activation": "tanh",
        "batch-size": "12",
        "hidden": "110",
        "learning-rate": "0.812",
        "momentum": "0.9507",
      }
    `);
  });

  test("without a range eta and batch size are searched, eta about what suits cost and optimiser", () => {
    const rates = (options: Settings) =>
      drawTrials(parseSpace(options), 200, 1).map((settings) => Number(settings["learning-rate"]));
    const between = (values: readonly number[]) => [Math.min(...values), Math.max(...values)];
    for (const [options, low, high] of [
      [{}, 0.25, 10],
      [{ preset: "book" }, 0.01, 0.4],
      [{ optimizer: "adamw", cost: "log-likelihood" }, 0.0001, 0.01],
      [{ optimizer: "nesterov" }, 0.01, 1],
      [{ optimizer: "nesterov", activation: "tanh", cost: "cross-entropy" }, 0.001, 0.1],
      [{ preset: "book", optimizer: "adam" }, 0.0001, 0.01],
    ] as const) {
      const [least, most] = between(rates(options));
      expect(least).toBeGreaterThanOrEqual(low);
      expect(least).toBeLessThan(low * 1.2);
      expect(most).toBeLessThanOrEqual(high);
      expect(most).toBeGreaterThan(high / 1.2);
    }
    const drawn = drawTrials(parseSpace({ optimizer: "sgd|adam", "batch-size": "10" }), 100, 1);
    for (const { optimizer, "learning-rate": rate } of drawn) expect(Number(rate) <= 0.01).toBe(optimizer === "adam");
  });

  test("where there are choices only, each combination is tried once", () => {
    const space = parseSpace({ activation: "tanh|relu", eta: "0.1|0.2|0.5", "batch-size": "10" });
    const drawn = drawTrials(space, 27, 1).map((settings) => Object.values(settings).join());
    expect(drawn).toHaveLength(6);
    expect(new Set(drawn).size).toBe(6);
    expect(drawTrials(space, 5, 1)).toHaveLength(5);
  });
});

describe("what cannot be drawn from is refused in one sentence", () => {
  const RANGE = "expected a range of two numbers, the lower one first, as in 0.1..10";
  test.each([
    ["learning-rate", "5..1", RANGE],
    ["learning-rate", "a..b", RANGE],
    ["learning-rate", "1..2..3", RANGE],
    ["learning-rate", "..3", RANGE],
    ["learning-rate", "1..1", RANGE],
    ["hidden", "30,20..40", RANGE],
    ["activation", "a..b", RANGE],
    [
      "weight-decay",
      "0..1",
      "expected a range that begins above 0, because it is searched by factors; or choices, as in 0|1e-5|1e-4",
    ],
    ["eta", "5..1", RANGE],
    ["eta", "0|", "expected choices as in a|b|c, none of them empty"],
    ["learning-rate", "1||2", "expected choices as in a|b|c, none of them empty"],
    ["learning-rate", "|", "expected choices as in a|b|c, none of them empty"],
    ["learning-rate", "0.1|1..2", "expected either choices as in a|b|c or a range as in 0.1..10"],
    ["epochs", "1..9", "expected a whole number from 1 to 1000000"],
    ["seed", "1|2", "expected a whole number from 0 to 4294967295"],
    ["validation", "10..20", "expected a whole number from 0 to 4294967295"],
    ["validation", "0", "expected at least 1 image, to choose settings by"],
  ])("--%s %s", (name, text, expected) => {
    expect(() => parseSpace({ [name]: text })).toThrow(new UsageError(`--${name}: ${expected}, got "${text}"`));
  });

  test.each([
    ["eta", "0..1", '--eta: expected a number above 0, up to 3.4e38, got "0"'],
    ["eta", "fast", '--eta: expected a number above 0, up to 3.4e38, got "fast"'],
    ["learning-rate", "fast", '--learning-rate: expected a number above 0, up to 3.4e38, got "fast"'],
    ["batch-size", "1.5..4", '--batch-size: expected a whole number from 1 to 1000000, got "1.5"'],
    ["momentum", "0.5..1", '--momentum: expected a number from 0 to below 1, got "1"'],
    ["activation", "tanh|swish", '--activation: expected sigmoid, tanh or relu, got "swish"'],
  ])("--%s %s, for a value in it", (name, text, message) => {
    expect(() => parseSpace({ [name]: text })).toThrow(new UsageError(message));
  });
});
