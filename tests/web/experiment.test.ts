// Steps on one image: those of the library, made on a copy.

import { backpropagate, Dataset, Network } from "ductus";
import { describe, expect, test } from "vitest";
import { copyNetwork, Experiment } from "../../apps/web/backprop/experiment.js";

const random = (count: number) => Uint8Array.from({ length: count }, (_, k) => (k * 7919) % 256);

describe("an experiment", () => {
  test("begins with the weights that are used, of a method that keeps an average too", async () => {
    const original = await Network.create({ layers: [784, 6, 10], threads: 1 });
    const data = new Dataset({ images: random(784 * 20), labels: Uint8Array.from({ length: 20 }, (_, i) => i % 10) });
    const recipe = { epochs: 3, batchSize: 5, learningRate: 1, optimizer: "momentum", averaging: 0.9 } as const;
    for await (const { epoch } of original.train(data, recipe)) expect(epoch).toBeLessThan(4);
    const hash = await original.hash();

    const image = random(784);
    const experiment = new Experiment(await copyNetwork(original), image, 4);
    const pass = backpropagate(original, image, 4);
    expect(experiment.pass).toEqual(pass);
    expect(await experiment.network.hash()).toBe(hash);

    await experiment.step(0.25);
    expect(await original.hash()).toBe(hash);
    const [before, after] = [original.parameters(2), experiment.parameters[1]];
    const delta = pass.delta[2];
    for (const [j, b] of before.biases.entries()) expect(after.biases[j]).toBeCloseTo(b - 0.25 * delta[j], 6);
    for (const [i, w] of before.weights.entries())
      expect(after.weights[i]).toBeCloseTo(w - 0.25 * pass.a[1][i % 6] * delta[Math.floor(i / 6)], 6);
    expect(experiment.costs.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(experiment.costs[1].value).toBeLessThan(experiment.costs[0].value);
    experiment.dispose();
    original.dispose();
  });

  test.each([[[4, 3]], [[784, 5, 26]], [[100, 10]]])(
    "refuses a network of %j, which does not read digits",
    async (layers) => {
      const network = await Network.create({ layers, threads: 1 });
      await expect(copyNetwork(network)).rejects.toThrow(
        `network: expected one of 784 pixels and 10 classes, got [${layers.join(", ")}] (choose another)`,
      );
      network.dispose();
    },
  );

  test("an eta that is far too large ends in a sentence", async () => {
    const network = await Network.create({
      layers: [784, 5, 10],
      activation: "relu",
      cost: "log-likelihood",
      threads: 1,
    });
    const experiment = new Experiment(network, random(784), 4);
    await expect(experiment.step(3e38)).rejects.toThrow(/^(training diverged|cost: expected a finite number)/);
    experiment.dispose();
  });
});
