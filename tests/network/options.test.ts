// A slip in a call of the library is an error that says what was meant.

import { describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { distort } from "../../src/network/augment.js";
import { Network } from "../../src/network/network.js";
import type { EpochReport } from "../../src/network/trainer.js";
import { checkKnown } from "../../src/options/known.js";
import { randomDataset } from "../helpers.js";

const kernels = createReference();
const data = randomDataset(40, 12, 3);
const OPTIONS = { epochs: 1, batchSize: 10, learningRate: 1 };
const any = (value: unknown) => value as never;
const loose = (call: unknown) => call as (...args: unknown[]) => unknown;
const create = () => Network.create({ layers: [12, 3], kernels });

async function errorOf(call: () => unknown): Promise<Error> {
  const nothing = new Error("nothing was thrown");
  return (async () => call())().then(
    () => nothing,
    (error: Error) => error,
  );
}

describe("an unknown option is a TypeError with the nearest name", async () => {
  const network = await create();
  const bytes = network.save();
  const { images, labels } = data;
  test.each<[string, () => unknown]>([
    [
      "train: unknown option learningrate: did you mean learningRate?",
      () => network.train(data, any({ ...OPTIONS, learningrate: 3 })),
    ],
    ["train: unknown option batch_size: did you mean batchSize?", () => network.train(data, any({ batch_size: 3 }))],
    [
      "train: unknown option optimiser: did you mean optimizer?",
      () => network.train(data, any({ ...OPTIONS, optimiser: "adam" })),
    ],
    [
      "distortions: unknown option rotations: did you mean rotation?",
      () => network.train(data, any({ ...OPTIONS, distortions: { rotations: 10 } })),
    ],
    [
      "Network.create: unknown option thread: did you mean threads?",
      () => Network.create(any({ layers: [12, 3], thread: 1 })),
    ],
    [
      "Network.create: unknown option Layers: did you mean layers?",
      () => Network.create(any({ Layers: undefined, layers: [12, 3] })),
    ],
    [
      "Network.create: unknown option x: expected layers, seed, initialWeights, activation, cost, threads, kernels",
      () => Network.create(any({ layers: [12, 3], x: undefined })),
    ],
    [
      "Network.load: unknown option name: expected file, threads, kernels",
      () => Network.load(bytes, any({ name: "m" })),
    ],
    ["Network.load: unknown option kernel: did you mean kernels?", () => Network.load(bytes, any({ kernel: kernels }))],
    ["Dataset: unknown option class: did you mean classes?", () => new Dataset(any({ images, labels, class: 3 }))],
    ["Dataset: unknown option label: did you mean labels?", () => new Dataset(any({ images, label: labels }))],
    ["distort: unknown option epochs: did you mean epoch?", () => distort(data, any({ epochs: 3, kernels }))],
    ["distort: unknown option rotaton: did you mean rotation?", () => distort(data, any({ rotaton: 3, kernels }))],
  ])("%s", async (message, call) => {
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(message);
  });

  test("each option is known, and undefined stands for its default", async () => {
    const options = { seed: undefined, initialWeights: undefined, activation: undefined, cost: undefined };
    const whole = await Network.create({ layers: [12, 3], kernels, threads: undefined, ...options });
    expect(await whole.hash()).toBe(await (await create()).hash());
    await Network.load(bytes, { file: undefined, kernels, threads: undefined });
    expect(new Dataset({ images, labels, classes: undefined, columns: undefined }).classes).toBe(3);
    const method = {
      optimizer: undefined,
      momentum: undefined,
      beta2: undefined,
      epsilon: undefined,
      weightDecay: undefined,
      averaging: undefined,
      labelSmoothing: undefined,
      dropout: undefined,
      patience: undefined,
    };
    const others = { validation: undefined, distortions: undefined, signal: undefined, onProgress: undefined };
    for await (const _ of network.train(data, { ...OPTIONS, ...method, ...others }));
    const bounds = { shift: 1, rotation: 1, scale: 0.1, shear: 0.1, elastic: 1, sigma: 4 };
    await distort(data, { ...bounds, seed: undefined, epoch: undefined, numbers: undefined, kernels });
  });

  test("a key of any length and content fits in a line", () => {
    const error = (() => {
      try {
        checkKnown("f", { [`\u001b[2J${"x".repeat(1e6)}`]: 1 }, { first: true });
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(error?.message).toBe(`f: unknown option \\u001b[2J${"x".repeat(36)}: expected first`);
  });

  test("no key of Object.prototype is known", () => {
    for (const key of ["constructor", "toString", "hasOwnProperty"]) {
      expect(() => checkKnown("f", { [key]: 1 }, { first: true })).toThrow(TypeError);
    }
  });
});

test("a data set's own properties are what makes another", () => {
  const { images, labels } = data;
  const columns = new Dataset({ ...data, columns: 4 });
  expect(columns).toMatchObject({ images, labels, columns: 4, classes: 3, length: 40, inputs: 12 });
  expect(new Dataset(structuredClone({ ...data }))).toEqual(data);
});

test.each([
  () => new (Network as unknown as new () => Network)(),
  () => new (Network as unknown as new (options: object) => Network)({ layers: [12, 3] }),
])("new Network() says what to use", (call) => {
  expect(call).toThrow(new TypeError("Network: use await Network.create({ layers }) or Network.load(bytes)"));
});

test("layers cannot be changed", async () => {
  const network = await create();
  for (const { layers } of [network, await Network.load(network.save(), { kernels })]) {
    expect(Object.isFrozen(layers)).toBe(true);
    expect(() => (layers as number[]).push(4)).toThrow(TypeError);
  }
});

test("options where none are taken are a TypeError that says what is taken", async () => {
  const network = await create();
  const more: unknown[] = [{ batch: 1 }];
  const evaluate = loose(network.evaluate.bind(network));
  await expect(evaluate(data, ...more)).rejects.toThrow(
    new TypeError("evaluate: expected a Dataset alone, got options, too: batch"),
  );
  await expect(evaluate(data, {})).rejects.toThrow(new TypeError("evaluate: expected a Dataset alone, got more"));
  const image = new Uint8Array(12);
  const predict = loose(network.predict.bind(network));
  expect(() => predict(image, ...more)).toThrow(
    /^predict: expected an image, or an array of images, alone, got options/,
  );
  await expect(loose(network.hash.bind(network))({ slot: 1 })).rejects.toThrow(
    new TypeError("hash: expected no argument, got options, too: slot"),
  );
  expect(() => network.parameters(1, any({ when: true }))).toThrow(
    new TypeError("parameters: unknown option when: expected now"),
  );
  // What Array's map() gives beside the item does no harm.
  expect([image].map(predict)).toHaveLength(1);
  await expect(Promise.all([data].map(evaluate))).resolves.toHaveLength(1);
});

test("validation data that are none are named", async () => {
  const network = await create();
  await expect(network.fit(data, any({ ...OPTIONS, validation: null }))).rejects.toThrow(
    new TypeError("validation data: expected a Dataset, got null"),
  );
});

test("numbers in an array are no image", async () => {
  const network = await create();
  const message = "expected a Uint8Array, Uint8ClampedArray or Float32Array of pixels, got a plain array";
  const numbers = Array.from({ length: 12 }, () => 0);
  expect(() => network.predict(any(numbers))).toThrow(new TypeError(`image: ${message}`));
  expect(() => network.predict(any([numbers, numbers]))).toThrow(new TypeError(`images[0]: ${message}`));
  expect(() => network.predict(any(new Array(3)))).toThrow(
    `images[0]: ${message.replace("a plain array", "undefined")}`,
  );
  expect(() => new Dataset(any({ images: numbers, labels: new Uint8Array(1) }))).toThrow(`images: ${message}`);
  expect(network.predict([])).toEqual([]);
});

describe("slice() counts as that of Array", () => {
  const numbers = Array.from({ length: 8 }, (_, i) => i);
  // Within a larger buffer, and two bytes a label.
  const labels = Uint16Array.of(99, ...numbers).subarray(1);
  const whole = new Dataset({ images: Uint8Array.from({ length: 24 }, (_, i) => Math.floor(i / 3)), labels });
  const places = [undefined, -Infinity, -9, -8, -3, -1.5, -1, 0, 0.9, 1, 2.5, 7, 8, 9, Infinity, Number.NaN];
  test.each(places)("from %d", (start) => {
    for (const end of places) {
      const expected = numbers.slice(start, end);
      if (expected.length === 0) {
        expect(() => whole.slice(start, end)).toThrow(RangeError);
        continue;
      }
      const slice = whole.slice(start, end);
      expect([...slice.labels]).toEqual(expected);
      expect([...slice.images]).toEqual(expected.flatMap((n) => [n, n, n]));
      expect([slice.classes, slice.columns]).toEqual([whole.classes, whole.columns]);
      expect(slice.images.buffer).toBe(whole.images.buffer);
    }
  });

  test("none at all is an error that says so", () => {
    const message = "slice: expected at least one of 8 samples, since a Dataset cannot be empty, got none from 5 to 5";
    expect(() => whole.slice(5, 5)).toThrow(new RangeError(message));
  });
});

describe("fit()", () => {
  const untimed = ({ seconds, trainingSeconds, ...report }: EpochReport) => report;

  test("trains as an iteration of train() does, to the same reports and bits", async () => {
    const options = { ...OPTIONS, epochs: 3, validation: data };
    const iterated = await create();
    const expected: EpochReport[] = [];
    for await (const report of iterated.train(data, options)) expected.push(report);
    const network = await create();
    const reports = await network.fit(data, options);
    expect(reports.map(untimed)).toEqual(expected.map(untimed));
    expect(reports.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(await network.hash()).toBe(await iterated.hash());
  });

  test("ends early with patience, and rejects with what train() throws", async () => {
    const network = await create();
    const reports = await network.fit(data, { ...OPTIONS, epochs: 1000, validation: data, patience: 2 });
    expect(reports.length).toBeLessThan(1000);
    expect(network.epochs).toBe(reports.length);
    await expect(network.fit(data, { ...OPTIONS, batchSize: 41 })).rejects.toThrow(RangeError);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(network.fit(data, { ...OPTIONS, signal })).rejects.toThrow("enough");
    expect(network.epochs).toBe(reports.length);
  });
});
