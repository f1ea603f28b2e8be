// What was given for options by name, as on a command line, checked against what each of them takes.

import { show } from "../errors.js";
import { meantChoice } from "../options/known.js";
import type { OptionKind, OptionValue } from "../options/option.js";
import { checkRange, type Range } from "../ranges.js";

/** What was asked for is wrong. On the command line: exit code 2. */
export class UsageError extends Error {}

/** An option: what its value is called (a flag has none), what it does, and what it is if not given. */
export interface Option {
  /** What help calls its value, as N or FILE; undefined for a flag. */
  readonly value?: string;
  /** What it does, in one line of help. */
  readonly help: string;
  /** The text of its value if it is not given; undefined for nothing. */
  readonly default?: string;
}

/** What was given, defaults filled in. */
export class Values {
  /** What stands in for the options' own defaults. */
  preset: Readonly<Record<string, string>> = {};

  /** What was given, as parsers of command lines return it. Checked only when a value is asked for. */
  constructor(
    /** The texts of options by name; true for a flag, and undefined for what is not given. */
    readonly given: Readonly<Record<string, string | boolean | undefined>>,
    /** What was given beside options, in order, as names of files. */
    readonly args: readonly string[],
    /** The options there are, by name: their defaults stand in for what is not given. */
    readonly options: Readonly<Record<string, Option>>,
  ) {}

  /** An option's text: as given, as the preset has it, or its default; undefined if there is none. */
  text(name: string): string | undefined {
    return (this.given[name] as string | undefined) ?? this.preset[name] ?? this.options[name].default;
  }

  /** Whether an option without a value is given. */
  flag(name: string): boolean {
    return this.given[name] === true;
  }

  /**
   * An option's number; undefined if it is not given and has no default.
   * @throws {UsageError} if it is not a number in the range
   */
  number(name: string, range: Range): number | undefined {
    return this.value(name, { type: "number", range }) as number | undefined;
  }

  /**
   * One of the choices; undefined if it is not given and has no default.
   * @throws {UsageError} if it is none of them
   */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    return this.value(name, { type: "choice", choices }) as T | undefined;
  }

  /**
   * A file or folder; undefined if it is not given and has no default.
   * @throws {UsageError} if its name is empty
   */
  path(name: string): string | undefined {
    const text = this.text(name);
    const what = { DIR: "folder", PATH: "file or folder" }[this.options[name].value ?? ""] ?? "file";
    if (text === "") throw new UsageError(`--${name}: expected a ${what} name, got nothing`);
    return text;
  }

  /**
   * A value of a kind; undefined if it is not given and has no default.
   * @throws {UsageError} if it is not of that kind
   */
  value(name: string, kind: OptionKind): OptionValue | undefined {
    if (kind.type === "folder") return this.path(name);
    if (this.given[name] === true) return true;
    const text = this.text(name);
    try {
      return text === undefined ? undefined : parseValue(`--${name}`, text, kind);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  }
}

/**
 * The value that a text stands for.
 * @param name what an error calls it
 * @throws {RangeError} if it is not of that kind
 */
export function parseValue(name: string, text: string, kind: OptionKind): OptionValue {
  const check = (right: boolean, expected: string, meant = "") => {
    if (!right) throw new RangeError(`${name}: expected ${expected}, got ${show(text)}${meant}`);
  };
  if (kind.type === "number") return parseNumber(name, text, kind.range);
  if (kind.type === "flag") {
    check(text === "true" || text === "false", "true or false");
    return text === "true";
  }
  if (kind.type === "choice") check(kind.choices.includes(text), listOf(kind.choices), meantChoice(text, kind.choices));
  if (kind.type === "pattern") check(kind.pattern.test(text), kind.expected);
  if (kind.type === "folder") check(text !== "", "the name of a folder");
  if (kind.type !== "sizes") return text;
  const range = { ...kind.range, description: `${kind.range.description}, several with commas between them, or none` };
  return text === "none" ? [] : text.split(",").map((size) => parseNumber(name, size, range));
}

/** What Number() reads but for spaces, 0x10 and the like, and Infinity. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parseNumber(name: string, text: string, range: Range): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  try {
    checkRange(name, value, range);
  } catch {
    throw new RangeError(`${name}: expected ${range.description}, got ${show(text)}`);
  }
  return value;
}

/** "a, b or c" */
export function listOf(words: readonly string[]): string {
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}
