// Weights and biases that are given: Network.from() and setParameters().

import { beforeAll, describe, expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import type { Parameters } from "../../src/network/results.js";
import { randomDataset } from "../helpers.js";

const LAYERS = [12, 7, 5, 3];
const data = randomDataset(60, 12, 3);
const kernels = createReference();
const recipe = { epochs: 2, batchSize: 4, learningRate: 0.5 };

const parametersOf = (network: Network) => LAYERS.slice(1).map((_, i) => network.parameters(i + 1));

describe("a network of parameters", () => {
  let parameters: Parameters[];
  beforeAll(async () => {
    using network = await Network.create({ layers: LAYERS, seed: 5, activation: "tanh", kernels });
    await network.fit(data, recipe);
    parameters = parametersOf(network);
  });

  test("has them, bit for bit, and learns as one that was created with them", async () => {
    using network = await Network.from(parameters, { activation: "tanh", seed: 9, threads: 1 });
    expect(network.layers).toEqual(LAYERS);
    expect([network.activation, network.cost, network.seed, network.epochs]).toEqual(["tanh", "quadratic", 9, 0]);
    expect(parametersOf(network)).toEqual(parameters);
    using other = await Network.create({ layers: LAYERS, activation: "tanh", seed: 9, kernels });
    for (const [i, layer] of parameters.entries()) other.setParameters(i + 1, layer);
    expect(await other.hash()).toBe(await network.hash());
    await network.fit(data, recipe);
    await other.fit(data, recipe);
    expect(await other.hash()).toBe(await network.hash());
    expect(parametersOf(network)).not.toEqual(parameters);
  });

  test("takes f64, and -0 as 0", async () => {
    const layer = { weights: Float64Array.of(0.1, -0, 2), biases: Float64Array.of(-0) };
    using network = await Network.from([layer], { kernels });
    expect(network.layers).toEqual([3, 1]);
    expect(network.parameters(1)).toEqual({ weights: Float32Array.of(0.1, 0, 2), biases: Float32Array.of(0) });
    network.setParameters(1, { weights: Float64Array.of(-0, 1, -0), biases: Float64Array.of(-0) });
    expect(network.parameters(1)).toEqual({ weights: Float32Array.of(0, 1, 0), biases: Float32Array.of(0) });
  });
});

describe("parameters that are set", () => {
  test.each([
    ["an average", { averaging: 0.9 }],
    ["the best epoch", { patience: 9, validation: data }],
    ["both, and momentum", { averaging: 0.9, patience: 9, validation: data, optimizer: "momentum", momentum: 0.9 }],
  ] as const)("are read with where training keeps %s", async (_, method) => {
    using network = await Network.create({ layers: LAYERS, kernels });
    await network.fit(data, { ...recipe, ...method });
    const { weights, biases } = network.parameters(2);
    const given = { weights: weights.map((w) => w / 2), biases: biases.map((b) => b + 1) };
    network.setParameters(2, given);
    expect(network.parameters(2)).toEqual(given);
    expect(network.bestEpoch).toBeUndefined();
    using loaded = await Network.load(network.save(), { kernels });
    expect(loaded.parameters(2)).toEqual(given);
    await network.fit(data, { ...recipe, ...method });
    await loaded.fit(data, { ...recipe, ...method });
    expect(await loaded.hash()).toBe(await network.hash());
  });

  test("are copies, and the other layers stay", async () => {
    using network = await Network.create({ layers: LAYERS, kernels });
    const [first, , third] = parametersOf(network);
    const given = { weights: new Float32Array(35).fill(0.5), biases: new Float32Array(5) };
    network.setParameters(2, given);
    given.weights.fill(7);
    expect(network.parameters(2).weights).toEqual(new Float32Array(35).fill(0.5));
    expect([network.parameters(1), network.parameters(3)]).toEqual([first, third]);
  });

  test("are refused within an epoch", async () => {
    using network = await Network.create({ layers: LAYERS, kernels });
    const layer = network.parameters(1);
    let error: unknown;
    const onProgress = () => {
      try {
        network.setParameters(1, layer);
      } catch (reason) {
        error = reason;
      }
    };
    await network.fit(data, { ...recipe, onProgress });
    expect(String(error)).toBe("Error: network: expected no training within an epoch, got parameters in one");
  });
});

describe("what is no network's is refused:", () => {
  const layer = (weights: number, biases: number) => ({
    weights: new Float32Array(weights),
    biases: new Float32Array(biases),
  });
  test.each([
    [[], RangeError, /^layers: expected at least one, got none$/],
    ["x", TypeError, /^parameters: expected an array of layers \{ weights, biases \}, got "x"$/],
    [[7], TypeError, /^layer 1: expected an object \{ weights, biases \}, got 7$/],
    [[{ weights: [1], biases: [1] }], TypeError, /^layer 1: expected a Float32Array or Float64Array each, got Array$/],
    [[layer(7, 2)], RangeError, /^layer 1: expected weights \[outputs\]\[inputs\] for 2 outputs, got 7$/],
    [[layer(6, 2), layer(9, 3)], RangeError, /^layer 2: expected weights \[outputs\]\[2\] for 3 outputs, got 9$/],
    [[layer(6, 0)], RangeError, /^layer 1: expected weights .* for 0 outputs, got 6$/],
    [[layer(0, 1)], RangeError, /^layer 1: expected weights .* for 1 outputs, got 0$/],
    [[{ ...layer(0, 1), weights: Float64Array.of(1e39) }], RangeError, /^layer 1: expected finite f32 only$/],
  ])("%j", async (parameters, type, message) => {
    const made = Network.from(parameters as Parameters[], { kernels });
    await expect(made).rejects.toThrow(type as ErrorConstructor);
    await expect(made).rejects.toThrow(message);
  });

  test("options and layers", async () => {
    const unknown = { layers: [6, 2], kernels } as object;
    await expect(Network.from([layer(6, 2)], unknown)).rejects.toThrow(/^Network.from: .*layers/);
    using network = await Network.from([layer(6, 2)], { kernels });
    expect(() => network.setParameters(2, layer(6, 2))).toThrow(/^layer: expected 1 to 1, got 2$/);
    expect(() => network.setParameters(1, layer(8, 2))).toThrow(
      /^layer 1: expected 6 weights and 2 biases, got 8 and 2$/,
    );
    expect(() => network.setParameters(1, layer(3, 1))).toThrow(
      /^layer 1: expected 6 weights and 2 biases, got 3 and 1$/,
    );
    network.dispose();
    expect(() => network.setParameters(1, layer(6, 2))).toThrow(/disposed of/);
  });
});
