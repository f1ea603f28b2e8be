// Vectors of 256 bits on the command line: used and named where Node has them, left out with --no-wide, the same bits.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findNode, NODES } from "../../conformance/installed.js";
import { Network } from "../../src/index.js";
import { hasAvx2 } from "../../src/node/wide.js";
import { MAIN, startProgram, WIDE } from "./command-line.js";

/** Enough of MNIST for V8 to compile the loops anew. */
const TRAIN = ["train", "--hidden", "30", "--limit", "10000", "--epochs", "2"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-wide-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A command in a Node: its first line, and the hash that it prints. */
async function run(node: string, ...args: readonly string[]): Promise<{ line: string; hash?: string }> {
  const { code, stdout, stderr } = await startProgram(folder, node, [MAIN, ...args]).result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return { line: stdout.split("\n")[0], hash: /sha256 ([0-9a-f]{64})/.exec(stdout)?.[1] };
}

/** Of the best model of a search. */
async function hashOf(search: string): Promise<string> {
  using network = await Network.load(await readFile(join(folder, search, "best.safetensors")), { threads: 1 });
  return await network.hash();
}

/** Of the weights of TRAIN, the same in each Node. */
const hashes = new Set<string>();

describe.each(NODES)("Node $major", ({ major, wide }) => {
  const node = findNode(major) ?? "";
  const uses = wide !== undefined && hasAvx2();
  const missing = node === "" ? " (not there: npm run conformance -- --install)" : "";

  test.skipIf(missing !== "")(`trains ${uses ? "with" : "without"} them, to the same bits${missing}`, async () => {
    const first = await run(node, ...TRAIN, "--out", `${major}.safetensors`);
    expect(first.line).toMatch(uses ? WIDE : /^(?!.*256-bit)\[784, 30, 10\]/);
    expect(first.hash).toBeDefined();
    hashes.add(first.hash as string);
    const plain = await run(node, ...TRAIN, "--no-wide", "--out", `${major}-plain.safetensors`);
    expect(plain.line).toBe(first.line.replace(WIDE, ""));
    hashes.add(plain.hash as string);
    expect(hashes.size).toBe(1);
  });

  test.skipIf(missing !== "")(`resumes ${uses ? "with" : "without"} them, to the same bits${missing}`, async () => {
    const more = ["resume", `${major}.safetensors`, "--epochs", "3", "--out"];
    const first = await run(node, ...more, `${major}-more.safetensors`);
    expect(WIDE.test(first.line)).toBe(uses);
    const plain = await run(node, ...more, `${major}-more-plain.safetensors`, "--no-wide");
    expect(plain.line).toBe(first.line.replace(WIDE, ""));
    expect(first.hash).toBeDefined();
    expect(plain.hash).toBe(first.hash);
  });

  test.skipIf(missing !== "")(`searches ${uses ? "with" : "without"} them, to the same result${missing}`, async () => {
    const search = ["tune", "--trials", "2", "--hidden", "8", "--limit", "2000", "--epochs", "1", "--out"];
    const first = await run(node, ...search, `tune-${major}`);
    expect(WIDE.test(first.line)).toBe(uses);
    const plain = await run(node, ...search, `tune-${major}-plain`, "--no-wide");
    expect(plain.line).toBe(first.line.replace(WIDE, ""));
    const [best, bestPlain] = await Promise.all([hashOf(`tune-${major}`), hashOf(`tune-${major}-plain`)]);
    expect(best).toBe(bestPlain);
  });

  test.skipIf(!uses || missing !== "")(`names none that the reference does not use${missing}`, async () => {
    const few = ["--hidden", "8", "--limit", "1000", "--epochs", "1", "--kernels", "reference", "--out", "reference"];
    expect((await run(node, "train", ...few)).line).toMatch(/^(?!.*256-bit)\[784, 8, 10\]/);
  });
});
