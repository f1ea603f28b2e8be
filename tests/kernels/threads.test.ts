// Threads: the same bits for any number of them, and nothing that happens to one leaves the others, or the caller,
// waiting.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Dataset } from "../../src/data/dataset.js";
import { ThreadError } from "../../src/errors.js";
import { createKernels } from "../../src/kernels/create.js";
import type { KernelEvaluation, Kernels } from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { chooseThreads } from "../../src/kernels/threads/choose.js";
import { startThread } from "../../src/kernels/threads/platform.js";
import type { StartThread, Thread, ThreadOptions } from "../../src/kernels/threads/team.js";
import { createWasmKernels } from "../../src/kernels/wasm/wasm.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { differences, MODULE, parameterBits, randomDataset, trainOn } from "../helpers.js";

const THREADS_MODULE = new URL("../../build/ductus-threads.wasm", import.meta.url);
const COUNTS = [1, 2, 3, 4];

/** Threads that say they parked so often in each call; `onCall` is told of each thread's calls, by its number. */
function sleepers(parks: number, onCall: (threadIndex: number) => void = () => {}): StartThread {
  let count = 0;
  return (onReply, onEnd) => {
    const threadIndex = count++;
    const thread = startThread((reply) => onReply("value" in reply ? { ...reply, parks } : reply), onEnd);
    return {
      ...thread,
      post: (request) => {
        if (request.kind === "call") onCall(threadIndex);
        thread.post(request);
      },
    };
  };
}

/** Threads that work together however busy the machine is. */
function createThreads(options: Partial<ThreadOptions>): Promise<Kernels> {
  return createWasmKernels(readFileSync(THREADS_MODULE), { cores: 4, start: sleepers(0), ...options });
}

describe("the bits do not depend on the number of threads", () => {
  const teams = new Map<number, Kernels>();
  let training: Dataset;
  beforeAll(async () => {
    training = loadMnist().training.slice(0, 1500);
    for (const count of COUNTS) teams.set(count, await createThreads({ count }));
  });
  afterAll(() => {
    for (const kernels of teams.values()) kernels.close();
  });

  async function expectSameBits(data: Dataset, layers: readonly number[], batchSize: number, used = 1): Promise<void> {
    const recipe = { layers, batchSize, epochs: 2, eta: 2, initialWeights: "scaled" as const, seed: 4 };
    const reference = await trainOn(createReference(), data, recipe);
    for (const count of COUNTS) {
      const result = await trainOn(teams.get(count) as Kernels, data, recipe);
      expect(differences(result.after, result.before)).toBeGreaterThan((used * result.after.length) / 2);
      expect(differences(result.after, reference.after), `${count} threads`).toBe(0);
      expect(result.costs).toEqual(reference.costs);
      expect(result.predictions).toEqual(reference.predictions);
      expect([result.correct, result.cost]).toEqual([reference.correct, reference.cost]);
    }
  }

  test.each([
    [[784, 30, 10], 10],
    [[784, 100, 10], 128],
    [[784, 100, 10], 7],
    [[784, 256, 128, 10], 64],
    [[784, 10], 10],
  ])("%j in batches of %i on MNIST", (layers, batchSize) => expectSameBits(training, layers, batchSize));

  test.each([1, 3, 4, 5, 15, 16, 17, 31, 33, 48, 63, 65, 100, 130])("%i hidden neurons", (width) =>
    expectSameBits(randomDataset(70, 20, 5, width), [20, width, 5], 9),
  );

  test.each([1, 2, 3, 5, 29, 30])("batches of %i of 30 samples", (batchSize) =>
    expectSameBits(randomDataset(30, 12, 4), [12, 40, 21, 4], batchSize),
  );

  test.each([0.1, 1])("%d of the pixels not zero", (density) =>
    expectSameBits(randomDataset(150, 1100, 4, 3, density), [1100, 40, 4], 70, density),
  );

  test("a network may change threads between two epochs", async () => {
    const layers = [784, 30, 10];
    const [alone, changing] = [createReference(), await createThreads({ cores: 3 })];
    const [a, b] = [alone, changing].map((kernels) => ({
      network: kernels.createNetwork(layers),
      dataset: kernels.createDataset(training),
    }));
    for (const { network } of [a, b]) network.initialise("scaled", 1);
    // By the rule of chooseThreads: 1, 3 and 2 threads of 3.
    for (const [epoch, m] of [3, 100, 9].entries()) {
      for (const { network, dataset } of [a, b]) {
        dataset.shuffle(1, epoch);
        await network.trainBatches(dataset, 0, Math.ceil(1500 / m), 2, m);
      }
    }
    expect(differences(parameterBits(a.network, layers), parameterBits(b.network, layers))).toBe(0);
    changing.close();
  });
});

test.each([
  ["has cores for itself works together", 0, 4, "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTT"],
  ["sleeps is left, for ever longer, to one of its threads", 1e6, 4, "TTaaTaaaaTaaaaaaaaTaaaaaaaaaaa"],
  ["was asked to be larger than the machine works together", 1e6, 1, "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTT"],
])("a team that %s: the same bits", async (_, parks, cores, slices) => {
  const data = randomDataset(60, 12, 4);
  const layers = [12, 40, 4];
  const options = { epochs: 30, batchSize: 10, learningRate: 1 };
  // T for a slice of both, a for one of the first alone.
  let calls = "";
  const start = sleepers(parks, (threadIndex) => {
    calls = threadIndex === 0 ? `${calls}a` : calls.replace(/a$/, "T");
  });
  const kernels = await createThreads({ count: 2, cores, start });
  try {
    const network = await Network.create({ layers, kernels });
    for await (const _ of network.train(data, options));
    expect(calls).toBe(slices);
    const reference = await Network.create({ layers, kernels: createReference() });
    for await (const _ of reference.train(data, options));
    expect(await network.hash()).toBe(await reference.hash());
  } finally {
    kernels.close();
  }
});

test("more threads than cores stay correct and come to an end", async () => {
  const recipe = {
    layers: [784, 100, 10],
    batchSize: 100,
    epochs: 1,
    eta: 2,
    initialWeights: "scaled",
    seed: 1,
  } as const;
  const data = loadMnist().training.slice(0, 1000);
  const kernels = await createThreads({ count: 16, cores: 1 });
  const [many, one] = await Promise.all([trainOn(kernels, data, recipe), trainOn(createReference(), data, recipe)]);
  expect(differences(many.after, one.after)).toBe(0);
  kernels.close();
});

test("one for every 100,000 multiply-adds of a mini-batch, as many as there are cores", () => {
  expect(chooseThreads([784, 30, 10], 1, 8)).toBe(1);
  expect(chooseThreads([784, 30, 10], 8, 8)).toBe(1);
  expect(chooseThreads([784, 30, 10], 10, 8)).toBe(2);
  expect(chooseThreads([784, 30, 10], 10, 1)).toBe(1);
  expect(chooseThreads([784, 100, 10], 128, 8)).toBe(8);
  expect(chooseThreads([784, 800, 10], 128, 1000)).toBe(64);
});

test("a network says how many threads train it: those given, or chosen for layers and batches", async () => {
  const layers = [784, 30, 10];
  const numbers = async (options: { threads?: number; kernels?: Kernels }) => {
    using network = await Network.create({ layers, ...options });
    return [1, 8, 10, 100, 1_000_000].map((batchSize) => network.threadsFor(batchSize));
  };
  const cores = availableParallelism();
  expect(await numbers({})).toEqual([1, 8, 10, 100, 1_000_000].map((m) => chooseThreads(layers, m, cores)));
  expect(await numbers({ threads: 1 })).toEqual([1, 1, 1, 1, 1]);
  expect(await numbers({ threads: 3 })).toEqual([3, 3, 3, 3, 3]);
  expect(await numbers({ kernels: createReference() })).toEqual([1, 1, 1, 1, 1]);
  const kernels = await createThreads({ cores: 5 });
  expect(await numbers({ kernels })).toEqual([1, 1, 2, 5, 5]);
  kernels.close();
  const network = await Network.create({ layers });
  expect(() => network.threadsFor(0)).toThrow("batch size: expected a whole number from 1 to 1000000, got 0");
  expect(() => network.threadsFor("10" as never)).toThrow(TypeError);
  network.dispose();
  expect(() => network.threadsFor(10)).toThrow("disposed of");
});

describe("threads that are lost", () => {
  /** Kernels whose threads can be reached, and networks that would train for minutes. */
  async function longRun() {
    const threads: Thread[] = [];
    const ends: ((reason: string) => void)[] = [];
    const kernels = await createThreads({
      count: 2,
      start: (onReply, onEnd) => {
        const thread = startThread(onReply, onEnd);
        threads.push(thread);
        ends.push(onEnd);
        return thread;
      },
    });
    const network = kernels.createNetwork([784, 800, 10]);
    const dataset = kernels.createDataset(loadMnist().training);
    network.initialise("scaled", 1);
    await network.trainBatches(dataset, 0, 1, 1, 10);
    const run = network.trainBatches(dataset, 0, 50_000, 1, 1);
    return { kernels, network, dataset, threads, ends, run };
  }

  test("one that is ended gives an error, now and later, and no hang", async () => {
    const { network, dataset, threads, run } = await longRun();
    setTimeout(() => threads[1].end(), 50);
    await expect(run).rejects.toThrow(ThreadError);
    await expect(run).rejects.toThrow(/^a worker thread was lost: it ended with code 1; its network can only be saved/);
    await expect(network.trainBatches(dataset, 0, 1, 1, 1)).rejects.toThrow(ThreadError);
    // Others continue.
    const kernels = await createThreads({ count: 2 });
    const data = randomDataset(30, 12, 4);
    const recipe = { layers: [12, 9, 4], batchSize: 5, epochs: 2, eta: 2, initialWeights: "scaled", seed: 1 } as const;
    const { after } = await trainOn(kernels, data, recipe);
    expect(differences(after, (await trainOn(createReference(), data, recipe)).after)).toBe(0);
    kernels.close();
  });

  test("one that is ended in an evaluation leaves the network as it was", async () => {
    const { kernels, run, threads, dataset } = await longRun();
    kernels.close();
    await expect(run).rejects.toThrow(ThreadError);
    expect(threads).toHaveLength(2);
    dataset.release();
    const started: Thread[] = [];
    const own = await createThreads({
      count: 2,
      start: (...handlers) => {
        const thread = startThread(...handlers);
        started.push(thread);
        return thread;
      },
    });
    const network = await Network.create({ layers: [784, 800, 10], kernels: own });
    const data = loadMnist().test;
    for await (const _ of network.train(data.slice(0, 100), {
      epochs: 1,
      batchSize: 10,
      learningRate: 1,
      averaging: 0.9,
    }));
    await network.evaluate(data.slice(0, 1000));
    const hash = await network.hash();
    const evaluation = network.evaluate(data);
    setTimeout(() => started[1].end(), 5);
    await expect(evaluation).rejects.toThrow(ThreadError);
    expect(await network.hash()).toBe(hash);
  });

  test("closing the kernels ends a run", async () => {
    const { kernels, run } = await longRun();
    setTimeout(() => kernels.close(), 50);
    await expect(run).rejects.toThrow("the kernels were closed");
  });

  test("a trap in one is reported", async () => {
    const { kernels } = await longRun().then(async (long) => {
      long.kernels.close();
      await expect(long.run).rejects.toThrow(ThreadError);
      return { kernels: await createThreads({ count: 2 }) };
    });
    const network = kernels.createNetwork([12, 9, 4]);
    const dataset = kernels.createDataset(randomDataset(30, 12, 4)) as unknown as { pointer: number; length: number };
    const broken = { pointer: 0xffff_fff0, length: dataset.length, reserveDistorted: () => {} };
    await expect(network.trainBatches(broken as never, 0, 1, 1, 1)).rejects.toThrow(/out of bounds/);
  });
});

describe("the caller", () => {
  test("may throw between two slices, and train again", async () => {
    const kernels = await createThreads({ count: 2 });
    const data = loadMnist().training.slice(0, 3000);
    const options = { epochs: 1, batchSize: 10, learningRate: 2 };
    const failing = (await Network.create({ kernels, layers: [784, 30, 10] })).train(data, {
      ...options,
      onProgress: () => {
        throw new Error("mine");
      },
    });
    await expect(failing.next()).rejects.toThrow("mine");
    const hashes = [kernels, createReference()].map(async (kernels) => {
      const network = await Network.create({ kernels, layers: [784, 30, 10] });
      for await (const _ of network.train(data, options));
      return network.hash();
    });
    expect(await hashes[0]).toBe(await hashes[1]);
    kernels.close();
  });

  test("sees whole slices only, whenever it looks", async () => {
    const layers = [784, 30, 10];
    const data = loadMnist().training.slice(0, 20_000);
    const kernels = await createThreads({ count: 2 });
    const network = kernels.createNetwork(layers);
    const dataset = kernels.createDataset(data);
    network.initialise("scaled", 1);
    await network.trainBatches(dataset, 0, 1, 2, 10); // starts the threads
    const before = parameterBits(network, layers);
    const run = network.trainBatches(dataset, 0, 2000, 2, 10);
    const during = parameterBits(network, layers);
    await run;
    expect(differences(during, before)).toBeGreaterThan(0);
    expect(differences(during, parameterBits(network, layers))).toBe(0);
    kernels.close();
  });

  test("may ask for several things at once", async () => {
    const kernels = await createThreads({ count: 2 });
    const data = loadMnist().training.slice(0, 3000);
    const dataset = kernels.createDataset(data);
    const networks = [1, 2, 3].map((seed) => {
      const network = kernels.createNetwork([784, 30, 10]);
      network.initialise("scaled", seed);
      return network;
    });
    const alone: KernelEvaluation[] = [];
    for (const network of networks) alone.push(await network.evaluate(dataset));
    expect(new Set(alone.map(({ cost }) => cost)).size).toBe(3);
    expect(await Promise.all(networks.map((network) => network.evaluate(dataset)))).toEqual(alone);
    kernels.close();
  });

  test("reads the network while threads evaluate its average", async () => {
    const data = loadMnist().training.slice(0, 8000);
    const image = data.images.subarray(0, 784);
    const network = await Network.create({ layers: [784, 30, 10], threads: 2 });
    const options = { epochs: 1, batchSize: 100, learningRate: 1, averaging: 0.9 };
    for await (const _ of network.train(data, options));
    const seen = async () => [await network.hash(), network.predict(image), network.parameters(1), network.save()];
    const before = await seen();
    const alone = await network.evaluate(data);
    const beside = network.evaluate(data);
    expect(await seen()).toEqual(before);
    expect(await beside).toEqual(alone);
    // Others read while its threads are still starting.
    const fresh = await Network.load(network.save(), { threads: 2 });
    const first = fresh.evaluate(data);
    expect(fresh.predict(image)).toEqual(before[1]);
    expect(await first).toEqual(alone);
    network.dispose();
    fresh.dispose();
  });

  test("idle threads take no time", async () => {
    const kernels = await createThreads({ count: 4 });
    const network = kernels.createNetwork([784, 30, 10]);
    const dataset = kernels.createDataset(loadMnist().training.slice(0, 1000));
    await network.trainBatches(dataset, 0, 100, 2, 10);
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.cpuUsage(before);
    // One that spins would take 500,000 us.
    expect(user + system).toBeLessThan(250_000);
    kernels.close();
  });

  test("ends the threads by forgetting what they work for", async () => {
    let ended = 0;
    const start: StartThread = (onReply, onEnd) => {
      const thread = startThread(onReply, onEnd);
      const end = () => {
        ended++;
        thread.end();
      };
      return { ...thread, end };
    };
    await (async () => {
      const kernels = await createThreads({ count: 2, start });
      const data = randomDataset(30, 12, 4);
      await trainOn(kernels, data, {
        layers: [12, 9, 4],
        batchSize: 5,
        epochs: 1,
        eta: 2,
        initialWeights: "scaled",
        seed: 1,
      });
    })();
    expect(ended).toBe(0);
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    for (let i = 0; i < 100 && ended < 2; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(ended).toBe(2);
  });

  test("is told when module and threads do not go together", async () => {
    const threads = { cores: 2, start: startThread };
    await expect(createWasmKernels(readFileSync(MODULE), threads)).rejects.toThrow(/^module: expected .*-threads.wasm/);
    await expect(createWasmKernels(readFileSync(THREADS_MODULE))).rejects.toThrow(/^module: expected ductus.wasm/);
    await expect(createKernels(65)).rejects.toThrow("threads: expected a whole number from 1 to 64, got 65");
    await expect(createKernels(0)).rejects.toThrow(RangeError);
  });
});
