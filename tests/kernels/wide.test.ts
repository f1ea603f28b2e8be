// Vectors of 256 bits: V8 says of each kernel that stores vectors whether it makes one operation of two, and of how
// many. It stops to do so when a kernel loses the shape that assembly/simd.ts explains, and nothing else would say so.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findNode, NODES } from "../../conformance/installed.js";
import { hasAvx2 } from "../../src/node/wide.js";
import { MODULE, THREADS_MODULE } from "../helpers.js";
import { CODE_SECTION, compile, sectionsOf } from "./module-file.js";

/**
 * Operations on 128 bits that become halves of others, at least, by function of assembly/: what V8 13 and 14 said, less
 * than the smallest loop packs. What asc or V8 inlines counts where it went.
 */
const LEAST: Readonly<Record<string, number>> = {
  // Sums: of lists with up to 8 vectors, and of all inputs. The first is layer 1, the second one above ReLU.
  "feedforward/sparseLayer": 200,
  "feedforward/activeLayer": 185,
  "feedforward/denseLayer": 36,
  "dense/denseSumsOf<assembly/simd/Row2>": 36,
  // Activations: sigmoid, tanh and ReLU.
  "activation/activate": 88,
  "activation/double": 8,
  "sigmoid/sigmoid": 70,
  // Errors, by f' and by dropout.
  "backprop/layerError": 28,
  "backprop/backprop": 12,
  // Updates: of layer 1, above ReLU, of all others.
  "sgd/updateFirst": 226,
  "sgd/updateActive": 173,
  "dense/denseUpdate": 42,
  "sgd/scaleDeltas": 6,
  "sgd/updateBiases": 8,
  // Optimisers: momentum, decay and averages, and Adam.
  "optimise/step": 107,
  "optimise/adam<assembly/simd/Row2>": 60,
  // Distortions: smoothing down the columns and along the rows.
  "distort/displace": 36,
  "distort/smooth": 18,
};

const TARGETS = [
  ["release", MODULE],
  ["threads", THREADS_MODULE],
] as const;
/** Compiles all functions at once, by the compiler that packs. Its one thread writes whole lines. */
const COMPILE = "new WebAssembly.Module(require('node:fs').readFileSync(process.argv[1]))";
const FLAGS = ["--trace-wasm-revectorize", "--no-liftoff", "--no-wasm-lazy-compilation"];
const ONE_THREAD = "--wasm-num-compilation-tasks=1";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-wide-"));
  await Promise.all(TARGETS.map(([target]) => compile(target, join(folder, target), "--debug")));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

test.each(TARGETS)("the %s module with names has the same code", async (target, module) => {
  const [named, plain] = await Promise.all([join(folder, target), module].map(async (file) => codeOf(file)));
  expect(plain.length).toBeGreaterThan(20_000);
  expect(named.equals(plain)).toBe(true);
});

for (const { major, wide } of NODES) {
  if (wide === undefined) continue;
  const node = findNode(major) ?? "";
  const missing = node === "" ? " (not there: npm run conformance -- --install)" : hasAvx2() ? "" : " (no AVX2 here)";
  test.skipIf(missing !== "").each(TARGETS)(`Node ${major} packs the %s module${missing}`, async (target) => {
    const args = [wide, ...FLAGS, ONE_THREAD, "--eval", COMPILE, join(folder, target)];
    const { stdout } = await promisify(execFile)(node, args, { maxBuffer: 2 ** 26 });
    const packed = packedIn(stdout);
    const lost = Object.entries(LEAST).flatMap(([name, least]) => {
      const count = packed.get(`assembly/${name}`) ?? 0;
      return count < least ? [`${name}: expected ${least} operations packed or more, got ${count}`] : [];
    });
    expect(lost).toEqual([]);
  });
}

/** From V8's trace: how many operations each function packs. */
function packedIn(trace: string): Map<string, number> {
  const packed = new Map<string, number>();
  let name = "";
  for (const line of trace.split("\n")) {
    name = /^Begin revec function (.*)/.exec(line)?.[1] ?? name;
    const [, count] = /Decided? to vectorize, (\d+) revectorizable nodes/.exec(line) ?? [];
    if (count !== undefined) packed.set(name, Number(count));
  }
  return packed;
}

async function codeOf(file: string | URL): Promise<Buffer> {
  const code = sectionsOf(await readFile(file)).find(({ id }) => id === CODE_SECTION);
  return Buffer.from(code?.contents ?? []);
}
