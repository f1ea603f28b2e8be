// Networks of other programs, read from their files: what is taken, and what is refused and why.

import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { decodeFloats } from "../../src/formats/import/floats.js";
import type { ImportOptions } from "../../src/formats/import/model.js";
import { encodeJson } from "../../src/formats/json.js";
import { encodeNpz } from "../../src/formats/npz.js";
import { encodeOnnx } from "../../src/formats/onnx.js";
import { encodePyTorch } from "../../src/formats/pytorch.js";
import { ACTIVATIONS, COSTS, type LayerParameters, outputOf } from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { floatTensor, GIVEN, LAYERS, npy, read, refusal, SIZES, safetensorsOf } from "./model-files.js";

const kernels = createReference();
const [FIRST, SECOND] = LAYERS;
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
describe("a file of this program", () => {
  test.each(ACTIVATIONS)("with %s gives the same network back, of every cost", async (activation) => {
    for (const cost of COSTS) {
      using network = await Network.create({ layers: SIZES, activation, cost, kernels });
      const layers = [network.parameters(1), network.parameters(2)];
      const usual = outputOf(cost) === "softmax" ? "log-likelihood" : "quadratic";
      const files = [encodeOnnx(network), new TextEncoder().encode(encodeJson(network)), encodeNpz(network)];
      for (const bytes of files) expect(read(bytes, {})).toEqual({ layers, activation, cost: usual });
      expect(read(files[0], { activation, cost })).toEqual({ layers, activation, cost });
      expect(read(network.save(), {})).toEqual({ layers, activation, cost });
      expect(read(encodePyTorch(network), { activation, cost })).toEqual({ layers, activation, cost });
      using copy = await Network.from(layers, { activation, cost, kernels });
      expect(await copy.hash()).toBe(await network.hash());
    }
  });

  test("that was trained with an average gives the weights that it reads with", async () => {
    using network = await Network.create({ layers: [4, 3, 2], kernels });
    const images = Uint8Array.from({ length: 16 }, (_, i) => 15 * i);
    const data = new Dataset({ images, labels: Uint8Array.of(0, 1, 0, 1) });
    await network.fit(data, { epochs: 2, batchSize: 1, averaging: 0.5, optimizer: "momentum", momentum: 0.5 });
    expect(read(network.save(), {}).layers).toEqual([network.parameters(1), network.parameters(2)]);
  });
});

describe("safetensors of PyTorch", () => {
  const tensors = (prefixes: readonly string[], type: "F64" | "F32" | "F16" | "BF16" = "F32") =>
    prefixes.flatMap((prefix, i) => [
      floatTensor(`${prefix}.bias`, [LAYERS[i].biases.length], LAYERS[i].biases, type),
      floatTensor(`${prefix}.weight`, [LAYERS[i].biases.length, SIZES[i]], LAYERS[i].weights, type),
    ]);

  test.each(["F64", "F32", "F16", "BF16"] as const)("of %s", (type) => {
    const { layers } = read(safetensorsOf(tensors(["0", "2"], type)));
    for (const [i, { weights, biases }] of layers.entries()) {
      const close = (x: number) => (type === "BF16" ? expect.closeTo(x, 1) : x);
      expect([...weights]).toEqual(Array.from(LAYERS[i].weights, close));
      expect([...biases]).toEqual(Array.from(LAYERS[i].biases, close));
    }
  });

  test.each([
    ["numbers", ["0", "10"]],
    ["prefixes", ["module._orig_mod.net.fc2", "module._orig_mod.net.fc10"]],
    ["names in another order than the layers", ["hidden", "a_out"]],
  ])("under %s", (_, prefixes) => {
    expect(read(safetensorsOf(tensors(prefixes).reverse())).layers).toEqual(LAYERS);
    expect(read(safetensorsOf(tensors(prefixes))).layers).toEqual(LAYERS);
  });

  test("without biases", () => {
    const weight = floatTensor("fc.weight", [5, 6], FIRST.weights);
    expect(read(safetensorsOf([weight])).layers).toEqual([{ weights: FIRST.weights, biases: new Float32Array(5) }]);
  });

  test.each([
    [
      [floatTensor("conv.weight", [5, 3, 1], new Float32Array(15))],
      /of Linear layers alone, got "conv.weight" of shape/,
    ],
    [[floatTensor("bn.running_mean", [5], new Float32Array(5))], /of Linear layers alone, got "bn.running_mean"/],
    [[floatTensor("fc.bias", [5], FIRST.biases)], /expected a weight for "fc.bias", got none/],
    [
      [floatTensor("fc.weight", [5, 6], FIRST.weights), floatTensor("fc.bias", [4], SECOND.biases)],
      /expected 5 biases/,
    ],
    [
      [floatTensor("a.weight", [5, 6], FIRST.weights), floatTensor("b.weight", [4, 3], new Float32Array(12))],
      /expected layers of which each has as many inputs as another .*, got "a.weight" 6 to 5, "b.weight" 3 to 4/,
    ],
    [[floatTensor("fc.weight", [1, 1], Float32Array.of(Number.NaN))], /layer 1: expected finite numbers only/],
    [[floatTensor("fc.weight", [1, 1], Float32Array.of(1e39), "F64")], /layer 1: expected finite numbers only/],
    [[{ ...floatTensor("fc.weight", [1, 1], new Float32Array(1)), type: "I32" }], /expected dtype F64, F32, F16, BF16/],
    [[], /expected the weights of one layer or more, got none/],
  ])("refuses %#", (list, message) => {
    expect(refusal(safetensorsOf(list))).toMatch(message);
  });

  test("16 bits in every pattern", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const bytes = new Uint8Array(bits.buffer);
    const halves = decodeFloats(bytes, "F16");
    expect([halves[0x3c00], halves[0xc000], halves[0x7bff], halves[1], halves[0x03ff], halves[0x0400]]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
    ]);
    expect([halves[0x7c00], halves[0xfc00], halves[0x7e00]]).toEqual([Infinity, -Infinity, NaN]);
    const uppers = new Uint32Array(decodeFloats(bytes, "BF16").buffer);
    for (let i = 0; i < 65536; i += 97) {
      // NaN is NaN, whatever its bits.
      if ((i & 0x7f80) !== 0x7f80) expect(uppers[i] >>> 16).toBe(i);
    }
  });
});

describe("JSON of brain.js", () => {
  const rows = ({ weights, biases }: LayerParameters) =>
    Array.from(biases, (_, j) => [
      ...weights.subarray((j * weights.length) / biases.length, ((j + 1) * weights.length) / biases.length),
    ]);
  const second = {
    type: "NeuralNetwork",
    sizes: SIZES,
    layers: [
      { weights: [], biases: [] },
      ...LAYERS.map((layer) => ({ weights: rows(layer), biases: [...layer.biases] })),
    ],
    trainOpts: { activation: "sigmoid", iterations: 20000 },
  };
  const found = { layers: LAYERS, activation: "sigmoid", cost: "quadratic" };

  test("of versions 1 and 2", () => {
    expect(read(json(second), {})).toEqual(found);
    const layers = LAYERS.map((layer) =>
      Object.fromEntries(rows(layer).map((row, j) => [j, { bias: layer.biases[j], weights: { ...row } }])),
    );
    expect(read(json({ sizes: SIZES, layers: [{}, ...layers], activation: "sigmoid" }), {})).toEqual(found);
  });

  test.each([
    [
      { ...second, trainOpts: { activation: "leaky-relu" } },
      /activation: expected sigmoid, tanh, relu, got "leaky-relu"/,
    ],
    [{ ...second, activation: "relu" }, /activation: expected sigmoid, which the outputs have, too, got relu/],
    [
      { ...second, layers: [{}, { weights: [[1, 2], [3]], biases: [1, 2] }] },
      /expected rows of 2 weights, got one of 1/,
    ],
    [{ ...second, layers: [{}, { weights: [[1]], biases: [1, 2] }] }, /got 1 rows of weights and 2 biases/],
    [{ ...second, layers: [{}, { weights: [["1"]], biases: [1] }] }, /weights of layer 1: expected numbers, got "1"/],
    [{ ...second, layers: [{}, { weights: [[null]], biases: [1] }] }, /weights of layer 1: expected numbers, got null/],
    [{ ...second, layers: [{}, 7] }, /layer 1: expected an object, got 7/],
    [{ ...second, layers: [{}] }, /expected at least one, got none/],
    [{ a: 1 }, /expected JSON of `ductus export` or of brain.js/],
    [{ format: "ductus-json", version: 2 }, /expected version 1, got 2/],
    [{ format: "ductus-json", version: 1, output: "relu" }, /output: expected sigmoid or softmax, got "relu"/],
    [
      { format: "ductus-json", version: 1, output: "softmax", activation: "x", weights: [], biases: [] },
      /activation: expected sigmoid, tanh, relu, got "x"/,
    ],
    [
      {
        format: "ductus-json",
        version: 1,
        output: "softmax",
        activation: "tanh",
        weights: [[[1]], [[1, 2]]],
        biases: [[1], [1]],
      },
      /layer 2: expected weights \[outputs\]\[1\] for 1 outputs, got 2/,
    ],
  ])("refuses %#", (value, message) => {
    expect(refusal(json(value), {})).toMatch(message);
  });
});

describe("what is no model here is named, with what to do:", () => {
  test.each<readonly [string, Uint8Array, RegExp]>([
    [
      "a PyTorch zip",
      zipSync({ "net/data.pkl": new Uint8Array(9) }),
      /got a PyTorch zip: a pickle can run any program/,
    ],
    ["a pickle", Uint8Array.of(0x80, 2, 0x63, 0x2e), /got a Python pickle .* "save_file\(model.state_dict\(\), 'mod/],
    [
      "HDF5",
      Buffer.from("\x89HDF\r\n\x1a\n........", "latin1"),
      /got an HDF5 file .*: write the weights in Python, as "numpy/,
    ],
    [
      "Keras",
      zipSync({ "metadata.json": new Uint8Array(9) }),
      /got a Keras model: .*numpy.savez\('model.npz', \*model/,
    ],
    ["an array", npy("<f4", [5], FIRST.biases), /got a NumPy array: save all arrays together/],
    [
      "a picture",
      Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
      /^m: expected a model in safetensors, ONNX, JSON or npz, got a PNG picture$/,
    ],
    ["nothing", new Uint8Array(), /got an empty file$/],
    ["gzip", gzipSync("x"), /got a gzip file$/],
    ["noise", Uint8Array.of(1, 2, 3), /got another file$/],
  ])("%s", (_, bytes, message) => {
    expect(refusal(bytes, {})).toMatch(message);
  });
});

describe("options", () => {
  const bytes = encodePyTorch(LAYERS);
  test.each<readonly [ImportOptions, RegExp]>([
    [{}, /^activation: expected sigmoid, tanh, relu, since m does not say its own, got none$/],
    [{ activation: "relu" }, /^cost: expected quadratic, .* softmax, as PyTorch's CrossEntropyLoss.*, got none$/],
    [{ ...GIVEN, mean: Number.NaN }, /^mean: expected a number from 0 to 1, got NaN$/],
    [{ ...GIVEN, deviation: 0 }, /^deviation: expected a number from 0.000001 to 1000000, got 0$/],
  ])("%j", (options, message) => {
    expect(() => read(bytes, options)).toThrow(RangeError);
    expect(() => read(bytes, options)).toThrow(message);
  });

  test("that contradict the file", () => {
    const onnx = encodeOnnx(LAYERS, "tanh", "log-likelihood");
    expect(() => read(onnx, { activation: "relu" })).toThrow(/^activation: expected tanh, which m has, got relu$/);
    expect(() => read(onnx, { cost: "quadratic" })).toThrow(
      /^cost: expected one with softmax outputs, which m has, got/,
    );
  });
});
