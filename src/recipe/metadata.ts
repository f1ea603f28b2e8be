// A recipe in the metadata of a model: written by whoever trains, read by whoever resumes, tests or shows it.

import { FormatError } from "../errors.js";
import type { OptionTable, OptionValue, TrainingOption } from "../options/option.js";
import type { HistoryEntry } from "./history.js";
import { OPTIONS } from "./options.js";
import { type Recipe, valueIn } from "./recipe.js";
import { parseValue } from "./values.js";

/** What a network knows of its own recipe, and keeps in metadata of its own. */
export type NetworkRecipe = Pick<Recipe, "seed" | "initialWeights" | "activation" | "cost">;

/** The metadata that recipeOf() and historyOf() read. */
export function recipeMetadata(
  recipe: Recipe,
  history: readonly HistoryEntry[],
  table: OptionTable = OPTIONS,
): Record<string, string> {
  const entries = Object.entries(table).flatMap(([key, option]) => {
    const value = valueIn(recipe, key, option);
    return option.metadata === undefined || value === undefined ? [] : [[option.metadata, String(value)]];
  });
  return {
    ...Object.fromEntries(entries),
    method_options: JSON.stringify(recipe.method),
    distortions: JSON.stringify(recipe.distortions),
    ...(recipe.dataHash === undefined ? {} : { data_sha256: recipe.dataHash }),
    history: JSON.stringify(history),
  };
}

/**
 * The recipe of a model that `ductus train` wrote.
 * @throws {FormatError} if its metadata lack it
 */
export function recipeOf(
  metadata: ReadonlyMap<string, string>,
  network: NetworkRecipe,
  file: string,
  table: OptionTable = OPTIONS,
): Recipe {
  const { seed, initialWeights, activation, cost } = network;
  const entries = Object.entries(table)
    .filter(([, option]) => option.metadata !== undefined)
    .map(([key, option]) => [key, readOption(metadata, option, file)]);
  return {
    ...Object.fromEntries(entries),
    method: parseObject("method_options", metadata, file),
    distortions: parseObject("distortions", metadata, file),
    seed,
    initialWeights,
    activation,
    cost,
    dataHash: metadata.get("data_sha256"),
  };
}

function readOption(
  metadata: ReadonlyMap<string, string>,
  option: TrainingOption,
  file: string,
): OptionValue | undefined {
  const text = metadata.get(option.metadata as string);
  // Older versions did not have all options.
  if (text === undefined && !option.basic) return option.default;
  try {
    return parseValue(`metadata ${option.metadata}`, text ?? "", option.kind);
  } catch (error) {
    throw new FormatError(file, `${(error as Error).message}: was it made by ductus train?`);
  }
}

function parseObject(key: string, metadata: ReadonlyMap<string, string>, file: string): object {
  try {
    // Names and numbers are checked where they are used.
    return { ...JSON.parse(metadata.get(key) ?? "{}") };
  } catch {
    throw new FormatError(file, `metadata ${key}: expected a JSON object (file corrupt?)`);
  }
}
