// What train() returns: awaited, it trains to the end; iterated, epoch by epoch; and never silently nothing.

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { type EpochReport, Network, type Training } from "../../src/index.js";
import { randomDataset } from "../helpers.js";
import { OPTIONS } from "./networks.js";

const data = randomDataset(40, 4, 3);
const untimed = ({ seconds, trainingSeconds, ...report }: EpochReport) => report;
let networks: Network[] = [];
async function create(): Promise<Network> {
  const network = await Network.create({ layers: [4, 5, 3], threads: 1 });
  networks.push(network);
  return network;
}
afterEach(() => {
  for (const network of networks) network.dispose();
  networks = [];
});

describe("await network.train()", () => {
  test("trains to the end, and gives the reports and the bits of an iteration", async () => {
    const [awaited, iterated] = [await create(), await create()];
    const expected: EpochReport[] = [];
    for await (const report of iterated.train(data, OPTIONS)) expected.push(report);
    const reports = await awaited.train(data, OPTIONS);
    expect(reports.map(untimed)).toEqual(expected.map(untimed));
    expect(reports).toHaveLength(OPTIONS.epochs);
    expect(await awaited.hash()).toBe(await iterated.hash());
  });

  test("as often as one likes trains once", async () => {
    const network = await create();
    const training = network.train(data, OPTIONS);
    const [first, second] = await Promise.all([training, training]);
    expect(second).toBe(first);
    expect(await training).toBe(first);
    expect(network.epochs).toBe(OPTIONS.epochs);
  });

  test("rejects with what an iteration throws, and throws at once what train() throws at once", async () => {
    const network = await create();
    expect(() => network.train(data, { ...OPTIONS, batchSize: 41 })).toThrow(RangeError);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(network.train(data, { ...OPTIONS, signal })).rejects.toThrow("enough");
    await network.train(data, { ...OPTIONS, signal }).then(
      () => expect.unreachable(),
      ({ message }: Error) => expect(message).toBe("enough"),
    );
    expect(network.epochs).toBe(0);
  });
});

test("neither iterated nor awaited, it trains nothing", async () => {
  const network = await create();
  const progress: number[] = [];
  network.train(data, { ...OPTIONS, onProgress: (epoch) => progress.push(epoch) });
  await sleep(20);
  expect([network.epochs, progress]).toEqual([0, []]);
});

describe("both iterated and awaited, it is a TypeError:", () => {
  const message = (now: string, before: string) =>
    new TypeError(
      `training: expected one that is either iterated or awaited, got one that was ${before} and is now ${now}: ` +
        "call train() again to train on",
    );
  const uses: [string, (training: Training) => Promise<unknown>][] = [
    ["next()", (training) => training.next()],
    ["return()", (training) => training.return()],
    ["throw()", (training) => training.throw(new Error("no"))],
    [
      "for await",
      async (training) => {
        for await (const _ of training) expect.unreachable();
      },
    ],
  ];

  test.each(uses)("%s after await", async (_, use) => {
    const network = await create();
    const training = network.train(data, OPTIONS);
    await training;
    await expect(use(training)).rejects.toThrow(message("iterated", "awaited"));
    expect(network.epochs).toBe(OPTIONS.epochs);
  });

  test.each(uses.slice(0, 2))("await after %s", async (_, use) => {
    const network = await create();
    const training = network.train(data, OPTIONS);
    await use(training);
    const { epochs } = network;
    await expect(Promise.resolve(training)).rejects.toThrow(message("awaited", "iterated"));
    expect(network.epochs).toBe(epochs);
    // What it was used for first goes on.
    for await (const report of training) expect(report.epoch).toBe(2);
  });
});

describe("iterated, it is a generator:", () => {
  test("it ends early with break, return() and throw(), after whole epochs", async () => {
    const network = await create();
    for await (const { epoch } of network.train(data, OPTIONS)) {
      expect(epoch).toBe(1);
      break;
    }
    const training = network.train(data, OPTIONS);
    expect(training[Symbol.asyncIterator]()).toBe(training);
    expect((await training.next()).done).toBe(false);
    expect(await training.return()).toEqual({ done: true, value: undefined });
    expect(await training.next()).toEqual({ done: true, value: undefined });
    await expect(network.train(data, OPTIONS).throw(new Error("mine"))).rejects.toThrow("mine");
    expect(network.epochs).toBe(2);
  });

  test("`await using` ends it, iterated or awaited", async () => {
    const network = await create();
    const [iterated, awaited] = [network.train(data, OPTIONS), network.train(data, OPTIONS)];
    await iterated.next();
    await iterated[Symbol.asyncDispose]();
    expect((await iterated.next()).done).toBe(true);
    await awaited;
    await awaited[Symbol.asyncDispose]();
    expect(network.epochs).toBe(1 + OPTIONS.epochs);
  });
});
