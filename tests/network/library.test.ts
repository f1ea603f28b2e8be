// The library as its users hold it: their own data, predictions, several networks, and memory that comes back.

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { Dataset, type Pixels } from "../../src/data/dataset.js";
import { DivergenceError, FormatError, ThreadError } from "../../src/errors.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.js";
import { createKernels } from "../../src/kernels/create.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { startThread } from "../../src/kernels/threads/platform.js";
import type { StartThread, Thread } from "../../src/kernels/threads/team.js";
import { createWasmKernels, kernelsOf } from "../../src/kernels/wasm/wasm.js";
import { classFigures, confusionMatrix } from "../../src/network/metrics.js";
import { Network } from "../../src/network/network.js";
import type { TrainOptions } from "../../src/network/trainer.js";
import { loadMnist } from "../../src/node/index.js";
import { instance, randomDataset } from "../helpers.js";

const THREADS_MODULE = new URL("../../build/ductus-threads.wasm", import.meta.url);

const OPTIONS: TrainOptions = { epochs: 2, batchSize: 10, learningRate: 2 };

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

async function collect(done: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !done(); i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function trained(data: Dataset, options: { threads?: number; kernels?: Kernels }, layers: number[]) {
  const network = await Network.create({ ...options, layers });
  for await (const _ of network.train(data, OPTIONS));
  return network;
}

/** Numbers as other programs prepare them: mean 0, deviation about 1. */
function standardised(length: number, inputs: number, classes: number): Dataset {
  const random = new RandomStream(5, 1002, 0);
  const labels = Uint16Array.from({ length }, () => random.nextBelow(classes));
  const images = Float32Array.from({ length: length * inputs }, () => random.nextNormal());
  return new Dataset({ images, labels, classes });
}

describe("own data", () => {
  test.each([1, 2])("any finite numbers, to the reference's bits on %i threads", async (threads) => {
    const data = standardised(150, 21, 5);
    const layers = [21, 33, 5];
    const [wasm, reference] = await Promise.all([
      trained(data, { threads }, layers),
      trained(data, { kernels: createReference() }, layers),
    ]);
    expect(await wasm.hash()).toBe(await reference.hash());
    expect(await wasm.evaluate(data)).toEqual(await reference.evaluate(data));
    const image = data.images.subarray(0, 21);
    expect(wasm.predict(image)).toEqual(reference.predict(image));
    wasm.dispose();
  });

  test("numbers that are bytes divided by 255 give the bits of those bytes, and take as little memory", async () => {
    const { images, labels } = loadMnist().training.slice(0, 2000);
    const floats = Float32Array.from(images, (pixel) => pixel / 255);
    const layers = [784, 30, 10];
    const bytes = await trained(new Dataset({ images, labels }), { threads: 1 }, layers);
    const same = await trained(new Dataset({ images: floats, labels }), { threads: 1 }, layers);
    expect(await same.hash()).toBe(await bytes.hash());
    expect(same.predict(floats.subarray(0, 784))).toEqual(bytes.predict(images.subarray(0, 784)));
    const memory = async (images: Pixels) => {
      const exports = await instance();
      kernelsOf(exports).createDataset(new Dataset({ images, labels }));
      return exports.memory.buffer.byteLength;
    };
    expect(await memory(floats)).toBe(await memory(images));
    // About 300 bytes a digit, and what they need on their way in.
    expect(await memory(images)).toBeLessThan(2000 * 400 + 2 ** 21);
  });

  test("a data set of which a part are such numbers", async () => {
    const { images, labels } = loadMnist().training.slice(0, 1000);
    const mixed = Float32Array.from(images, (pixel) => pixel / 255);
    mixed.fill(0.1234, 784 * 900 + 300, 784 * 900 + 310);
    const data = new Dataset({ images: mixed, labels });
    const [wasm, reference] = await Promise.all([
      trained(data, { threads: 1 }, [784, 12, 10]),
      trained(data, { kernels: createReference() }, [784, 12, 10]),
    ]);
    expect(await wasm.hash()).toBe(await reference.hash());
  });

  test("more classes than a byte can say", async () => {
    const random = new RandomStream(6, 1003, 0);
    const length = 700;
    const labels = Uint16Array.from({ length }, (_, i) => (i % 350) * 2 + 1);
    const images = Uint8Array.from({ length: length * 40 }, () => random.nextBelow(256));
    const data = new Dataset({ images, labels });
    expect(data.classes).toBe(700);
    const [wasm, reference] = await Promise.all([
      trained(data, { threads: 1 }, [40, 17, 700]),
      trained(data, { kernels: createReference() }, [40, 17, 700]),
    ]);
    expect(await wasm.hash()).toBe(await reference.hash());
    expect(await wasm.evaluate(data)).toEqual(await reference.evaluate(data));
    // With a bias that lights up one output, that one is read, and it is right where it is the label.
    const { tensors, metadata } = decodeSafetensors(wasm.save());
    tensors.get("2.bias")?.data.fill(100, 699);
    using loaded = await Network.load(encodeSafetensors({ tensors, metadata }));
    const { predictions, correct } = await loaded.evaluate(data);
    expect(new Set(predictions)).toEqual(new Set([699]));
    expect(correct).toBe(2);
  });

  test("rows of images come from the options, the square, or nothing", () => {
    const labels = new Uint8Array(2);
    const columns = (pixels: number, columns?: number) =>
      new Dataset({ images: new Uint8Array(2 * pixels), labels, columns }).columns;
    expect([columns(784), columns(15), columns(15, 5)]).toEqual([28, 15, 5]);
    expect(new Dataset({ images: new Uint8Array(30), labels, columns: 5 }).slice(0, 1).columns).toBe(5);
  });
});

describe("reports", () => {
  test("count what was read correctly on the way, as the reference does", async () => {
    const data = loadMnist().training.slice(0, 1001);
    const reports = await Promise.all(
      [{ threads: 1 }, { threads: 2 }, { kernels: createReference() }].map(async (options) => {
        using network = await Network.create({ ...options, layers: [784, 20, 10] });
        const rows: [number, number, number][] = [];
        for await (const { cost, correct, accuracy } of network.train(data, OPTIONS)) {
          rows.push([cost, correct, accuracy]);
        }
        return rows;
      }),
    );
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[2]).toEqual(reports[0]);
    const [[, correct, accuracy], [, later]] = reports[0];
    expect(correct).toBeGreaterThan(200);
    expect(later).toBeGreaterThan(correct);
    expect(accuracy).toBe(correct / 1001);
  });

  test("confusion matrix and figures of each class", () => {
    const confusion = confusionMatrix([0, 0, 0, 1, 1, 3], [0, 0, 1, 1, 0, 3], 4);
    expect(confusion).toEqual([
      [2, 1, 0, 0],
      [1, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 1],
    ]);
    const figures = classFigures(confusion);
    expect(figures[0]).toEqual({ label: 0, count: 3, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 });
    expect(figures[1]).toEqual({ label: 1, count: 2, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 });
    expect(figures[2]).toEqual({ label: 2, count: 0, precision: Number.NaN, recall: Number.NaN, f1: Number.NaN });
    expect(figures[3]).toEqual({ label: 3, count: 1, precision: 1, recall: 1, f1: 1 });
    // Both shares 0: their harmonic mean is taken as 0.
    expect(classFigures(confusionMatrix([0, 1], [1, 0], 2))[0].f1).toBe(0);
  });
});

describe.each([
  ["module", {}],
  ["module on one thread", { threads: 1 }],
  ["reference", { kernels: createReference() }],
])("predict on the %s", (_, options) => {
  test("says what evaluate says, with the activations", async () => {
    const data = loadMnist().test.slice(0, 200);
    const network = await trained(loadMnist().training.slice(0, 3000), options, [784, 30, 10]);
    const { predictions } = await network.evaluate(data);
    const images = Array.from(predictions, (_, i) => data.images.subarray(784 * i, 784 * (i + 1)));
    const all = network.predict(images);
    expect(all.map(({ label }) => label)).toEqual([...predictions]);
    for (const { label, activations } of all) {
      expect(activations).toHaveLength(10);
      expect(activations[label]).toBe(Math.max(...activations));
      expect(Math.min(...activations)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...activations)).toBeLessThanOrEqual(1);
    }
    expect(network.predict(images[7])).toEqual(all[7]);
    expect(network.predict(new Uint8ClampedArray(images[7]))).toEqual(all[7]);
    expect(network.predict([])).toEqual([]);
    network.dispose();
  });

  test("refuses what is no image", async () => {
    const network = await Network.create({ ...options, layers: [784, 10] });
    expect(() => network.predict(new Uint8Array(783))).toThrow(/^image: expected 784 pixels, got 783$/);
    expect(() => network.predict([new Uint8Array(784), new Uint8Array(1)])).toThrow(RangeError);
    expect(() => network.predict("3" as never)).toThrow(TypeError);
    expect(() => network.predict(new Float32Array(784).fill(Number.NaN))).toThrow(
      /finite numbers, got NaN for pixel 0/,
    );
    expect(() => network.predict(undefined as never)).toThrow(/^image: expected a Uint8Array.*, got undefined$/);
    network.dispose();
  });
});

describe("whatever ends a training, the weights are those after the last whole epoch", () => {
  const data = loadMnist().training.slice(0, 20_000);
  const layers = [784, 100, 10];

  test.each([1, 2])("an abort, on %i threads: going on gives the bits of a training without one", async (threads) => {
    const whole = await Network.create({ layers, threads });
    for await (const _ of whole.train(data, { ...OPTIONS, epochs: 3 }));
    const network = await Network.create({ layers, threads });
    const controller = new AbortController();
    const onProgress = (epoch: number, samples: number) => {
      if (epoch === 2 && samples < 20_000) controller.abort(new Error("enough"));
    };
    const seen: number[] = [];
    await expect(async () => {
      for await (const { epoch } of network.train(data, {
        ...OPTIONS,
        epochs: 3,
        signal: controller.signal,
        onProgress,
      }))
        seen.push(epoch);
    }).rejects.toThrow("enough");
    expect(seen).toEqual([1]);
    expect(network.epochs).toBe(1);
    for await (const { epoch } of network.train(data, OPTIONS)) seen.push(epoch);
    expect(seen).toEqual([1, 2, 3]);
    expect(await network.hash()).toBe(await whole.hash());
    whole.dispose();
    network.dispose();
  });

  test("a signal that was aborted before: nothing happens", async () => {
    using network = await Network.create({ layers: [784, 10], threads: 1 });
    const hash = await network.hash();
    const run = network.train(data, { ...OPTIONS, signal: AbortSignal.abort(new Error("no")) });
    await expect(run.next()).rejects.toThrow("no");
    expect(await network.hash()).toBe(hash);
  });

  test("a divergence, and it says where", async () => {
    // Sigmoid neurons saturate before they diverge, so it takes a model on the brink (see behaviour.test.ts).
    const one = new Dataset({ images: Uint8Array.of(255), labels: Uint8Array.of(0), classes: 2 });
    const { tensors, metadata } = decodeSafetensors((await Network.create({ layers: [1, 1, 2] })).save());
    tensors.get("0.weight")?.data.set([-3.4e38]);
    tensors.get("2.weight")?.data.set([0, 3e38]);
    tensors.get("2.bias")?.data.set([0, 0]);
    using network = await Network.load(encodeSafetensors({ tensors, metadata }));
    const hash = await network.hash();
    const run = network.train(one, { epochs: 3, batchSize: 1, learningRate: 3e38 });
    const error = await run.next().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error).toMatchObject({ epoch: 1, batch: 1 });
    expect(await network.hash()).toBe(hash);
  });

  test("a lost thread: the network can be saved, and loaded again", async () => {
    const threads: Thread[] = [];
    const start: StartThread = (onReply, onEnd) => {
      threads.push(startThread(onReply, onEnd));
      return threads[threads.length - 1];
    };
    const kernels = await createWasmKernels(readFileSync(THREADS_MODULE), { count: 2, cores: 2, start });
    const network = await Network.create({ kernels, layers });
    for await (const _ of network.train(data, { ...OPTIONS, epochs: 1 }));
    const hash = await network.hash();
    const run = network.train(data, { ...OPTIONS, onProgress: () => threads[1].end() });
    await expect(run.next()).rejects.toThrow(ThreadError);
    expect(await network.hash()).toBe(hash);
    expect(() => network.train(data, OPTIONS)).toThrow(ThreadError);
    expect(() => network.predict(data.images.subarray(0, 784))).toThrow(ThreadError);
    using again = await Network.load(network.save());
    expect(await again.hash()).toBe(hash);
    expect(again.epochs).toBe(1);
  });
});

test("two trainings of one network take turns by epochs, and a second within an epoch is refused", async () => {
  const data = randomDataset(100, 12, 3);
  using network = await Network.create({ layers: [12, 8, 3], threads: 1 });
  const [a, b] = [network.train(data, OPTIONS), network.train(data, OPTIONS)];
  expect((await a.next()).value).toMatchObject({ epoch: 1 });
  expect((await b.next()).value).toMatchObject({ epoch: 2 });
  expect((await a.next()).value).toMatchObject({ epoch: 3 });
  const large = loadMnist().training;
  using busy = await Network.create({ layers: [784, 30, 10], threads: 1 });
  const first = busy.train(large, { ...OPTIONS, epochs: 1 }).next();
  await expect(busy.train(large, { ...OPTIONS, epochs: 1 }).next()).rejects.toThrow(/one training at a time/);
  expect((await first).value).toMatchObject({ epoch: 1 });
});

describe("within an epoch", () => {
  test.each([1, 2])("save, hash and parameters are of the last whole one, on %i threads", async (threads) => {
    const data = loadMnist().training.slice(0, 20_000);
    const network = await Network.create({ layers: [784, 100, 10], threads });
    const saved: Uint8Array[] = [network.save()];
    let within: [Uint8Array, Promise<string>, Float32Array] | undefined;
    const onProgress = (epoch: number) => {
      if (epoch === 2) within = [network.save(), network.hash(), network.parameters(1).weights];
    };
    for await (const _ of network.train(data, { ...OPTIONS, onProgress })) saved.push(network.save());
    expect(within?.[0]).toEqual(saved[1]);
    using last = await Network.load(saved[1], { threads: 1 });
    expect(await within?.[1]).toBe(await last.hash());
    expect(within?.[2]).toEqual(last.parameters(1).weights);
    expect(saved[2]).not.toEqual(saved[1]);
    network.dispose();
  });

  test.each([1, 2])(
    "evaluating the training data, or predicting, leaves the report as it is, on %i threads",
    async (threads) => {
      const data = loadMnist().training.slice(0, 20_000);
      const run = async (options: Partial<TrainOptions>, network: Network) => {
        const rows: [number, number][] = [];
        for await (const { cost, correct } of network.train(data, { ...OPTIONS, epochs: 1, ...options }))
          rows.push([cost, correct]);
        return rows;
      };
      using plain = await Network.create({ layers: [784, 100, 10], threads });
      using network = await Network.create({ layers: [784, 100, 10], threads });
      const evaluations: Promise<unknown>[] = [];
      const onProgress = () => {
        evaluations.push(network.evaluate(data));
        network.predict(data.images.subarray(0, 784));
      };
      expect(await run({ onProgress }, network)).toEqual(await run({}, plain));
      expect(evaluations.length).toBeGreaterThan(0);
      await Promise.all(evaluations);
      expect(await network.hash()).toBe(await plain.hash());
    },
  );
});

test("after a divergence, training goes on from the good weights as the reference does", async () => {
  const layers = [20, 30, 3];
  const data = standardised(60, 20, 3);
  const huge = new Dataset({ images: Float32Array.from(data.images, (x) => x * 1e20), labels: data.labels });
  const hashes = await Promise.all(
    [{ threads: 1 }, { threads: 2 }, { kernels: createReference() }].map(async (options) => {
      const network = await Network.create({ ...options, layers });
      await expect(async () => {
        for await (const _ of network.train(huge, { ...OPTIONS, learningRate: 1e38 }));
      }).rejects.toThrow(DivergenceError);
      for await (const _ of network.train(data, OPTIONS));
      return network.hash();
    }),
  );
  expect(new Set(hashes).size).toBe(1);
});

test("options are those of the moment when train was called", async () => {
  const data = randomDataset(100, 12, 3);
  const options = { ...OPTIONS };
  const [a, b] = await Promise.all([1, 2].map(() => Network.create({ layers: [12, 8, 3], threads: 1 })));
  for await (const _ of a.train(data, options)) options.learningRate = Number.NaN;
  for await (const _ of b.train(data, OPTIONS));
  expect(await a.hash()).toBe(await b.hash());
});

describe("kernels that serve several networks", () => {
  test("outlive a network that is too large for them", async () => {
    const kernels = await createKernels(1);
    const data = randomDataset(100, 12, 3);
    const network = await Network.create({ kernels, layers: [12, 8, 3] });
    for (const layers of [
      [65_536, 65_536, 10],
      [65_535, 65_536, 10],
      [4_000_000, 65_536, 10],
    ]) {
      await expect(Network.create({ kernels, layers })).rejects.toThrow(/not enough WebAssembly memory for a network/);
    }
    for await (const _ of network.train(data, OPTIONS));
    const other = await Network.create({ kernels, layers: [12, 8, 3] });
    for await (const _ of other.train(data, OPTIONS));
    expect(await other.hash()).toBe(await network.hash());
  });

  test("free a network that is disposed of once its work is done", async () => {
    const kernels = await createKernels(2);
    const data = loadMnist().training.slice(0, 20_000);
    const [a, b] = await Promise.all([1, 2].map((seed) => Network.create({ kernels, layers: [784, 100, 10], seed })));
    const runs = [b, a].map((network) => network.train(data, { ...OPTIONS, epochs: 1 }).next());
    const disposed = expect(runs[1]).rejects.toThrow(/disposed of/);
    a.dispose();
    const c = await Network.create({ kernels, layers: [784, 100, 10], seed: 2 });
    const evaluation = c.evaluate(data);
    expect((await runs[0]).value).toMatchObject({ epoch: 1 });
    await disposed;
    expect((await evaluation).count).toBe(20_000);
    using alone = await Network.create({ layers: [784, 100, 10], seed: 2, threads: 1 });
    expect(await c.hash()).toBe(await alone.hash());
    for await (const _ of alone.train(data, { ...OPTIONS, epochs: 1 }));
    expect(await b.hash()).toBe(await alone.hash());
    kernels.close();
  });
});

test("what is of the wrong type is a TypeError that says what was expected", async () => {
  using network = await Network.create({ layers: [12, 3], threads: 1 });
  const data = randomDataset(40, 12, 3);
  const any = (value: unknown) => value as never;
  const wrong: [() => unknown, RegExp][] = [
    [() => Network.create(any(undefined)), /^options: expected an object, got undefined$/],
    [() => Network.create(any({ layers: "784,10" })), /^layers: expected an array of sizes, got "784,10"$/],
    [() => Network.create(any({ layers: ["20", 8] })), /^layers\[0\]: expected a whole number .*, got "20"$/],
    [
      () => Network.create(any({ layers: [12, 3], kernels: {} })),
      /^kernels: expected those of createReference\(\) .* got Object$/,
    ],
    [() => Network.load(any("model")), /^model: expected a Uint8Array or ArrayBuffer, got "model"$/],
    [() => new Dataset(any(undefined)), /^options: expected an object, got undefined$/],
    [() => network.train(data, any(undefined)), /^options: expected an object, got undefined$/],
    [() => network.train(any({ images: data.images }), OPTIONS), /^training data: expected a Dataset, got Object$/],
    [
      () => network.train(data, any({ ...OPTIONS, signal: new AbortController() })),
      /^signal: expected an AbortSignal, got AbortController$/,
    ],
    [() => network.train(data, any({ ...OPTIONS, onProgress: 5 })), /^onProgress: expected a function, got 5$/],
    [() => network.evaluate(any(undefined)), /^evaluation data: expected a Dataset, got undefined$/],
    [() => network.save(any({ note: 1 })), /^metadata "note": expected a string, got number$/],
  ];
  for (const [call, message] of wrong) {
    const error = await (async () => call())().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
  }
  const bytes = network.save();
  using fetched = await Network.load(any(bytes.buffer), { threads: 1 });
  expect(await fetched.hash()).toBe(await network.hash());
});

describe("dispose", () => {
  test("ends threads and training; nothing can be done afterwards", async () => {
    const data = loadMnist().training;
    const network = await Network.create({ layers: [784, 100, 10], threads: 2 });
    const run = network.train(data, { ...OPTIONS, onProgress: () => network.dispose() });
    await expect(run.next()).rejects.toThrow(/disposed of|kernels were closed/);
    network.dispose();
    const message = "network: expected one in use, got one that was disposed of";
    expect(() => network.save()).toThrow(message);
    expect(() => network.parameters(1)).toThrow(message);
    expect(() => network.predict(data.images.subarray(0, 784))).toThrow(message);
    expect(() => network.train(data, OPTIONS)).toThrow(message);
    await expect(network.evaluate(data)).rejects.toThrow(message);
    await expect(network.hash()).rejects.toThrow(message);
  });

  test("gives the memory back to the system: 60 networks with 60 MB of data each, one after the other", async () => {
    const data = standardised(20_000, 784, 10);
    for (let i = 0; i < 60; i++) {
      using network = await Network.create({ layers: [784, 10], threads: 1 + (i & 1) });
      expect((await network.evaluate(data)).count).toBe(20_000);
    }
    let resident = 0;
    await collect(() => {
      resident = process.memoryUsage().rss;
      return resident < 1.5e9;
    });
    expect(resident).toBeLessThan(1.5e9);
  });

  test("gives the memory back though the network object is kept", async () => {
    const data = standardised(20_000, 784, 10);
    const kept: Network[] = [];
    for (let i = 0; i < 30; i++) {
      const network = await Network.create({ layers: [784, 10], threads: 1 + (i & 1) });
      await network.evaluate(data);
      network.dispose();
      kept.push(network);
    }
    let resident = 0;
    await collect(() => {
      resident = process.memoryUsage().rss;
      return resident < 1.2e9;
    });
    expect(resident).toBeLessThan(1.2e9);
    expect(kept).toHaveLength(30);
  });

  test("gives the memory back to kernels that serve several networks", async () => {
    const kernels = await createKernels(1);
    const data = randomDataset(5000, 100, 10);
    const sizes: number[] = [];
    for (let i = 0; i < 40; i++) {
      using network = await Network.create({ kernels, layers: [100, 500, 10] });
      for await (const _ of network.train(data, { ...OPTIONS, epochs: 1, batchSize: 500 }));
      sizes.push(process.memoryUsage().arrayBuffers);
    }
    expect(sizes[39] - sizes[3]).toBeLessThan(3e7);
  });

  test("data sets that are forgotten give their memory back", async () => {
    let released = 0;
    const reference = createReference();
    const kernels: Kernels = {
      ...reference,
      createDataset: (dataset) => {
        const copy = reference.createDataset(dataset);
        copy.release = () => void released++;
        return copy;
      },
    };
    const network = await Network.create({ kernels, layers: [12, 3] });
    for (let i = 0; i < 5; i++) await network.evaluate(randomDataset(10, 12, 3, i));
    expect(released).toBe(0);
    await collect(() => released >= 5);
    expect(released).toBeGreaterThanOrEqual(4);
    network.dispose();
  });
});

test("errors have types", () => {
  for (const error of [new FormatError("f", "p"), new DivergenceError(1, 1, 1), new ThreadError("r")]) {
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(error.constructor.name);
  }
});

test("a method whose memory cannot be had leaves the network as it was", async () => {
  const kernels = createReference();
  const short: Kernels = {
    ...kernels,
    createDataset: (dataset) => kernels.createDataset(dataset),
    createNetwork: (...args) => {
      const network = kernels.createNetwork(...args);
      const configure = network.configure.bind(network);
      network.configure = (method) => {
        if (method.optimizer === "adam") throw new RangeError("not enough memory");
        configure(method);
      };
      return network;
    },
  };
  const data = randomDataset(30, 12, 4);
  const network = await trained(data, { kernels: short }, [12, 6, 4]);
  const hash = await network.hash();
  const adam = network.train(data, { ...OPTIONS, optimizer: "adam", averaging: 0.9 });
  await expect(adam.next()).rejects.toThrow("not enough memory");
  expect(await network.hash()).toBe(hash);
  for await (const _ of network.train(data, OPTIONS));
  expect(network.epochs).toBe(2 * OPTIONS.epochs);
  expect(await network.hash()).not.toBe(hash);
});
