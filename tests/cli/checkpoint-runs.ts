// What the tests of interrupted training runs share: a folder with data, a run in it, and what it ends with.

import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { writeIdxFolder } from "../idx-files.js";
import { type Result, startDuctus, startProgram } from "./command-line.js";

/** The folder in which commands run, the options of a training run, and the hash with which it ends. */
export const run: { folder: string; recipe: readonly string[]; expected: string } = {
  folder: "",
  recipe: [],
  expected: "",
};

/** Makes the folder, and trains a model, whole.safetensors, without interruption. */
export function setUp(): void {
  beforeAll(async () => {
    run.folder = await mkdtemp(join(tmpdir(), "ductus-checkpoint-"));
    const data = join(run.folder, "data");
    await mkdir(data);
    await writeIdxFolder(data, { training: 1200, test: 20, rows: 20, columns: 20, classes: 4 });
    run.recipe = ["--data", data, "--epochs", "300", "--hidden", "40", "--eta", "0.05", "--seed", "3"];
    const { code, stdout, stderr } = await ductus("train", ...run.recipe, "--out", "whole.safetensors");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    run.expected = hashOf(stdout) ?? "";
    expect(run.expected).toMatch(/^\w{64}$/);
  }, 60_000);
  afterAll(() => rm(run.folder, { recursive: true }));
}

/** Starts the command line, or another program. */
export function start(args: readonly string[], program?: string) {
  return program === undefined ? startDuctus(run.folder, args) : startProgram(run.folder, program, args);
}

export function ductus(...args: string[]): Promise<Result> {
  return start(args).result;
}

/** Resolves once the child has printed the line of an epoch; without a number, of any. */
export function epochPrinted(child: ChildProcess, epoch: number | string = "\\d+"): Promise<void> {
  let text = "";
  return new Promise((resolve) => {
    child.stdout?.on("data", (more) => {
      text += more;
      if (new RegExp(`^ +${epoch} `, "m").test(text)) resolve();
    });
  });
}

export const hashOf = (stdout: string) => /sha256 (\w{64})/.exec(stdout)?.[1];

export async function load(path: string): Promise<Network> {
  return Network.load(await readFile(join(run.folder, path)), { kernels: createReference() });
}
