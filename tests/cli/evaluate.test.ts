// ductus evaluate: figures of a model on each part of its data, as text and as JSON, and by variants of each image.

import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pixels } from "../../src/data/samples.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { loadDirectory } from "../../src/node/index.js";
import { withVariants } from "../../src/reading/variants.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, type Result, startDuctus } from "./command-line.js";

const kept = keepDuctus();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-evaluate-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 120, test: 21, rows: 4, columns: 6, classes: 4 });
  const small = [
    "train",
    "--data",
    "data",
    "--epochs",
    "8",
    "--hidden",
    "8",
    "--limit",
    "50",
    "--out",
    "small.safetensors",
  ];
  for (const args of [small, ["train", "--hidden", "30", "--epochs", "4"]])
    expect(await startDuctus(folder, args).result).toMatchObject({ code: 0, stderr: "" });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

function ductus(...args: string[]): Promise<Result> {
  return kept(folder, args);
}

async function model(file: string): Promise<Network> {
  return Network.load(await readFile(join(folder, file)), { kernels: createReference() });
}

describe("evaluate", () => {
  test("prints accuracy, cost, figures of each class and the confusion matrix", async () => {
    const { code, stdout, stderr } = await ductus("evaluate", "small.safetensors");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { test: data } = loadDirectory(join(folder, "data"));
    const { correct, cost, accuracy } = await (await model("small.safetensors")).evaluate(data);
    const deviation = Math.sqrt((accuracy * (1 - accuracy)) / 21);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe(
      `test accuracy       ${(100 * accuracy).toFixed(2)} % ± ${(100 * deviation).toFixed(2)} %` +
        `  (${correct} / 21, ± one standard error)`,
    );
    expect(lines[1]).toBe(`cost                ${cost.toFixed(6)}`);
    expect(lines[3]).toBe("class      images   precision      recall          F1");
    expect(lines[4]).toMatch(/^ {4}0 +6( +\d+\.\d\d %| +-){3}$/);
    expect(lines[9]).toMatch(/^confusion matrix: /);
    // The row of a label adds up to its images.
    const rows = lines.slice(12, 16).map((line) => line.trim().split(/ +/).slice(1));
    expect(rows.map((row) => row.reduce((sum, n) => sum + (n === "." ? 0 : Number(n)), 0))).toEqual([6, 5, 5, 5]);
    expect(stdout).not.toContain("\u001b");
  });

  test("knows the three parts of the data, and the limit of the training", async () => {
    for (const [part, count] of [
      ["validation", 20],
      ["training", 50],
    ]) {
      const { stdout } = await ductus("evaluate", "small.safetensors", "--set", String(part));
      expect(stdout).toMatch(new RegExp(`^${part} accuracy .* / ${count}, `));
    }
    const { code, stderr } = await ductus("evaluate", "small.safetensors", "--set", "all");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'ductus: --set: expected test, validation or training, got "all"\n',
    });
  });

  test("decides by variants of each image, on request; predict does, too", async () => {
    const network = await model("small.safetensors");
    const data = loadDirectory(join(folder, "data")).test;
    const reader = withVariants<Pixels>(network, data.columns);
    const predictions = Array.from({ length: data.length }, (_, i) => {
      const { activations } = reader.predict(data.images.slice(i * data.inputs, (i + 1) * data.inputs));
      return Array.from(activations).indexOf(Math.max(...Array.from(activations)));
    });
    const correct = predictions.filter((prediction, i) => prediction === data.labels[i]).length;
    const text = await ductus("evaluate", "small.safetensors", "--variants");
    expect(text).toMatchObject({ code: 0, stderr: "" });
    expect(text.stdout).toContain(`(${correct} / 21, ± one standard error)\n\nclass `);
    const json = JSON.parse((await ductus("evaluate", "small.safetensors", "--variants", "--json")).stdout);
    expect(json).toMatchObject({ correct, count: 21, accuracy: correct / 21 });
    expect(json).not.toHaveProperty("cost");
    const file = join(folder, "data", "t10k-images-idx3-ubyte");
    for (const index of [0, 5]) {
      const args = ["predict", file, "--model", "small.safetensors", "--index", String(index), "--json"];
      const [plain, varied] = await Promise.all([ductus(...args), ductus(...args, "--variants")]);
      expect(JSON.parse(varied.stdout).label).toBe(predictions[index]);
      expect(JSON.parse(varied.stdout).activations).not.toEqual(JSON.parse(plain.stdout).activations);
    }
  });

  test("prints JSON that says the same", async () => {
    const { stdout } = await ductus("evaluate", "small.safetensors", "--json");
    const { predictions: _, ...figures } = await (await model("small.safetensors")).evaluate(
      loadDirectory(join(folder, "data")).test,
    );
    expect(JSON.parse(stdout)).toMatchObject({ model: "small.safetensors", set: "test", ...figures });
    expect(JSON.parse(stdout).confusion).toHaveLength(4);
    expect(JSON.parse(stdout).classes[3]).toMatchObject({ label: 3, count: 5 });
  });

  test("reads model.safetensors and MNIST unless told otherwise, and refuses data that do not fit", async () => {
    expect((await ductus("evaluate")).stdout).toMatch(/^test accuracy .* \/ 10000, /);
    const { code, stderr } = await ductus("evaluate", "--data", "data");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ductus: evaluation data: expected images of 784 pixels .* got 24 pixels in 4 classes\n$/);
  });
});
