// The process that other tests keep for many commands gives what a process of its own gives, as users start it.

import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, startDuctus } from "./command-line.js";

const kept = keepDuctus();
const SMALL = ["--data", "../data", "--hidden", "4", "--epochs", "1", "--validation", "20"];
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ductus-resident-"));
  for (const name of ["data", "own", "kept"]) await mkdir(join(root, name));
  await writeIdxFolder(join(root, "data"), { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
});
afterAll(() => rm(root, { recursive: true }));

/** Times differ from run to run. */
const untimed = (text: string) => text.replace(/[\d.,]+ (s|KB|samples\/s)\b.*|\d+\.\d+ s/g, "");

// One after the other: most need what those before them made.
test.each<[string[], number]>([
  [["--version"], 0],
  [["help", "train"], 0],
  [["trian"], 2],
  [["train", "--epochs", "0"], 2],
  [["evaluate", "none"], 1],
  [["train", ...SMALL], 0],
  [["train", ...SMALL, "--threads", "2", "--out", "two.safetensors"], 0],
  [["train", ...SMALL, "--out", "no/folder"], 1],
  [["resume", "--epochs", "2"], 0],
  [["tune", ...SMALL, "--eta", "1|2", "--trials", "2"], 0],
  [["tune", ...SMALL, "--eta", "1|2", "--trials", "3"], 1],
  [["evaluate", "--json"], 0],
  [["predict", "../data/t10k-images-idx3-ubyte", "--index", "3"], 0],
  [["predict", "none", "../data/t10k-images-idx3-ubyte", "--index", "20"], 1],
  [["export"], 0],
  [["import", "model.onnx", "--json", "--out", "again.safetensors"], 0],
  [["report"], 0],
  [["distort", "--data", "../data", "--epochs", "1"], 0],
])("%j exits with %i", async (args, code) => {
  const [own, other] = await Promise.all([startDuctus(join(root, "own"), args).result, kept(join(root, "kept"), args)]);
  expect(own.code).toBe(code);
  expect(own.stdout + own.stderr).not.toBe("");
  const visible = ({ stdout, stderr, ...rest }: typeof own) => ({
    ...rest,
    stdout: untimed(stdout),
    stderr: untimed(stderr),
  });
  expect(visible(other)).toEqual(visible(own));
  expect(await readdir(join(root, "kept"))).toEqual(await readdir(join(root, "own")));
});
