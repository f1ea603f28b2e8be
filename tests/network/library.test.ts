// The library as its users hold it: reports, training runs that end early, several networks, wrong
// options.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { DivergenceError, FormatError, ThreadError } from "../../src/errors.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.js";
import { createKernels } from "../../src/kernels/create.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { startThread } from "../../src/kernels/threads/platform.js";
import type { StartThread, Thread } from "../../src/kernels/threads/team.js";
import { createWasmKernels } from "../../src/kernels/wasm/wasm.js";
import { classFigures, confusionMatrix } from "../../src/network/metrics.js";
import { Network } from "../../src/network/network.js";
import type { TrainOptions } from "../../src/network/trainer.js";
import { loadMnist } from "../../src/node/index.js";
import { randomDataset } from "../helpers.js";
import { OPTIONS, standardised, trained } from "./networks.js";

const THREADS_MODULE = new URL("../../build/ductus-threads.wasm", import.meta.url);

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

describe("whatever ends a training, the weights are those after the last whole epoch", () => {
  const data = loadMnist().training.slice(0, 20_000);
  const layers = [784, 100, 10];

  test.each([1, 2])("an abort, on %i threads: resuming gives the bits of a training without one", async (threads) => {
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
    let hash = await network.hash();
    // On a busy machine the end of a thread may take some epochs.
    const run = network.train(data, { ...OPTIONS, epochs: 10_000, onProgress: () => threads[1].end() });
    const lose = async () => {
      for await (const _ of run) hash = await network.hash();
    };
    await expect(lose()).rejects.toThrow(ThreadError);
    const { epochs } = network;
    expect(epochs).toBeLessThan(10_000);
    expect(await network.hash()).toBe(hash);
    expect(() => network.train(data, OPTIONS)).toThrow(ThreadError);
    expect(() => network.predict(data.images.subarray(0, 784))).toThrow(ThreadError);
    using again = await Network.load(network.save());
    expect(await again.hash()).toBe(hash);
    expect(again.epochs).toBe(epochs);
  });
});

test("two training runs of one network take turns by epochs, and a second within an epoch is refused", async () => {
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

test("after a divergence, training continues from the good weights as the reference does", async () => {
  // Errors of this cost do not vanish where outputs are saturated.
  const layers = [20, 30, 3];
  const data = standardised(60, 20, 3);
  const huge = new Dataset({ images: Float32Array.from(data.images, (x) => x * 1e20), labels: data.labels });
  const hashes = await Promise.all(
    [{ threads: 1 }, { threads: 2 }, { kernels: createReference() }].map(async (options) => {
      const network = await Network.create({ ...options, layers, cost: "cross-entropy" });
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
    [() => Network.create(any([784, 10])), /^options: expected an object, got Array$/],
    [() => Network.create(any(Uint8Array.of(4, 2))), /^options: expected an object, got Uint8Array$/],
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
