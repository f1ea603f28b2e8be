// The command line's grammar: a table of options per command, from which it is parsed, checked and explained.

import { parseArgs } from "node:util";
import { type Option, UsageError, Values } from "ductus/recipe";

export interface Command {
  /** After "ductus ": the command and its arguments. */
  readonly usage: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Most arguments that are not options. */
  readonly arguments: number;
}

const HELP = { help: "print this and exit" };

/** What --help prints. */
export function helpOf({ usage, summary, options }: Command): string {
  const lines = Object.entries({ ...options, help: HELP } as Record<string, Option>).map(([name, option]) => {
    const { value = "", help, standard } = option;
    return `  ${`--${name} ${value}`.padEnd(22)}${help}${standard === undefined ? "" : ` (default ${standard})`}`;
  });
  return `Usage: ductus ${usage}\n\n${summary}\n\n${lines.join("\n")}\n`;
}

/**
 * The values of a command line; undefined if it asks for help.
 * @throws {UsageError} for unknown options, missing values, or too many arguments
 */
export function parseCommand(command: Command, given: readonly string[]): Values | undefined {
  // parseArgs takes a negative number for an option; joined to the one before, it is a value, and its range is checked.
  const args: string[] = [];
  for (const [i, arg] of given.entries()) {
    const option = command.options[given[i - 1]?.replace(/^--/, "") ?? ""];
    const value = /^-[\d.]/.test(arg) && given[i - 1]?.startsWith("--") && option?.value !== undefined;
    if (value && !given.slice(0, i).includes("--")) args.push(`${args.pop()}=${arg}`);
    else args.push(arg);
  }
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { ...options, help: { type: "boolean", short: "h" } },
      strict: true,
      allowPositionals: true,
    });
    if (values.help === true) return undefined;
    if (positionals.length > command.arguments) {
      throw new Error(`Unexpected argument '${positionals[command.arguments]}'`);
    }
    return new Values(values, positionals, command.options);
  } catch (error) {
    // The first sentence names the option; the rest is advice on positional arguments.
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence.replace(/\.$/, "")}: see --help`);
  }
}
