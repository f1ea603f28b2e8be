// Standard output: as the file that a command writes, and lost while the command works.

import { spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Output } from "../../apps/cli/output.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { UsageError } from "../../src/recipe/values.js";
import { writeIdxFolder } from "../idx-files.js";
import { MAIN, startDuctus } from "./command-line.js";

const TRAIN = ["train", "--data", "data", "--hidden", "8"];
const SEARCH = ["tune", "--data", "data", "--hidden", "4", "--eta", "0.1|1", "--trials", "2", "--epochs", "1"];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-streams-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 120, test: 20, rows: 28, columns: 28, classes: 4 });
  const { code } = await startDuctus(folder, [...TRAIN, "--epochs", "2"]).result;
  expect(code).toBe(0);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a command; what it writes to standard output stays as it is. */
async function run(args: readonly string[], onError: (text: string, kill: () => void) => void = () => {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const parts: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (part) => parts.push(part));
  child.stderr.on("data", (text) => {
    stderr += text;
    onError(stderr, () => child.kill("SIGINT"));
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, stderr, bytes: Buffer.concat(parts) };
}

const load = (bytes: Uint8Array) => Network.load(bytes, { kernels: createReference() });

describe("--out -", () => {
  test.each([
    ["export"],
    ["export", "--format", "json"],
    ["export", "--format", "safetensors"],
    ["export", "--format", "npz"],
    ["report"],
    ["distort", "--data", "data", "--epochs", "2"],
  ])("%s %s %s: the bytes of the file, and nothing else", async (...args) => {
    const before = await readdir(folder);
    const { code, stderr, bytes } = await run([...args, "--out", "-"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^standard output: [^\n]*\n$/) });
    expect(await readdir(folder)).toEqual(before);
    expect((await startDuctus(folder, [...args, "--out", "file"]).result).code).toBe(0);
    expect(bytes.equals(await readFile(join(folder, "file")))).toBe(true);
    await rm(join(folder, "file"));
  });

  test("train and resume: the last version of the model, all talk on standard error, and no lock", async () => {
    const before = await readdir(folder);
    const trained = await run([...TRAIN, "--epochs", "2", "--out", "-"]);
    expect(trained.code).toBe(0);
    expect(trained.stderr).toMatch(/^\[784, 8, 4\],.*\nmodel {10}standard output\n$/s);
    expect(trained.stderr).toContain(await (await load(trained.bytes)).hash());
    const resumed = await run(["resume", "--epochs", "4", "--out", "-"]);
    expect(resumed.code).toBe(0);
    expect((await load(resumed.bytes)).epochs).toBe(4);
    expect(await readdir(folder)).toEqual(before);
  });

  test("a training that is interrupted leaves its last whole epoch", async () => {
    let killed = false;
    const { code, stderr, bytes } = await run([...TRAIN, "--epochs", "1000000", "--out", "-"], (text, kill) => {
      if (!killed && /^ +3 /m.test(text)) kill();
      killed ||= /^ +3 /m.test(text);
    });
    const { epochs } = await load(bytes);
    expect(code).toBe(130);
    expect(stderr).toMatch(new RegExp(`stopped by SIGINT; standard output holds the network after epoch ${epochs}\n$`));
  });

  test("a model that nobody takes is saved elsewhere", async () => {
    const child = spawn(process.execPath, [MAIN, ...TRAIN, "--epochs", "2", "--out", "-"], { cwd: folder });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(1);
    const [, refuge] = /got a pipe that nobody reads: .*; the model was saved to (.+) instead\n$/.exec(stderr) ?? [];
    expect((await load(await readFile(refuge))).epochs).toBe(2);
    await rm(refuge);
  });

  test("no folder of a search", async () => {
    const { code, stderr } = await run([...SEARCH, "--out", "-"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "ductus: --out: expected a folder, got -, standard output\n" });
    expect(await readdir(folder)).not.toContain("-");
  });

  test
    .runIf(process.platform === "linux")
    .each([
      [["export"]],
      [["export", "--format", "json"]],
      [["report"]],
      [["distort", "--data", "data"]],
      [[...TRAIN, "--epochs", "1"]],
    ])("%j on a full disk says so once, and is refused where there is no standard output", (args) => {
    const command = [process.execPath, MAIN, ...args, "--out", "-"].map((word) => `'${word}'`).join(" ");
    const inShell = (end: string) => spawnSync("sh", ["-c", `${command} ${end}`], { cwd: folder, encoding: "utf8" });
    const full = inShell("> /dev/full");
    expect(full.status).toBe(1);
    const sentences = full.stderr.split("\n").filter((line) => line.startsWith("ductus: "));
    expect(sentences).toEqual([
      expect.stringMatching(/^ductus: standard output: expected a place to write to, got a full disk: free some space/),
    ]);
    const closed = inShell(">&-");
    expect({ status: closed.status, stderr: closed.stderr }).toEqual({
      status: 2,
      stderr: "ductus: --out: expected standard output to be a file or a pipe, got one that is closed\n",
    });
    // Who throws the file away on purpose may.
    expect(inShell("> /dev/null").status).toBe(0);
  });

  describe("to a terminal", () => {
    const { isTTY } = process.stdout;
    afterEach(() => {
      process.stdout.isTTY = isTTY;
      vi.restoreAllMocks();
    });

    test("is refused", async () => {
      process.stdout.isTTY = true;
      await expect(Output.open("-")).rejects.toThrow(UsageError);
      await expect(Output.open("-")).rejects.toThrow(/^--out: expected standard output to be a file or a pipe, got a/);
    });
  });
});

/** All commands that print, and the file that they make, if any. */
const COMMANDS = (
  [
    [["--help"]],
    [["evaluate"]],
    [["evaluate", "--json"]],
    [["predict", "data/t10k-images-idx3-ubyte"]],
    [[...TRAIN, "--epochs", "3", "--out", "made"], "made"],
    [["resume", "--epochs", "3", "--out", "made"], "made"],
    [["report", "--out", "made"], "made"],
    [["export", "--out", "made"], "made"],
    [["distort", "--data", "data", "--out", "made"], "made"],
    [[...SEARCH, "--out", "made"], "made/best.safetensors"],
  ] as readonly (readonly [args: readonly string[], file?: string])[]
).map(([args, file]) => ({ args, file }));

describe.each(COMMANDS)("$args", ({ args, file }) => {
  test("without a reader: no word, and the file is whole", async () => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, stderr }).toEqual({ code: file === undefined ? 141 : 0, stderr: "" });
    if (file === undefined) return;
    expect((await readFile(join(folder, file))).length).toBeGreaterThan(100);
    const whole = await load(await readFile(join(folder, file))).catch(() => undefined);
    if (args[0] === "train" || args[0] === "resume") expect(whole?.epochs).toBe(3);
    await rm(join(folder, "made"), { recursive: true });
  });

  test.runIf(process.platform === "linux")("on a full disk: one sentence, and the file is whole", async () => {
    const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(" ");
    const { status, stderr } = spawnSync("sh", ["-c", `${command} > /dev/full`], { cwd: folder, encoding: "utf8" });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "ductus: standard output: expected to be written to, got a full disk\n",
    });
    if (file === undefined) return;
    expect((await readFile(join(folder, file))).length).toBeGreaterThan(100);
    await rm(join(folder, "made"), { recursive: true });
  });
});
