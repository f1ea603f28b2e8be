// From the table of options: what a command line takes and explains, and the recipe that it makes.

import { checkArgument, hasObjects } from "../arguments.js";
import type { Distortions } from "../data/distortions.js";
import type { OptionTable, OptionValue, TrainingOption } from "../options/option.js";
import { OPTIONS } from "./options.js";
import { PRESETS } from "./presets.js";
import { isNested, type Recipe } from "./recipe.js";
import { type Option, UsageError, type Values } from "./values.js";

/** The options of a table by their names on the command line, in the order of the table. */
export function commandOptions(table: OptionTable = OPTIONS): Readonly<Record<string, Option>> {
  checkArgument("table", "a table of options, as OPTIONS", table, hasObjects(table, ...Object.keys(table ?? {})));
  const entries = Object.values(table).flatMap((option): [string, Option][] => {
    const { flag, alias, value, help } = option;
    const standard = option.default === undefined ? undefined : String(option.default);
    // A number that is not given stays out of the recipe: the library knows its default.
    const left = isNested(option) && option.kind.type === "number" && standard !== undefined;
    const described = left ? { value, help: `${help} (default ${standard})` } : { value, help, default: standard };
    return [
      [flag, described],
      ...(alias === undefined ? [] : [[alias, { value, help: `the same as --${flag}` }] as [string, Option]]),
    ];
  });
  return Object.fromEntries(entries);
}

/** Those options of a table that fulfil a condition. */
export function optionsWhere(
  condition: (option: TrainingOption) => boolean,
  table: OptionTable = OPTIONS,
): OptionTable {
  checkArgument("condition", "a function", condition, typeof condition === "function");
  return Object.fromEntries(Object.entries(table).filter(([, option]) => condition(option)));
}

/**
 * The recipe that options make, on MNIST unless a folder is given, and the sizes of its hidden layers.
 * @throws {UsageError} for a value that cannot be used
 */
export function recipeFrom(
  values: Values,
  table: OptionTable = OPTIONS,
): { readonly recipe: Recipe; readonly hidden: readonly number[] } {
  checkValues(values);
  for (const { flag, alias } of Object.values(table)) {
    if (alias !== undefined && values.given[alias] !== undefined && values.given[flag] !== undefined) {
      throw new UsageError(`--${alias} and --${flag} are the same option: give one of them`);
    }
  }
  const preset = values.choice("preset", Object.keys(PRESETS) as (keyof typeof PRESETS)[]) ?? "notes";
  values.preset = PRESETS[preset];
  const fields: Record<string, unknown> = { method: {}, distortions: {} };
  for (const [key, option] of Object.entries(table)) {
    if (option.belongs === "preset") continue;
    const fieldsOf = (isNested(option) ? fields[option.belongs] : fields) as Record<string, OptionValue | undefined>;
    const value = parseOption(values, option);
    if (!isNested(option) || value !== undefined) fieldsOf[key] = value;
  }
  const { hidden, ...recipe } = fields;
  // The table has every field of a recipe: tests/recipe/options.test.ts.
  return { recipe: recipe as unknown as Recipe, hidden: hidden as number[] };
}

/**
 * The distortions that options make: those that are given.
 * @throws {UsageError} for a value that cannot be used
 */
export function distortionsFrom(values: Values, table: OptionTable = OPTIONS): Distortions {
  checkValues(values);
  const options = Object.entries(optionsWhere(({ belongs }) => belongs === "distortions", table));
  const entries = options.map(([key, option]) => [key, parseOption(values, option)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function checkValues(values: Values): void {
  checkArgument("values", "Values", values, hasObjects(values, "given", "value", "choice"));
}

function parseOption(values: Values, option: TrainingOption): OptionValue | undefined {
  const { flag, alias, kind } = option;
  const value = values.value(alias !== undefined && values.given[alias] !== undefined ? alias : flag, kind);
  // A choice always has a value: what the library chooses by itself stays out of the recipe.
  return isNested(option) && kind.type === "choice" && value === option.default ? undefined : value;
}
