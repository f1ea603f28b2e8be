// The command line's grammar: a table of options per command, from which it is parsed, checked and explained.

import { parseArgs } from "node:util";
import { checkRange, type Range } from "../ranges.js";

/** The command line was wrong: exit code 2. */
export class UsageError extends Error {}

/** An option: what its value is called (a flag has none), what it does, and what it is if not given. */
export interface Option {
  readonly value?: string;
  readonly help: string;
  readonly standard?: string;
}

export interface Command {
  /** After "ductus ": the command and its arguments. */
  readonly usage: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Most arguments that are not options. */
  readonly arguments: number;
}

/** What was given, defaults filled in. */
export class Values {
  /** What stands in for the options' own defaults. */
  preset: Readonly<Record<string, string>> = {};

  constructor(
    readonly given: Readonly<Record<string, string | boolean | undefined>>,
    readonly args: readonly string[],
    readonly command: Command,
  ) {}

  text(name: string): string | undefined {
    return (this.given[name] as string | undefined) ?? this.preset[name] ?? this.command.options[name].standard;
  }

  flag(name: string): boolean {
    return this.given[name] === true;
  }

  /** An option's number; undefined if it is not given and has no default. */
  number(name: string, range: Range): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseNumber(name, text, range);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    const choice = choices.find((choice) => choice === text);
    if (text !== undefined && choice === undefined) {
      throw new UsageError(`--${name}: expected ${listOf(choices)}, got "${text}"`);
    }
    return choice;
  }

  /** A file or folder. */
  path(name: string): string | undefined {
    const text = this.text(name);
    const what = this.command.options[name].value === "DIR" ? "folder" : "file";
    if (text === "") throw new UsageError(`--${name}: expected a ${what} name, got nothing`);
    return text;
  }
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
    return new Values(values, positionals, command);
  } catch (error) {
    // The first sentence names the option; the rest is advice on positional arguments.
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence.replace(/\.$/, "")}: see --help`);
  }
}

/** "a, b or c" */
function listOf(words: readonly string[]): string {
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}

/** @throws {UsageError} unless it is a number in its range */
export function parseNumber(name: string, text: string, range: Range): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  try {
    checkRange(`--${name}`, value, range);
  } catch {
    throw new UsageError(`--${name}: expected ${range.words}, got "${text}"`);
  }
  return value;
}

/** Only the options that have a value. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
