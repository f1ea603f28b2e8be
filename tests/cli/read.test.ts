// ductus read: the digits of pictures as text, as JSON, and drawn.

import { spawnSync } from "node:child_process";
import { copyFile, link, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { decode } from "fast-png";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPage } from "../../bench/reading/numbers.js";
import { encodePng } from "../../src/formats/png.js";
import { loadMnist } from "../../src/node/index.js";
import { type Result, startDuctus } from "./command-line.js";

let folder: string;
const texts: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-read-"));
  const packed = await readFile(new URL("../../src/pretrained/pretrained.bin", import.meta.url));
  await writeFile(join(folder, "model.safetensors"), gunzipSync(packed));
  const { test: mnist } = loadMnist();
  const digitAt = (index: number) => {
    const i = index % mnist.length;
    return { image: Uint8Array.from(mnist.images.subarray(784 * i, 784 * (i + 1))), label: mnist.labels[i] };
  };
  for (const [kind, name] of [
    ["two digits", "two.png"],
    ["two lines", "lines.png"],
  ]) {
    const { picture, text } = drawPage(kind, digitAt, 0);
    texts[name] = text;
    await writeFile(join(folder, name), encodePng(picture.data as Uint8Array, picture.width, picture.height));
  }
});
afterAll(() => rm(folder, { recursive: true }));

const ductus = (...args: string[]): Promise<Result> => startDuctus(folder, args).result;

test("prints a line for each line of writing, with the file if there are several", async () => {
  expect(await ductus("read", "lines.png")).toMatchObject({ code: 0, stdout: `${texts["lines.png"]}\n`, stderr: "" });
  const { code, stdout, stderr } = await ductus("read", "two.png", "none.png", "lines.png");
  expect(code).toBe(1);
  expect(stderr).toMatch(/^ductus: none.png: [^\n]+no such file or folder\n$/);
  const [first, second] = texts["lines.png"].split("\n");
  expect(stdout).toBe(`two.png    ${texts["two.png"]}\nlines.png  ${first}\nlines.png  ${second}\n`);
});

test("prints JSON: numbers and digits with label, confidence and box", async () => {
  const { code, stdout } = await ductus("read", "two.png", "--json");
  expect(code).toBe(0);
  const { file, numbers } = JSON.parse(stdout);
  expect([file, numbers.length, numbers[0].text]).toEqual(["two.png", 1, texts["two.png"]]);
  expect(Object.keys(numbers[0])).toEqual(["text", "line", "confidence", "box", "digits"]);
  for (const { label, confidence, box } of numbers[0].digits) {
    expect(texts["two.png"]).toContain(String(label));
    expect(confidence).toBeGreaterThan(0.5);
    expect(box.right).toBeGreaterThan(box.left);
  }
});

test("draws what was found, and replaces no other file", async () => {
  expect((await ductus("read", "two.png", "--explain", "out.png")).code).toBe(0);
  const { width, height, channels, data } = decode(await readFile(join(folder, "out.png")));
  expect([width, height, channels]).toEqual([240, 2 * 160, 3]);
  const colours = new Set(Array.from({ length: width * height }, (_, i) => data.subarray(3 * i, 3 * i + 3).join()));
  for (const colour of ["220,0,0", "0,150,60", "0,0,0"]) expect(colours).toContain(colour);
  expect((await ductus("read", "two.png", "lines.png", "--explain", "out.png")).code).toBe(2);
});

test("draws again over its own drawing, and over no other picture, least of all its own input", async () => {
  await copyFile(join(folder, "two.png"), join(folder, "scan.png"));
  await symlink("scan.png", join(folder, "link.png"));
  await link(join(folder, "scan.png"), join(folder, "hard.png"));
  const before = await readFile(join(folder, "scan.png"));
  for (const [input, output] of [
    ["scan.png", "scan.png"],
    ["scan.png", join(folder, "scan.png")],
    ["scan.png", "link.png"],
    ["scan.png", "hard.png"],
    ["link.png", "scan.png"],
    ["scan.pn[g]", "scan.png"],
  ]) {
    expect(await ductus("read", input, "--explain", output, "--force")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: `ductus: --explain: expected another file than the picture itself, got ${output}\n`,
    });
  }
  const other = await ductus("read", "two.png", "--explain", "scan.png");
  expect(other).toMatchObject({ code: 1, stdout: "" });
  expect(other.stderr).toBe(
    "ductus: scan.png: expected no file or a drawing of `ductus read` to replace, got another file: " +
      "give another place with --explain, or replace it with --force\n",
  );
  expect(await readFile(join(folder, "scan.png"))).toEqual(before);
  for (let time = 1; time <= 2; time++) {
    expect(await ductus("read", "lines.png", "--explain", "drawn.png")).toMatchObject({ code: 0, stderr: "" });
  }
  // A drawing is a picture, too.
  expect((await ductus("read", "drawn.png", "--explain", "drawn.png")).stderr).toMatch(/than the picture itself/);
});

test("says what it cannot read", async () => {
  // Nobody writes into the pipe: it is not waited for.
  spawnSync("sh", ["-c", "mkfifo pipe"], { cwd: folder });
  const pipe = await ductus("read", "pipe", "two.png");
  expect(pipe).toMatchObject({ code: 1, stdout: `two.png  ${texts["two.png"]}\n` });
  if (process.platform !== "win32") expect(pipe.stderr).toMatch(/^ductus: pipe: [^\n]+ that is not a file\n$/);
  await writeFile(join(folder, "blank.png"), encodePng(new Uint8Array(2500).fill(255), 50, 50));
  const blank = await ductus("read", "blank.png");
  expect(blank).toMatchObject({ code: 1, stdout: "" });
  expect(blank.stderr).toMatch(/^ductus: blank.png: [^\n]*expected [^\n]+, got [^\n]+\n$/);
  expect((await ductus("read")).code).toBe(2);
  expect((await ductus("read", "two.png", "--digits", "0")).code).toBe(2);
});
