// dispose(): threads and training end, and memory comes back, whoever still holds the network.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { createKernels } from "../../src/kernels/create.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { randomDataset } from "../helpers.js";
import { OPTIONS, standardised } from "./networks.js";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

async function collect(done: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !done(); i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

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

test("disposed of in a pause that never ends: the training ends with an error", async () => {
  const network = await Network.create({ layers: [12, 5, 3], threads: 1 });
  const onProgress = () => {
    setTimeout(() => network.dispose());
    return new Promise(() => {});
  };
  const fit = network.fit(randomDataset(40, 12, 3), { epochs: 2, batchSize: 10, onProgress });
  await expect(fit).rejects.toThrow(/^network: expected one in use, got one that was disposed of$/);
});
