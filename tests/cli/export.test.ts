// Networks written for other programs: ONNX, run by ONNX Runtime, and JSON, read back.

import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { PbfReader } from "pbf";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeJson } from "../../src/formats/json.js";
import { encodeOnnx } from "../../src/formats/onnx.js";
import { ACTIVATIONS, COSTS, type KernelNetwork, type LayerParameters } from "../../src/kernels/kernels.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { kernelsOf } from "../../src/kernels/wasm/wasm.js";
import { loadMnist } from "../../src/node/index.js";
import { instance, trainOn } from "../helpers.js";

// On some machines it would warn that it finds no GPU (microsoft/onnxruntime#26763).
env.logLevel = "error";

/** a^L for each image, with sigma(w a + b) in f64: independent of the kernels. */
function feedforward(layers: readonly LayerParameters[], pixels: ArrayLike<number>, count: number): Float64Array {
  const inputs = pixels.length / count;
  const outputs = layers[layers.length - 1].biases.length;
  const activations = new Float64Array(count * outputs);
  for (let s = 0; s < count; s++) {
    let a = Float64Array.from({ length: inputs }, (_, k) => pixels[s * inputs + k]);
    for (const { weights, biases } of layers) {
      const z = Float64Array.from(biases);
      for (let j = 0; j < z.length; j++) for (let k = 0; k < a.length; k++) z[j] += weights[j * a.length + k] * a[k];
      a = z.map((x) => 1 / (1 + Math.exp(-x)));
    }
    activations.set(a, s * outputs);
  }
  return activations;
}

/** Random layers of these sizes, wide enough in their values that activations differ. */
function randomLayers(sizes: readonly number[], seed = 1): LayerParameters[] {
  const random = new RandomStream(seed, 1001, 0);
  const normals = (length: number, deviation = 1) =>
    Float32Array.from({ length }, () => deviation * random.nextNormal());
  return sizes.slice(1).map((outputs, i) => ({
    weights: normals(outputs * sizes[i], 2 / Math.sqrt(sizes[i])),
    biases: normals(outputs),
  }));
}

/** Runs the model on `count` images by ONNX Runtime. */
async function run(model: Uint8Array, pixels: Float32Array, count: number): Promise<Float32Array> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 2, interOpNumThreads: 1 });
  const { activations } = await session.run({ pixels: new Tensor("float32", pixels, [count, pixels.length / count]) });
  await session.release();
  expect(activations.dims).toEqual([count, activations.size / count]);
  return activations.data as Float32Array;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  // Not Math.max, and no comparison that NaN would pass.
  for (let i = 0; i < a.length; i++) if (!(Math.abs(a[i] - b[i]) <= largest)) largest = Math.abs(a[i] - b[i]);
  return largest;
}

const SHAPES = [
  ["a hidden layer", [8, 5, 3]],
  ["no hidden layer", [6, 4]],
  ["one output", [4, 5, 1]],
  ["one of each", [1, 1, 1]],
  ["odd sizes", [33, 31, 17, 2]],
  ["five layers", [5, 7, 6, 4, 3]],
  ["more than a megabyte", [1025, 300, 129]],
] as const;

describe("MNIST:", () => {
  const { training, test: testSet } = loadMnist();
  const recipe = {
    layers: [784, 30, 10],
    epochs: 1,
    batchSize: 10,
    eta: 3,
    initialWeights: "scaled",
    seed: 1,
  } as const;
  let network: KernelNetwork;
  let layers: LayerParameters[];
  let predictions: ArrayLike<number>;
  beforeAll(async () => {
    const kernels = kernelsOf(await instance());
    ({ network } = await trainOn(kernels, training, recipe));
    layers = [1, 2].map((l) => network.readLayer(l));
    ({ predictions } = await network.evaluate(kernels.createDataset(testSet)));
  });

  test("ONNX Runtime computes the network's activations for all test images, and reads the same digits", async () => {
    const pixels = Float32Array.from(testSet.images, (byte) => byte / 255);
    const count = testSet.length;
    const activations = await run(encodeOnnx(layers), pixels, count);
    expect(count).toBe(10_000);
    expect(largestDifference(activations, feedforward(layers, pixels, count))).toBeLessThan(1e-5);
    let agreed = 0;
    let correct = 0;
    for (let s = 0; s < count; s++) {
      const image = activations.subarray(10 * s, 10 * s + 10);
      const label = image.indexOf(Math.max(...image));
      // Where two outputs are as good as equal, rounding may decide.
      if (label === predictions[s] || image[label] - image[predictions[s]] < 1e-5) agreed++;
      if (label === testSet.labels[s]) correct++;
    }
    expect(agreed).toBe(count);
    expect(correct).toBeGreaterThan(9000);
  });

  test("JSON gives the network back, bit for bit", () => {
    expectSameBits(readJson(encodeJson(layers)), layers);
  });
});

describe.each(ACTIVATIONS)("ONNX with %s", (activation) => {
  test.each(COSTS)("and %s computes what the kernels do", async (cost) => {
    const kernels = createReference("f64");
    const network = kernels.createNetwork([12, 9, 8, 5], activation, cost);
    network.initialise("normal", 3);
    const layers = [1, 2, 3].map((l) => network.readLayer(l));
    const random = new RandomStream(1, 1005, 0);
    const pixels = Float32Array.from({ length: 20 * 12 }, () => random.nextBelow(256) / 255);
    const activations = await run(encodeOnnx(layers, activation, cost), pixels, 20);
    const expected = Float64Array.from(network.activations(pixels));
    expect(new Set(expected).size).toBeGreaterThan(20);
    expect(largestDifference(activations, expected)).toBeLessThan(1e-5);
  });
});

describe("ONNX", () => {
  test.each(SHAPES)("with %s is what the formula says", async (_, sizes) => {
    const layers = randomLayers(sizes);
    const random = new RandomStream(1, 1002, 0);
    const count = 7;
    const pixels = Float32Array.from({ length: count * sizes[0] }, () => random.nextBelow(256) / 255);
    const activations = await run(encodeOnnx(layers), pixels, count);
    const expected = feedforward(layers, pixels, count);
    expect(new Set(expected).size).toBeGreaterThan(1);
    expect(largestDifference(activations, expected)).toBeLessThan(1e-5);
  });

  test("names its input and output, and leaves the number of images open", async () => {
    const session = await InferenceSession.create(encodeOnnx(randomLayers([6, 5, 4])), { intraOpNumThreads: 1 });
    expect(session.inputMetadata).toEqual([{ name: "pixels", isTensor: true, type: "float32", shape: ["N", 6] }]);
    expect(session.outputMetadata).toEqual([{ name: "activations", isTensor: true, type: "float32", shape: ["N", 4] }]);
    for (const count of [1, 3]) {
      const { activations } = await session.run({
        pixels: new Tensor("float32", new Float32Array(count * 6), [count, 6]),
      });
      expect(activations.dims).toEqual([count, 4]);
    }
    await session.release();
  });

  test("has the versions, and PyTorch's names with the weights bit for bit", () => {
    const layers = randomLayers([6, 5, 4]);
    const { versions, producer, tensors } = readOnnx(encodeOnnx(layers));
    expect({ versions, producer }).toEqual({ versions: { ir: 8, opset: 13 }, producer: "ductus" });
    expect(tensors.map(({ name, dims }) => [name, ...dims])).toEqual([
      ["0.weight", 5, 6],
      ["0.bias", 5],
      ["2.weight", 4, 5],
      ["2.bias", 4],
    ]);
    const data = tensors.map(({ data }) => new Float32Array(data.slice().buffer));
    expectSameBits(
      [
        { weights: data[0], biases: data[1] },
        { weights: data[2], biases: data[3] },
      ],
      layers,
    );
  });

  test("has its own bytes, the same each time", () => {
    const model = encodeOnnx(randomLayers([6, 5, 4]));
    expect(model.buffer.byteLength).toBe(model.length);
    expect(Buffer.compare(model, encodeOnnx(randomLayers([6, 5, 4])))).toBe(0);
  });
});

describe("JSON", () => {
  test.each(SHAPES)("with %s gives the network back, bit for bit", (_, sizes) => {
    const layers = randomLayers(sizes);
    const json = encodeJson(layers);
    expect(JSON.parse(json)).toMatchObject({ format: "ductus-json", version: 1, layers: sizes, activation: "sigmoid" });
    expectSameBits(readJson(json), layers);
  });

  test("is for people to read", () => {
    const layers = [
      { weights: Float32Array.of(0.1, -0.25, 1 / 3, 0, 16_777_216, -1e-9), biases: Float32Array.of(1, -0) },
    ];
    expect(encodeJson(layers)).toBe(
      '{"format":"ductus-json","version":1,"layers":[3,2],"activation":"sigmoid","output":"sigmoid",\n' +
        '"weights":[[[0.1,-0.25,0.33333334],\n[0,16777216,-1e-9]]],\n\n"biases":[[1,-0]]}\n',
    );
  });

  test("holds f32 of every size, also -0 and the smallest and largest", () => {
    const random = new RandomStream(1, 1003, 0);
    const words = Uint32Array.from({ length: 20_000 }, () => random.nextWord()).filter(
      (x) => ((x >>> 23) & 0xff) < 0xff,
    );
    const edges = [
      0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f7fffff, 0x3f800001,
    ];
    const weights = new Float32Array(Uint32Array.of(...edges, ...words).buffer);
    expect(weights.length).toBeGreaterThan(19_000);
    const layers = [{ weights, biases: Float32Array.of(1) }];
    expectSameBits(readJson(encodeJson(layers)), layers);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e39])("refuses %f, which it cannot hold", (x) => {
    const layers = [{ weights: Float64Array.of(0), biases: Float64Array.of(x) }];
    expect(() => encodeJson(layers)).toThrow(RangeError);
    expect(() => encodeJson(layers)).toThrow(/^weights and biases: expected finite numbers, got /);
  });
});

describe.each([
  ["ONNX", encodeOnnx],
  ["JSON", encodeJson],
])("%s refuses", (_, encode) => {
  const layer = (weights: number, biases: number) => ({
    weights: new Float32Array(weights),
    biases: new Float32Array(biases),
  });
  test.each([
    ["no layers", [], /^layers: expected at least one, got none$/],
    [
      "layers that do not fit",
      [layer(6, 2), layer(9, 3)],
      /^layer 2: expected weights \[outputs\]\[2\] for 3 outputs, got 9$/,
    ],
    [
      "weights that are no table",
      [layer(7, 2)],
      /^layer 1: expected weights \[outputs\]\[inputs\] for 2 outputs, got 7$/,
    ],
    ["a layer of nothing", [layer(0, 0)], /^layer 1: expected/],
    ["a layer without neurons", [layer(6, 2), layer(0, 0)], /^layer 2: expected/],
  ])("%s", (_, layers, message) => {
    expect(() => encode(layers)).toThrow(RangeError);
    expect(() => encode(layers)).toThrow(message);
  });
});

function readJson(json: string): LayerParameters[] {
  const { weights, biases } = JSON.parse(json) as { weights: number[][][]; biases: number[][] };
  return weights.map((rows, i) => ({ weights: Float32Array.from(rows.flat()), biases: Float32Array.from(biases[i]) }));
}

function expectSameBits(actual: readonly LayerParameters[], expected: readonly LayerParameters[]): void {
  expect(actual.length).toBe(expected.length);
  const bits = (numbers: ArrayLike<number>) => Buffer.from(Float32Array.from(numbers).buffer);
  actual.forEach(({ weights, biases }, i) => {
    expect(Buffer.compare(bits(weights), bits(expected[i].weights))).toBe(0);
    expect(Buffer.compare(bits(biases), bits(expected[i].biases))).toBe(0);
  });
}

/** What the tests need of a ModelProto: field numbers as in onnx.proto. */
function readOnnx(model: Uint8Array) {
  const result = {
    versions: { ir: 0, opset: 0 },
    producer: "",
    tensors: [] as { name: string; dims: number[]; data: Uint8Array }[],
  };
  new PbfReader(model).readFields((field, result, pbf) => {
    if (field === 1) result.versions.ir = pbf.readVarint();
    if (field === 2) result.producer = pbf.readString();
    if (field === 8) {
      pbf.readMessage((field, versions) => {
        if (field === 2) versions.opset = pbf.readVarint();
      }, result.versions);
    }
    if (field !== 7) return;
    pbf.readMessage((field, tensors) => {
      if (field !== 5) return;
      const tensor = { name: "", dims: [] as number[], data: new Uint8Array() as Uint8Array };
      pbf.readMessage((field) => {
        if (field === 1) tensor.dims.push(pbf.readVarint());
        if (field === 8) tensor.name = pbf.readString();
        if (field === 9) tensor.data = pbf.readBytes();
      }, tensor);
      tensors.push(tensor);
    }, result.tensors);
  }, result);
  return result;
}
