// A look inside: what backpropagate() shows is what the module does, and a training can be held to be looked at.

import { describe, expect, test } from "vitest";
import { backpropagate } from "../../src/network/inspect.js";
import { Network } from "../../src/network/network.js";
import type { TrainOptions } from "../../src/network/trainer.js";
import { randomDataset } from "../helpers.js";

const OPTIONS: TrainOptions = { epochs: 2, batchSize: 10, learningRate: 2 };

describe("a look inside", () => {
  test.each([
    ["sigmoid", "quadratic"],
    ["tanh", "cross-entropy"],
    ["relu", "log-likelihood"],
  ] as const)("%s, %s: what backpropagate() shows is what one step of the module does", async (activation, cost) => {
    const data = randomDataset(1, 30, 4);
    using network = await Network.create({ layers: [30, 7, 5, 4], activation, cost, seed: 3, threads: 1 });
    const before = [1, 2, 3].map((l) => network.parameters(l));
    const { z, a, delta, cost: shown } = backpropagate(network, data.images, data.labels[0]);
    expect(a[3]).toEqual(network.predict(data.images).activations);
    expect(delta.slice(1).every((errors) => errors.some((error) => error !== 0))).toBe(true);
    for (const l of [1, 2, 3]) {
      const { weights, biases } = before[l - 1];
      const inputs = a[l - 1].length;
      for (const [j, zj] of z[l].entries()) {
        const sum = a[l - 1].reduce((sum, ak, k) => sum + ak * weights[j * inputs + k], biases[j]);
        expect(zj).toBeCloseTo(sum, 5);
      }
    }
    for await (const report of network.train(data, { epochs: 1, batchSize: 1, learningRate: 0.5 }))
      expect(report.cost).toBe(shown);
    for (const l of [1, 2, 3]) {
      const { weights, biases } = network.parameters(l);
      const inputs = a[l - 1].length;
      const d = delta[l].map((error) => -0.5 * error);
      expect(biases).toEqual(before[l - 1].biases.map((b, j) => b + d[j]));
      const stepped = before[l - 1].weights.map(
        (w, i) => w + Math.fround(a[l - 1][i % inputs] * d[Math.floor(i / inputs)]),
      );
      expect(weights).toEqual(stepped);
    }
  });

  test("it refuses what does not fit the network", async () => {
    using network = await Network.create({ layers: [4, 3, 2], threads: 1 });
    const image = new Uint8Array(4);
    const any = (value: unknown) => value as never;
    expect(() => backpropagate(any({}), image, 0)).toThrow(/^network: expected a Network, got /);
    expect(() => backpropagate(network, image.subarray(1), 0)).toThrow(/^image: expected 4 pixels, got 3$/);
    expect(() => backpropagate(network, any([0, 0, 0, 0]), 0)).toThrow(TypeError);
    expect(() => backpropagate(network, image, 2)).toThrow(/^label: expected 0 to 1, got 2$/);
  });

  test.each([1, 2])("training waits for the promise of onProgress, to the same bits on %i threads", async (threads) => {
    const data = randomDataset(40_000, 30, 4);
    const layers = [30, 600, 4];
    using network = await Network.create({ layers, threads });
    let [calls, waiting] = [0, 0];
    let pausedAt: number | undefined;
    const onProgress = async () => {
      const call = ++calls;
      waiting++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      // Nobody called it meanwhile, and what was learnt so far can be tested.
      expect(calls).toBe(call);
      pausedAt ??= (await network.evaluate(data)).correct;
      // Those of now have been trained since the epoch began.
      expect(network.parameters(1, { now: true })).not.toEqual(network.parameters(1));
      waiting--;
    };
    const start = performance.now();
    let taken = 0;
    for await (const { seconds } of network.train(data, { ...OPTIONS, onProgress })) taken += 1000 * seconds;
    expect(waiting).toBe(0);
    // Two epochs; one thread comes up for air within them, too.
    expect(calls).toBeGreaterThan(threads === 1 ? 2 : 1);
    expect(pausedAt).toBeGreaterThan(0);
    expect(performance.now() - start - taken).toBeGreaterThan(15 * calls);
    using other = await Network.create({ layers, threads });
    for await (const _ of other.train(data, OPTIONS));
    expect(await network.hash()).toBe(await other.hash());
  });
});
