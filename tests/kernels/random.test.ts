import { expect, test } from "vitest";
import { normalQuantile, philox, RandomStream } from "../../src/kernels/reference/random.js";

// Known answers for Philox4x32-10 from the authors' Random123 distribution.
test.each([
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const)("philox($counter, $key)", ({ counter, key, words }) => {
  expect(philox(counter, key)).toEqual(words);
});

// Published quantiles of the normal distribution, to ten digits.
test.each([
  [0.5, 0],
  [0.75, 0.6744897502],
  [0.9, 1.2815515655],
  [0.975, 1.9599639845],
  [0.99, 2.326347874],
  [0.9999, 3.7190164855],
  [1e-6, -4.7534243088],
  [1e-9, -5.997807015],
])("the normal quantile of %d is %d", (u, z) => {
  expect(Math.abs(normalQuantile(u) - z)).toBeLessThanOrEqual(1e-6 * Math.abs(z));
});

test("normal numbers have the mean, deviation and tails of N(0, 1)", () => {
  const random = new RandomStream(7, 0, 1);
  const n = 200_000;
  const numbers = Array.from({ length: n }, () => random.nextNormal());
  const mean = numbers.reduce((sum, x) => sum + x, 0) / n;
  const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(n));
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  for (const [limit, share] of [
    [1, 0.3173105],
    [2, 0.0455003],
    [3, 0.0026998],
  ]) {
    const outside = numbers.filter((x) => Math.abs(x) > limit).length / n;
    expect(Math.abs(outside - share), `beyond ${limit}`).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / n));
  }
});

test("nextBelow reaches every number below n, and no other", () => {
  const random = new RandomStream(1, 0, 0);
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 7000; i++) counts[random.nextBelow(7)]++;
  expect(counts).toHaveLength(7);
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

test("seed, purpose and stream each make another sequence", () => {
  const sequence = (seed: number, purpose: number, stream: number) => {
    const random = new RandomStream(seed, purpose, stream);
    return Array.from({ length: 8 }, () => random.nextWord()).join();
  };
  const sequences = [sequence(1, 0, 0), sequence(2, 0, 0), sequence(1, 1, 0), sequence(1, 0, 1)];
  expect(new Set(sequences).size).toBe(4);
  expect(sequence(1, 0, 0)).toBe(sequences[0]);
});
