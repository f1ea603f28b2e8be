// What a visitor chooses for a training: options of `ductus train` by their names, of which the link in the address bar
// and the command line hold those that differ from what they are otherwise.

import { countWeights } from "ductus";
import {
  commandOptions,
  OPTIONS,
  type OptionTable,
  optionsWhere,
  PRESETS,
  type Recipe,
  recipeFrom,
  shellWord,
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

/** An option's text in a preset, and "" for what it leaves to the library. */
export function defaultOf(name: string, preset: string): string {
  const given: Readonly<Record<string, string>> = PRESETS[preset as keyof typeof PRESETS] ?? {};
  const flag = Object.values(CHOSEN).find(({ alias }) => alias === name)?.flag ?? name;
  return given[flag] ?? TAKEN[flag]?.default ?? "";
}

/** Those of the texts that are not as the preset has them. */
export function choicesOf(texts: ReadonlyMap<string, string>): Choices {
  const preset = texts.get("preset") ?? "notes";
  const differ = (name: string, text: string) => text !== defaultOf(name, name === "preset" ? "notes" : preset);
  return Object.fromEntries(
    [...texts].map(([name, text]) => [name, text.trim()]).filter(([name, text]) => differ(name, text)),
  );
}

/**
 * The recipe that choices make.
 * @throws {UsageError} for a choice that cannot be used, or is too much for a page; the message begins with --option
 */
export function planOf(choices: Choices): Plan {
  const unknown = Object.keys(choices).find((name) => !Object.hasOwn(TAKEN, name));
  if (unknown !== undefined) throw new UsageError(`link: expected options of a training, got one called "${unknown}"`);
  const plan = recipeFrom(new Values(choices, [], TAKEN), CHOSEN);
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
