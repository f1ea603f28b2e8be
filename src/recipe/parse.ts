// From the table of options: what a command line takes and explains, and the recipe that it makes.

import { checkArgument, hasObjects } from "../arguments.js";
import type { PixelOptions } from "../data/dataset.js";
import type { Distortions } from "../data/distortions.js";
import { PIXELS } from "../options/data.js";
import { hasEffect, type OptionTable, type OptionValue, type TrainingOption } from "../options/option.js";
import { OPTIONS } from "./options.js";
import { PRESETS } from "./presets.js";
import { isNested, type Recipe } from "./recipe.js";
import { listOf, type Option, parseValue, UsageError, type Values } from "./values.js";

/** The options of a table by their names on the command line, in the order of the table. */
export function commandOptions(table: OptionTable = OPTIONS): Readonly<Record<string, Option>> {
  const isTable = !Array.isArray(table) && hasObjects(table, ...Object.keys(table ?? {}));
  checkArgument("table", "a table of options, as OPTIONS", table, isTable);
  const entries = Object.values(table).flatMap((option): [string, Option][] => {
    const { flag, alias, value, help } = option;
    const defaultText = option.default === undefined ? undefined : String(option.default);
    // A number that is not given stays out of the recipe: the library knows its default.
    const left = isNested(option) && option.kind.type === "number" && defaultText !== undefined;
    const described = left
      ? { value, help: `${help} (default ${defaultText})` }
      : { value, help, default: defaultText };
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
 * The recipe that options make, on MNIST unless a folder is given, and the sizes of its hidden layers. What has no
 * effect beside the others stays out of it.
 * @throws {UsageError} for a value that cannot be used, or a preset with options that the table lacks
 */
export function recipeFrom(
  values: Values,
  table: OptionTable = OPTIONS,
): {
  /** What trains the network. */
  readonly recipe: Recipe;
  /** Neurons of each hidden layer, first to last, 1 to 65,536; empty for none. */
  readonly hidden: readonly number[];
} {
  checkValues(values);
  for (const { flag, alias } of Object.values(table)) {
    if (alias !== undefined && values.given[alias] !== undefined && values.given[flag] !== undefined) {
      throw new UsageError(`--${alias} and --${flag} are the same option: give one of them`);
    }
  }
  values.preset = presetOf(values, table);
  const fields: Record<string, unknown> = { method: {}, distortions: {} };
  const partOf = (option: TrainingOption) =>
    (isNested(option) ? fields[option.belongs] : fields) as Record<string, OptionValue | undefined>;
  for (const [key, option] of Object.entries(table)) {
    if (option.belongs === "preset") continue;
    const value = holds(values, option, table) ? parseOption(values, option) : undefined;
    if (!isNested(option) || value !== undefined) partOf(option)[key] = value;
  }
  const lookUp = (key: string) => partOf(table[key])[key] ?? table[key].default;
  for (const [key, option] of Object.entries(table)) {
    if (hasEffect(option, table, lookUp)) continue;
    if (isNested(option)) delete partOf(option)[key];
    else fields[key] = option.default;
  }
  const { hidden, method, ...rest } = fields;
  for (const [key, { derived }] of Object.entries(table)) {
    if (derived !== undefined)
      fields[key] ??= derived.from({ ...rest, ...(method as object), hidden: hidden as number[] });
  }
  const { hidden: _, ...recipe } = fields;
  // The table has every field of a recipe: tests/recipe/options.test.ts.
  return { recipe: recipe as unknown as Recipe, hidden: hidden as number[] };
}

/** What the chosen preset sets; nothing, as with the notes, if the table has no option to choose one by. */
function presetOf(values: Values, table: OptionTable): Readonly<Record<string, string>> {
  const options = Object.values(table);
  const option = options.find(({ belongs }) => belongs === "preset");
  if (option === undefined) return PRESETS.notes;
  const name = values.value(option.flag, option.kind) as keyof typeof PRESETS;
  const lacking = Object.keys(PRESETS[name]).find((flag) => !options.some((option) => option.flag === flag));
  if (lacking === undefined) return PRESETS[name];
  throw new UsageError(
    `--${option.flag}: expected a preset without --${lacking}, which cannot be set here, got "${name}"`,
  );
}

/** Whether an option's value counts: that of a preset does not where options made the training another. */
function holds(values: Values, { flag, alias = flag, derived }: TrainingOption, table: OptionTable): boolean {
  if (derived === undefined || values.given[flag] !== undefined || values.given[alias] !== undefined) return true;
  return derived.suits.every((key) => {
    if (!Object.hasOwn(table, key)) return true;
    const { flag: other, default: defaultValue } = table[key];
    const given = values.given[other];
    return given === undefined || given === (values.preset[other] ?? defaultValue);
  });
}

/**
 * Checks that whatever was given has an effect beside the other options, of which those of a search may have several
 * values. What only a preset has may be without effect.
 * @throws {UsageError} for the first that has none
 */
export function checkEffects(values: Values, table: OptionTable = OPTIONS): void {
  checkValues(values);
  values.preset = presetOf(values, table);
  for (const option of Object.values(table)) {
    const { flag, alias = flag, needs } = option;
    if (needs === undefined || (values.given[flag] ?? values.given[alias]) === undefined) continue;
    const other = table[needs.option];
    if (other === undefined) continue;
    const text = values.text(other.flag) ?? String(other.default);
    // Choices, or both ends of a range.
    const texts = text.split(/\||\.\./);
    const parsed = (text: string) => parseValue(`--${other.flag}`, text, other.kind);
    if (texts.some((text) => hasEffect(option, table, () => parsed(text)))) continue;
    const name = values.given[flag] === undefined ? alias : flag;
    const more = other.kind.type === "sizes" ? `--${other.flag} a layer` : `--${other.flag} above 0`;
    const mend = needs.values === undefined ? more : `--${other.flag} ${listOf(needs.values)}`;
    throw new UsageError(`--${name}: has no effect with --${other.flag} ${text}: leave it out, or give ${mend}`);
  }
}

/**
 * The distortions that options make: those that are given.
 * @throws {UsageError} for a value that cannot be used
 */
export function distortionsFrom(values: Values, table: OptionTable = OPTIONS): Distortions {
  return partFrom(
    values,
    optionsWhere(({ belongs }) => belongs === "distortions", table),
  );
}

/**
 * What options say of the pixels of data files: those that are given.
 * @throws {UsageError} for a value that cannot be used
 */
export function pixelOptionsFrom(values: Values): PixelOptions {
  return partFrom(values, PIXELS);
}

function partFrom(values: Values, part: OptionTable) {
  checkValues(values);
  const entries = Object.entries(part).map(([key, option]) => [key, parseOption(values, option)] as const);
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
