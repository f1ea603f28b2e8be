// Threads that a machine, a runtime or a page does not give: by default one trains, with the same bits. Whoever asks
// for more is told why not.

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { startThread } from "../../src/kernels/threads/platform.js";
import type { StartThread } from "../../src/kernels/threads/team.js";
import { createWasmKernels } from "../../src/kernels/wasm/wasm.js";
import { Network } from "../../src/network/network.js";
import { randomDataset } from "../helpers.js";

const THREADS_MODULE = new URL("../../build/ductus-threads.wasm", import.meta.url);
const LIBRARY = new URL("../../build/lib/", import.meta.url);
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const OPTIONS = { epochs: 2, batchSize: 250, learningRate: 1 };

const nothing = { post: () => {}, hold: () => {}, end: () => {} };
const atOnce: StartThread = (_, onEnd) => {
  onEnd("no room");
  return nothing;
};
const later: StartThread = (_, onEnd) => {
  setTimeout(() => onEnd("no room"), 20);
  return nothing;
};
const failing: StartThread = (onReply) => {
  setTimeout(() => onReply({ error: "no room" }), 20);
  return nothing;
};
/** Others start, the second does not. */
function second(): StartThread {
  let count = 0;
  return (...handlers) => (count++ === 1 ? later(...handlers) : startThread(...handlers));
}

describe.each([
  ["at once", () => atOnce],
  ["later", () => later],
  ["by an answer", () => failing],
  ["as the second one", second],
])("threads that are refused %s", (_, start) => {
  const kernelsOf = (count?: number) =>
    createWasmKernels(readFileSync(THREADS_MODULE), { count, cores: 2, start: start() });

  test.each([
    ["few", randomDataset(500, 12, 4), [12, 100, 4]],
    ["many", randomDataset(3000, 60, 4), [60, 100, 4]],
  ])("by default: one thread trains, on %s numbers", async (_, data, layers) => {
    const kernels = await kernelsOf();
    const [network, reference] = [
      await Network.create({ layers, kernels }),
      await Network.create({ layers, kernels: createReference() }),
    ];
    for (const trained of [network, reference]) await trained.fit(data, OPTIONS);
    expect(await network.hash()).toBe(await reference.hash());
    const [{ correct }, other] = [await network.evaluate(data), await reference.evaluate(data)];
    expect(correct).toBe(other.correct);
    kernels.close();
  });

  test("where they were asked for: a sentence, and the network as it was", async () => {
    const kernels = await kernelsOf(2);
    const layers = [12, 100, 4];
    const data = randomDataset(500, 12, 4);
    const network = await Network.create({ layers, kernels });
    const before = await network.hash();
    for (let i = 0; i < 2; i++) {
      await expect(network.fit(data, OPTIONS)).rejects.toThrow(
        /^threads: expected 2 worker threads, could not start one: no room: use `threads: 1`$/,
      );
      expect(await network.hash()).toBe(before);
      expect(network.predict(data.images.subarray(0, 12)).label).toBeLessThan(4);
    }
    kernels.close();
  });
});

/** A script that trains by default, on one thread and on two, and prints what came of each. */
const SCRIPT = (library: string) => `
  const { Dataset, Network } = await import("${library}");
  const data = new Dataset({ images: Uint8Array.from({ length: 3000 * 64 }, (_, i) => (i * 37) % 251),
    labels: Uint8Array.from({ length: 3000 }, (_, i) => i % 4) });
  const said = [];
  for (const threads of [undefined, 1, 2]) {
    try {
      const network = await Network.create({ layers: [64, 100, 4], threads });
      const options = { epochs: 1, batchSize: 100, learningRate: 1 };
      await network.fit(data, options);
      // This thread has trained meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 500));
      await network.fit(data, options);
      said.push(await network.hash());
      network.dispose();
    } catch (error) {
      said.push(error.name + ": " + error.message);
    }
  }`;

function expectOnlyOne(said: readonly string[], refusal: RegExp): void {
  expect(said[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(said[1]).toBe(said[0]);
  expect(said[2]).toMatch(refusal);
}

test.each([
  [
    "no SharedArrayBuffer",
    "delete globalThis.SharedArrayBuffer;",
    /^RangeError: threads: expected 1, got 2: this runtime cannot share memory: it has no SharedArrayBuffer$/,
  ],
  [
    "no shared memory",
    `const { Memory } = WebAssembly;
     WebAssembly.Memory = class extends Memory {
       constructor(options) { if (options.shared) throw new RangeError("x"); super(options); }
     };`,
    /^RangeError: module: expected memory for an instance, was refused: use `threads: 1`, whose [^:]*$/,
  ],
  [
    "no thread, at once",
    `process.getBuiltinModule("node:worker_threads").Worker =
       class { constructor() { throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" }); } };`,
    /^RangeError: threads: expected 2 .*: the system refused it \(out of threads, files or memory\): use `threads: 1`$/,
  ],
  [
    "no thread, later",
    `const { Worker } = process.getBuiltinModule("node:worker_threads");
     const error = Object.assign(new Error("EMFILE"), { code: "ERR_WORKER_INIT_FAILED" });
     process.getBuiltinModule("node:worker_threads").Worker = class extends Worker {
       constructor() { super("", { eval: true }); setImmediate(() => this.emit("error", error)); }
     };`,
    /^RangeError: threads: expected 2 .*: the system refused it \(out of threads, files or memory\): use `threads: 1`$/,
  ],
])("Node with %s", async (_, before, refusal) => {
  const script = `${before} ${SCRIPT(new URL("index.js", LIBRARY).href)} console.log(JSON.stringify(said));`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  expect(stderr).toBe("");
  expectOnlyOne(JSON.parse(stdout), refusal);
});

const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

test.skipIf(!existsSync(CHROMIUM)).each([
  [
    "that is not isolated",
    {},
    /^RangeError: threads: expected 1, got 2: this page cannot share memory: serve it with Cross-Origin-Opener-Policy/,
  ],
  [
    "whose policy allows no worker",
    { ...ISOLATED, "content-security-policy": "worker-src 'none'" },
    /^RangeError: threads: expected 2 worker threads, could not start one: its script, worker.js .*: use `threads: 1`$/,
  ],
])("Chromium with a page %s", async (_, headers, refusal) => {
  const server = createServer(({ url = "" }, response) => {
    const file = url === "/" || url === "/favicon.ico" ? undefined : readFileSync(new URL(`.${url}`, LIBRARY));
    response.writeHead(200, { "content-type": file ? "text/javascript" : "text/html", ...headers });
    response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const script = `(async () => { ${SCRIPT("/index.js")} return said; })()`;
    expectOnlyOne((await page.evaluate(script)) as string[], refusal);
  } finally {
    await browser.close();
    server.close();
  }
});
