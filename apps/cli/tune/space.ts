// What a search draws from: the options of `ductus train`, each with one value, a list of choices a|b|c, or a range
// A..B.

import {
  commandOptions,
  OPTIONS,
  type OptionTable,
  optionsWhere,
  RandomStream,
  type Scale,
  TUNE,
  UsageError,
  Values,
} from "ductus/recipe";
import { localRecipe } from "../train.js";

/** Values of train's options, by their names. */
export type Settings = Readonly<Record<string, string>>;

/** An option whose value is searched. */
export type Parameter = { readonly name: string } & Drawn;

/** What its values are drawn from. */
type Drawn =
  | { readonly choices: readonly string[] }
  | { readonly scale: Scale; readonly range: (drawn: Settings) => readonly [number, number] };

/** What all trials have in common, and what they differ in. */
export interface Space {
  /** As given, by name: what a search is known by, but for the epochs, seed and data. */
  readonly options: Settings;
  readonly fixed: Settings;
  /** In the order in which they are drawn. */
  readonly parameters: readonly Parameter[];
}

/** The options of a table that a search takes, as its command line has them. */
export function searchOptions(table: OptionTable = OPTIONS) {
  return commandOptions(optionsWhere(({ search }) => search !== undefined, table));
}

/** Searched if nothing else is said: what the notes leave open. */
const BATCH_SIZES = [4, 64] as const;

/**
 * What the options of a command line ask for.
 * @throws {UsageError} for a value, range or choice that cannot be used
 */
export function parseSpace(given: Settings, table: OptionTable = OPTIONS): Space {
  const searched = optionsWhere(({ search }) => search !== undefined, table);
  const options = Object.values(searched);
  const entries = Object.entries(given).filter(([name]) => name in searchOptions(table));
  // An option given by both its names is refused.
  if (options.some(({ flag, alias = flag }) => alias !== flag && flag in given && alias in given)) {
    optionsOf(given, table);
  }
  const flagOf = (name: string) => options.find(({ alias }) => alias === name)?.flag ?? name;
  const texts = new Map(entries.map(([name, text]) => [flagOf(name), text]));
  // Errors name options as they were typed.
  const typed = new Map(entries.map(([name]) => [flagOf(name), name]));
  const fixed: Record<string, string> = {};
  const parameters: Parameter[] = [];
  for (const option of options) {
    const text = texts.get(option.flag);
    if (text !== undefined && (option.search === "fixed" || !/\||\.\./.test(text))) fixed[option.flag] = text;
  }
  const asTyped = Object.entries(fixed).map(([flag, text]) => [typed.get(flag), text]);
  const { recipe } = optionsOf(Object.fromEntries(asTyped), table);
  if (fixed.validation !== undefined && recipe.validation === 0) {
    throw new UsageError(`--validation: expected at least 1 image, to choose settings by, got "${fixed.validation}"`);
  }
  for (const { flag, search } of options) {
    const text = texts.get(flag);
    if (flag in fixed) continue;
    if (text !== undefined) {
      const parsed = parseParameter(typed.get(flag) as string, text, search as Scale, fixed, table);
      parameters.push({ name: flag, ...parsed });
    } else if (flag === "batch-size") parameters.push({ name: flag, scale: "whole", range: () => BATCH_SIZES });
  }
  // Drawn last: its range depends on what else was drawn. It is about the default of train, whatever the batch size.
  const rate = parameters.find(({ name }) => name === "learning-rate") ?? {
    name: "learning-rate",
    scale: "log",
    range: ({ "batch-size": _, ...drawn }) => {
      const { learningRate, method } = optionsOf({ ...fixed, ...drawn }, table).recipe;
      // Plain descent saturates at ten times that.
      return [learningRate / 10, (method.optimizer === undefined ? 4 : 10) * learningRate];
    },
  };
  const others = parameters.filter(({ name }) => name !== rate.name);
  const named = [...texts].filter(([name]) => !["epochs", "seed", "data"].includes(name)).sort();
  return { options: Object.fromEntries(named), fixed, parameters: rate.name in fixed ? others : [...others, rate] };
}

/** Choices, or a range that is drawn by a scale. */
function parseParameter(name: string, text: string, scale: Scale, fixed: Settings, table: OptionTable): Drawn {
  const wrong = (expected: string) => new UsageError(`--${name}: expected ${expected}, got "${text}"`);
  if (text.includes("|")) {
    const choices = text.split("|");
    if (choices.includes("")) throw wrong("choices as in a|b|c, none of them empty");
    if (text.includes("..")) throw wrong("either choices as in a|b|c or a range as in 0.1..10");
    for (const choice of choices) checkValue(name, choice, fixed, table);
    return { choices };
  }
  const ends = text.split("..");
  const [low, high] = ends.map((end) => (/\d/.test(end) ? Number(end) : Number.NaN));
  if (ends.length !== 2 || !(low < high)) throw wrong("a range of two numbers, the lower one first, as in 0.1..10");
  for (const end of ends) checkValue(name, end, fixed, table);
  if (scale === "log" && low <= 0) {
    throw wrong("a range that begins above 0, because it is searched by factors; or choices, as in 0|1e-5|1e-4");
  }
  return { scale, range: () => [low, high] };
}

/** Throws what train says of this value, but not of its combination with others: those may be searched too. */
function checkValue(name: string, value: string, fixed: Settings, table: OptionTable): void {
  try {
    optionsOf({ ...fixed, [name]: value }, table);
  } catch (error) {
    if ((error as Error).message.startsWith(`--${name}: `)) throw error;
  }
}

/**
 * The recipe that settings make, and the sizes of its hidden layers.
 * @throws {UsageError} if train does not take them
 */
export function optionsOf(settings: Settings, table: OptionTable = OPTIONS) {
  return localRecipe(new Values(settings, [], commandOptions(table)), table);
}

/** Settings, and for each parameter its place: from 0 to 1 in its range, or the number of its choice. */
export interface Draw {
  readonly settings: Settings;
  readonly point: readonly number[];
}

/** How many trials there are: each combination once, where there are choices only, and no more of them than trials. */
export function countTrials({ parameters }: Space, trials: number): number {
  return Math.min(trials, combinationsOf(parameters));
}

function combinationsOf(parameters: readonly Parameter[]): number {
  return parameters.reduce(
    (product, parameter) => product * ("choices" in parameter ? parameter.choices.length : Number.POSITIVE_INFINITY),
    1,
  );
}

/**
 * The settings of each trial. Those of trial i depend on seed, space and i alone, to the last digit in every engine.
 * Where there are choices only, and no more combinations than trials, each combination is a trial.
 */
export function drawTrials(space: Space, trials: number, seed: number): Settings[] {
  const every = combinationsOf(space.parameters) <= trials;
  return Array.from({ length: countTrials(space, trials) }, (_, i) => drawTrial(space, seed, i, every).settings);
}

/** @param every whether trial i is the ith of all combinations */
export function drawTrial({ parameters }: Space, seed: number, i: number, every = false): Draw {
  const random = new RandomStream(seed, TUNE, i);
  let rest = i;
  return settingsAt(parameters, (parameter) => {
    if (!("choices" in parameter)) return random.nextWord() / WORDS;
    const { length } = parameter.choices;
    const choice = every ? rest % length : random.nextBelow(length);
    rest = Math.floor(rest / length);
    return choice;
  });
}

/** The settings at a point, one parameter after the other: the range of a later one depends on those before it. */
export function settingsAt(parameters: readonly Parameter[], place: (parameter: Parameter, k: number) => number): Draw {
  const settings: Record<string, string> = {};
  const point = parameters.map((parameter, k) => {
    const at = place(parameter, k);
    settings[parameter.name] =
      "choices" in parameter
        ? parameter.choices[at]
        : String(drawNumber(parameter.scale, parameter.range(settings), Math.floor(at * WORDS)));
    return at;
  });
  return { settings, point };
}

/** A place is a whole number of so many parts. */
const WORDS = 2 ** 32;

/** The number at a place in its range that 32 random bits decide, with three digits if it is not whole. */
export function drawNumber(scale: Scale, [low, high]: readonly [number, number], word: number): number {
  const between = (value: number) => Math.min(high, Math.max(low, value));
  const u = word / 4294967296;
  if (scale === "log-from-1")
    return between(Number((1 - threeDigits((1 - low) * power((1 - high) / (1 - low), word))).toFixed(10)));
  if (scale === "log") return between(threeDigits(low * power(high / low, word)));
  if (scale === "uniform") return between(threeDigits(low + (high - low) * u));
  return between(Math.floor(low > 0 ? low * power((high + 1) / low, word) : low + (high - low + 1) * u));
}

function threeDigits(value: number): number {
  return Number(value.toPrecision(3));
}

/** ratio^(word / 2^32), by square roots, which every engine rounds alike. */
function power(ratio: number, word: number): number {
  let [result, root] = [1, ratio];
  for (let bit = 31; bit >= 0; bit--) {
    root = Math.sqrt(root);
    if ((word >>> bit) & 1) result *= root;
  }
  return result;
}
