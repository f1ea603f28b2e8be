// The command line as a user meets it: the built program, run as a process.

import { spawn } from "node:child_process";
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/formats/safetensors.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { loadDirectory } from "../../src/node/index.js";
import { idxLabels, writeIdxFolder } from "../idx-files.js";
import { MAIN, type Result, startDuctus, WIDE } from "./command-line.js";

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-cli-"));
  data = join(folder, "data");
  await mkdir(data);
  await writeIdxFolder(data, { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

function ductus(args: readonly string[], env?: Record<string, string>): Promise<Result> {
  return startDuctus(folder, args, env).result;
}

function trainHere(...args: string[]): Promise<Result> {
  return ductus(["train", "--data", data, "--epochs", "4", "--hidden", "8", ...args]);
}

describe("train", () => {
  test("prints one line per epoch, then the result; in a pipe, nothing else", async () => {
    const { code, stdout, stderr } = await trainHere("--out", "lines.safetensors");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0].replace(WIDE, "")).toBe(
      "[24, 8, 4], scaled weights, seed 1: 4 epochs of 10 batches of 10, eta 2.5",
    );
    expect(lines.slice(2, 6).map((line) => line.replace(/\d+\.\d\d s$/, "TIME"))).toEqual(
      [1, 2, 3, 4].map((epoch) =>
        expect.stringMatching(
          new RegExp(`^ +${epoch}   0\\.\\d{6} +\\d+\\.\\d\\d % +\\d+ / 20 +\\d+\\.\\d\\d %   TIME$`),
        ),
      ),
    );
    expect(lines[6]).toMatch(/^test accuracy {2}\d+\.\d\d % ± \d+\.\d\d % {2}\(\d+ \/ 20, ± one standard error\)$/);
    expect(lines[7]).toMatch(/^time {11}\d+\.\d\d s, [\d,]+ samples\/s in training$/);
    expect(lines[8]).toBe("seed           1");
    expect(lines[9]).toMatch(/^weights {8}sha256 [0-9a-f]{64}$/);
    expect(lines[10]).toBe("model          lines.safetensors");
    expect(lines).toHaveLength(11);
    expect(stdout).not.toContain("\u001b");
  });

  test("saves a model from which network, recipe and result can be rebuilt", async () => {
    const { stdout } = await trainHere("--out", "model.safetensors", "--seed", "7", "--eta", "1.5", "--limit", "90");
    const bytes = await readFile(join(folder, "model.safetensors"));
    const network = await Network.load(bytes, { kernels: createReference() });
    expect(stdout).toContain(await network.hash());
    const { correct } = await network.evaluate(loadDirectory(data).test);
    expect(stdout).toContain(`(${correct} / 20,`);
    const {
      history,
      data_sha256: dataHash,
      method,
      preparation,
      ...metadata
    } = Object.fromEntries(decodeSafetensors(bytes).metadata);
    const epochs = JSON.parse(history).map(({ epoch }: { epoch: number }) => epoch);
    expect(epochs).toEqual([1, 2, 3, 4]);
    expect(JSON.parse(method)).toMatchObject({ optimizer: "sgd", weightDecay: 0 });
    expect(dataHash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(preparation)).toMatchObject({ form: "whole", rows: 4, columns: 6 });
    expect(metadata).toEqual({
      schedule: "constant",
      warm_up: "0",
      method_options: "{}",
      distortions: "{}",
      format: "ductus",
      version: "1",
      activation: "sigmoid",
      cost: "quadratic",
      layers: "[24,8,4]",
      initial_weights: "scaled",
      seed: "7",
      epochs: "4",
      batch_size: "10",
      learning_rate: "1.5",
      data,
      limit: "90",
      target_epochs: "4",
      test_correct: `${correct} / 20`,
    });
  });

  test("gives the same weights with either kernels, and others with another seed", async () => {
    const hash = async (...args: string[]) =>
      /sha256 (\w+)/.exec((await trainHere("--out", "same", "--force", ...args)).stdout)?.[1];
    const wasm = await hash();
    expect(wasm).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash("--kernels", "reference")).toBe(wasm);
    expect(await hash("--threads", "1")).toBe(wasm);
    expect(await hash("--threads", "3")).toBe(wasm);
    expect(await hash("--seed", "2")).not.toBe(wasm);
    expect(await hash("--init", "normal")).not.toBe(wasm);
  });

  test("learns: the pattern in the images is read without a mistake", async () => {
    const { stdout } = await trainHere("--epochs", "60", "--out", "learns");
    expect(stdout).toContain("100.00 % ± 0.00 %  (20 / 20,");
  });

  test("tells the test set from the validation set", async () => {
    const mislabelled = join(folder, "mislabelled");
    await mkdir(mislabelled);
    await writeIdxFolder(mislabelled, { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
    const labels = Array.from({ length: 20 }, (_, i) => (i === 0 ? 3 : i % 4));
    await writeFile(join(mislabelled, "t10k-labels-idx1-ubyte"), idxLabels(labels));
    const { stdout } = await trainHere("--data", mislabelled, "--epochs", "60", "--out", "mislabelled.safetensors");
    expect(stdout).toMatch(/\n {3}60 .* 20 \/ 20 /);
    expect(stdout).toContain("(19 / 20,");
  });

  test("continues to its end, without a word, when its reader leaves", async () => {
    const args = [MAIN, "train", "--data", data, "--epochs", "200", "--out", "unread"];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const network = await Network.load(await readFile(join(folder, "unread")), { kernels: createReference() });
    expect(network.epochs).toBe(200);
    expect(network.metadata.has("test_correct")).toBe(true);
  });

  test("takes deeper networks, none hidden, and a last mini-batch that is smaller", async () => {
    for (const args of [
      ["--hidden", "9,7,5"],
      ["--hidden", "none"],
      ["--batch-size", "33"],
    ]) {
      const { code, stdout } = await trainHere(...args, "--out", "shapes", "--force");
      expect(code, args.join(" ")).toBe(0);
      expect(stdout).toContain("model          shapes");
    }
  });
});

describe("what goes wrong is one sentence, exit code 1, and leaves files as they were", () => {
  const old = "the model of yesterday";
  const expectFailure = async (args: string[], message: RegExp) => {
    const out = join(folder, "old.safetensors");
    await writeFile(out, old);
    const { code, stdout, stderr } = await ductus(["train", "--out", out, "--force", "--epochs", "1", ...args]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^ductus: [^\n]*\n$/);
    expect(stderr).toMatch(message);
    expect(await readFile(out, "utf8")).toBe(old);
  };

  test("a data folder that is not there", () =>
    expectFailure(
      ["--data", "nowhere"],
      /nowhere: expected IDX files, a CSV file, or a folder of pictures for each class, got no such file or folder/,
    ));

  test("a truncated file", async () => {
    const broken = join(folder, "broken");
    await mkdir(broken);
    await writeIdxFolder(broken, { training: 12, test: 4, rows: 2, columns: 2, classes: 2 });
    const images = join(broken, "t10k-images-idx3-ubyte");
    await writeFile(images, (await readFile(images)).subarray(0, -1));
    await expectFailure(["--data", broken], /t10k-images-idx3-ubyte: expected 4 x 2 x 2 = 16 bytes of data, got 15/);
  });

  test("a batch larger than the training set: wrong usage", async () => {
    const { code, stderr } = await ductus(["train", "--data", data, "--batch-size", "101"]);
    expect(code).toBe(2);
    expect(stderr).toBe("ductus: --batch-size: expected at most 100, the number of training samples, got 101\n");
  });

  test("a network too large for memory", () =>
    expectFailure(["--data", data, "--hidden", "65536,65536"], /not enough WebAssembly memory for a network/));

  test.each([
    [
      "in a folder that is not there",
      ["none", "model"],
      /none\/model: expected a place to write to, got no such file or folder: make the folder, or choose .* --out/,
    ],
    ["that is a folder", ["."], /expected a file to write, got something else there/],
    ["that is a device", ["/dev/null"], /\/dev\/null: expected a file to write, got something else there/],
    ["inside a file", ["old.safetensors", "model"], /got a file where a folder should be/],
  ])("an output %s, found before training", async (_, path, message) => {
    const args = ["train", "--data", data, "--epochs", "1", "--out", join(folder, ...path)];
    if (path[0].startsWith("/")) args[args.length - 1] = path[0];
    await writeFile(join(folder, "old.safetensors"), old);
    const { code, stdout, stderr } = await ductus(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
  });

  test("an output is replaced in one step, not written over", async () => {
    // A second name of the old file keeps the old contents only if the new ones are another file, renamed into place.
    await writeFile(join(folder, "model-1"), old);
    await link(join(folder, "model-1"), join(folder, "second-name"));
    expect((await trainHere("--out", "model-1", "--force")).code).toBe(0);
    expect((await readFile(join(folder, "model-1"))).length).toBeGreaterThan(1000);
    expect(await readFile(join(folder, "second-name"), "utf8")).toBe(old);
  });

  test("an output behind a link is replaced where it is", async () => {
    await writeFile(join(folder, "target"), old);
    await symlink(join(folder, "target"), join(folder, "link"));
    expect((await trainHere("--out", "link", "--force")).code).toBe(0);
    expect((await readFile(join(folder, "target"))).length).toBeGreaterThan(1000);
  });

  test("no temporary files are left behind", async () => {
    expect((await readdir(folder)).filter((name) => /tmp|\.\d+$/.test(name))).toEqual([]);
  });
});
