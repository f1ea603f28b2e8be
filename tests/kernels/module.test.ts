// Chain of trust 5: the module as a file. No imports, exactly the contract's exports, small, reproducible.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { instantiateModule } from "../../src/kernels/wasm/module.js";
import { createWasmKernels, kernelsOf } from "../../src/kernels/wasm/wasm.js";
import { differences, instance, MODULE, parameterBits, randomDataset, THREADS_MODULE, trainOn } from "../helpers.js";
import { CODE_SECTION, compile, sectionsOf } from "./module-file.js";

const DEBUG_MODULE = new URL("../../build/debug/ductus.wasm", import.meta.url);
const MAX_BYTES = 32 * 1024;

const EXPORTS = [
  "abiVersion",
  "abortTeam",
  "activations",
  "addFloatImages",
  "addImages",
  "allFinite",
  "allocate",
  "arrange",
  "configure",
  "countCorrect",
  "createDataset",
  "createNetwork",
  "distortedImage",
  "evaluate",
  "formTeam",
  "freeze",
  "initialise",
  "joinTeam",
  "predictions",
  "readLayer",
  "release",
  "releaseDataset",
  "releaseNetwork",
  "reserveBatch",
  "reserveDistorted",
  "reserveSlots",
  "selftest",
  "setDistortion",
  "setSteps",
  "shuffle",
  "slept",
  "sumCosts",
  "trainBatches",
  "useSlot",
  "writeLayer",
];

test("imports nothing and exports the contract and its memory", async () => {
  const module = await WebAssembly.compile(await readFile(MODULE));
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  const exports = WebAssembly.Module.exports(module);
  expect(exports.filter(({ kind }) => kind === "memory").map(({ name }) => name)).toEqual(["memory"]);
  const functions = exports.filter(({ kind }) => kind === "function");
  expect(functions.map(({ name }) => name).sort()).toEqual(EXPORTS);
  expect(exports.length).toBe(EXPORTS.length + 1);
});

test("the build for threads differs in its memory only: imported, shared", async () => {
  const bytes = await readFile(THREADS_MODULE);
  const module = await WebAssembly.compile(bytes);
  expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(names.sort()).toEqual([...EXPORTS, "memory"].sort());
  expect(bytes.length).toBeLessThanOrEqual(MAX_BYTES);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  expect((await instantiateModule(module, memory)).selftest()).toBe(1);
});

test("has no start function and stays within its size", async () => {
  const bytes = await readFile(MODULE);
  const ids = sectionsOf(bytes).map(({ id }) => id);
  expect(ids).toContain(CODE_SECTION);
  expect(ids).not.toContain(8); // start
  expect(bytes.length).toBeLessThanOrEqual(MAX_BYTES);
});

test("takes numbers only: every function can be called from JavaScript", async () => {
  // A v128 in a signature makes the call itself throw a TypeError, whatever the arguments.
  const exports = await instance();
  const dataset = exports.createDataset(0, 1);
  const sizes = exports.allocate(8);
  new Uint32Array(exports.memory.buffer, sizes, 2).fill(1);
  const network = exports.createNetwork(sizes, 2, 0, 0);
  const images = exports.createDataset(1, 1);
  exports.addImages(images, 0, exports.allocate(16), sizes, 1);
  exports.setDistortion(images, 1, 1, 0, 0, 0, 0, 1);
  exports.reserveDistorted(images, 1, 1);
  const calls: Record<string, unknown[]> = {
    abiVersion: [],
    abortTeam: [],
    activations: [network, 1, 0],
    addFloatImages: [dataset, 0, sizes, sizes, 0],
    addImages: [dataset, 0, sizes, sizes, 0],
    allFinite: [network],
    allocate: [0],
    arrange: [network, 1],
    configure: [network, 0, 0, 0, 0, 0, 0, 0, 0],
    countCorrect: [dataset],
    createDataset: [0, 1],
    createNetwork: [sizes, 2, 0, 0],
    distortedImage: [images, 0, 0, 0, 1],
    evaluate: [network, dataset],
    formTeam: [],
    freeze: [network, 0],
    initialise: [network, 0, 0],
    joinTeam: [0, 1, 0],
    predictions: [dataset],
    readLayer: [network, 1, 0, sizes, sizes],
    release: [exports.allocate(0)],
    releaseDataset: [exports.createDataset(0, 1)],
    releaseNetwork: [exports.createNetwork(sizes, 2, 0, 0)],
    reserveBatch: [network, 1, 1],
    reserveDistorted: [images, 1, 1],
    reserveSlots: [network, 2],
    selftest: [],
    setDistortion: [images, 1, 1, 0, 0, 0, 0, 1],
    setSteps: [network, 0],
    shuffle: [dataset, 0, 0],
    slept: [],
    sumCosts: [dataset, 0, 0],
    trainBatches: [network, dataset, 0, 0, 1, 1],
    useSlot: [network, 0],
    writeLayer: [network, 1, 0, sizes, sizes],
  };
  expect(Object.keys(calls)).toEqual(EXPORTS);
  for (const [name, args] of Object.entries(calls)) {
    expect(() => (exports[name] as (...args: unknown[]) => unknown)(...args), name).not.toThrow();
  }
});

test("docs/abi.md describes every function, with its arguments, and has the version", async () => {
  // Not by the loader, whose functions all say that they take nothing.
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(await readFile(MODULE)));
  const page = await readFile(new URL("../../docs/abi.md", import.meta.url), "utf8");
  const described = [...page.matchAll(/^\| `(\w+)\((.*?)\)/gm)].map(([, name, args]) => [
    name,
    args === "" ? 0 : args.split(",").length,
  ]);
  const functions = EXPORTS.map((name) => [name, (exports[name] as (...args: unknown[]) => unknown).length]);
  expect(described.sort()).toEqual(functions.sort());
  const versions = page.match(/^\| \d+ \|/gm);
  expect(versions?.at(-1)).toBe(`| ${(exports.abiVersion as () => number)()} |`);
});

test("allocates whole cache lines, and gives again what was freed, neighbours joined", async () => {
  const exports = await instance();
  const blocks = [1, 64, 65, 0, 200_000].map((bytes) => exports.allocate(bytes));
  expect(blocks.every((block) => block > 0 && block % 64 === 0)).toBe(true);
  // A line of its own before each.
  expect(blocks.slice(1).map((block, i) => block - blocks[i])).toEqual([128, 128, 192, 64]);
  expect(exports.memory.buffer.byteLength).toBeGreaterThanOrEqual(blocks[4] + 200_000);
  exports.release(blocks[1]);
  expect(exports.allocate(1)).toBe(blocks[1]);
  // Two that are neighbours make room for one that neither has room for, whichever is freed first.
  for (const [first, second] of [
    [1, 2],
    [2, 1],
  ]) {
    exports.release(blocks[first]);
    exports.release(blocks[second]);
    expect(exports.allocate(256)).toBe(blocks[1]);
    exports.release(blocks[1]);
    expect([exports.allocate(64), exports.allocate(128)]).toEqual([blocks[1], blocks[2]]);
  }
  // What is last gives its room back to the end, and all before it that is free.
  exports.release(blocks[3]);
  exports.release(blocks[4]);
  expect(exports.allocate(300_000)).toBe(blocks[3]);
});

test("blocks allocated and freed at random do not overlap, and take no more than they need", async () => {
  const exports = await instance();
  const random = new RandomStream(1, 1001, 0);
  const blocks: { address: number; bytes: number; mark: number }[] = [];
  let used = 0;
  let most = 0;
  for (let i = 1; i <= 3000; i++) {
    if (blocks.length > 0 && random.nextBelow(100) < 48) {
      const [{ address, bytes, mark }] = blocks.splice(random.nextBelow(blocks.length), 1);
      expect(new Uint8Array(exports.memory.buffer, address, bytes).every((byte) => byte === mark)).toBe(true);
      exports.release(address);
      used -= bytes + 128;
    } else {
      const bytes = random.nextBelow(5000);
      const block = { address: exports.allocate(bytes), bytes, mark: i & 0xff };
      new Uint8Array(exports.memory.buffer, block.address, bytes).fill(block.mark);
      blocks.push(block);
      used += bytes + 128;
      most = Math.max(most, used);
    }
  }
  expect(blocks.length).toBeGreaterThan(50);
  expect(exports.memory.buffer.byteLength).toBeLessThan(2 * most + 65_536);
  for (const { address } of blocks) exports.release(address);
  expect(exports.allocate(0)).toBe((await instance()).allocate(0));
});

test("what is released leaves the memory as it was", async () => {
  const exports = await instance();
  const kernels = kernelsOf(exports);
  kernels.createNetwork([784, 100, 10]).release(); // makes the staging area
  const start = exports.allocate(0);
  exports.release(start);
  for (let i = 0; i < 3; i++) {
    const network = kernels.createNetwork([50, 40, 10]);
    const dataset = kernels.createDataset(randomDataset(1000, 50, 10));
    network.initialise("scaled", 1);
    network.trainBatches(dataset, 0, 10, 1, 100);
    network.evaluate(dataset);
    network.release();
    dataset.release();
    expect(exports.allocate(0)).toBe(start);
    exports.release(start);
  }
});

test("what finds no room leaves the memory as it was, and what it takes too much it gives back", async () => {
  // 3 MiB and no more.
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 48, shared: true });
  const exports = await instantiateModule(await readFile(THREADS_MODULE), memory);
  const [count, inputs] = [1500, 784];
  const pixels = exports.allocate(count * inputs + 16);
  const labels = exports.allocate(2 * count);
  const dataset = exports.createDataset(count, inputs);
  /** The largest block that can be had. */
  const room = () => {
    let [had, refused] = [0, 2 ** 23];
    while (refused - had > 64) {
      const block = exports.allocate((had + refused) >>> 1);
      if (block === 0) refused = (had + refused) >>> 1;
      else had = (had + refused) >>> 1;
      exports.release(block);
    }
    return had;
  };
  const bytes = new Uint8Array(memory.buffer);
  const before = room();
  // 1,580 bytes an image: 2.4 MB.
  bytes.fill(1, pixels, pixels + count * inputs);
  expect(exports.addImages(dataset, 0, pixels, labels, count)).toBe(0);
  expect(room()).toBe(before);
  // 160 bytes an image.
  bytes.fill(0, pixels, pixels + count * inputs);
  for (let i = 0; i < count * inputs; i += 11) bytes[pixels + i] = 1;
  expect(exports.addImages(dataset, 0, pixels, labels, count)).toBe(1);
  expect(before - room()).toBeGreaterThan(count * 150);
  expect(before - room()).toBeLessThan(count * 200);
});

test("says 0 where memory cannot be had", async () => {
  const exports = await instance();
  const sizes = exports.allocate(12);
  new Uint32Array(exports.memory.buffer, sizes, 3).set([2 ** 22, 65536, 10]);
  const free = exports.allocate(0);
  exports.release(free);
  expect(exports.allocate(2 ** 32 - 1)).toBe(0);
  expect(exports.createDataset(2 ** 31, 1)).toBe(0);
  expect(exports.createNetwork(sizes, 3, 0, 0)).toBe(0);
  // What was refused took nothing.
  expect(exports.allocate(0)).toBe(free);
});

test.each([
  ["release", MODULE],
  ["threads", THREADS_MODULE],
])("the %s module builds to the same bytes again, in another folder", async (target, module) => {
  const folder = await mkdtemp(join(tmpdir(), "ductus-"));
  try {
    const out = join(folder, "again.wasm");
    await compile(target, out);
    const again = await readFile(out);
    expect(again.length).toBeGreaterThan(1000);
    expect(again.equals(await readFile(module))).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the debug build gives the same bits", async () => {
  const recipe = {
    layers: [50, 33, 7],
    epochs: 2,
    batchSize: 9,
    eta: 2,
    initialWeights: "normal" as const,
    seed: 8,
  };
  const data = randomDataset(100, 50, 7);
  const [release, debug] = await Promise.all(
    [MODULE, DEBUG_MODULE].map(async (url) => trainOn(await createWasmKernels(await readFile(url)), data, recipe)),
  );
  expect(differences(debug.after, debug.before)).toBeGreaterThan(0);
  expect(differences(debug.after, release.after)).toBe(0);
});

test("selftest passes, and expects what the reference gives", async () => {
  const expected = await selftestHash(createReference());
  const exports = await instance();
  const start = exports.allocate(0);
  exports.release(start);
  expect(exports.selftest(), `EXPECTED in assembly/selftest.ts should be 0x${expected.toString(16)}`).toBe(1);
  expect(exports.allocate(0)).toBe(start);
  // With one bit of the expected hash turned, the same module says 0.
  expect((await instantiateModule(tampered(await readFile(MODULE), expected))).selftest()).toBe(0);
});

/** What assembly/selftest.ts does, on any kernels: FNV-1a over all parameters of a network trained on random pixels. */
async function selftestHash(kernels: Kernels): Promise<number> {
  const random = new RandomStream(1, 0xffffffff, 0);
  const labels: number[] = [];
  const images: number[] = [];
  for (let i = 0; i < 50; i++) {
    labels.push(random.nextBelow(3));
    for (let k = 0; k < 25; k++) images.push(Math.max(0, random.nextBelow(768) - 512));
  }
  const layers = [25, 37, 3];
  const { network } = await trainOn(
    kernels,
    new Dataset({ images: Uint8Array.from(images), labels: Uint8Array.from(labels) }),
    {
      layers,
      epochs: 4,
      batchSize: 8,
      eta: 3,
      initialWeights: "scaled",
      seed: 1,
    },
  );
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(parameterBits(network, layers).buffer))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** The module with the lowest bit of an i32 constant (signed LEB128 after opcode 0x41) turned. */
function tampered(module: Buffer, constant: number): Buffer {
  const leb: number[] = [];
  let rest = constant | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const last = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
    leb.push(last ? byte : byte | 0x80);
    if (last) break;
  }
  const at = module.indexOf(Buffer.from([0x41, ...leb]));
  expect(at).toBeGreaterThan(0);
  const copy = Buffer.from(module);
  copy[at + 1] ^= 1;
  return copy;
}
