// Data that train badly are warned of, what mends them is kept in the model, and every command does it again.

import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { preparePicture } from "../../src/data/pictures.js";
import { decodePng, encodePng } from "../../src/formats/png.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { loadDirectory, loadMnist } from "../../src/node/index.js";
import { idxFile } from "../data/pictures.js";
import { idxLabels } from "../idx-files.js";
import { keepDuctus, type Result } from "./command-line.js";

const TRAINING = 480;
const TEST = 120;

const kept = keepDuctus();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-warnings-"));
  await write("plain", (byte) => 255 * (byte >> 7));
  await write("bits", (byte) => byte >> 7);
  await write("paper", (byte) => 255 - 255 * (byte >> 7));
  await write("paper-bits", (byte) => 1 - (byte >> 7));
  await write("turned", (byte) => 255 * (byte >> 7), { turned: true });
  await write("sorted", (byte) => 255 * (byte >> 7), { sorted: true });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** A folder of MNIST's first images with their bytes changed. */
async function write(name: string, level: (byte: number) => number, { turned = false, sorted = false } = {}) {
  const { training, test } = loadMnist();
  await mkdir(join(folder, name));
  for (const [file, { images, labels }, count] of [
    ["train", training, TRAINING],
    ["t10k", test, TEST],
  ] as const) {
    const order = Array.from({ length: count }, (_, i) => i);
    if (sorted && file === "train") order.sort((a, b) => labels[a] - labels[b] || a - b);
    const pixels = Uint8Array.from({ length: count * 784 }, (_, i) => {
      const k = i % 784;
      const from = turned ? (k % 28) * 28 + Math.floor(k / 28) : k;
      return level(images[order[Math.floor(i / 784)] * 784 + from]);
    });
    const files = { "images-idx3": idxFile(pixels, 28, 28), "labels-idx1": idxLabels(order.map((i) => labels[i])) };
    for (const [kind, bytes] of Object.entries(files)) {
      await writeFile(join(folder, name, `${file}-${kind}-ubyte.gz`), gzipSync(bytes));
    }
  }
}

function ductus(...args: string[]): Promise<Result> {
  return kept(folder, args);
}

const train = (data: string, ...options: string[]) =>
  ductus("train", "--data", data, "--hidden", "16", "--epochs", "4", "--out", `${data}.safetensors`, ...options);

const hashOf = ({ stdout }: Result) => /sha256 (\w{64})/.exec(stdout)?.[1] ?? expect.fail(stdout);
const counts = ({ stdout }: Result) => /\((\d+ \/ \d+), ± one/.exec(stdout)?.[1] ?? expect.fail(stdout);

let plain: Result;
beforeAll(async () => {
  plain = await train("plain");
  expect(plain).toMatchObject({ code: 0, stderr: "" });
}, 60_000);

describe.each([
  ["bits", ["--pixel-max", "1"], [/bits: pixels go from 0 to 1, a small part of 0 to 255 \(mended by --pixel-max 1\)/]],
  ["paper", ["--invert"], [/paper: the ground is bright and the ink dark, .* \(mended by --invert\)/]],
  ["paper-bits", ["--pixel-max", "1", "--invert"], [/mended by --pixel-max 1\)/, /mended by --invert\)/]],
  ["turned", ["--transpose"], []],
] as const)("data of %s", (data, options, warnings) => {
  test("are warned of once, each fault in a line", async () => {
    const { code, stderr } = await train(data, "--force");
    expect(code).toBe(0);
    const lines = stderr.split("\n").filter((line) => line !== "");
    expect(lines).toHaveLength(warnings.length);
    for (const [i, warning] of warnings.entries()) expect(lines[i]).toMatch(warning);
  });

  test("are mended by the options: trained, resumed, tested and shown as those without the fault", async () => {
    const mended = await train(data, "--force", ...options);
    expect(mended).toMatchObject({ code: 0, stderr: "" });
    expect(hashOf(mended)).toBe(hashOf(plain));
    const model = `${data}.safetensors`;
    expect(counts(await ductus("evaluate", model))).toBe(counts(plain));
    expect(counts(await ductus("evaluate", model, "--data", data))).toBe(counts(plain));
    expect((await ductus("report", model, "--force")).stdout).toMatch(/ on test, /);
    const html = await readFile(join(folder, "report.html"), "utf8");
    for (const option of options.filter((option) => option.startsWith("--"))) expect(html).toContain(option);
    const resumed = await ductus("resume", model, "--epochs", "6");
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    expect(hashOf(resumed)).toBe(hashOf(await train("plain", "--epochs", "6", "--force")));
  });

  test("and the model reads pictures of its test images as their file", async () => {
    await train(data, "--force", ...options);
    const bytes = await readFile(join(folder, `${data}.safetensors`));
    const network = await Network.load(bytes, { kernels: createReference() });
    const { images, labels } = loadDirectory(join(folder, "plain")).test;
    let correct = 0;
    for (let i = 0; i < TEST; i++) {
      const png = encodePng(Uint8Array.from(images.subarray(i * 784, (i + 1) * 784)), 28, 28);
      const pixels = preparePicture(decodePng(png, "picture"), network.preparation);
      if (network.predict(pixels).label === labels[i]) correct++;
    }
    expect(`${correct} / ${TEST}`).toBe(counts(plain));
  });
});

test.each([
  ["paper", /paper: the images have a bright ground, those that the network was trained on a dark one/],
  ["bits", /bits: the images have inputs from 0 to 0\.00392, those that the network was trained on from 0 to 1/],
])("a model says that %s are unlike what it was trained on", async (data, message) => {
  for (const command of ["evaluate", "report"]) {
    const out = command === "report" ? ["--out", `${data}.html`] : [];
    const { code, stderr } = await ductus(command, "plain.safetensors", "--data", data, ...out);
    expect(code).toBe(0);
    expect(stderr).toMatch(message);
    expect(await ductus(command, "plain.safetensors", ...out)).toMatchObject({ code: 0, stderr: "" });
  }
});

test.each([
  ["train", "--data", "plain", "--epochs", "1", "--out", "plain/train-images-idx3-ubyte.gz"],
  ["resume", "plain.safetensors", "--epochs", "9", "--out", "plain/t10k-labels-idx1-ubyte.gz"],
  ["distort", "--data", "plain", "--out", "plain/t10k-images-idx3-ubyte.gz"],
  ["report", "plain.safetensors", "--out", "link-to-labels"],
])("%s does not replace the data that it reads, not with --force", async (...args) => {
  const link = join(folder, "link-to-labels");
  await rm(link, { force: true });
  await symlink(join(folder, "plain", "train-labels-idx1-ubyte.gz"), link);
  const files = () =>
    Promise.all(
      ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map((name) =>
        readFile(join(folder, "plain", `${name}-ubyte.gz`)),
      ),
    );
  const before = await files();
  const { code, stderr } = await ductus(...args, "--force");
  expect(code).toBe(2);
  expect(stderr).toMatch(/^ductus: --out: expected another file than those of the data, which is read, got \S+\n$/);
  expect(await files()).toEqual(before);
});

test("sorted data are said to be, and train as well as others", async () => {
  const sorted = await train("sorted");
  expect(sorted.stderr).toMatch(/^ductus: \S+sorted: the training file is sorted by class: .+\n$/);
  const correct = (result: Result) => Number.parseInt(counts(result), 10);
  expect(correct(sorted)).toBeGreaterThan(correct(plain) - 0.1 * TEST);
  const validation = await ductus("evaluate", "sorted.safetensors", "--set", "validation");
  expect(correct(validation)).toBeGreaterThan(0.4 * 80);
});

test("a search makes the pixels as its options say, and its best model knows", async () => {
  const options = ["--trials", "2", "--epochs", "2", "--hidden", "16", "--learning-rate", "1|2", "--batch-size", "10"];
  const search = await ductus("tune", "--data", "paper", "--invert", ...options, "--out", "search");
  expect(search).toMatchObject({ code: 0, stderr: "" });
  expect(search.stdout).toMatch(/train again .* --invert\n/);
  const network = await Network.load(await readFile(join(folder, "search", "best.safetensors")), {
    kernels: createReference(),
  });
  expect(network.preparation).toMatchObject({ form: "mnist", ground: "bright", invert: true });
  const { stderr } = await ductus("tune", "--data", "paper", ...options, "--out", "other");
  expect(stderr).toMatch(/paper: the ground is bright .* \(mended by --invert\)/);
});

test.each(["0.001", "1", "16", "100"])("--pixel-max %s of 255 cuts most levels, and is warned of", async (pixelMax) => {
  const { code, stderr } = await train("plain", "--force", "--pixel-max", pixelMax);
  expect(code).toBe(0);
  expect(stderr.replace(`${folder}/`, "")).toBe(
    `ductus: plain: full ink is said to be ${pixelMax}, but pixels go to 255: 100 % of those above 0 are far above ` +
      "it, and their levels are cut (mended by --pixel-max 255)\n",
  );
});

test("--pixel-max near the levels that most pixels have is not warned of", async () => {
  for (const pixelMax of ["255", "200", "1000"]) {
    expect((await train("plain", "--force", "--pixel-max", pixelMax)).stderr).not.toMatch(/are cut/);
  }
});

test("the options are checked as others are", async () => {
  expect(await train("plain", "--pixel-max", "0")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--pixel-max: expected a number above 0, up to 65535"),
  });
  expect(await train("plain", "--invert=yes")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--invert: expected no value, got "yes"'),
  });
});
