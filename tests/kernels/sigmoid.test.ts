import { expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { exp32, sigmoid } from "../../src/kernels/reference/sigmoid.js";

const sigmoid32 = (z: number) => sigmoid(z, { round: Math.fround, exp: exp32 });

test("sigma in f32 is within 2e-7 of sigma, and rises", () => {
  let previous = -1;
  let worst = 0;
  let falls = 0;
  let count = 0;
  for (let z = -100; z <= 100; z += 0.00037) {
    const x = Math.fround(z);
    const a = sigmoid32(x);
    worst = Math.max(worst, Math.abs(a - 1 / (1 + Math.exp(-x))));
    // A polynomial in f32 may step back by a rounding error or two.
    if (a < previous - 2e-7) falls++;
    previous = a;
    count++;
  }
  expect(count).toBeGreaterThan(500_000);
  expect(falls).toBe(0);
  expect(worst).toBeGreaterThan(0);
  expect(worst).toBeLessThan(2e-7);
});

test("sigma at the ends", () => {
  expect(sigmoid32(0)).toBe(0.5);
  expect(sigmoid32(Number.POSITIVE_INFINITY)).toBe(1);
  expect(sigmoid32(Number.NEGATIVE_INFINITY)).toBeGreaterThan(0);
  expect(sigmoid32(Number.NEGATIVE_INFINITY)).toBeLessThan(1e-37);
  expect(sigmoid32(Number.NaN)).toBeNaN();
});

test("f32 and f64 of the reference agree on a network's cost", async () => {
  const data = new Dataset({ images: Uint8Array.of(0, 100, 255, 30, 60, 90), labels: Uint8Array.of(1, 0) });
  const costs = (["f32", "f64"] as const).map(async (precision) => {
    const kernels = createReference(precision);
    const network = kernels.createNetwork([3, 4, 2]);
    network.initialise("normal", 2);
    return (await network.evaluate(kernels.createDataset(data))).cost;
  });
  const [cost32, cost64] = await Promise.all(costs);
  expect(cost32).not.toBe(cost64);
  expect(Math.abs(cost32 - cost64)).toBeLessThan(1e-6);
});
