// Own pictures from the command line: their folders' names are shown wherever classes are.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "../../src/formats/index.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { keepDuctus } from "./command-line.js";

const kept = keepDuctus();
const NAMES = ["nought", "one"];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-names-"));
  const { training } = loadMnist();
  for (const [label, name] of NAMES.entries()) {
    await mkdir(join(folder, "own", name), { recursive: true });
    const places = [...training.labels.keys()].filter((i) => training.labels[i] === label).slice(0, 60);
    for (const i of places) {
      const image = training.images.subarray(784 * i, 784 * (i + 1)) as Uint8Array;
      await writeFile(join(folder, "own", name, `${i}.png`), encodePng(image, 28, 28));
    }
  }
  const result = await ductus("train", "--data", "own", "--epochs", "6", "--hidden", "12", "--out", "own.safetensors");
  expect(result).toMatchObject({ code: 0 });
  expect(result.stderr).toBe(
    `ductus: ${folder}/own: there are no test data, so 17 of 120 images are held back to test with\n`,
  );
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

const ductus = (...args: string[]) => kept(folder, args);

describe("names of classes", () => {
  test("are in the model, and in evaluate's table, matrix and JSON", async () => {
    const network = await Network.load(await readFile(join(folder, "own.safetensors")), { threads: 1 });
    expect(network.classNames).toEqual(NAMES);
    const { stdout } = await ductus("evaluate", "own.safetensors");
    const lines = stdout.split("\n");
    expect(lines[3]).toBe("class       images   precision      recall          F1");
    expect(lines[4]).toMatch(/^nought +\d+ +\d/);
    expect(lines[5]).toMatch(/^ {3}one +\d+ +\d/);
    expect(lines[9]).toBe("        nought     one");
    expect(lines[10]).toMatch(/^nought +\d+ +(\d+|\.)$/);
    const { classes } = JSON.parse((await ductus("evaluate", "own.safetensors", "--json")).stdout);
    expect(classes.map(({ label, name }: { label: number; name: string }) => [label, name])).toEqual([
      [0, "nought"],
      [1, "one"],
    ]);
  });

  test("all of other data in one part test a model, whose classes theirs must be", async () => {
    const { stdout } = await ductus("evaluate", "own.safetensors", "--data", "own", "--json");
    expect(JSON.parse(stdout).count).toBe(120);
    await mkdir(join(folder, "others", "two"), { recursive: true });
    await writeFile(join(folder, "others", "two", "1.png"), encodePng(new Uint8Array(784), 28, 28));
    const { code, stderr } = await ductus("evaluate", "own.safetensors", "--data", "others");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'ductus: others: expected a class of "nought", "one", got "two"\n',
    });
  });

  test("are what predict and read say", async () => {
    const { stdout: several } = await ductus("predict", "--model", "own.safetensors", "own/one");
    expect(several.split("\n")[0]).toMatch(/^own\/one\/\d+.png +one {2}activation \d/);
    const [file] = several.split(" ");
    const { stdout: alone } = await ductus("predict", "--model", "own.safetensors", file);
    expect(alone).toMatch(/\n {3}one {2}0\.\d{4} .*\n\nread as one\n$/s);
    const told = JSON.parse((await ductus("predict", "--model", "own.safetensors", "--json", file)).stdout);
    expect(told).toMatchObject({ label: 1, name: "one" });
    const bar = new Uint8Array(60 * 60).fill(255);
    for (let y = 15; y < 45; y++) bar.fill(0, 60 * y + 28, 60 * y + 32);
    await writeFile(join(folder, "bar.png"), encodePng(bar, 60, 60));
    expect((await ductus("read", "--model", "own.safetensors", "bar.png")).stdout).toBe("one\n");
    const read = JSON.parse((await ductus("read", "--model", "own.safetensors", "--json", "bar.png")).stdout);
    expect(read.numbers[0]).toMatchObject({ text: "one", digits: [{ label: 1, name: "one" }] });
  });

  test("are in the report", async () => {
    expect(await ductus("report", "own.safetensors")).toMatchObject({ code: 0 });
    const html = await readFile(join(folder, "report.html"), "utf8");
    const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html) ?? [];
    expect(JSON.parse(json ?? "").test.names).toEqual(NAMES);
  });

  test("stay when the training is resumed", async () => {
    const args = ["own.safetensors", "--epochs", "7", "--out", "more.safetensors"];
    expect(await ductus("resume", ...args)).toMatchObject({ code: 0 });
    const network = await Network.load(await readFile(join(folder, "more.safetensors")), { threads: 1 });
    expect([network.epochs, network.classNames]).toEqual([7, NAMES]);
  });
});
