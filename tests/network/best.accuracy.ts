// The preset "best" as docs/accuracy.md states it: the test images that each seed reads, to the last one, and the
// weights.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MAIN } from "../cli/command-line.js";

const DOCUMENTED = [
  { seed: 1, correct: 9949, hash: "ff87191e0cf3c1de919e6c2fa8a1f5f374992cf15f5bf0aeadbec26640e93650" },
  { seed: 2, correct: 9946, hash: "ee16d3d9ea44554f6103a67a0f7fcfa6cd5f8ea8559b9cc5091f8d299edd6906" },
  { seed: 3, correct: 9952, hash: "11208f51d1cc33a56c353f45e443f6bcd582e9076a9c5a255d5290542fffdda5" },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-accuracy-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What `ductus train` prints, shown meanwhile. */
function train(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, "train", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.on("data", (text) => {
    stdout += text;
    process.stdout.write(text);
  });
  return new Promise((resolve) => child.once("close", () => resolve(stdout)));
}

test.each(DOCUMENTED)("seed $seed reads $correct of 10,000", async ({ seed, correct, hash }) => {
  const stdout = await train("--preset", "best", "--seed", String(seed), "--out", join(folder, "best.safetensors"));
  expect(stdout).toContain(`(${correct} / 10000, `);
  expect(stdout).toContain(`sha256 ${hash}\n`);
});

test("on average 99.4 % and more", () => {
  expect(DOCUMENTED.reduce((sum, { correct }) => sum + correct, 0) / DOCUMENTED.length).toBeGreaterThanOrEqual(9940);
});
