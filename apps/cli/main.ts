#!/usr/bin/env node
// The command line: picks the command, and turns errors into one line and an exit code (1, or 2 for wrong usage).

import { readFile } from "node:fs/promises";
import { UsageError } from "ductus/recipe";
import { DISTORT, distort } from "./distort.js";
import { EVALUATE, evaluate } from "./evaluate.js";
import { EXPORT, exportModel } from "./export.js";
import { PREDICT, predict } from "./predict.js";
import { REPORT, report } from "./report.js";
import { RESUME, resume } from "./resume.js";
import { TRAIN, train } from "./train.js";
import { TUNE, tune } from "./tune/tune.js";

const COMMANDS = {
  train: { ...TRAIN, run: train, does: "train a network on MNIST or other IDX files" },
  tune: { ...TUNE, run: tune, does: "search the options of a training on the validation set" },
  resume: { ...RESUME, run: resume, does: "go on with a training that was interrupted" },
  evaluate: { ...EVALUATE, run: evaluate, does: "test a model: accuracy, per-class figures, confusion matrix" },
  predict: { ...PREDICT, run: predict, does: "read digits from PNG files, or from an IDX file" },
  distort: { ...DISTORT, run: distort, does: "draw training images as distortions change them" },
  export: { ...EXPORT, run: exportModel, does: "write a model as ONNX, safetensors or JSON" },
  report: { ...REPORT, run: report, does: "write an HTML page on a model and its training" },
};

const HELP = `Usage: ductus <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { does }]) => `  ${name.padEnd(10)}${does}`)
  .join("\n")}

Options of a command: ductus <command> --help
Version: ductus --version`;

async function main([name, ...args]: readonly string[]): Promise<void> {
  const names = Object.keys(COMMANDS);
  if (name === "help" && names.includes(args[0])) return main([args[0], "--help"]);
  if (name === "--help" || name === "-h" || name === "help") return console.log(HELP);
  if (name === "--version") {
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    return console.log(version);
  }
  if (name === undefined || !names.includes(name)) {
    throw new UsageError(`expected a command: ${names.join(", ")}, got ${name ?? "none"}: see ductus --help`);
  }
  return COMMANDS[name as keyof typeof COMMANDS].run(args);
}

// A reader that leaves, as in `ductus train | head`, ends the program without a word.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") console.error(`ductus: standard output: expected to be written to, got ${error.code}`);
  process.exit(1);
});

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`ductus: ${error.message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
