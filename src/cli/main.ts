#!/usr/bin/env node
// The command line: picks the command, and turns errors into one line and an exit code (1, or 2 for wrong usage).

import { train } from "./train.js";
import { UsageError } from "./usage.js";

const HELP = `Usage: ductus <command> [options]

  train    train a network on MNIST or other IDX files

Options of a command: ductus <command> --help`;

async function main([command, ...args]: readonly string[]): Promise<void> {
  if (command === "train") return train(args);
  if (command === "--help" || command === "help") return console.log(HELP);
  throw new UsageError(`expected a command: train, got ${command ?? "none"}: see ductus --help`);
}

// A reader that leaves, as in `ductus train | head`, ends the program without a word.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(1);
  throw error;
});

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`ductus: ${error.message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
