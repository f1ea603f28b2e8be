// ductus tune: what it draws, who goes on, and that neither workers nor kills change the result.

import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bestEpoch, failed, type Outcome, ranked, rungsOf } from "../src/cli/tune/halving.js";
import { drawNumber, drawTrials, parseSpace, type Settings } from "../src/cli/tune/space.js";
import { UsageError } from "../src/cli/usage.js";
import { Network } from "../src/network.js";
import { RandomStream } from "../src/random.js";
import { createReference } from "../src/reference.js";
import { decodeSafetensors } from "../src/safetensors.js";
import { writeIdxFolder } from "./idx-files.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAIN = join(ROOT, "build/cli/main.js");
/** MNIST's first images: a search of a second. */
const SEARCH = "--hidden 12 --limit 1500 --trials 9 --epochs 9".split(" ");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-tune-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Result {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], main = MAIN): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const result = new Promise<Result>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, result };
}

function tune(...args: string[]): Promise<Result> {
  return start(["tune", ...args]).result;
}

/** What a search printed, but for the folder and the time it took. */
function withoutTimes(stdout: string): string {
  return stdout.replace(/^time .*$/m, "time").replace(/^model .*$/m, "model");
}

/** The best model of a search, and its results, but for the time they took. */
async function resultOf(out: string) {
  const untimed = (text = "") => text.replace(/"seconds":[^,}]+/g, "");
  const { tensors, metadata } = decodeSafetensors(await readFile(join(folder, out, "best.safetensors")));
  const results = await readFile(join(folder, out, "search.json"), "utf8");
  return {
    tensors,
    metadata: new Map([...metadata].map(([key, text]) => [key, untimed(text)])),
    results: untimed(results),
  };
}

describe("halving", () => {
  test.each([
    [27, 27, 3, "27@1 9@3 3@9 1@27"],
    [27, 30, 3, "27@2 9@4 3@10 1@30"],
    [27, 9, 3, "27@1 9@3 3@9"],
    [10, 30, 3, "10@4 3@10 1@30"],
    [2, 30, 3, "2@30"],
    [16, 1, 2, "16@1"],
    [16, 5, 2, "16@2 8@3 4@5"],
  ])("%i trials, %i epochs, one of %i goes on: %s", (trials, epochs, reduction, expected) => {
    expect(
      rungsOf(trials, epochs, reduction)
        .map((rung) => `${rung.trials}@${rung.epochs}`)
        .join(" "),
    ).toBe(expected);
  });

  test("ranks by accuracy, then cost, then number; failures last", () => {
    const outcome = (trial: number, correct: number, cost: number): Outcome => ({
      ...failed(trial, 1, ""),
      correct,
      cost,
      error: undefined,
    });
    const outcomes = [
      failed(1, 1, "diverged"),
      outcome(2, 5, 0.2),
      outcome(3, 5, 0.1),
      outcome(5, 7, 3),
      outcome(4, 5, 0.1),
    ];
    expect(ranked(outcomes).map(({ trial }) => trial)).toEqual([5, 3, 4, 2, 1]);
  });

  test("the best epoch is the most accurate one, then that of least cost, then the first", () => {
    const epochs = [0.9, 0.95, 0.95, 0.95, 0.94].map((validationAccuracy, i) => ({
      epoch: i + 1,
      cost: 0,
      accuracy: 1,
      validationAccuracy,
      validationCost: [1, 0.5, 0.4, 0.4, 0][i],
      seconds: 1,
    }));
    expect(bestEpoch(epochs)?.epoch).toBe(3);
    expect(bestEpoch([])).toBeUndefined();
  });
});

describe("what is drawn", () => {
  const WORDS = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

  test("numbers lie in their range and have three digits", () => {
    const random = new RandomStream(1, 1005, 0);
    const words = [...WORDS, ...Array.from({ length: 1000 }, () => random.nextWord())];
    for (const word of words) {
      const rate = drawNumber("log", [0.013, 12], word);
      expect(rate).toBeGreaterThanOrEqual(0.013);
      expect(rate).toBeLessThanOrEqual(12);
      expect(rate).toBe(Number(rate.toPrecision(3)));
      const momentum = drawNumber("share", [0.5, 0.999], word);
      expect(momentum).toBeGreaterThanOrEqual(0.5);
      expect(momentum).toBeLessThanOrEqual(0.999);
      expect(drawNumber("whole", [4, 6], word)).toBeOneOf([4, 5, 6]);
      expect(drawNumber("whole", [0, 2], word)).toBeOneOf([0, 1, 2]);
    }
  });

  test("ranges are searched by factors, shares by those of their distance to 1, others evenly", () => {
    const middle = 0x80000000;
    expect(drawNumber("log", [0.01, 1], middle)).toBe(0.1);
    expect(drawNumber("share", [0.9, 0.999], middle)).toBe(0.99);
    expect(drawNumber("uniform", [0, 0.5], middle)).toBe(0.25);
    expect(drawNumber("whole", [1, 99], middle)).toBe(10);
    const sizes = Array.from({ length: 256 }, (_, i) => drawNumber("whole", [4, 63], i * 2 ** 24));
    const below = (n: number) => sizes.filter((size) => size < n).length;
    expect([below(8), below(16), below(32)]).toEqual([64, 128, 192]);
  });

  test("a trial's settings depend on seed and number alone", () => {
    const space = parseSpace({ hidden: "20..200", activation: "tanh|relu", momentum: "0.5..0.99" });
    const nine = drawTrials(space, 9, 1);
    expect(drawTrials(space, 30, 1).slice(0, 9)).toEqual(nine);
    expect(drawTrials(space, 9, 2)).not.toEqual(nine);
    expect(nine[0]).toMatchInlineSnapshot(`
      {
        "activation": "tanh",
        "batch-size": "12",
        "hidden": "110",
        "learning-rate": "6.77",
        "momentum": "0.9507",
      }
    `);
  });

  test("without a range eta and batch size are searched, eta about what suits cost and optimiser", () => {
    const rates = (options: Settings) =>
      drawTrials(parseSpace(options), 200, 1).map((settings) => Number(settings["learning-rate"]));
    const between = (values: readonly number[]) => [Math.min(...values), Math.max(...values)];
    for (const [options, low, high] of [
      [{}, 0.25, 10],
      [{ preset: "book" }, 0.01, 0.4],
      [{ optimizer: "adamw", cost: "log-likelihood" }, 0.0001, 0.01],
      [{ optimizer: "nesterov" }, 0.025, 1],
    ] as const) {
      const [least, most] = between(rates(options));
      expect(least).toBeGreaterThanOrEqual(low);
      expect(least).toBeLessThan(low * 1.2);
      expect(most).toBeLessThanOrEqual(high);
      expect(most).toBeGreaterThan(high / 1.2);
    }
    const drawn = drawTrials(parseSpace({ optimizer: "sgd|adam", "batch-size": "10" }), 100, 1);
    for (const { optimizer, "learning-rate": rate } of drawn) expect(Number(rate) <= 0.01).toBe(optimizer === "adam");
  });

  test("where there are choices only, each combination is tried once", () => {
    const space = parseSpace({ activation: "tanh|relu", eta: "0.1|0.2|0.5", "batch-size": "10" });
    const drawn = drawTrials(space, 27, 1).map((settings) => Object.values(settings).join());
    expect(drawn).toHaveLength(6);
    expect(new Set(drawn).size).toBe(6);
    expect(drawTrials(space, 5, 1)).toHaveLength(5);
  });
});

describe("what cannot be drawn from is refused in one sentence", () => {
  const RANGE = "expected a range of two numbers, the lower one first, as in 0.1..10";
  test.each([
    ["learning-rate", "5..1", RANGE],
    ["learning-rate", "a..b", RANGE],
    ["learning-rate", "1..2..3", RANGE],
    ["learning-rate", "..3", RANGE],
    ["learning-rate", "1..1", RANGE],
    ["hidden", "30,20..40", RANGE],
    ["activation", "a..b", RANGE],
    [
      "weight-decay",
      "0..1",
      "expected a range that begins above 0, because it is searched by factors; or choices, as in 0|1e-5|1e-4",
    ],
    ["learning-rate", "1||2", "expected choices as in a|b|c, none of them empty"],
    ["learning-rate", "|", "expected choices as in a|b|c, none of them empty"],
    ["learning-rate", "0.1|1..2", "expected either choices as in a|b|c or a range as in 0.1..10"],
    ["epochs", "1..9", "expected a whole number from 1 to 1000000"],
    ["seed", "1|2", "expected a whole number from 0 to 4294967295"],
  ])("--%s %s", (name, text, expected) => {
    expect(() => parseSpace({ [name]: text })).toThrow(new UsageError(`--${name}: ${expected}, got "${text}"`));
  });

  test.each([
    ["eta", "0..1", '--learning-rate: expected a number above 0, up to 3.4e38, got "0"'],
    ["batch-size", "1.5..4", '--batch-size: expected a whole number from 1 to 1000000, got "1.5"'],
    ["momentum", "0.5..1", '--momentum: expected a number from 0 to below 1, got "1"'],
    ["activation", "tanh|swish", '--activation: expected sigmoid, tanh or relu, got "swish"'],
  ])("--%s %s, for a value in it", (name, text, message) => {
    expect(() => parseSpace({ [name]: text })).toThrow(new UsageError(message));
  });

  test.each([
    [["--eta", "5..1"], `--learning-rate: ${RANGE}, got "5..1"`],
    [["--eta", "1", "--learning-rate", "1"], "--eta and --learning-rate are the same option: give one of them"],
    [
      ["--eta", "1", "--batch-size", "10"],
      "expected an option to search, as in --learning-rate 0.1..10, got one value for each",
    ],
    [["--trials", "0"], '--trials: expected a whole number from 1 to 10000, got "0"'],
    [["--reduction", "1"], '--reduction: expected a whole number from 2 to 100, got "1"'],
    [["--out", ""], "--out: expected a folder name, got nothing"],
    [["--kernels", "reference"], "Unknown option '--kernels': see --help"],
  ])("%j: exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await tune(...args);
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
    expect(lines[0]).toBe("9 trials of batch-size, learning-rate, seed 1, in 3 rungs");
    expect(lines.filter((line) => line.startsWith("rung"))).toEqual([
      "rung 1 of 3: to epoch 1, the best 3 go on",
      "rung 2 of 3: to epoch 3, the best one goes on",
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

  test("killed at random moments, the same command goes on, to the same result", async () => {
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
    expect(withoutTimes(last.stdout)).toBe(withoutTimes(whole.stdout));
    expect(await resultOf("killed")).toEqual(expected);
    expect((await readdir(join(folder, "killed"))).sort()).toEqual(["best.safetensors", "search.json"]);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s stops it, and the same command goes on", async (signal, exitCode) => {
    const args = [...SEARCH, "--out", signal];
    const { child, result } = start(["tune", ...args]);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.kill(signal);
    const { code, stderr } = await result;
    expect({ code, stderr }).toEqual({
      code: exitCode,
      stderr: `ductus: stopped by ${signal}; the same command goes on with the search in ${signal}\n`,
    });
    expect((await readdir(join(folder, signal))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    const { stdout } = await tune(...args);
    expect(withoutTimes(stdout)).toBe(withoutTimes(whole.stdout));
  });

  test("is shown again by the same command, and made whole where files are gone", async () => {
    const again = () => tune(...SEARCH, "--out", "whole");
    expect(withoutTimes((await again()).stdout)).toBe(withoutTimes(whole.stdout));
    await rm(join(folder, "whole/best.safetensors"));
    expect(withoutTimes((await again()).stdout)).toBe(withoutTimes(whole.stdout));
    expect(await resultOf("whole")).toEqual(expected);
  });

  test("goes on without the checkpoints of its trials", async () => {
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
    const other = await tune(...SEARCH, "--seed", "2", "--out", "whole");
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toBe(
      "ductus: whole: expected a new folder or one with this search, got one with seed 1 instead of 2: " +
        "give another one with --out, or remove it\n",
    );
    const wider = await tune(...SEARCH, "--eta", "0.1..1", "--out", "whole");
    expect(wider.stderr).toContain("got one with learning-rate not given instead of 0.1..1:");
    await mkdir(join(folder, "none"));
    await writeFile(join(folder, "none/search.json"), "{}");
    const none = await tune(...SEARCH, "--out", "none");
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toMatch(
      /^ductus: none\/search.json: expected the search of ductus tune, got something else: [^\n]+\n$/,
    );
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
    const measured = await start(["evaluate", best, "--set", "validation", "--json"]).result;
    expect(whole.stdout).toContain(`(${JSON.parse(measured.stdout).correct} / 10000,`);
    const resumed = await start(["resume", best, "--epochs", "12", "--out", "more.safetensors"]).result;
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    const reported = await start(["report", best]).result;
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

  test("a trial that diverges, or whose settings cannot be used, is last, and the search goes on", async () => {
    const rates = ["--activation", "relu", "--cost", "log-likelihood", "--eta", "0.01|1e30"];
    const diverged = await tune(...SMALL, ...rates, "--out", "diverges");
    expect(diverged).toMatchObject({ code: 0, stderr: "" });
    expect(diverged.stdout).toMatch(/^ +2 {2}failed .* 1e30 {2}training diverged: weights are no longer finite/m);
    expect(diverged.stdout).toMatch(/^best trial {5}1, /m);
    const large = await tune(...SMALL, "--eta", "1", "--batch-size", "10|201", "--out", "large");
    expect(large.code).toBe(0);
    expect(large.stdout).toMatch(/^ +2 {2}failed .* 201 {2}batch size: expected at most 200,/m);
    const report = await start(["report", "diverges/best.safetensors"]).result;
    expect(report.code).toBe(0);
  });

  test("where all trials fail, the error says why", async () => {
    const rates = ["--activation", "relu", "--cost", "log-likelihood", "--eta", "1e29|1e30"];
    const { code, stderr } = await tune(...SMALL, ...rates, "--out", "all fail");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ductus: every trial failed, the first one thus: training diverged: [^\n]*\n$/);
  });

  test("a schedule that depends on the number of epochs is followed to its end", async () => {
    const { stdout } = await tune(...SMALL, "--eta", "1|2|4", "--schedule", "cosine", "--out", "cosine");
    expect(stdout).toMatch(/, after epoch 3$/m);
    const [, command] = /^train again {4}ductus (train .*)$/m.exec(stdout) ?? [];
    expect(command).toContain("--epochs 3 ");
    const [, score] = /^validation .*\((\d+ \/ 10000),/m.exec(stdout) ?? [];
    expect((await start([...command.split(" "), "--out", "cosine.safetensors"]).result).stdout).toContain(` ${score} `);
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
