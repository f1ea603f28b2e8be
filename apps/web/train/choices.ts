// What a visitor chooses for a training: options of `ductus train` by their names, of which the link in the address bar
// and the command line hold those that differ from what they are otherwise.

import { countWeights } from "ductus";
import {
  checkEffects,
  commandOptions,
  OPTIONS,
  type OptionTable,
  optionsWhere,
  PRESETS,
  type Recipe,
  recipeFrom,
  shellWord,
  type TrainingOption,
  UsageError,
  Values,
} from "ductus/recipe";

/** Texts by option; what is not there is as the preset has it. */
export type Choices = Readonly<Record<string, string>>;

/** What is to be trained. */
export interface Plan {
  readonly recipe: Recipe;
  readonly hidden: readonly number[];
}

/** On a page a training should not take all memory, or days. */
const LIMITS = { epochs: 1000, neurons: 2000, layers: 5, weights: 3_000_000 };

/** The options of a table that have a field on the page. */
export function formOptions(table: OptionTable = OPTIONS): OptionTable {
  return optionsWhere(({ form }) => form !== undefined, table);
}

const CHOSEN = formOptions();
const TAKEN = commandOptions(CHOSEN);

/** The fields that are filled in with what suits the others, until the visitor fills them in. */
export const DERIVED: readonly string[] = Object.values(CHOSEN).flatMap(({ flag, alias = flag, derived }) =>
  derived === undefined ? [] : [alias],
);

/**
 * An option's text where it is not chosen: as the preset has it, or as it suits the other choices; "" for what is left
 * to the library, and for what suits choices that cannot be used.
 */
export function defaultOf(name: string, choices: Choices): string {
  const [key, { flag, derived }] = Object.entries(CHOSEN).find(([, { flag, alias = flag }]) => alias === name) as [
    string,
    TrainingOption,
  ];
  if (derived === undefined) {
    const preset: Readonly<Record<string, string>> = PRESETS[choices.preset as keyof typeof PRESETS] ?? {};
    return preset[flag] ?? TAKEN[flag].default ?? "";
  }
  const { [name]: _, ...others } = choices;
  try {
    const { recipe } = recipeFrom(new Values(others, [], TAKEN), CHOSEN);
    return String(recipe[key as keyof Recipe]);
  } catch {
    return "";
  }
}

/** Those of the texts that are not as they are where nothing is chosen. */
export function choicesOf(texts: ReadonlyMap<string, string>): Choices {
  const choices: Record<string, string> = {};
  // What others decide comes last.
  const names = [...texts.keys()].filter((name) => !DERIVED.includes(name));
  const preset = texts.get("preset");
  for (const name of [...names, ...DERIVED]) {
    const text = texts.get(name)?.trim();
    const around = name === "preset" || preset === undefined ? choices : { ...choices, preset };
    if (text !== undefined && text !== defaultOf(name, around)) choices[name] = text;
  }
  // In the order of the form.
  return Object.fromEntries([...texts.keys()].flatMap((name) => (name in choices ? [[name, choices[name]]] : [])));
}

/**
 * The recipe that choices make.
 * @throws {UsageError} for a choice that cannot be used, or is too much for a page; the message begins with --option
 */
export function planOf(choices: Choices): Plan {
  const unknown = Object.keys(choices).find((name) => !Object.hasOwn(TAKEN, name));
  if (unknown !== undefined) throw new UsageError(`link: expected options of a training, got one called "${unknown}"`);
  const values = new Values(choices, [], TAKEN);
  const plan = recipeFrom(values, CHOSEN);
  checkEffects(values, CHOSEN);
  const { hidden, recipe } = plan;
  const advice = "more is for the command line";
  if (hidden.length > LIMITS.layers) {
    throw new UsageError(
      `--hidden: expected at most ${LIMITS.layers} layers on this page, got ${hidden.length}: ${advice}`,
    );
  }
  const widest = Math.max(0, ...hidden);
  if (widest > LIMITS.neurons) {
    throw new UsageError(
      `--hidden: expected at most ${LIMITS.neurons} neurons in a layer on this page, got ${widest}: ${advice}`,
    );
  }
  const weights = countWeights([784, ...hidden, 10]);
  if (weights > LIMITS.weights) {
    const [most, got] = [LIMITS.weights, weights].map((count) => count.toLocaleString("en-US"));
    throw new UsageError(`--hidden: expected at most ${most} weights on this page, got ${got}: ${advice}`);
  }
  if (recipe.epochs > LIMITS.epochs) {
    throw new UsageError(`--epochs: expected at most ${LIMITS.epochs} on this page, got ${recipe.epochs}: ${advice}`);
  }
  return plan;
}

/** The part of a link after #, which no browser sends to a server. */
export function fragmentOf(choices: Choices): string {
  return new URLSearchParams(choices).toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/** The choices of a link; of options named twice the last. */
export function choicesIn(fragment: string): Choices {
  const choices = Object.fromEntries(new URLSearchParams(fragment.replace(/^#/, "")));
  for (const { flag, alias } of Object.values(CHOSEN)) {
    // The same option by two names, of which the page knows the shorter.
    const { [flag]: text, ...rest } = choices;
    if (alias !== undefined && text !== undefined) return { [alias]: text, ...rest };
  }
  return choices;
}

/** What trains the same network in a terminal: in a clone of the repository, and where Ductus is installed. */
export function commandsOf(choices: Choices): { readonly clone: string; readonly installed: string } {
  const options = Object.entries(choices)
    .map(([name, text]) => ` --${name} ${shellWord(text)}`)
    .join("");
  return { clone: `npm run train${options && ` --${options}`}`, installed: `ductus train${options}` };
}
