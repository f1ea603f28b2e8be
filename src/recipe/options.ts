// Options by name, as the command line has them: a table says what each is, and values are checked against it.

import { checkRange, type Range } from "../ranges.js";

/** What was asked for is wrong. On the command line: exit code 2. */
export class UsageError extends Error {}

/** An option: what its value is called (a flag has none), what it does, and what it is if not given. */
export interface Option {
  readonly value?: string;
  readonly help: string;
  readonly standard?: string;
}

/** What was given, defaults filled in. */
export class Values {
  /** What stands in for the options' own defaults. */
  preset: Readonly<Record<string, string>> = {};

  constructor(
    readonly given: Readonly<Record<string, string | boolean | undefined>>,
    readonly args: readonly string[],
    readonly options: Readonly<Record<string, Option>>,
  ) {}

  text(name: string): string | undefined {
    return (this.given[name] as string | undefined) ?? this.preset[name] ?? this.options[name].standard;
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
    const what = this.options[name].value === "DIR" ? "folder" : "file";
    if (text === "") throw new UsageError(`--${name}: expected a ${what} name, got nothing`);
    return text;
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
