// The methods as users of the library meet them: chosen by options, saved with the network, resumed to the same
// bits.

import { describe, expect, test } from "vitest";
import type { Dataset } from "../../src/data/dataset.js";
import { FormatError } from "../../src/errors.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import type { NetworkOptions } from "../../src/network/options.js";
import { cosineSchedule, stepSchedule, warmUp } from "../../src/network/schedules.js";
import type { TrainOptions } from "../../src/network/trainer.js";
import { loadMnist } from "../../src/node/index.js";
import { randomDataset } from "../helpers.js";

const DATA = randomDataset(95, 30, 5);
const MODEL: NetworkOptions = {
  layers: [30, 20, 5],
  activation: "relu",
  cost: "log-likelihood",
  initialWeights: "he",
  threads: 1,
};
const ADAMW: TrainOptions = {
  epochs: 4,
  batchSize: 10,
  learningRate: cosineSchedule(0.01, 4),
  optimizer: "adamw",
  weightDecay: 0.01,
  averaging: 0.95,
  labelSmoothing: 0.1,
};

async function train(network: Network, options: TrainOptions, data: Dataset = DATA): Promise<number[]> {
  const costs: number[] = [];
  for await (const { cost } of network.train(data, options)) costs.push(cost);
  return costs;
}

describe.each([
  ["adamw with an average", ADAMW],
  ["momentum", { epochs: 4, batchSize: 10, learningRate: 0.05, optimizer: "momentum", weightDecay: 1e-3 }],
  ["plain descent with an average", { epochs: 4, batchSize: 10, learningRate: 0.1, averaging: 0.9 }],
  ["Nesterov", { epochs: 4, batchSize: 10, learningRate: stepSchedule(0.05, 2, 0.5), optimizer: "nesterov" }],
] as [string, TrainOptions][])("%s", (_, options) => {
  test("saved and loaded between two epochs, on any number of threads: the bits of one training", async () => {
    const whole = await Network.create(MODEL);
    const costs = await train(whole, options);
    const half = await Network.create({ ...MODEL, threads: 2 });
    const first = await train(half, { ...options, epochs: 2 });
    const again = await Network.load(half.save(), { kernels: createReference() });
    expect(await again.hash()).toBe(await half.hash());
    const second = await train(again, { ...options, epochs: 2 });
    expect([...first, ...second]).toEqual(costs);
    expect(await again.hash()).toBe(await whole.hash());
    expect(again.save()).toEqual(whole.save());
    half.dispose();
  });

  test("aborted within an epoch and resumed: the same", async () => {
    const whole = await Network.create(MODEL);
    await train(whole, options);
    const network = await Network.create(MODEL);
    const controller = new AbortController();
    const onProgress = (epoch: number) => {
      if (epoch === 3) controller.abort(new Error("enough"));
    };
    await expect(train(network, { ...options, signal: controller.signal, onProgress })).rejects.toThrow("enough");
    expect(network.epochs).toBe(2);
    await train(network, { ...options, epochs: 2 });
    expect(network.save()).toEqual(whole.save());
  });
});

test("an average is what evaluate, predict, parameters and the file's main tensors use", async () => {
  const network = await Network.create(MODEL);
  await train(network, ADAMW);
  const { tensors } = decodeSafetensors(network.save());
  expect([...tensors.keys()].slice(-4)).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
  expect(tensors.has("variance.2.bias")).toBe(true);
  expect(tensors.get("0.weight")?.data).toEqual(network.parameters(1).weights);
  expect(tensors.get("weights.0.weight")?.data).not.toEqual(network.parameters(1).weights);
  // A network with these weights alone says the same.
  const plain = await Network.create(MODEL);
  const bare = decodeSafetensors(plain.save());
  for (const name of bare.tensors.keys()) bare.tensors.get(name)?.data.set(tensors.get(name)?.data as Float32Array);
  const same = await Network.load(encodeSafetensors(bare), { threads: 1 });
  expect(await same.evaluate(DATA)).toEqual(await network.evaluate(DATA));
  const image = DATA.images.subarray(0, 30);
  expect(same.predict(image)).toEqual(network.predict(image));
  expect(await same.hash()).toBe(await network.hash());
});

test("another optimiser begins anew; the same one with other numbers continues", async () => {
  const network = await Network.create(MODEL);
  const momentum = { epochs: 1, batchSize: 10, learningRate: 0.05, optimizer: "momentum" } as const;
  await train(network, momentum);
  const velocity = () => decodeSafetensors(network.save()).tensors.get("velocity.0.weight")?.data as Float32Array;
  const before = velocity();
  // A learning rate so small that nothing moves, and no momentum lost: the velocity continues from where it was.
  await train(network, { ...momentum, momentum: 0.999, learningRate: 1e-30 });
  const after = velocity();
  const correlation = before.reduce((sum, v, i) => sum + v * after[i], 0);
  expect(correlation).toBeGreaterThan(0);
  await train(network, { ...momentum, optimizer: "sgd" });
  expect(decodeSafetensors(network.save()).tensors.size).toBe(4);
});

test("numbers outside their range, and files with an impossible method, are refused", async () => {
  const network = await Network.create(MODEL);
  const wrong: [Partial<TrainOptions>, RegExp][] = [
    [{ optimizer: "lion" as "sgd" }, /^optimizer: expected sgd, momentum, nesterov, adam, adamw, got "lion"$/],
    [{ momentum: 1 }, /^momentum: expected a number from 0 to below 1, got 1$/],
    [{ beta2: -1 }, /^beta2: /],
    [{ epsilon: 0 }, /^epsilon: /],
    [{ weightDecay: 2 }, /^weight decay: expected a number from 0 to 1, got 2$/],
    [{ averaging: Number.NaN }, /^averaging: /],
    [{ labelSmoothing: 1 }, /^label smoothing: /],
  ];
  for (const [option, message] of wrong) {
    expect(() => network.train(DATA, { ...ADAMW, ...option })).toThrow(message);
  }
  await expect(train(network, { ...ADAMW, learningRate: () => -1 })).rejects.toThrow(
    /^learning rate of epoch 1: .* got -1$/,
  );
  await expect(Network.create({ ...MODEL, activation: "swish" as "relu" })).rejects.toThrow(
    /^activation: .* got "swish"$/,
  );
  await expect(Network.create({ ...MODEL, cost: "hinge" as "quadratic" })).rejects.toThrow(/^cost: /);
  const { tensors, metadata } = decodeSafetensors(network.save());
  for (const method of ["", "[]", '{"optimizer":"lion"}', "null"]) {
    const bytes = encodeSafetensors({ tensors, metadata: new Map([...metadata, ["method", method]]) });
    await expect(Network.load(bytes, { kernels: createReference() }), method).rejects.toThrow(FormatError);
  }
});

describe("schedules", () => {
  const rates = (schedule: (epoch: number) => number, epochs: number) =>
    Array.from({ length: epochs }, (_, i) => schedule(i + 1));
  const near = (numbers: number[]) => numbers.map((number) => expect.closeTo(number, 14));

  test("step", () => {
    expect(rates(stepSchedule(1, 2, 0.1), 5)).toEqual(near([1, 1, 0.1, 0.1, 0.01]));
    // Never 0, which is no learning rate.
    expect(stepSchedule(1, 1, 1e-9)(1_000_000)).toBe(2 ** -149);
    for (const [every, factor] of [
      [0, 0.5],
      [1.5, 0.5],
      [2, 0],
      [2, 1.1],
    ]) {
      expect(() => stepSchedule(1, every, factor)).toThrow(RangeError);
    }
    expect(() => cosineSchedule(1, 0)).toThrow("epochs: expected a whole number from 1 to 1000000, got 0");
    expect(() => cosineSchedule("1" as never, 3)).toThrow(TypeError);
  });
  test("cosine", () => {
    const expected = Array.from({ length: 10 }, (_, i) => (0.5 * (1 + Math.cos((Math.PI * i) / 10))) / 1);
    expect(rates(cosineSchedule(1, 10), 10)).toEqual(near(expected));
    expect(cosineSchedule(1, 10)(11)).toBeCloseTo(0, 12);
  });
  test("warm-up", () => {
    expect(rates(warmUp(3, 1, cosineSchedule(1, 2)), 5)).toEqual(near([0.25, 0.5, 0.75, 1, 0.5]));
  });
});

test("on MNIST, a network of 100 ReLUs reads 97 % after three epochs of Adam", async () => {
  const { training, validation } = loadMnist();
  using network = await Network.create({
    layers: [784, 100, 10],
    activation: "relu",
    cost: "log-likelihood",
    initialWeights: "he",
  });
  await train(network, { epochs: 3, batchSize: 64, learningRate: 0.001, optimizer: "adam" }, training);
  expect((await network.evaluate(validation)).accuracy).toBeGreaterThan(0.965);
});
