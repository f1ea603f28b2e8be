// Chain of trust 6: what a user may rely on, for every implementation of the kernels.

import { beforeAll, describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { DivergenceError } from "../../src/errors.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.js";
import type { KernelDataset, Kernels } from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import type { EpochReport, TrainOptions } from "../../src/network/trainer.js";
import { loadMnist } from "../../src/node/index.js";
import { IMPLEMENTATIONS, randomDataset } from "../helpers.js";

const OPTIONS: TrainOptions = { epochs: 3, batchSize: 10, learningRate: 2 };

async function trainAll(network: Network, data: Dataset, options: TrainOptions): Promise<EpochReport[]> {
  const reports: EpochReport[] = [];
  for await (const report of network.train(data, options)) reports.push(report);
  return reports;
}

describe.each(IMPLEMENTATIONS)("%s", (_, createKernels) => {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await createKernels();
  });
  const create = (layers: number[], seed = 1) => Network.create({ kernels, layers, seed });

  test("learns 100 digits by heart", async () => {
    const digits = loadMnist().training.slice(0, 100);
    const network = await create([784, 30, 10]);
    const before = (await network.evaluate(digits)).correct;
    const reports = await trainAll(network, digits, { ...OPTIONS, epochs: 60 });
    expect(before).toBeLessThan(40);
    expect((await network.evaluate(digits)).correct).toBe(100);
    expect(reports[59].cost).toBeLessThan(reports[0].cost / 10);
  });

  test("one small step lowers the cost", async () => {
    const data = randomDataset(50, 20, 4);
    const network = await create([20, 10, 4]);
    const before = (await network.evaluate(data)).cost;
    await trainAll(network, data, { epochs: 1, batchSize: 50, learningRate: 0.1 });
    const after = (await network.evaluate(data)).cost;
    expect(after).toBeLessThan(before);
    expect(after).toBeGreaterThan(before / 2);
  });

  test("what is saved and loaded has the same bits, and continues training alike", async () => {
    const data = randomDataset(64, 30, 5);
    const network = await create([30, 17, 11, 5], 9);
    await trainAll(network, data, OPTIONS);
    const bytes = network.save({ learning_rate: "2" });
    // What the caller adds cannot replace what the network knows.
    expect((await Network.load(network.save({ seed: "8", layers: "[1,1]" }), { kernels })).seed).toBe(9);
    const loaded = await Network.load(bytes, { kernels });
    expect(loaded.layers).toEqual([30, 17, 11, 5]);
    expect(loaded.seed).toBe(9);
    expect(loaded.epochs).toBe(3);
    expect(await loaded.hash()).toBe(await network.hash());
    expect(loaded.save({ learning_rate: "2" })).toEqual(bytes);
    await trainAll(network, data, OPTIONS);
    await trainAll(loaded, data, OPTIONS);
    expect(await loaded.hash()).toBe(await network.hash());
  });

  test("training runs of 2 and 3 epochs are one of 5", async () => {
    const data = randomDataset(64, 30, 5);
    const once = await create([30, 8, 5]);
    const twice = await create([30, 8, 5]);
    const all = await trainAll(once, data, { ...OPTIONS, epochs: 5 });
    const first = await trainAll(twice, data, { ...OPTIONS, epochs: 2 });
    const second = await trainAll(twice, data, { ...OPTIONS, epochs: 3 });
    const costs = (reports: EpochReport[]) => reports.map(({ epoch, cost }) => [epoch, cost]);
    expect(costs([...first, ...second])).toEqual(costs(all));
    expect(await twice.hash()).toBe(await once.hash());
  });

  test("the seed decides the result, and nothing else", async () => {
    const data = randomDataset(64, 30, 5);
    const hashes = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const network = await create([30, 8, 5], seed);
        await trainAll(network, data, OPTIONS);
        return network.hash();
      }),
    );
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  test("slices of batches make no difference", () => {
    const data = randomDataset(95, 12, 3);
    const dataset = kernels.createDataset(data);
    const run = (slices: number[]) => {
      const network = kernels.createNetwork([12, 6, 3]);
      network.initialise("normal", 1);
      dataset.shuffle(1, 1);
      let batch = 0;
      for (const count of slices) {
        network.trainBatches(dataset, batch, count, 3, 10);
        batch += count;
      }
      return [network.readLayer(1), network.readLayer(2), dataset.meanCost()];
    };
    const whole = run([10]);
    expect(run([1, 2, 3, 4])).toEqual(whole);
    expect(run([9, 1])).toEqual(whole);
    expect(run([9])).not.toEqual(whole);
  });

  test("several networks and data sets live side by side", async () => {
    const data = [randomDataset(40, 12, 3, 1), randomDataset(40, 12, 3, 2)];
    const alone = await Promise.all(
      data.map(async (d) => {
        const network = await Network.create({ kernels: await createKernels(), layers: [12, 5, 3] });
        await trainAll(network, d, OPTIONS);
        return network.hash();
      }),
    );
    const together = await Promise.all(data.map(() => create([12, 5, 3])));
    const runs = together.map((network, i) => network.train(data[i], OPTIONS));
    for (let epoch = 0; epoch < 3; epoch++) for (const run of runs) expect((await run.next()).done).toBe(false);
    expect(await Promise.all(together.map((network) => network.hash()))).toEqual(alone);
    expect(alone[0]).not.toBe(alone[1]);
  });

  test("reports cost, validation and progress", async () => {
    const data = randomDataset(95, 12, 3);
    const seen: [number, number][] = [];
    const onProgress = (epoch: number, samples: number) => seen.push([epoch, samples]);
    const network = await create([12, 6, 3]);
    const reports = await trainAll(network, data, { ...OPTIONS, validation: data.slice(0, 20), onProgress });
    expect(reports.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(seen[seen.length - 1]).toEqual([3, 95]);
    expect(reports[2].validation?.predictions).toHaveLength(20);
    expect(reports[2].validation).toEqual(await network.evaluate(data.slice(0, 20)));
    for (const { trainingSeconds, seconds } of reports) {
      expect(trainingSeconds).toBeGreaterThan(0);
      expect(seconds).toBeGreaterThanOrEqual(trainingSeconds);
    }
  });

  test("evaluates what the predictions say", async () => {
    const data = randomDataset(130, 12, 3);
    const { correct, predictions } = await (await create([12, 6, 3])).evaluate(data);
    expect(predictions.filter((prediction, i) => prediction === data.labels[i])).toHaveLength(correct);
    expect(Math.max(...predictions)).toBeLessThan(3);
    expect(correct).toBeGreaterThan(0);
  });

  test("aborting stops between batches with the signal's reason", async () => {
    const data = randomDataset(2000, 12, 3);
    const controller = new AbortController();
    let calls = 0;
    const onProgress = () => {
      if (++calls === 2) controller.abort(new Error("enough"));
    };
    const network = await create([12, 30_000, 3]);
    await expect(trainAll(network, data, { ...OPTIONS, signal: controller.signal, onProgress })).rejects.toThrow(
      "enough",
    );
    expect(calls).toBe(2);
    expect(network.epochs).toBe(0);
  });

  test("-0 in a file is 0 in the network", async () => {
    const { tensors, metadata } = decodeSafetensors((await create([3, 4, 2])).save());
    tensors.get("0.weight")?.data.set([-0, 1, -0]);
    tensors.get("0.bias")?.data.set([-0]);
    const { weights, biases } = (await Network.load(encodeSafetensors({ tensors, metadata }), { kernels })).parameters(
      1,
    );
    expect([...weights.slice(0, 3), biases[0]]).toEqual([0, 1, 0, 0]);
  });

  test("a run whose weights are no longer finite stops and says so", async () => {
    // Sigmoid neurons saturate before they diverge, so it takes a model on the brink: a hidden neuron that is all but
    // off, through a weight near the largest f32, in front of a weight as large.
    const data = new Dataset({ images: Uint8Array.of(255), labels: Uint8Array.of(0), classes: 2 });
    const { tensors, metadata } = decodeSafetensors((await create([1, 1, 2])).save());
    tensors.get("0.weight")?.data.set([-3.4e38]);
    tensors.get("2.weight")?.data.set([0, 3e38]);
    tensors.get("2.bias")?.data.set([0, 0]);
    const network = await Network.load(encodeSafetensors({ tensors, metadata }), { kernels });
    const run = trainAll(network, data, { epochs: 3, batchSize: 1, learningRate: 3e38 });
    await expect(run).rejects.toThrow(DivergenceError);
    const where = "training diverged: weights or cost are no longer finite in epoch 1 by batch 1";
    await expect(run).rejects.toThrow(new RegExp(`^${where}; try a learning rate below 3e\\+38$`));
    expect(network.epochs).toBe(0);
  });

  test("a run whose weights are finite, but not its cost, stops as well", async () => {
    const data = new Dataset({ images: Uint8Array.of(255, 255), labels: Uint8Array.of(0), columns: 2 });
    const network = await Network.create({
      layers: [2, 8, 2],
      activation: "relu",
      cost: "log-likelihood",
      initialWeights: "he",
      kernels,
    });
    const options = { epochs: 1, batchSize: 1, learningRate: 1e30 };
    await expect(trainAll(network, data, { ...options, validation: data })).rejects.toThrow(DivergenceError);
    expect(network.epochs).toBe(0);
    // Without validation nobody has seen it yet: what is no number is read alike by all.
    await trainAll(network, data, options);
    const { label, activations } = network.predict(data.images.subarray(0, 2));
    expect([...activations]).toEqual([Number.NaN, Number.NaN]);
    expect((await network.evaluate(data)).predictions[0]).toBe(label);
  });

  test("allFinite sees every weight and bias", () => {
    const layers = [5, 6, 9, 3];
    for (let l = 1; l < layers.length; l++) {
      for (const kind of ["weights", "biases"] as const) {
        for (const [i, value] of [
          [0, Number.NaN],
          [-1, Number.POSITIVE_INFINITY],
          [2, Number.NEGATIVE_INFINITY],
        ]) {
          const network = kernels.createNetwork(layers);
          network.initialise("normal", 1);
          expect(network.allFinite()).toBe(true);
          const parameters = network.readLayer(l);
          parameters[kind][i < 0 ? parameters[kind].length - 1 : i] = value;
          network.writeLayer(l, parameters);
          expect(network.allFinite(), `layer ${l} ${kind}[${i}]`).toBe(false);
        }
      }
    }
  });

  test("a data set is copied to the kernels once per network", async () => {
    let copies = 0;
    const counting: Kernels = {
      ...kernels,
      createDataset: (dataset) => {
        copies++;
        return kernels.createDataset(dataset);
      },
    };
    const [data, validation] = [randomDataset(40, 12, 3, 1), randomDataset(20, 12, 3, 2)];
    const network = await Network.create({ kernels: counting, layers: [12, 3] });
    for (let i = 0; i < 3; i++) {
      await trainAll(network, data, { ...OPTIONS, validation });
      await network.evaluate(validation);
    }
    expect(copies).toBe(2);
  });

  test("training lets timers run", async () => {
    const training = loadMnist().training.slice(0, 5000);
    let ticks = 0;
    let ticksInTime = 0;
    const start = performance.now();
    const timer = setInterval(() => ticks++, 1);
    const network = await create([784, 30, 10]);
    for await (const _ of network.train(training, { ...OPTIONS, epochs: 1000 })) {
      ticksInTime = ticks;
      if (performance.now() - start > 400) break;
    }
    clearInterval(timer);
    expect(ticksInTime).toBeGreaterThan(1);
  });

  test("numbers outside their range are refused before anything happens", async () => {
    const data = randomDataset(40, 12, 3);
    const network = await create([12, 6, 3]);
    const hash = await network.hash();
    const wrong: [Partial<TrainOptions>, RegExp][] = [
      [{ epochs: 0 }, /^epochs: expected a whole number from 1 to 1000000, got 0$/],
      [{ epochs: 1.5 }, /^epochs: .* got 1.5$/],
      [{ batchSize: 0 }, /^batch size: /],
      [{ batchSize: 41 }, /^batch size: expected at most 40, the number of training samples, got 41$/],
      [{ learningRate: 0 }, /^learning rate: expected a number above 0, up to 3.4e38, got 0$/],
      [{ learningRate: Number.NaN }, /^learning rate: .* got NaN$/],
      [{ learningRate: Number.POSITIVE_INFINITY }, /^learning rate: .* got Infinity$/],
    ];
    for (const [option, message] of wrong) {
      const run = trainAll(network, data, { ...OPTIONS, ...option });
      await expect(run).rejects.toThrow(RangeError);
      await expect(run).rejects.toThrow(message);
    }
    const text = { ...OPTIONS, epochs: "3" } as unknown as TrainOptions;
    await expect(trainAll(network, data, text)).rejects.toThrow(TypeError);
    expect(await network.hash()).toBe(hash);
  });

  test("layers that make no network, and data that do not fit, are refused", async () => {
    await expect(create([784])).rejects.toThrow(
      /^layers: expected at least an input and an output layer, got \[784\]$/,
    );
    await expect(create([784, 0, 10])).rejects.toThrow(/^layers\[1\]: expected a whole number from 1 to 65536, got 0$/);
    await expect(create([784, 65_537])).rejects.toThrow(
      /^layers\[1\]: expected a whole number from 1 to 65536, got 65537$/,
    );
    await expect(create([784, 2.5, 10])).rejects.toThrow(RangeError);
    await expect(create([12, 3], -1)).rejects.toThrow(/^seed: /);
    const initialWeights = "zero" as "normal";
    await expect(Network.create({ kernels, layers: [2, 2], initialWeights })).rejects.toThrow(/"zero"/);
    await expect(create([4_000_000, 65_536, 10])).rejects.toThrow(RangeError);
    const data = randomDataset(40, 12, 3);
    await expect((await create([13, 3])).evaluate(data)).rejects.toThrow(
      /^evaluation data: expected images of 13 pixels .* got 12/,
    );
    await expect((await create([12, 2])).evaluate(data)).rejects.toThrow(/at most 2 classes .* in 3 classes$/);
    // A refusal leaves the kernels usable.
    expect((await (await create([12, 3])).evaluate(data)).predictions).toHaveLength(40);
  });

  test("parameters() returns copies, output-major", async () => {
    const network = await create([12, 6, 3]);
    const { weights, biases } = network.parameters(1);
    expect(weights).toHaveLength(72);
    expect(biases).toHaveLength(6);
    weights.fill(0);
    expect(network.parameters(1).weights.every((w) => w === 0)).toBe(false);
    expect(() => network.parameters(0)).toThrow(RangeError);
    expect(() => network.parameters(3)).toThrow(RangeError);
  });
});

test("a shuffle is a permutation of its own for every seed and epoch", () => {
  const dataset = createReference().createDataset(randomDataset(100, 1, 2)) as unknown as KernelDataset & {
    order: Uint32Array;
  };
  const orders = [
    [1, 1],
    [1, 2],
    [2, 1],
    [1, 1],
  ].map(([seed, epoch]) => {
    dataset.shuffle(seed, epoch);
    expect([...dataset.order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    return dataset.order.join();
  });
  expect(new Set(orders).size).toBe(3);
  expect(orders[3]).toBe(orders[0]);
});

describe("Dataset", () => {
  const images = new Uint8Array(12);
  test.each([
    [{ images, labels: new Uint8Array(0) }, /^labels: expected at least one sample, got an empty data set$/],
    [{ images, labels: new Uint8Array(5) }, /^images: expected 5 images of the same size, got 12 pixels$/],
    [{ images: new Uint8Array(0), labels: new Uint8Array(5) }, /^pixels per image: .* got 0$/],
    [{ images, labels: Uint8Array.of(0, 1, 7), classes: 3 }, /^labels: expected 0 to 2, got 7 for sample 2$/],
    [
      { images, labels: new Uint8Array(3), classes: 65_537 },
      /^classes: expected a whole number from 1 to 65536, got 65537$/,
    ],
    [{ images, labels: new Uint8Array(3), columns: 3 }, /^columns: expected a divisor of 4, .* got 3$/],
    [
      { images: Float32Array.of(0, 1, Number.NaN), labels: new Uint8Array(3) },
      /^images: expected finite numbers, got NaN for pixel 2$/,
    ],
  ])("refuses %#", (options, message) => {
    expect(() => new Dataset(options)).toThrow(RangeError);
    expect(() => new Dataset(options)).toThrow(message);
  });

  test("refuses other types", () => {
    const labels = new Uint8Array(3);
    expect(() => new Dataset({ images: [0, 1, 2] as unknown as Uint8Array, labels })).toThrow(TypeError);
    expect(() => new Dataset({ images, labels: [0, 1, 2] as unknown as Uint8Array })).toThrow(TypeError);
  });

  test("counts classes, and keeps them in slices", () => {
    const data = new Dataset({ images, labels: Uint8Array.of(0, 4, 1, 1) });
    expect([data.inputs, data.length, data.classes]).toEqual([3, 4, 5]);
    const slice = data.slice(2, 4);
    expect([slice.inputs, slice.length, slice.classes]).toEqual([3, 2, 5]);
  });
});
