// The mean of networks: right, and the same bits in any order.

import { afterAll, expect, test } from "vitest";
import { averageParameters } from "../../src/network/average.js";
import { Network } from "../../src/network/network.js";

const networks = await Promise.all([1, 2, 3].map((seed) => Network.create({ layers: [6, 5, 3], seed, threads: 1 })));
afterAll(() => {
  for (const network of networks) network.dispose();
});

test("is the weighted mean of each weight and bias", () => {
  const counts = [1, 2, 5];
  for (const [i, { weights, biases }] of averageParameters(networks, counts).entries()) {
    const all = networks.map((network) => network.parameters(i + 1));
    const expected = (part: "weights" | "biases") =>
      Array.from(all[0][part], (_, k) => all.reduce((sum, one, n) => sum + one[part][k] * counts[n], 0) / 8);
    expect([...weights]).toEqual(expected("weights").map((w) => expect.closeTo(w, 6)));
    expect([...biases]).toEqual(expected("biases").map((b) => expect.closeTo(b, 6)));
  }
});

test("has the same bits in any order, and makes a network", async () => {
  const [a, b, c] = networks;
  const orders = [
    [a, b, c],
    [b, c, a],
    [c, b, a],
  ];
  const means = orders.map((order) =>
    averageParameters(
      order,
      order.map((one) => 10 ** networks.indexOf(one)),
    ),
  );
  for (const mean of means) expect(mean).toEqual(means[0]);
  using network = await Network.from(means[0], { threads: 1 });
  expect(network.layers).toEqual([6, 5, 3]);
  expect(averageParameters([a, a])).toEqual([1, 2].map((l) => a.parameters(l)));
});

test("refuses what has no mean", async () => {
  using other = await Network.create({ layers: [6, 4, 3], threads: 1 });
  expect(() => averageParameters([])).toThrow("networks: expected at least one, got none");
  expect(() => averageParameters([networks[0], other])).toThrow(
    "expected the same layers, got [6, 5, 3] and [6, 4, 3]",
  );
  expect(() => averageParameters(networks, [1])).toThrow("counts: expected 3, one for each network, got 1");
  expect(() => averageParameters(networks, [1, -1, 1])).toThrow("count: expected a number from 0");
  expect(() => averageParameters(networks, [0, 0, 0])).toThrow("counts: expected a sum above 0, got 0");
});
