// The grammar of the command line. Each command has a table of options, from which arguments are parsed and help is
// printed.

import { parseArgs } from "node:util";
import { nearestOf, type Option, UsageError, Values } from "ductus/recipe";

export interface Command {
  /** After "ductus ": the command and its arguments. */
  readonly usage: string;
  /** Paragraphs, with an empty line between them. */
  readonly summary: string;
  readonly options: Options;
  /** Most arguments that are not options. */
  readonly arguments: number;
}

/** Options by name. An option can have a second name. */
type Options = Readonly<Record<string, Option & { readonly alias?: string }>>;

/** Help fits a terminal with this many columns. */
const WIDTH = 80;

/** An option of every command. */
const HELP = { help: "print this and exit; so does -h" };

/** What --help prints. */
export function helpOf({ usage, summary, options }: Command): string {
  const rows = Object.entries(options).flatMap(([name, { value = "", help, default: defaultText, alias }]) => [
    [`  --${name} ${value}`, defaultText === undefined ? help : `${help} (default ${defaultText})`],
    ...(alias === undefined ? [] : [[`  --${alias} ${value}`, `the same as --${name}`]]),
  ]);
  rows.push(["  --help", HELP.help]);
  const indent = Math.max(...rows.map(([option]) => option.length)) + 2;
  const lines = rows.map(([option, text]) => {
    return `${option.padEnd(indent)}${wrap(text, WIDTH - indent).join(`\n${" ".repeat(indent)}`)}`;
  });
  const paragraphs = summary.split("\n\n").map((paragraph) => wrap(paragraph, WIDTH).join("\n"));
  return [`Usage: ductus ${usage}`, ...paragraphs, lines.join("\n")].join("\n\n");
}

/** Breaks a text into lines of at most `width` characters. A longer word gets a line of its own. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * The values of a command line; undefined if it asks for help.
 * @throws {UsageError} for unknown options, missing or superfluous values and arguments, and empty file names
 */
export function parseCommand(command: Command, given: readonly string[]): Values | undefined {
  const [name] = command.usage.split(" ");
  const names = namesOf({ ...command.options, help: HELP });
  const types = [...names].map(([flag, { value }]) => [flag, { type: value === undefined ? "boolean" : "string" }]);
  // With strict: false, an option takes the next word as its value even if that is -1. The checks are made below.
  const { tokens } = parseArgs({
    args: [...given],
    options: { ...Object.fromEntries(types), help: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const options = tokens.filter((token) => token.kind === "option");
  // Compares the whole word, since parseArgs() also finds an -h in -epochs, and a value in --help=train.
  if (options.some(({ index }) => given[index] === "--help" || given[index] === "-h")) return undefined;
  // By name: the flag as given, and its value.
  const found = new Map<string, { readonly flag: string; readonly value: string | true }>();
  for (const token of options) {
    const option = names.get(token.name);
    if (option === undefined || !token.rawName.startsWith("--")) {
      const known = [...names.keys()].map((known) => `--${known}`);
      throw unknownName(name, "option", given[token.index].replace(/=.*/s, ""), known);
    }
    const flag = found.get(option.name)?.flag ?? token.rawName;
    if (flag !== token.rawName) {
      throw new UsageError(`${flag} and ${token.rawName} are the same option: give one of them`);
    }
    found.set(option.name, { flag, value: checkedValue(token, option, name) });
  }
  const args = tokens.filter((token) => token.kind === "positional").map(({ value }) => value);
  if (args.length > command.arguments) throw usageError(name, `unexpected argument "${args[command.arguments]}"`);
  if (args.includes("")) throw usageError(name, "expected a file name, got nothing");
  const values = Object.fromEntries([...found].map(([name, { value }]) => [name, value]));
  return withPaths(new Values(values, args, command.options));
}

/**
 * Returns the values, with the names of files and folders checked before any file is read.
 * @throws {UsageError} if such a name is empty
 */
function withPaths(values: Values): Values {
  for (const name of Object.keys(values.given)) {
    if (["FILE", "DIR", "PATH"].includes(values.options[name].value ?? "")) values.path(name);
  }
  return values;
}

interface Named {
  /** In the command's table. */
  readonly name: string;
  /** What its value is called; undefined for a flag. */
  readonly value?: string;
}

/** The options by name and by alias. */
function namesOf(options: Options): ReadonlyMap<string, Named> {
  const names = new Map<string, Named>();
  for (const [name, { value, alias = name }] of Object.entries(options)) {
    names.set(name, { name, value }).set(alias, { name, value });
  }
  return names;
}

/**
 * The value of an option as given; true for a flag.
 * @throws {UsageError} if there is none, or one where there should be none
 */
function checkedValue(token: Given, option: Named, command: string): string | true {
  const { rawName, value, inlineValue } = token;
  const wrong = (what: string) => usageError(command, `${rawName}: ${what}`);
  if (option.value === undefined) {
    if (value !== undefined) throw wrong(`expected no value, got "${value}"`);
    return true;
  }
  if (value === undefined) throw wrong(`expected a value, ${option.value}, got none`);
  // A negative number is a value. Its range is checked later.
  if (!inlineValue && /^-[^\d.]/.test(value)) throw wrong(`expected a value, ${option.value}, got the option ${value}`);
  return value;
}

/** An option as parseArgs() finds it. */
interface Given {
  readonly rawName: string;
  readonly value?: string;
  /** Whether the value came in one word with the option, as in --out=file. */
  readonly inlineValue?: boolean;
}

/** The error for a wrong command line, with what may be meant, if known. Without a command, `command` is "". */
export function usageError(command: string, problem: string, meant?: string): UsageError {
  const [prefix, help] = command === "" ? ["", "ductus --help"] : [`${command}: `, `ductus ${command} --help`];
  const advice = meant === undefined ? `see ${help}` : `did you mean ${meant}? See ${help}`;
  return new UsageError(`${prefix}${problem}: ${advice}`);
}

/** The error for an unknown command or option. It suggests the nearest known name if there is one. */
export function unknownName(command: string, what: string, name: string, known: readonly string[]): UsageError {
  const bare = (name: string) => name.replace(/^-+/, "");
  const names = new Map(known.map((name) => [bare(name), name]));
  const nearest = nearestOf(bare(name), [...names.keys()]);
  return usageError(command, `unknown ${what} ${name}`, nearest && names.get(nearest));
}

/** 2 for wrong usage, 1 for any other error, such as a file that cannot be read. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UsageError ? 2 : 1;
}
