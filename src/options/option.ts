// What the table of options (recipe/options.ts) says of each option of a training. Parsing, help, metadata, printed
// commands, searches, forms and the library's own checks all derive from it.

import { show } from "../errors.js";
import { checkRange, type Range } from "../ranges.js";
import { meantChoice } from "./known.js";

/** The values that an option takes. */
export type OptionKind =
  | {
      /** A number. */
      readonly type: "number";
      /** Those it may be. */
      readonly range: Range;
    }
  | {
      /** One of several words. */
      readonly type: "choice";
      /** The words, in the order in which errors and forms name them. */
      readonly choices: readonly string[];
    }
  | {
      /** Neurons of several layers with commas between them, or "none". */
      readonly type: "sizes";
      /** The numbers that each of them may be. */
      readonly range: Range;
    }
  | {
      /** A text of a certain form. */
      readonly type: "pattern";
      /** Matches the whole text if it can be used. */
      readonly pattern: RegExp;
      /** The form in words, as in "expected ...". */
      readonly expected: string;
    }
  | {
      /** The path of a folder. */
      readonly type: "folder";
    }
  | {
      /** Given or not: it takes no value. */
      readonly type: "flag";
    };

/** The value of an option; sizes are a list, and a flag is true where it is given. */
export type OptionValue = number | string | readonly number[] | boolean;

/** What options belong to, in the order in which a printed command has them. */
export const PARTS = [
  "preset",
  "layers",
  "training",
  "network",
  /** Kept together in a recipe and its metadata, each only if given: the library knows the defaults of the others. */
  "method",
  /** The same. */
  "distortions",
  "start",
  "data",
] as const;

/** How an option's field on the page looks. */
export interface FormField {
  /** The part of the form that it is in. */
  readonly group: "basic" | "method" | "distortion";
  /** What stands beside the field. */
  readonly label: string;
  /** What may stand there, in a few words. */
  readonly hint?: string;
  /** Its place in the group; without one, it comes after those that have one. */
  readonly place?: number;
  /** The names of choices, if they are not the choices themselves. */
  readonly names?: Readonly<Record<string, string>>;
}

/**
 * How a search draws a number from a range: uniformly; uniformly in its logarithm ("log"), or in that of its distance
 * to 1 ("log-from-1"); or as a whole number, uniformly in the logarithm if it cannot be 0.
 */
export type Scale = "uniform" | "log" | "log-from-1" | "whole";

/** When an option has an effect: only beside a certain value of another. */
export interface Need {
  /** The other option's name in the library and in recipes. */
  readonly option: string;
  /** Its values beside which this option has an effect; without them, any number above 0, or any layer. */
  readonly values?: readonly string[];
}

/** A default that other options decide. */
export interface DerivedDefault {
  /** It, from the values of the others by their names in recipes. */
  readonly from: (options: Readonly<Record<string, unknown>>) => number;
  /**
   * The options that decide it most, by their names in recipes. Where one of them is given that is not as a preset has
   * it, the preset's value no longer holds: it was chosen for another training.
   */
  readonly suits: readonly string[];
}

/** An option of a training. */
export interface TrainingOption {
  /** Its name on the command line, in searches and in reports. */
  readonly flag: string;
  /** A shorter name for the same, which printed commands and links use. */
  readonly alias?: string;
  /** What it belongs to: one of PARTS. */
  readonly belongs: (typeof PARTS)[number];
  /** The values that it takes. */
  readonly kind: OptionKind;
  /** What it is if not given; undefined for nothing. */
  readonly default?: number | string;
  /** The same, where it depends on other options. */
  readonly derived?: DerivedDefault;
  /** What it needs to have an effect. Without that, the command line refuses it, and the library ignores it. */
  readonly needs?: Need;
  /** Reports say this where there is no value. */
  readonly unset?: string;
  /** Printed commands always have it, and a model without it was not made by Ductus. */
  readonly basic?: true;
  /** What help calls its value; a flag has none. */
  readonly value?: string;
  /** What it does, in one line of help. */
  readonly help: string;
  /** Its key in a model's metadata, if it has one of its own. */
  readonly metadata?: string;
  /** How a search draws it; "fixed" if all trials have the same; undefined if searches do not take it. */
  readonly search?: Scale | "choices" | "fixed";
  /** Its field on the page; undefined if the page has none. */
  readonly form?: FormField;
}

/** Options by their names in the library and in recipes. */
export type OptionTable = Readonly<Record<string, TrainingOption>>;

/** Options whose keys the types know, without the values: declarations would repeat all of them. Frozen throughout. */
export function declareOptions<K extends string>(options: Readonly<Record<K, TrainingOption>>) {
  return freeze(options);
}

/** A value that nobody can change any more, nor anything in it. */
export function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}

/**
 * The options of the library that a table declares, checked, with the table's defaults.
 * @throws {TypeError | RangeError} for one that cannot be used
 */
export function checkOptions<T extends object>(
  given: T,
  table: Readonly<Record<keyof T, TrainingOption>>,
): Required<T> {
  const checked: Record<string, unknown> = {};
  for (const [key, option] of Object.entries<TrainingOption>(table)) {
    const { [key as keyof T]: value = option.default as T[keyof T] } = given;
    if (value !== undefined) checkOption(key, value, option);
    checked[key] = value;
  }
  return checked as Required<T>;
}

/**
 * Checks the value of one option.
 * @param key its name in the library
 * @throws {TypeError | RangeError} if it cannot be used
 */
export function checkOption(key: string, value: unknown, { kind }: TrainingOption): void {
  const name = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  if (kind.type === "number") checkRange(name, value as number, kind.range);
  else if (kind.type === "flag") {
    if (typeof value !== "boolean") throw new TypeError(`${name}: expected true or false, got ${show(value)}`);
  } else if (kind.type !== "choice") {
    throw new Error(`${name}: expected a number, a choice or a flag, got kind ${kind.type}`);
  } else if (!kind.choices.includes(value as string)) {
    const meant = typeof value === "string" ? meantChoice(value, kind.choices) : "";
    throw new RangeError(`${name}: expected ${kind.choices.join(", ")}, got ${show(value)}${meant}`);
  }
}

/**
 * Whether an option of a table has an effect, beside others.
 * @param lookUp the value of another option, by its name in recipes, defaults filled in
 */
export function hasEffect({ needs }: TrainingOption, table: OptionTable, lookUp: (key: string) => unknown): boolean {
  if (needs === undefined || !Object.hasOwn(table, needs.option)) return true;
  const value = lookUp(needs.option);
  if (needs.values !== undefined) return needs.values.includes(String(value));
  return Array.isArray(value) ? value.length > 0 : Number(value) > 0;
}
