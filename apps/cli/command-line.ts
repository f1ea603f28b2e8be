// The command line: runs the command, and turns errors into one line and an exit code.

import { CONVERT, convert } from "./convert.js";
import { CROSS_VALIDATE, crossValidateRecipe } from "./cross-validate.js";
import { DISTORT, distort } from "./distort.js";
import { EVALUATE, evaluate } from "./evaluate.js";
import { EXPORT, exportModel } from "./export.js";
import { IMPORT, importModel } from "./import.js";
import { PREDICT, predict } from "./predict.js";
import { WORKER, worker } from "./queue/worker.js";
import { READ, read } from "./read.js";
import { reasonOf } from "./reasons.js";
import { messageOf } from "./refused.js";
import { REPORT, report } from "./report.js";
import { RESUME, resume } from "./resume.js";
import { printError, printLine, printsToStandardOutput } from "./terminal.js";
import { TRAIN, train } from "./train.js";
import { TUNE } from "./tune/plan.js";
import { tune } from "./tune/tune.js";
import { exitCodeOf, helpOf, unknownName, usageError } from "./usage.js";
import { packageVersion } from "./version.js";

const COMMANDS = {
  train: { ...TRAIN, run: train, does: "train a network on MNIST or own data" },
  tune: { ...TUNE, run: tune, does: "search the options of a training on the validation set" },
  worker: { ...WORKER, run: worker, does: "train for searches on other machines, from a queue" },
  "cross-validate": {
    ...CROSS_VALIDATE,
    run: crossValidateRecipe,
    does: "test a recipe on all training data, by parts",
  },
  resume: { ...RESUME, run: resume, does: "continue an interrupted training run" },
  evaluate: { ...EVALUATE, run: evaluate, does: "test a model: accuracy, per-class figures, confusion matrix" },
  predict: { ...PREDICT, run: predict, does: "read the digit of each picture, or of an IDX file" },
  read: { ...READ, run: read, does: "read all digits of pictures, number by number" },
  distort: { ...DISTORT, run: distort, does: "draw training images with distortions" },
  convert: { ...CONVERT, run: convert, does: "write data in another form: IDX, CSV, pictures" },
  export: { ...EXPORT, run: exportModel, does: "write a model as ONNX, safetensors, JSON, npz or C" },
  import: { ...IMPORT, run: importModel, does: "make a model of one of PyTorch, ONNX, NumPy or brain.js" },
  report: { ...REPORT, run: report, does: "write an HTML page on a model and its training" },
};
/** What a shell expects of a program whose reader has left. */
const SIGPIPE = 141;
const NAMES = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];

const HELP = `Usage: ductus <command> [options]

${NAMES.map((name) => `  ${name.padEnd(16)}${COMMANDS[name].does}`).join("\n")}

Options of a command: ductus <command> --help, or ductus help <command>
Version: ductus --version, or ductus -v`;

/** Runs a command line. Prints errors to standard error and sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  process.stdout.on("error", outputLost(args));
  // Where standard error is gone, nobody is left to be told.
  process.stderr.on("error", () => {});
  try {
    await run(args);
  } catch (error) {
    printError(`ductus: ${messageOf(error)}`);
    process.exitCode = exitCodeOf(error);
  }
}

/**
 * What to do when standard output cannot be written to. A command that makes a file continues, to keep it, as in
 * `ductus train | head -1`; any other has nothing left to do.
 */
function outputLost([name]: readonly string[]): (error: NodeJS.ErrnoException) => void {
  const command = NAMES.find((known) => known === name);
  const makesFile = command !== undefined && "out" in COMMANDS[command].options;
  let told = false;
  return (error) => {
    // It takes the file that the command writes, whose error is told by whoever writes it.
    if (!printsToStandardOutput()) return;
    // The terminal is closed. SIGHUP says so too, and saves the model.
    if (error.code === "EIO" && process.stdout.isTTY) return;
    if (error.code !== "EPIPE" && !told) {
      printError(`ductus: standard output: expected to be written to, got ${reasonOf(error)}`);
      process.exitCode = 1;
      told = true;
    }
    if (!makesFile) process.exit(error.code === "EPIPE" ? SIGPIPE : 1);
  };
}

async function run([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined) throw usageError("", `expected a command: ${NAMES.join(", ")}, got none`);
  if (isHelp(name)) {
    const [topic, ...superfluous] = args.filter((arg) => !isHelp(arg));
    if (superfluous.length > 0) throw usageError("", `unexpected argument "${superfluous[0]}"`);
    return printLine(topic === undefined ? HELP : helpOf(commandOf(topic)));
  }
  if (name === "--version" || name === "-v") {
    if (args.length > 0) throw usageError("", `unexpected argument "${args[0]}"`);
    return printLine(await packageVersion());
  }
  return commandOf(name).run(args);
}

function isHelp(word: string): boolean {
  return word === "help" || word === "--help" || word === "-h";
}

/** @throws {UsageError} if there is no such command */
function commandOf(word: string) {
  const name = NAMES.find((name) => name === word);
  if (name !== undefined) return COMMANDS[name];
  if (word.startsWith("-")) throw unknownName("", "option", word, ["--help", "--version"]);
  throw unknownName("", "command", word, [...NAMES, "help", "--version"]);
}
