// What ductus tune --proposals tpe tries: generations of fixed size, better than chance, the same on any number of
// workers.

import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { failed, type Outcome } from "../../apps/cli/tune/halving.js";
import { generationsOf, propose } from "../../apps/cli/tune/proposals.js";
import { type Draw, drawTrial, parseSpace } from "../../apps/cli/tune/space.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus } from "./command-line.js";

const SPACE = parseSpace({
  activation: "sigmoid|tanh|relu",
  "learning-rate": "0.001..10",
  "weight-decay": "1e-6..0.1",
});

const kept = keepDuctus();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-proposals-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 900, test: 20, rows: 6, columns: 6, classes: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  [1, [1]],
  [2, [1, 1]],
  [9, [3, 1, 1, 1, 1, 1, 1]],
  [27, [9, 3, 3, 3, 3, 3, 3]],
  [243, [81, 27, 27, 27, 27, 27, 27]],
  [100, [34, 12, 12, 12, 12, 12, 6]],
])("%i trials come in generations of %j", (trials, expected) => {
  expect(generationsOf(trials)).toEqual(expected);
});

/** A score with one best place: tanh, a rate of 0.3, little decay. The lower the better. */
function lossOf({ settings }: Draw): number {
  const far = (name: string, best: number) => Math.log10(Number(settings[name]) / best) ** 2;
  return (settings.activation === "tanh" ? 0 : 1) + far("learning-rate", 0.3) + 0.2 * far("weight-decay", 1e-4);
}

/** The draws of a search, and their losses in order. */
function searchOn(seed: number, sizes: readonly number[]) {
  const draws: Draw[] = [];
  const outcomes: Outcome[] = [];
  for (const size of sizes) {
    for (const draw of propose(SPACE, seed, [...draws], outcomes, size)) {
      draws.push(draw);
      const outcome = failed(draws.length, 1, "");
      outcomes.push({ ...outcome, error: undefined, correct: 0, count: 1, cost: lossOf(draw) });
    }
  }
  return { draws, losses: outcomes.map(({ cost }) => cost) };
}

test("the first generation is that of a random search, and each has the same proposals again", () => {
  const { draws } = searchOn(1, generationsOf(27));
  expect(draws.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, i) => drawTrial(SPACE, 1, i)));
  expect(draws.slice(9)).not.toEqual(Array.from({ length: 18 }, (_, i) => drawTrial(SPACE, 1, 9 + i)));
  expect(searchOn(1, generationsOf(27)).draws).toEqual(draws);
  expect(new Set(draws.map(({ settings }) => JSON.stringify(settings))).size).toBe(27);
});

test("what is proposed is within its ranges, and better than what is drawn at random", () => {
  let [model, random] = [0, 0];
  const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
  for (const seed of seeds) {
    const { draws, losses } = searchOn(seed, generationsOf(54));
    for (const { settings } of draws) {
      expect(Number(settings["learning-rate"])).toBeGreaterThanOrEqual(0.001);
      expect(Number(settings["learning-rate"])).toBeLessThanOrEqual(10);
      expect(["sigmoid", "tanh", "relu"]).toContain(settings.activation);
    }
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b) / list.length;
    model += mean(losses.slice(18));
    random += mean(losses.slice(0, 18));
  }
  expect(model).toBeLessThan(0.6 * random);
});

test("one worker and three have the same search, to the byte; at random it is another", async () => {
  const search = "tune --data data --hidden 9 --validation 100 --trials 9 --epochs 3 --activation tanh|relu".split(" ");
  const [tpe, random] = [["--proposals", "tpe"], []];
  for (const [out, args] of [
    ["one", [...tpe, "--workers", "1"]],
    ["three", [...tpe, "--workers", "3"]],
    ["random", random],
  ] as const) {
    const { code, stderr } = await kept(folder, [...search, ...args, "--out", out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  }
  for (const file of ["best.safetensors", "search.json"]) {
    const [one, three, other] = await Promise.all(
      ["one", "three", "random"].map((out) => readFile(join(folder, out, file), "latin1")),
    );
    expect(three).toBe(one);
    expect(other).not.toBe(one);
  }
  const refused = await kept(folder, [...search, "--out", "one"]);
  expect(refused.stderr).toMatch(/got one with proposals tpe instead of not given/);
});
