// The grammar of the command line: what help prints, and what is said of a command line that is wrong.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "ductus/recipe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DISTORT, distort } from "../../apps/cli/distort.js";
import { EVALUATE, evaluate } from "../../apps/cli/evaluate.js";
import { EXPORT, exportModel } from "../../apps/cli/export.js";
import { IMPORT, importModel } from "../../apps/cli/import.js";
import { PREDICT, predict } from "../../apps/cli/predict.js";
import { WORKER, worker } from "../../apps/cli/queue/worker.js";
import { READ, read } from "../../apps/cli/read.js";
import { REPORT, report } from "../../apps/cli/report.js";
import { RESUME, resume } from "../../apps/cli/resume.js";
import { TRAIN, train } from "../../apps/cli/train.js";
import { TUNE } from "../../apps/cli/tune/plan.js";
import { tune } from "../../apps/cli/tune/tune.js";
import { type Command, exitCodeOf, helpOf } from "../../apps/cli/usage.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, type Result, startDuctus } from "./command-line.js";

const IMAGES = "data/t10k-images-idx3-ubyte";

const COMMANDS: readonly (readonly [string, Command, (args: readonly string[]) => Promise<void>])[] = [
  ["train", TRAIN, train],
  ["tune", TUNE, tune],
  ["worker", WORKER, worker],
  ["resume", RESUME, resume],
  ["evaluate", EVALUATE, evaluate],
  ["predict", PREDICT, predict],
  ["read", READ, read],
  ["distort", DISTORT, distort],
  ["export", EXPORT, exportModel],
  ["import", IMPORT, importModel],
  ["report", REPORT, report],
];

const kept = keepDuctus();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-usage-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
  const train = ["train", "--data", "data", "--epochs", "3", "--hidden", "8", "--validation", "0"];
  expect(await startDuctus(folder, train).result).toMatchObject({ code: 0, stderr: "" });
});
afterAll(() => rm(folder, { recursive: true }));

function ductus(args: readonly string[]): Promise<Result> {
  return kept(folder, args);
}

/** A text with its line breaks and columns taken out. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

describe("help", () => {
  test("train --help names every option with its range and default", async () => {
    const { code, stdout } = await ductus(["train", "--help"]);
    expect(code).toBe(0);
    const options = [
      "epochs",
      "batch-size",
      "learning-rate",
      "eta",
      "hidden",
      "init",
      "seed",
      "data",
      "limit",
      "kernels",
    ];
    for (const option of [...options, "out", "help"]) expect(stdout).toContain(`  --${option} `);
    expect(oneLine(stdout)).toContain("a whole number from 1 to 1000000 (default 30)");
  });

  test("--help names the commands", async () => {
    const { code, stdout } = await ductus(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("train");
  });

  test.each(COMMANDS)("%s --help fits 80 columns, and says all there is to say", async (name, command) => {
    const { stdout } = await ductus([name, "--help"]);
    for (const line of stdout.split("\n")) {
      expect(line.length, line).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
    const { usage, summary, options } = command;
    const explained = Object.entries(options).map(([option, { value, help, default: defaultText }]) =>
      [`--${option}`, value, help, defaultText && `(default ${defaultText})`].filter(Boolean).join(" "),
    );
    const help = "--help print this and exit; so does -h";
    expect(oneLine(stdout)).toBe(oneLine([`Usage: ductus ${usage}`, summary, ...explained, help].join(" ")));
    // Descriptions are in one column.
    const [, ...table] = stdout.split(/\n(?= {2}--)/);
    const columns = table.flatMap((row) =>
      row
        .trimEnd()
        .split("\n")
        .map((line) => /^( {2}--\S+( \S+)?)? +/.exec(line)?.[0].length),
    );
    expect(new Set(columns).size).toBe(1);
  });

  test("--help of the program fits 80 columns", async () => {
    const { stdout } = await ductus(["--help"]);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test.each(COMMANDS)(
    "%s: -h, --help and help before it print the same, whatever else is given",
    async (name, command) => {
      const texts = await Promise.all(
        [
          [name, "-h"],
          ["help", name],
          ["--help", name],
          [name, "--nonsense", "--help"],
        ].map((args) => ductus(args)),
      );
      for (const text of texts)
        expect(text).toEqual({ code: 0, signal: null, stdout: `${helpOf(command)}\n`, stderr: "" });
    },
  );

  test.each(COMMANDS)("%s: --help with a value is wrong, unless help is asked for as well", async (name) => {
    const [wrong, right] = await Promise.all([
      ductus([name, "--help=train"]),
      ductus([name, "--help=train", "--help"]),
    ]);
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toBe(`ductus: ${name}: --help: expected no value, got "train": see ductus ${name} --help\n`);
    expect(right.code).toBe(0);
  });

  test("-v is --version", async () => {
    const [short, long] = await Promise.all([ductus(["-v"]), ductus(["--version"])]);
    expect(short).toEqual(long);
    expect(short).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
  });

  test("a word that is longer than a line has one of its own; paragraphs stay apart", () => {
    const word = "x".repeat(100);
    const command: Command = { usage: "do", summary: `One ${word} two.\n\nThree.`, arguments: 0, options: {} };
    expect(helpOf(command)).toBe(
      `Usage: ductus do\n\nOne\n${word}\ntwo.\n\nThree.\n\n  --help  print this and exit; so does -h`,
    );
  });
});

describe("wrong usage is one sentence and exit code 2", () => {
  test.each([
    [["train", "--epochs", "0"], '--epochs: expected a whole number from 1 to 1000000, got "0"'],
    [["train", "--epochs", "1e99"], '--epochs: expected a whole number from 1 to 1000000, got "1e99"'],
    [["train", "--batch-size", "2.5"], '--batch-size: expected a whole number from 1 to 1000000, got "2.5"'],
    [["train", "--eta", "NaN"], '--eta: expected a number above 0, up to 3.4e38, got "NaN"'],
    [["train", "--eta", "-1"], '--eta: expected a number above 0, up to 3.4e38, got "-1"'],
    [
      ["train", "--hidden", "-5"],
      '--hidden: expected a whole number from 1 to 65536, several with commas between them, or none, got "-5"',
    ],
    [["train", "--eta", "1e-50"], '--eta: expected a number above 0, up to 3.4e38, got "1e-50"'],
    [["train", "-5"], "train: unknown option -5: see ductus train --help"],
    [["train", "--eta=-1"], '--eta: expected a number above 0, up to 3.4e38, got "-1"'],
    [
      ["train", "--learning-rate", "Infinity"],
      '--learning-rate: expected a number above 0, up to 3.4e38, got "Infinity"',
    ],
    [
      ["train", "--eta", "1", "--learning-rate", "1"],
      "--eta and --learning-rate are the same option: give one of them",
    ],
    [
      ["train", "--hidden", "30,0"],
      '--hidden: expected a whole number from 1 to 65536, several with commas between them, or none, got "0"',
    ],
    [
      ["train", "--hidden", "30,"],
      '--hidden: expected a whole number from 1 to 65536, several with commas between them, or none, got ""',
    ],
    [["train", "--seed", "4294967296"], '--seed: expected a whole number from 0 to 4294967295, got "4294967296"'],
    [["train", "--limit", "0"], '--limit: expected a whole number from 1 to 4294967295, got "0"'],
    [["train", "--init", "zero"], '--init: expected normal, scaled or he, got "zero"'],
    [["train", "--optimizer", "lion"], '--optimizer: expected sgd, momentum, nesterov, adam or adamw, got "lion"'],
    [["train", "--momentum", "1"], '--momentum: expected a number from 0 to below 1, got "1"'],
    [
      ["train", "--schedule", "step:0.5"],
      "--schedule: expected constant, cosine, or step:N:F with N from 1 to 999999 and F above 0, up to 1, " +
        'got "step:0.5"',
    ],
    [["train", "--activation", "swish"], '--activation: expected sigmoid, tanh or relu, got "swish"'],
    [["train", "--preset", "good"], '--preset: expected notes, book, best or hand, got "good"'],
    [["train", "--dropout", "1"], '--dropout: expected a number from 0 to below 1, got "1"'],
    [["train", "--rotation", "-5"], '--rotation: expected a number from 0 to 180, got "-5"'],
    [["distort", "--epochs", "101"], '--epochs: expected a whole number from 1 to 100, got "101"'],
    [["train", "--threads", "0"], '--threads: expected a whole number from 1 to 64, got "0"'],
    [["train", "--kernels", "gpu"], '--kernels: expected wasm or reference, got "gpu"'],
    [["train", "--out", ""], "--out: expected a file name, got nothing"],
    [["train", "--hiden", "30"], "train: unknown option --hiden: did you mean --hidden? See ductus train --help"],
    [["train", "mnist"], 'train: unexpected argument "mnist": see ductus train --help'],
    [["train", "--epochs"], "train: --epochs: expected a value, N, got none: see ductus train --help"],
    [["train", "--eta", "-1", "--epochs"], "train: --epochs: expected a value, N, got none: see ductus train --help"],
    [["train", "--eta", "-.5"], '--eta: expected a number above 0, up to 3.4e38, got "-.5"'],
    [
      ["train", "--out", "--seed", "3"],
      "train: --out: expected a value, FILE, got the option --seed: see ductus train --help",
    ],
    [["train", "--epoch", "3"], "train: unknown option --epoch: did you mean --epochs? See ductus train --help"],
    [["train", "--epoch=3"], "train: unknown option --epoch: did you mean --epochs? See ductus train --help"],
    [["train", "-epochs", "3"], "train: unknown option -epochs: did you mean --epochs? See ductus train --help"],
    [
      ["train", "--checkpoint", "3"],
      "train: unknown option --checkpoint: did you mean --checkpoint-every? See ductus train --help",
    ],
    [
      ["train", "--eta", "-1", "-epochs=3"],
      "train: unknown option -epochs: did you mean --epochs? See ductus train --help",
    ],
    [["train", "--nonsense"], "train: unknown option --nonsense: see ductus train --help"],
    // Two edits make these known options, but that is half of a short name.
    [["distort", "--count", "3"], "distort: unknown option --count: see ductus distort --help"],
    [["train", "--rate", "3"], "train: unknown option --rate: see ductus train --help"],
    [["train", "--lime", "3"], "train: unknown option --lime: see ductus train --help"],
    [["train", "--eppchs", "3"], "train: unknown option --eppchs: did you mean --epochs? See ductus train --help"],
    [["train", "--esed", "3"], "train: unknown option --esed: did you mean --seed? See ductus train --help"],
    [
      ["train", "--label", "3"],
      "train: unknown option --label: did you mean --label-smoothing? See ductus train --help",
    ],
    [["train", "--__proto__", "1"], "train: unknown option --__proto__: see ductus train --help"],
    [["train", "--seed", "1", "--seed", "x"], '--seed: expected a whole number from 0 to 4294967295, got "x"'],
    [
      ["train", "--data", "data", "--validation", "120"],
      "--validation: expected fewer than the 120 training images there are, got 120",
    ],
    [
      ["tune", "--data", "data", "--validation", "120"],
      "--validation: expected fewer than the 120 training images there are, got 120",
    ],
    [["tune", "--validation", "0"], '--validation: expected at least 1 image, to choose settings by, got "0"'],
    [
      ["resume", "--epochs", "2"],
      "--epochs: expected at least 3, the epochs that model.safetensors was trained for, got 2",
    ],
    [["resume", "a", "b"], 'resume: unexpected argument "b": see ductus resume --help'],
    [["evaluate", "--set", "x"], '--set: expected test, validation or training, got "x"'],
    [["evaluate", "--set", "validation"], "--set: expected test or training, got validation: none was held back"],
    [["evaluate", "--json=1"], 'evaluate: --json: expected no value, got "1": see ductus evaluate --help'],
    [["evaluate", ""], "evaluate: expected a file name, got nothing: see ductus evaluate --help"],
    [["evaluate", "none", "--data", ""], "--data: expected a file or folder name, got nothing"],
    [["predict"], "predict: expected one or more pictures, got none: see ductus predict --help"],
    [["predict", ""], "predict: expected a file name, got nothing: see ductus predict --help"],
    [["predict", "none", "--index", "abc"], '--index: expected a whole number from 0, got "abc"'],
    [["predict", IMAGES, "--index", "20"], `--index: expected less than 20, the number of images in ${IMAGES}, got 20`],
    [["export", "--format", "pt"], '--format: expected onnx, safetensors, json, npz, c or csv, got "pt"'],
    [
      ["export", "--out", "w.xyz"],
      "--out: expected a name that ends in .onnx, .safetensors, .json, .npz, .c, .h or .csv, or a --format, got w.xyz",
    ],
    [["export", "--int8"], "--int8: expected --format c beside it, got onnx"],
    [
      ["export", "--out", "7.c"],
      "--out: expected for C a name of 1 to 40 letters, digits, _, - and ., the first a letter, with which its " +
        "functions begin, got 7.c",
    ],
    [["import"], "import: expected a file, got none: see ductus import --help"],
    [
      ["export", "--out", "model.safetensors"],
      "--out: expected another file than the model itself, got model.safetensors",
    ],
    [
      ["report", "--out", "./model.safetensors"],
      "--out: expected another file than the model itself, got ./model.safetensors",
    ],
    [["foo"], "unknown command foo: see ductus --help"],
    [[""], "unknown command : see ductus --help"],
    [["help", "trian"], "unknown command trian: did you mean train? See ductus --help"],
    [["help", "train", "tune"], 'unexpected argument "tune": see ductus --help'],
    [["-v", "train"], 'unexpected argument "train": see ductus --help'],
    [["version"], "unknown command version: did you mean --version? See ductus --help"],
    [["--verison"], "unknown option --verison: did you mean --version? See ductus --help"],
    [["--epochs", "3"], "unknown option --epochs: see ductus --help"],
    [["tain"], "unknown command tain: did you mean train? See ductus --help"],
    [
      [],
      "expected a command: train, tune, worker, cross-validate, resume, evaluate, predict, read, distort, convert, " +
        "export, import, report, got none: " +
        "see ductus --help",
    ],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await ductus(args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `ductus: ${message}\n` });
  });
});

describe("every option of every command, before a file is read", () => {
  const home = process.cwd();
  beforeAll(() => process.chdir(folder));
  afterAll(() => process.chdir(home));

  /** What a command throws: wrong usage, and nothing else. */
  async function refusal(run: (args: readonly string[]) => Promise<void>, ...args: string[]): Promise<string> {
    const error = await run(args).then(
      () => new Error("none"),
      (error) => error,
    );
    expect(error, `${args.join(" ")}: ${error.message}`).toBeInstanceOf(UsageError);
    expect(exitCodeOf(error)).toBe(2);
    expect(error.message).not.toContain("\n");
    return error.message;
  }

  // A file is an argument that is needed: one that is not there would be told of otherwise.
  const needed = (name: string) => (["predict", "read", "import"].includes(name) ? ["none.png"] : []);

  test.each(COMMANDS)("%s: a value that is missing, empty or malformed", async (name, { options }, run) => {
    for (const [option, { value }] of Object.entries(options)) {
      const flag = `--${option}`;
      const refused = new RegExp(`^${flag}: expected `);
      if (value === undefined) {
        expect(await refusal(run, ...needed(name), `${flag}=yes`)).toContain(`${flag}: expected no value, got "yes"`);
        continue;
      }
      expect(await refusal(run, ...needed(name), flag)).toContain(`${flag}: expected a value, ${value}, got none`);
      expect(await refusal(run, ...needed(name), flag, "--help=")).toContain("got the option --help=");
      expect(await refusal(run, ...needed(name), flag, "")).toMatch(refused);
      if (!["FILE", "DIR", "PATH", "SET", "COLUMN"].includes(value)) {
        for (const wrong of ["nonsense", "-1", "1e999", "NaN"]) {
          expect(await refusal(run, ...needed(name), flag, wrong)).toMatch(refused);
        }
      }
    }
  });

  test.each(COMMANDS)("%s: an option that is misspelt is recognized", async (name, { options }, run) => {
    for (const option of Object.keys(options)) {
      const [first, second, ...rest] = option;
      const swapped = `--${second}${first}${rest.join("")}`;
      expect(await refusal(run, swapped, "1")).toMatch(`${name}: unknown option ${swapped}`);
      const doubled = `--${option}${option.at(-1)}`;
      expect(await refusal(run, doubled)).toBe(
        `${name}: unknown option ${doubled}: did you mean --${option}? See ductus ${name} --help`,
      );
    }
  });

  test.each(COMMANDS)("%s: an argument too many, or an empty one", async (name, command, run) => {
    if (Number.isFinite(command.arguments)) {
      const args = Array.from({ length: command.arguments + 1 }, (_, i) => `file-${i}`);
      expect(await refusal(run, ...args)).toBe(
        `${name}: unexpected argument "${args.at(-1)}": see ductus ${name} --help`,
      );
    }
    expect(await refusal(run, "")).toContain(
      `${name}: ${command.arguments === 0 ? "unexpected argument" : "expected a file name"}`,
    );
  });

  test("files that cannot be read are none of it", async () => {
    for (const args of [
      ["evaluate", "none"],
      ["predict", "none"],
      ["export", "none"],
      ["report", "none"],
      ["resume", "none"],
    ]) {
      expect(await ductus(args)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(/^ductus: none: [^\n]*\n$/),
      });
    }
    for (const name of ["train", "tune", "distort", "evaluate", "report"]) {
      expect(await ductus([name, "--data", "none"])).toMatchObject({ code: 1, stdout: "" });
    }
  });

  test("of several files, the first that fails decides the exit code", async () => {
    const late = ["--index", "20", "--model", "model.safetensors"];
    expect((await ductus(["predict", IMAGES, "none", ...late])).code).toBe(2);
    expect((await ductus(["predict", "none", IMAGES, ...late])).code).toBe(1);
  });
});
