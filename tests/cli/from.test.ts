// ductus train --from: another model's weights to start with; and ductus cross-validate.

import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Network } from "../../src/network/network.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, startDuctus } from "./command-line.js";

const kept = keepDuctus();
let folder: string;
const ductus = (...args: string[]) => kept(folder, args);
const load = async (file: string) => Network.load(await readFile(join(folder, file)), { threads: 1 });
const TRAIN = ["train", "--epochs", "3", "--batch-size", "5"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-from-"));
  const shape = { training: 120, test: 21, rows: 4, columns: 6 };
  for (const [name, classes] of [
    ["four", 4],
    ["three", 3],
  ] as const) {
    await mkdir(join(folder, name));
    await writeIdxFolder(join(folder, name), { ...shape, classes });
  }
  await mkdir(join(folder, "other"));
  await writeIdxFolder(join(folder, "other"), { ...shape, columns: 5, classes: 4 });
  const args = [...TRAIN, "--data", "four", "--hidden", "8,6", "--activation", "tanh", "--out", "first.safetensors"];
  expect(await startDuctus(folder, args).result).toMatchObject({ code: 0, stderr: "" });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

describe("train --from", () => {
  test("starts with its weights, and keeps those that are frozen", async () => {
    const args = ["--data", "four", "--from", "first.safetensors", "--freeze", "1", "--out", "second.safetensors"];
    const { stdout, code } = await ductus(...TRAIN, ...args);
    expect(code).toBe(0);
    expect(stdout).toContain("\nfrom first.safetensors: all layers\n");
    expect(stdout).toMatch(/^\[24, 8, 6, 4\].* tanh, freeze 1/);
    using first = await load("first.safetensors");
    using second = await load("second.safetensors");
    expect(second.parameters(1)).toEqual(first.parameters(1));
    expect(second.parameters(2)).not.toEqual(first.parameters(2));
    expect(second.epochs).toBe(3);
    expect(second.metadata.get("from")).toBe(join(folder, "first.safetensors"));
    // The library does the same.
    using again = await Network.from(
      [1, 2, 3].map((l) => first.parameters(l)),
      { activation: "tanh", threads: 1 },
    );
    expect(again.parameters(3)).toEqual(first.parameters(3));
  });

  test("is resumed to the same bits, without the model", async () => {
    const args = ["--data", "four", "--from", "first.safetensors", "--freeze", "2"];
    await ductus(...TRAIN, ...args, "--epochs", "4", "--out", "whole.safetensors");
    await ductus(...TRAIN, ...args, "--epochs", "2", "--out", "part.safetensors");
    expect(await ductus("resume", "part.safetensors", "--epochs", "4")).toMatchObject({ code: 0 });
    using whole = await load("whole.safetensors");
    using part = await load("part.safetensors");
    expect(await part.hash()).toBe(await whole.hash());
  });

  test("has a new last layer where the classes are others", async () => {
    const { stdout, code } = await ductus(
      ...[...TRAIN, "--data", "three", "--from", "first.safetensors", "--freeze", "2", "--out", "third.safetensors"],
    );
    expect(code).toBe(0);
    expect(stdout).toContain("from first.safetensors: layers 1 to 2; layer 3 is new, since its classes are others\n");
    using first = await load("first.safetensors");
    using third = await load("third.safetensors");
    expect(third.layers).toEqual([24, 8, 6, 3]);
    for (const l of [1, 2]) expect(third.parameters(l)).toEqual(first.parameters(l));
  });

  test.each([
    [
      ["--hidden", "9"],
      "--hidden: expected 8,6, as first.safetensors has it, got 9: leave it out, or leave out --from",
    ],
    [["--activation", "relu"], "--activation: expected tanh, as first.safetensors has it, got relu"],
    [["--freeze", "3"], "--freeze: expected at most 2, the hidden layers, got 3"],
    [
      ["--data", "other"],
      "first.safetensors: expected a model for images of 20 pixels, as the data have, got one for 24",
    ],
    [["--out", "first.safetensors", "--force"], "--out: expected another file than the model that it starts from"],
  ])("%j is refused", async (more, message) => {
    const { stderr, code } = await ductus(
      ...[...TRAIN, "--data", "four", "--from", "first.safetensors", "--out", "no.safetensors", ...more],
    );
    expect(stderr).toContain(`ductus: ${message}`);
    expect(code).not.toBe(0);
  });

  test("a model that is not there is refused", async () => {
    const { stderr, code } = await ductus("train", "--from", "nothing.safetensors");
    expect(stderr).toMatch(/^ductus: nothing\.safetensors: expected a model that can be read, got no such file/);
    expect(code).toBe(1);
  });
});

describe("cross-validate", () => {
  const ARGS = ["cross-validate", "--data", "four", "--hidden", "8", "--epochs", "3", "--batch-size", "5"];

  test("prints each part, the mean and its standard error", async () => {
    const { stdout, stderr, code } = await ductus(...ARGS, "--folds", "4");
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^fold +correct +accuracy/);
    for (const k of [1, 2, 3, 4]) expect(lines[k]).toMatch(new RegExp(`^${k} / 4 +\\d+ / 30 +\\d+\\.\\d\\d %$`));
    expect(lines[5]).toMatch(/^mean accuracy {2}\d+\.\d\d % ± \d+\.\d\d % {2}\(4 parts, ± one standard error\)$/);
    const { folds, mean } = JSON.parse((await ductus(...ARGS, "--folds", "4", "--json")).stdout);
    expect(folds).toHaveLength(4);
    expect(lines[5]).toContain(`${(100 * mean).toFixed(2)} %`);
  });

  test.each([
    [["--folds", "121"], "--folds: expected at most 120, the training samples, got 121"],
    [["--patience", "2"], "cross-validate: unknown option --patience"],
    [["--from", "first.safetensors"], "cross-validate: unknown option --from"],
    [
      ["--folds", "2", "--batch-size", "61"],
      "--batch-size: expected at most 60, the number of training samples, got 61",
    ],
  ])("%j is refused", async (more, message) => {
    const { stderr, code } = await ductus(...ARGS, ...more);
    expect(stderr).toContain(`ductus: ${message}`);
    expect(code).toBe(2);
  });
});
