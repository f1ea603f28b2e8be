// A recipe in the metadata of a model: written by whoever trains, read by whoever resumes, tests or shows it.

import { checkArgument, checkText } from "../arguments.js";
import { checkObject, FormatError, show } from "../errors.js";
import { NETWORK_METADATA } from "../network/network-file.js";
import { meantChoice } from "../options/known.js";
import { checkOptions, type OptionTable, type OptionValue, type TrainingOption } from "../options/option.js";
import { CALIBRATION_KEY } from "../reading/verdict.js";
import { type HistoryEntry, historyOf } from "./history.js";
import { OPTIONS } from "./options.js";
import { checkRecipe, type Recipe, valueIn } from "./recipe.js";
import { parseValue } from "./values.js";

/** What a network knows of its own recipe, and keeps in metadata of its own. */
export type NetworkRecipe = Pick<Recipe, "seed" | "initialWeights" | "activation" | "cost">;

/** The metadata that recipeOf() and historyOf() read. */
export function recipeMetadata(
  recipe: Recipe,
  history: readonly HistoryEntry[],
  table: OptionTable = OPTIONS,
): Record<string, string> {
  checkRecipe(recipe);
  checkArgument("history", "an array of epochs", history, Array.isArray(history));
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
 * The recipe of a model that `ductus train` wrote. Other metadata are not looked at: checkMetadata() does that.
 * @throws {FormatError} if its metadata lack it, or hold values that no recipe has
 */
export function recipeOf(
  metadata: ReadonlyMap<string, string>,
  network: NetworkRecipe,
  file: string,
  table: OptionTable = OPTIONS,
): Recipe {
  checkArgument("metadata", "a Map", metadata, metadata instanceof Map);
  checkObject("network", network);
  checkText("file", file);
  const { seed, initialWeights, activation, cost } = network;
  const entries = Object.entries(table)
    .filter(([, option]) => option.metadata !== undefined)
    .map(([key, option]) => [key, readOption(metadata, option, file)]);
  return {
    ...Object.fromEntries(entries),
    method: readNested("method_options", "method", metadata, file, table),
    distortions: readNested("distortions", "distortions", metadata, file, table),
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
  const name = `metadata ${option.metadata}`;
  let value: OptionValue;
  try {
    value = parseValue(name, text ?? "", option.kind);
  } catch (error) {
    throw new FormatError(file, `${(error as Error).message}: was it made by ductus train?`);
  }
  // 0x10 and 1e1 are numbers, too, but not as they are written.
  if (String(value) === text) return value;
  throw new FormatError(file, `${name}: expected ${value} as ductus train writes it, got ${show(text)}`);
}

/** The options of a part that are kept together: names and values are those of the table, or the file is refused. */
function readNested(
  key: string,
  part: TrainingOption["belongs"],
  metadata: ReadonlyMap<string, string>,
  file: string,
  table: OptionTable,
): Record<string, OptionValue> {
  const refuse = (problem: string) => new FormatError(file, `metadata ${key}: ${problem} (file corrupt?)`);
  let options: unknown;
  try {
    options = JSON.parse(metadata.get(key) ?? "{}");
  } catch {
    options = undefined;
  }
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw refuse("expected a JSON object");
  }
  const known = Object.fromEntries(Object.entries(table).filter(([, option]) => option.belongs === part));
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) throw refuse(`expected options of ductus train, got ${show(unknown)}`);
  try {
    checkOptions(options as Record<string, OptionValue>, known);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  return { ...options };
}

/** What other metadata than options hold, if they are there. */
const RESULTS = {
  test_correct: {
    pattern: /^(0|[1-9]\d{0,9}) \/ [1-9]\d{0,9}$/,
    expected: 'how many test images were read correctly, as "9784 / 10000"',
  },
  data_sha256: { pattern: /^[0-9a-f]{64}$/, expected: "a SHA-256 of 64 hexadecimal digits" },
} as const;

/** The keys of all metadata that Ductus writes. */
const KNOWN: readonly string[] = [
  ...NETWORK_METADATA,
  ...Object.values(OPTIONS).flatMap(({ metadata }) => metadata ?? []),
  "method_options",
  "distortions",
  "history",
  ...Object.keys(RESULTS),
  CALIBRATION_KEY,
  // The trials of ductus tune.
  "search",
];

/**
 * What is wrong with the first key that is neither one of Ductus nor a user's own; undefined if all are. A key of one's
 * own has a dot or a colon: so no version of Ductus means something else by it, and a misspelt key is noticed.
 */
export function unknownKey(keys: Iterable<string>): string | undefined {
  for (const key of keys) {
    if (KNOWN.includes(key) || /[.:]/.test(key)) continue;
    const expected = "expected a key that Ductus knows, or one of your own, with a dot or a colon, as my.note";
    return `${expected}, got ${show(key)}${meantChoice(key, KNOWN)}`;
  }
  return undefined;
}

/**
 * Checks all that the metadata of a model say of its recipe and its epochs, and that there are no others, but for those
 * whose key has a dot or a colon, as "my.note": they are the user's own. A model that the library alone saved has no
 * recipe: nothing of it is checked, and its metadata may have any keys.
 * @throws {FormatError} for the first that is not what it should be
 */
export function checkMetadata(
  network: NetworkRecipe & { readonly metadata: ReadonlyMap<string, string>; readonly epochs?: number },
  file: string,
) {
  checkObject("network", network);
  const { metadata } = network;
  checkArgument("metadata", "a Map", metadata, metadata instanceof Map);
  checkText("file", file);
  if (!metadata.has(OPTIONS.epochs.metadata as string)) return;
  recipeOf(metadata, network, file);
  historyOf(metadata, file, network.epochs);
  const problem = unknownKey(metadata.keys());
  if (problem !== undefined) throw new FormatError(file, `metadata: ${problem}`);
  for (const [key, { pattern, expected }] of Object.entries(RESULTS)) {
    const text = metadata.get(key);
    if (text === undefined || pattern.test(text)) continue;
    throw new FormatError(file, `metadata ${key}: expected ${expected}, got ${show(text)} (file corrupt?)`);
  }
  const [correct, count] = (metadata.get("test_correct") ?? "").split(" / ").map(Number);
  if (correct > count) {
    throw new FormatError(file, `metadata test_correct: expected at most ${count}, got ${correct} (file corrupt?)`);
  }
}
