// ductus tune --shard and --merge: parts of a search, in folders of their own, have the result of the whole.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, startDuctus } from "./command-line.js";

const SEARCH = "--data data --hidden 20 --validation 100 --trials 9 --epochs 9".split(" ");
const FOLDERS = ["s1", "s2", "s3"];

const kept = keepDuctus();
let folder: string;
let expected: Awaited<ReturnType<typeof resultOf>>;
let whole: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-shards-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 900, test: 20, rows: 6, columns: 6, classes: 4 });
  const { stdout } = await tune("--out", "whole");
  whole = withoutTimes(stdout);
  expected = await resultOf("whole");
});
afterAll(() => rm(folder, { recursive: true }));

function tune(...args: string[]) {
  return kept(folder, ["tune", ...SEARCH, ...args]);
}

async function resultOf(out: string) {
  const [model, results] = await Promise.all(
    ["best.safetensors", "search.json"].map((name) => readFile(join(folder, out, name), "latin1")),
  );
  return { model, results };
}

function withoutTimes(stdout: string): string {
  return stdout.replace(/^time .*$/m, "time").replace(/^model .*$/m, "model");
}

describe("a search in three shards", () => {
  test("each does its part of a rung, and goes on when the others have done theirs", async () => {
    const shard = (index: number) => tune("--shard", `${index}/3`, "--out", `s${index}`, "--merge", ...FOLDERS);
    const first = await shard(1);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(
      /^shard 1 of 3: its part of rung 1 of 3 is done, in s1; 6 results of other shards are missing: [^\n]+\n$/m,
    );
    await shard(2);
    // The last one finds the others' results, and does its part of the next rung.
    expect((await shard(3)).stdout).toMatch(/its part of rung 2 of 3 is done, in s3; 2 results/);
    expect((await shard(1)).stdout).toMatch(/its part of rung 2 of 3 is done, in s1; 1 result of/);
    await shard(2);
    expect((await shard(1)).stdout).toMatch(/shard 1 of 3: all rungs are done; ductus tune --merge and /);
  });

  test("the merged folders have the result of the whole, without its options", async () => {
    const { code, stdout, stderr } = await kept(folder, ["tune", "--merge", ...FOLDERS, "--out", "merged"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(withoutTimes(stdout)).toBe(whole);
    expect(await resultOf("merged")).toEqual(expected);
  });

  test("one of the shards' own folders can be where they are merged, and what is missing is trained", async () => {
    await rm(join(folder, "s3"), { recursive: true });
    const { stdout } = await kept(folder, ["tune", "--merge", "s1", "s2", "--out", "s2"]);
    expect(withoutTimes(stdout)).toBe(whole);
    expect(await resultOf("s2")).toEqual(expected);
  });

  test("another result of the same trial is refused, and both folders are named", async () => {
    await cp(join(folder, "whole"), join(folder, "other"), { recursive: true });
    const path = join(folder, "other/search.json");
    const text = await readFile(path, "utf8");
    await writeFile(
      path,
      text.replace(/"correct":(\d+)/, (_, correct) => `"correct":${Number(correct) === 0 ? 1 : 0}`),
    );
    const { code, stderr } = await kept(folder, ["tune", "--merge", "whole", "other", "--out", "conflict"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^ductus: trial \d, rung 1: expected one result, got different ones in other and conflict: [^\n]+\n$/,
    );
  });
});

test("shards that run at the same time wait for each other", async () => {
  const programs = [1, 2].map((index) =>
    startDuctus(folder, [
      "tune",
      ...SEARCH,
      "--shard",
      `${index}/2`,
      "--out",
      `w${index}`,
      "--wait",
      "--merge",
      "w1",
      "w2",
    ]),
  );
  for (const { code, stdout } of await Promise.all(programs.map(({ result }) => result))) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/all rungs are done/);
  }
  await kept(folder, ["tune", "--merge", "w1", "w2", "--out", "waited"]);
  expect(await resultOf("waited")).toEqual(expected);
});

describe("wrong usage is one sentence", () => {
  test.each([
    [["--shard", "0/3"], '--shard: expected I/N, as 2/4, with I from 1 to N and N up to 10000, got "0/3"'],
    [["--shard", "4/3"], '--shard: expected I/N, as 2/4, with I from 1 to N and N up to 10000, got "4/3"'],
    [["--merge"], "tune: --merge: expected folders after it, got none: see ductus tune --help"],
    [["--wait"], "--wait: expected --shard I/N with it, got none"],
    [["--wait", "--shard", "1/2"], "--wait: expected --merge and the shards' folders, got none"],
    [["more"], 'tune: unexpected argument "more": see ductus tune --help'],
    [
      ["--shard", "1/2", "--queue", "redis://host"],
      "--shard and --queue: expected one of them: a queue shares out the trials itself",
    ],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await tune(...args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `ductus: ${message}\n` });
  });

  test("a folder without a search, or with another one", async () => {
    const none = await kept(folder, ["tune", "--merge", "data", "--out", "new"]);
    expect(none).toMatchObject({ code: 1, stderr: "ductus: data: expected the folder of a search, got none\n" });
    const other = await tune("--seed", "2", "--merge", "whole", "--out", "new");
    expect(other.stderr).toBe(
      "ductus: whole: expected results of this search, got those of one with seed 1 instead of 2\n",
    );
  });
});
