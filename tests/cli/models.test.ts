// Models in and out on the command line: import, the forms of export, and what is printed as JSON.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus } from "./command-line.js";

const TRAIN = ["train", "--data", "data", "--hidden", "8", "--activation", "tanh", "--cost", "log-likelihood"];
const kept = keepDuctus();
let folder: string;
let hash: string;

const ductus = (...args: string[]) => kept(folder, args);
const load = async (file: string) => Network.load(await readFile(join(folder, file)), { kernels: createReference() });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-models-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
  expect(await ductus(...TRAIN, "--epochs", "3")).toMatchObject({ code: 0 });
  hash = await (await load("model.safetensors")).hash();
});
afterAll(() => rm(folder, { recursive: true }));

describe("import", () => {
  test.each(["onnx", "npz", "json"])("takes the %s of export, with its functions", async (format) => {
    expect((await ductus("export", "--format", format)).code).toBe(0);
    const { code, stdout, stderr } = await ductus("import", `model.${format}`, "--out", "again.safetensors");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe("again.safetensors: [24, 8, 4], tanh neurons, log-likelihood cost\n");
    const network = await load("again.safetensors");
    expect([await network.hash(), network.activation, network.cost]).toEqual([hash, "tanh", "log-likelihood"]);
    expect((await ductus("evaluate", "again.safetensors", "--data", "data")).stdout).toBe(
      (await ductus("evaluate", "--data", "data")).stdout,
    );
  });

  test("asks for the functions of weights alone, and says what it made", async () => {
    expect((await ductus("export", "--format", "safetensors", "--force")).code).toBe(0);
    const file = "model.weights.safetensors";
    const silent = await ductus("import", file);
    expect(silent).toMatchObject({ code: 2, stdout: "" });
    expect(silent.stderr).toBe(
      `ductus: --activation: expected sigmoid, tanh, relu, since ${file} does not say its own, got none\n`,
    );
    const { stdout } = await ductus("import", file, "--activation", "tanh", "--cost", "log-likelihood", "--json");
    const model = "model.weights.ductus.safetensors";
    const functions = { activation: "tanh", cost: "log-likelihood" };
    expect(JSON.parse(stdout)).toEqual({ file, model, layers: [24, 8, 4], ...functions });
    expect(await (await load(model)).hash()).toBe(hash);
  });

  test("refuses what is no model, and what it would write over", async () => {
    await writeFile(join(folder, "net.pt"), Buffer.from("\x80\x02}q\x00.", "latin1"));
    const pickle = await ductus("import", "net.pt");
    expect(pickle.code).toBe(1);
    expect(pickle.stderr).toMatch(/^ductus: net.pt: expected a model in .*, got a Python pickle .*: write the .*\n$/);
    expect((await ductus("import", "none.onnx")).stderr).toMatch(/^ductus: none.onnx: expected a model of another pro/);
    const same = await ductus("import", "model.safetensors", "--out", "model.safetensors", "--force");
    expect(same).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected another file than the file itself"),
    });
    const twice = await ductus("import", "model.onnx", "--out", "model.npz");
    expect(twice.stderr).toMatch(/^ductus: --out: expected a name that ends in .safetensors, for a Ductus model/);
    expect(await (await load("model.safetensors")).hash()).toBe(hash);
  });
});

describe("export", () => {
  test("to C writes two files, by either name, and replaces only its own", async () => {
    for (const args of [
      ["--out", "digits.c"],
      ["--out", "digits.h", "--int8"],
      ["--out", "digits", "--format", "c"],
    ]) {
      const { code, stdout, stderr } = await ductus("export", ...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^digits\.c: c, [\d,]+ characters\ndigits\.h: c, [\d,]+ characters\n$/);
      const [source, header] = await Promise.all(
        ["c", "h"].map((end) => readFile(join(folder, `digits.${end}`), "utf8")),
      );
      expect(source.includes("int8_t weights1")).toBe(args.includes("--int8"));
      expect(header).toContain("int digits_predict(const uint8_t *pixels);");
      expect(header).toContain("An image is 4 x 6 pixels");
    }
    await writeFile(join(folder, "mine.h"), "/* mine */\n");
    const { code, stderr } = await ductus("export", "--out", "mine.c");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^ductus: mine.h: expected no file or a C header of `ductus export` to replace/),
    });
    expect(await readFile(join(folder, "mine.h"), "utf8")).toBe("/* mine */\n");
    expect(await readdir(folder)).not.toContain("mine.c");
  });

  test.each(["-", "7.c", "a b.c", 'a".c', "ä.h"])("to C refuses the name %s", async (name) => {
    const before = await readdir(folder);
    const { code, stderr } = await ductus("export", "--format", "c", "--out", name);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^ductus: --out: expected for C a name/),
    });
    expect(await readdir(folder)).toEqual(before);
  });

  test("to CSV writes the history, a row for each epoch", async () => {
    expect((await ductus("export", "--out", "history.csv")).code).toBe(0);
    const rows = (await readFile(join(folder, "history.csv"), "utf8")).trimEnd().split("\n");
    expect(rows).toHaveLength(4);
    expect(rows[0]).toBe("epoch,cost,accuracy,validation_cost,validation_accuracy,seconds");
    for (const [i, row] of rows.slice(1).entries()) expect(row).toMatch(new RegExp(`^${i + 1}(,[\\d.e-]+){5}$`));
    const [entry] = JSON.parse((await load("model.safetensors")).metadata.get("history") as string);
    expect(rows[1]).toBe(Object.values(entry).join(","));
    expect((await ductus("export", "again.safetensors", "--format", "csv")).stderr).toBe(
      "ductus: again.safetensors: expected the history of `ductus train`, got a model without one, as the library " +
        "saves\n",
    );
  });

  test("says as JSON what it wrote", async () => {
    const { stdout } = await ductus("export", "--out", "digits.c", "--json");
    const { model, format, files } = JSON.parse(stdout);
    expect({ model, format }).toEqual({ model: "model.safetensors", format: "c" });
    for (const { file, bytes } of files) expect((await readFile(join(folder, file))).length).toBe(bytes);
    expect(files.map(({ file }: { file: string }) => file)).toEqual(["digits.c", "digits.h"]);
  });
});

describe("JSON of", () => {
  const lines = (stdout: string) =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("train and resume: an object for each epoch, and the result", async () => {
    const trained = await ductus(...TRAIN, "--epochs", "2", "--out", "json.safetensors", "--json");
    expect(trained.stderr).toBe("");
    const resumed = await ductus("resume", "json.safetensors", "--epochs", "3", "--json");
    const [first, second, result, ...rest] = lines(trained.stdout);
    expect([first.epoch, second.epoch, rest]).toEqual([1, 2, []]);
    expect(first.validation).toMatchObject({ count: 20 });
    expect(first.cost).toBeGreaterThan(second.cost);
    expect(result).toMatchObject({ model: "json.safetensors", layers: [24, 8, 4], epochs: 2, test: { count: 20 } });
    const [third, last] = lines(resumed.stdout);
    expect([third.epoch, last.epochs, last.weights]).toEqual([3, 3, hash]);
  });

  test("tune: the best trial", async () => {
    const args = ["tune", "--data", "data", "--hidden", "4", "--eta", "0.1|1", "--trials", "2", "--epochs", "1"];
    const { stdout, stderr } = await ductus(...args, "--json");
    expect(stderr).toBe("");
    const [search, ...rest] = lines(stdout);
    expect(rest).toEqual([]);
    expect(search.trials).toHaveLength(2);
    expect(search.outcomes).toHaveLength(2);
    expect(search.best).toMatchObject({ epoch: 1, model: join("tune", "best.safetensors") });
    expect(search.best.command).toMatch(/^ductus train --hidden 4 /);
  });
});
