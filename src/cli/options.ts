// The options of `ductus train`: one table from which the command line is parsed, checked and explained.

import { parseArgs } from "node:util";
import type { InitialWeights } from "../kernels.js";
import { checkRange, RANGES, type Range } from "../ranges.js";
import { UsageError } from "./usage.js";

export interface CliTrainOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly hidden: readonly number[];
  readonly seed: number;
  readonly initialWeights: InitialWeights;
  readonly data: string | undefined;
  readonly limit: number | undefined;
  readonly kernels: "wasm" | "reference";
  readonly threads: number | undefined;
  readonly out: string;
}

/** The recipe of the notes; hidden layer, learning rate and initial weights chosen on the validation set (docs/accuracy.md). */
const DEFAULTS = {
  epochs: "30",
  "batch-size": "10",
  "learning-rate": "2.5",
  hidden: "100",
  seed: "1",
  init: "scaled",
  kernels: "wasm",
  out: "model.safetensors",
} as const;

const OPTIONS = {
  epochs: { type: "string", value: "N", help: `times through the training data: ${RANGES.epochs.words}` },
  "batch-size": { type: "string", value: "M", help: "samples in a mini-batch: 1 to the number of training samples" },
  "learning-rate": { type: "string", value: "ETA", help: `step size: ${RANGES.learningRate.words}` },
  eta: { type: "string", value: "ETA", help: "the same as --learning-rate" },
  hidden: {
    type: "string",
    value: "SIZES",
    help: "neurons of the hidden layers, 1 to 65536 each: 30, or 128,64, or none",
  },
  init: { type: "string", value: "HOW", help: "initial weights: scaled, N(0, 1/sqrt(fan-in)), or normal, N(0, 1)" },
  seed: { type: "string", value: "N", help: "decides initial weights and order of samples: 0 to 4294967295" },
  data: { type: "string", value: "DIR", help: "folder with four IDX files, plain or .gz, instead of MNIST" },
  limit: { type: "string", value: "N", help: "train on the first N training samples only: 1 or more" },
  kernels: { type: "string", value: "KIND", help: "wasm, or reference (plain TypeScript: the same bits, slower)" },
  threads: { type: "string", value: "N", help: "threads that train: 1 to 64 (default: by batch, layers and cores)" },
  out: { type: "string", value: "FILE", help: "where to save the model" },
  help: { type: "boolean", value: "", help: "print this and exit" },
} as const;

type Values = Partial<Record<keyof typeof OPTIONS, string | boolean>>;

/** What --help prints. */
export function trainHelp(): string {
  const lines = Object.entries(OPTIONS).map(([name, { value, help }]) => {
    const standard = (DEFAULTS as Record<string, string>)[name];
    return `  ${`--${name} ${value}`.padEnd(22)}${help}${standard === undefined ? "" : ` (default ${standard})`}`;
  });
  return `Usage: ductus train [options]

Trains a network of sigmoid neurons to read digits, by mini-batch stochastic gradient descent on the quadratic cost.
Results go to standard output, progress to standard error.

${lines.join("\n")}
`;
}

/**
 * The options of a command line, defaults filled in; undefined if it asks for help.
 * @throws {UsageError} for unknown options, missing values, and values outside their range
 */
export function parseTrainOptions(args: readonly string[]): CliTrainOptions | undefined {
  const given = parse(args);
  if (given.help) return undefined;
  if (given.eta !== undefined && given["learning-rate"] !== undefined) {
    throw new UsageError("--eta and --learning-rate are the same option: give one of them");
  }
  const values: Record<keyof typeof DEFAULTS, string> = { ...DEFAULTS, ...(given as Record<string, string>) };
  const rate = given.eta === undefined ? "learning-rate" : "eta";
  if (values.out === "") throw new UsageError("--out: expected a file name, got nothing");
  return {
    epochs: parseNumber("epochs", values.epochs, RANGES.epochs),
    batchSize: parseNumber("batch-size", values["batch-size"], RANGES.batchSize),
    learningRate: parseNumber(rate, String(given.eta ?? values["learning-rate"]), RANGES.learningRate),
    hidden:
      values.hidden === "none"
        ? []
        : values.hidden.split(",").map((size) => parseNumber("hidden", size, RANGES.hidden)),
    seed: parseNumber("seed", values.seed, RANGES.seed),
    initialWeights: parseChoice("init", values.init, ["scaled", "normal"]),
    data: given.data as string | undefined,
    limit: given.limit === undefined ? undefined : parseNumber("limit", String(given.limit), RANGES.limit),
    kernels: parseChoice("kernels", values.kernels, ["wasm", "reference"]),
    threads: given.threads === undefined ? undefined : parseNumber("threads", String(given.threads), RANGES.threads),
    out: values.out,
  };
}

function parse(given: readonly string[]): Values {
  // parseArgs takes a negative number for an option; joined to the one before, it is a value, and its range is checked.
  const args: string[] = [];
  for (const arg of given) {
    if (/^-[\d.]/.test(arg) && args.at(-1)?.startsWith("--")) args.push(`${args.pop()}=${arg}`);
    else args.push(arg);
  }
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // The first sentence names the option; the rest is advice on positional arguments.
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence.replace(/\.$/, "")}: see --help`);
  }
}

function parseNumber(name: string, text: string, range: Range): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  try {
    checkRange(`--${name}`, value, range);
  } catch {
    throw new UsageError(`--${name}: expected ${range.words}, got "${text}"`);
  }
  return value;
}

function parseChoice<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((choice) => choice === text);
  if (choice === undefined) throw new UsageError(`--${name}: expected ${choices.join(" or ")}, got "${text}"`);
  return choice;
}
