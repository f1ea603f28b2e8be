// ductus tune as a user meets it: neither the number of workers nor kills change the result. What it draws is in
// tune-space.test.ts.

import { statSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, MAIN, type Result, startProgram, WIDE } from "./command-line.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** MNIST's first images: a search of a second. */
const SEARCH = "--hidden 12 --limit 1500 --trials 9 --epochs 9".split(" ");

const kept = keepDuctus();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-tune-"));
});
afterAll(() => rm(folder, { recursive: true }));

function start(args: readonly string[], main = MAIN) {
  return startProgram(folder, process.execPath, [main, ...args]);
}

function tune(...args: string[]): Promise<Result> {
  return start(["tune", ...args]).result;
}

/** What ends the output of a search that was finished before. */
const FURTHER = /\nThis search was finished before\. To search further, give another folder with --out, [^\n]*\n.*\n$/;

/** What a search printed, but for the folder and the time it took. */
function withoutTimes(stdout: string): string {
  return stdout.replace(/^time .*$/m, "time").replace(/^model .*$/m, "model");
}

/** The best model of a search and its results, each to the byte. */
async function resultOf(out: string) {
  const [model, results] = await Promise.all(
    ["best.safetensors", "search.json"].map((name) => readFile(join(folder, out, name), "latin1")),
  );
  return { model, results };
}

describe("wrong usage is one sentence and exit code 2", () => {
  test.each([
    [["--eta", "5..1"], '--eta: expected a range of two numbers, the lower one first, as in 0.1..10, got "5..1"'],
    [["--eta", "1", "--learning-rate", "1"], "--eta and --learning-rate are the same option: give one of them"],
    [
      ["--eta", "1", "--batch-size", "10"],
      "expected an option to search, as in --learning-rate 0.1..10, got one value for each",
    ],
    [["--trials", "0"], '--trials: expected a whole number from 1 to 10000, got "0"'],
    [["--reduction", "1"], '--reduction: expected a whole number from 2 to 100, got "1"'],
    [["--out", ""], "--out: expected a folder name, got nothing"],
    [["--kernels", "reference"], "tune: unknown option --kernels: see ductus tune --help"],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await kept(folder, ["tune", ...args]);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `ductus: ${message}\n` });
  });
});

describe("a search", () => {
  let whole: Result;
  let expected: Awaited<ReturnType<typeof resultOf>>;
  beforeAll(async () => {
    whole = await tune(...SEARCH, "--workers", "1", "--out", "whole");
    expect(whole).toMatchObject({ code: 0, stderr: "" });
    expected = await resultOf("whole");
  });

  test("prints each rung when it is complete, the best first, then the best of all", () => {
    const lines = whole.stdout.split("\n");
    expect(lines[0].replace(WIDE, "")).toBe("9 trials of batch-size, learning-rate, seed 1, in 3 rungs");
    expect(lines.filter((line) => line.startsWith("rung"))).toEqual([
      "rung 1 of 3: to epoch 1, the best 3 continue",
      "rung 2 of 3: to epoch 3, the best one continues",
      "rung 3 of 3: to epoch 9",
    ]);
    const rows = lines.filter((line) => /^ +\d+ /.test(line));
    const [numbers, scores] = [/^ +(\d+)/, /(\d+) \/ 10000/].map((pattern) =>
      rows.map((row) => Number(pattern.exec(row)?.[1])),
    );
    expect(rows).toHaveLength(13);
    const falling = (values: readonly number[]) => expect(values).toEqual([...values].sort((a, b) => b - a));
    falling(scores.slice(0, 9));
    falling(scores.slice(9, 12));
    expect([...numbers.slice(9, 12)].sort()).toEqual(numbers.slice(0, 3).sort());
    expect(numbers[12]).toBe(numbers[9]);
    for (const line of lines.slice(0, -2)) expect(line.length).toBeLessThan(100);
  });

  test.each(["2", "3"])("with %s workers is the same to the last bit", async (workers) => {
    const out = `${workers} workers`;
    const { code, stdout } = await tune(...SEARCH, "--workers", workers, "--out", out);
    expect(code).toBe(0);
    expect(withoutTimes(stdout)).toBe(withoutTimes(whole.stdout));
    expect(await resultOf(out)).toEqual(expected);
    expect((await readdir(join(folder, out))).sort()).toEqual(["best.safetensors", "search.json"]);
  });

  test("killed at random moments, the same command resumes, to the same result", async () => {
    const random = new RandomStream(Number(process.env.KILL_SEED ?? 1), 1006, 0);
    const size = () => statSync(join(folder, "killed/search.json"), { throwIfNoEntry: false })?.size;
    let kills = 0;
    let last: Result | undefined;
    for (let attempt = 0; last?.code !== 0; attempt++) {
      expect(attempt).toBeLessThan(20);
      const { child, result } = start(["tune", ...SEARCH, "--workers", String(1 + (attempt % 3)), "--out", "killed"]);
      const kill = (range: number) => setTimeout(() => child.kill("SIGKILL"), random.nextBelow(range));
      // The first one before it has any result, or soon after; each other one some time after it has one more.
      const before = size();
      if (attempt === 0) child.stdout?.once("data", () => kill(400));
      const timer = setInterval(() => {
        if (attempt === 0 || size() === before) return;
        clearInterval(timer);
        kill(150);
      }, 2);
      last = await result;
      clearInterval(timer);
      if (last.signal === "SIGKILL") kills++;
      else expect(last).toMatchObject({ code: 0, stderr: "" });
    }
    expect(kills).toBeGreaterThan(2);
    // The last kill may have come after the end of the search.
    expect(withoutTimes(last.stdout.replace(FURTHER, ""))).toBe(withoutTimes(whole.stdout));
    expect(await resultOf("killed")).toEqual(expected);
    expect((await readdir(join(folder, "killed"))).sort()).toEqual(["best.safetensors", "search.json"]);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s stops it, and the same command resumes", async (signal, exitCode) => {
    const args = [...SEARCH, "--out", signal];
    const { child, result } = start(["tune", ...args]);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.kill(signal);
    const { code, stderr } = await result;
    expect({ code, stderr }).toEqual({
      code: exitCode,
      stderr: `ductus: stopped by ${signal}; the same command resumes the search in ${signal}\n`,
    });
    expect((await readdir(join(folder, signal))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    const { stdout } = await tune(...args);
    expect(withoutTimes(stdout)).toBe(withoutTimes(whole.stdout));
  });

  test("is shown again by the same command, and made whole where files are gone", async () => {
    const again = () => kept(folder, ["tune", ...SEARCH, "--out", "whole"]);
    for (const file of ["best.safetensors", "no such file"]) {
      const { stdout } = await again();
      expect(stdout).toMatch(FURTHER);
      expect(withoutTimes(stdout.replace(FURTHER, ""))).toBe(withoutTimes(whole.stdout));
      await rm(join(folder, "whole", file), { force: true });
    }
    expect(whole.stdout).not.toMatch(FURTHER);
    expect(await resultOf("whole")).toEqual(expected);
  });

  test("resumes without the checkpoints of its trials", async () => {
    const { child, result } = start(["tune", ...SEARCH, "--workers", "1", "--out", "bare"]);
    await new Promise((resolve) => {
      child.stdout?.on("data", (text) => String(text).includes("rung 1") && resolve(undefined));
    });
    child.kill("SIGKILL");
    await result;
    for (const name of await readdir(join(folder, "bare")))
      if (name.startsWith("trial-")) await writeFile(join(folder, "bare", name), "broken");
    const { stdout, code } = await tune(...SEARCH, "--out", "bare");
    expect(code).toBe(0);
    expect(withoutTimes(stdout)).toBe(withoutTimes(whole.stdout));
    expect(await resultOf("bare")).toEqual(expected);
  });

  test("refuses the folder of another search, and a file that is none", async () => {
    const other = await kept(folder, ["tune", ...SEARCH, "--seed", "2", "--out", "whole"]);
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toBe(
      "ductus: whole: expected a new folder or one with this search, got one with seed 1 instead of 2: " +
        "give another one with --out, or remove it\n",
    );
    const wider = await kept(folder, ["tune", ...SEARCH, "--eta", "0.1..1", "--out", "whole"]);
    expect(wider.stderr).toContain("got one with learning-rate not given instead of 0.1..1:");
    await mkdir(join(folder, "none"));
    await writeFile(join(folder, "none/search.json"), "{}");
    const none = await kept(folder, ["tune", ...SEARCH, "--out", "none"]);
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toMatch(
      /^ductus: none\/search.json: expected the search of ductus tune, got something else: [^\n]+\n$/,
    );
  });

  test("says of which epoch the best figures are, where the last rung shows another one", async () => {
    const [, epoch, note] = /^best trial {5}\d+, after epoch (\d+)(.*)$/m.exec(whole.stdout) ?? [];
    const [, score] = /^validation .*\((\d+ \/ 10000),/m.exec(whole.stdout) ?? [];
    const [, last] = /^rung 3 of 3: to epoch 9\n.*\n +\d+ +(\d+ \/ 10000) /m.exec(whole.stdout) ?? [];
    expect(last).toMatch(/^\d/);
    expect(note).toBe(epoch === "9" ? "" : ", its best (the last rung shows epoch 9)");
    if (epoch === "9") expect(score).toBe(last);
    else expect(Number.parseInt(score, 10)).toBeGreaterThanOrEqual(Number.parseInt(last, 10));
  });

  test("ends with a command that trains the best model again, to the same bits", async () => {
    const [, command] = /^train again {4}ductus (train .*)$/m.exec(whole.stdout) ?? [];
    const [, score] = /^validation .*\((\d+ \/ 10000),/m.exec(whole.stdout) ?? [];
    const { code, stdout } = await start([...command.split(" "), "--out", "again.safetensors"]).result;
    expect(code).toBe(0);
    const epochs = stdout.split("\n").filter((line) => /^ +\d+ /.test(line));
    expect(epochs[epochs.length - 1]).toContain(` ${score} `);
    const kernels = createReference();
    const [best, again] = await Promise.all(
      ["whole/best.safetensors", "again.safetensors"].map(async (path) =>
        Network.load(await readFile(join(folder, path)), { kernels }),
      ),
    );
    expect(await best.hash()).toBe(await again.hash());
    const recipe = ({ metadata }: Network) =>
      [...metadata].filter(([key]) => !["history", "search", "test_correct"].includes(key));
    expect(recipe(best)).toEqual(recipe(again));
  });

  test("leaves a model that evaluate, resume and report take", async () => {
    const best = "whole/best.safetensors";
    const measured = await kept(folder, ["evaluate", best, "--set", "validation", "--json"]);
    expect(whole.stdout).toContain(`(${JSON.parse(measured.stdout).correct} / 10000,`);
    const resumed = await kept(folder, ["resume", best, "--epochs", "12", "--out", "more.safetensors"]);
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    const reported = await kept(folder, ["report", best]);
    expect(reported).toMatchObject({ code: 0, stderr: "" });
    const html = await readFile(join(folder, "report.html"), "utf8");
    const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html) ?? [];
    const { search } = JSON.parse(json);
    expect(search.options).toEqual([
      { name: "batch-size", scale: "log" },
      { name: "learning-rate", scale: "log" },
    ]);
    expect(search.trials).toHaveLength(9);
    expect(search.trials[search.best].points).toHaveLength(9);
  });
});

describe("what goes wrong", () => {
  const SMALL = ["--limit", "200", "--hidden", "5", "--epochs", "3", "--batch-size", "10"];

  test("a trial that diverges, or whose settings cannot be used, is last, and the search continues", async () => {
    const rates = ["--activation", "relu", "--cost", "log-likelihood", "--eta", "0.01|1e30"];
    const diverged = await kept(folder, ["tune", ...SMALL, ...rates, "--out", "diverges"]);
    expect(diverged).toMatchObject({ code: 0, stderr: "" });
    expect(diverged.stdout).toMatch(
      /^ +2 {2}failed .* 1e30 {2}training diverged: weights or cost are no longer finite/m,
    );
    expect(diverged.stdout).toMatch(/^best trial {5}1, /m);
    // Weights that are finite, a cost that is not.
    const overflows = ["--activation", "relu", "--cost", "log-likelihood", "--init", "he", "--hidden", "30,20"];
    const once = ["--limit", "100", "--batch-size", "100", "--epochs", "2", "--eta", "1e10|0.05", "--out", "overflows"];
    const first = await kept(folder, ["tune", ...overflows, ...once]);
    expect(first.stdout).toMatch(/failed .* 1e10 {2}training diverged/m);
    const again = await kept(folder, ["tune", ...overflows, ...once]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(withoutTimes(again.stdout.replace(FURTHER, ""))).toBe(withoutTimes(first.stdout));
    const large = await kept(folder, ["tune", ...SMALL, "--eta", "1", "--batch-size", "10|201", "--out", "large"]);
    expect(large.code).toBe(0);
    expect(large.stdout).toMatch(/^ +2 {2}failed .* 201 {2}batch size: expected at most 200,/m);
    const report = await kept(folder, ["report", "diverges/best.safetensors"]);
    expect(report.code).toBe(0);
  });

  test("where all trials fail, the error says why", async () => {
    const rates = ["--activation", "relu", "--cost", "log-likelihood", "--eta", "1e29|1e30"];
    const { code, stderr } = await kept(folder, ["tune", ...SMALL, ...rates, "--out", "all fail"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ductus: every trial failed, the first one thus: training diverged: [^\n]*\n$/);
  });

  test("a schedule that depends on the number of epochs is followed to its end", async () => {
    const { stdout } = await kept(folder, [
      "tune",
      ...SMALL,
      "--eta",
      "1|2|4",
      "--schedule",
      "cosine",
      "--out",
      "cosine",
    ]);
    expect(stdout).toMatch(/, after epoch 3$/m);
    const [, command] = /^train again {4}ductus (train .*)$/m.exec(stdout) ?? [];
    expect(command).toContain("--epochs 3 ");
    const [, score] = /^validation .*\((\d+ \/ 10000),/m.exec(stdout) ?? [];
    expect((await kept(folder, [...command.split(" "), "--out", "cosine.safetensors"])).stdout).toContain(` ${score} `);
  });

  test.each([
    [["--validation", "300"], 300],
    // It holds none back to train on all, but settings are chosen by some.
    [["--preset", "best", "--shift", "0..2", "--dropout", "0|0.1|0.2"], 10000],
  ])("%j: the command of the best holds as many images back, and trains it again", async (options, images) => {
    const out = options[0].slice(2);
    const { stdout } = await kept(folder, ["tune", ...options, ...SMALL, "--trials", "3", "--out", out]);
    const [, command] = /^train again {4}ductus (train .*)$/m.exec(stdout) ?? [];
    expect(command).toContain(` --validation ${images} `);
    const [, score] = /^validation .*\((\d+ \/ \d+),/m.exec(stdout) ?? [];
    expect(score).toMatch(` / ${images}`);
    const again = await kept(folder, [...command.split(" "), "--out", `${out}.safetensors`]);
    expect(again.stdout).toContain(` ${score} `);
    expect((await kept(folder, ["resume", `${out}.safetensors`, "--epochs", "9"])).code).toBe(0);
  });

  test("the test set is not read", async () => {
    const data = join(folder, "untested");
    await mkdir(data);
    await writeIdxFolder(data, { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
    await rm(join(data, "t10k-images-idx3-ubyte"));
    await writeFile(join(data, "t10k-labels-idx1-ubyte"), "no labels");
    const { code, stderr } = await tune("--data", data, "--epochs", "3", "--trials", "3", "--out", "untested search");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test.each([
    ["ends", "process.exit(3);", /a worker thread was lost: it ended with code 3;/],
    ["throws", "throw new Error('no memory');", /a worker thread was lost: Error: no memory;/],
  ])("a worker that %s is an error, not a wait", async (name, script, message) => {
    const copy = join(folder, `copy ${name}`);
    await cp(join(ROOT, "build"), join(copy, "build"), { recursive: true });
    await cp(join(ROOT, "package.json"), join(copy, "package.json"));
    await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
    await writeFile(join(copy, "build/cli/tune-worker.js"), script);
    const args = ["tune", ...SMALL, "--out", `lost ${name}`];
    const { code, stderr } = await start(args, join(copy, "build/cli/main.js")).result;
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
