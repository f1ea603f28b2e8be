// A training that learns nothing, on the command line: said once on standard error, kept in the model, and shown by its
// report. And options that have no effect.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Result, startDuctus } from "./command-line.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-warning-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ductus = (...args: string[]): Promise<Result> => startDuctus(folder, args).result;
const train = (...args: string[]) => ductus("train", "--limit", "1000", "--hidden", "10", ...args);

describe("a training that learns nothing", () => {
  test("is warned of once, also if it is resumed, and its report says so", async () => {
    const { code, stdout, stderr } = await train("--eta", "100", "--epochs", "3", "--out", "bad.safetensors");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^weights {8}sha256 /m);
    expect(stderr).toMatch(
      /^ductus: warning: epoch \d learnt nothing: .*; try a learning rate near 2\.5 instead of 100\n$/,
    );
    const resumed = await ductus("resume", "bad.safetensors", "--epochs", "5");
    expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: "" });
    await ductus("report", "bad.safetensors", "--out", "bad.html");
    const warning = stderr.slice("ductus: warning: ".length, -1);
    expect(await readFile(join(folder, "bad.html"), "utf8")).toContain(warning);
  });

  test("and one that learns is not", async () => {
    const { code, stderr } = await train("--epochs", "2", "--out", "good.safetensors");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

test.each<[string[], RegExp]>([
  [["train", "--momentum", "0.9"], /^ductus: --momentum: has no effect with --optimizer sgd: leave it out, or give /],
  [
    ["train", "--sigma", "3"],
    /^ductus: --sigma: has no effect with --elastic 0: leave it out, or give --elastic above 0/,
  ],
  [["train", "--preset", "book", "--beta2", "0.9"], /^ductus: --beta2: has no effect with --optimizer sgd: /],
  [["train", "--hidden", "none", "--dropout", "0.1"], /--hidden none: leave it out, or give --hidden a layer\n$/],
  [["tune", "--momentum", "0.5..0.9"], /^ductus: --momentum: has no effect with --optimizer sgd: /],
  [["distort", "--shift", "1", "--sigma", "3"], /^ductus: --sigma: has no effect with --elastic 0: /],
  [["train", "--activation", "rleu"], /got "rleu": did you mean relu\?\n$/],
  [["train", "--optimizer", "adm"], /got "adm": did you mean adam\?\n$/],
])("%j is wrong usage", async (args, message) => {
  const { code, stdout, stderr } = await ductus(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
});
