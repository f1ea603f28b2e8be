// A recipe in words: the command that repeats it, the line that a terminal prints of it, and the rows of a report.

import { checkArgument, checkLayers } from "../arguments.js";
import { checkPixelOptions, type PixelOptions } from "../data/dataset.js";
import { PIXELS } from "../options/data.js";
import { hasEffect, type OptionTable, type OptionValue, PARTS, type TrainingOption } from "../options/option.js";
import { hasControls } from "../text.js";
import { OPTIONS } from "./options.js";
import { checkRecipe, isNested, type Recipe, valueIn } from "./recipe.js";

/** An option of a table and its value in a recipe. */
type Entry = readonly [option: TrainingOption, value: OptionValue | undefined];

/** All options in the order of PARTS, hidden layers with the layers' sizes. */
function entriesOf(recipe: Recipe, layers: readonly number[], table: OptionTable): Entry[] {
  checkRecipe(recipe);
  checkLayers(layers);
  const fields = { ...recipe, hidden: layers.slice(1, -1) };
  return Object.entries(table)
    .sort(([, a], [, b]) => PARTS.indexOf(a.belongs) - PARTS.indexOf(b.belongs))
    .map(([key, option]) => [option, valueIn(fields, key, option)]);
}

/** Whether a command needs an option to repeat the training. */
function isTold([option, value]: Entry): boolean {
  if (option.basic) return true;
  return value !== undefined && value !== false && (isNested(option) || value !== option.default);
}

function textOf(value: OptionValue): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? "none" : value.join(",");
}

/** The command line of a training, to repeat it. */
export function trainCommand(recipe: Recipe, layers: readonly number[], table: OptionTable = OPTIONS): string {
  checkLayers(layers);
  const fields = { ...recipe, hidden: layers.slice(1, -1) };
  const lookUp = (key: string) => valueIn(fields, key, table[key]) ?? table[key].default;
  const options = entriesOf(recipe, layers, table)
    // Older models keep what had no effect, and train refuses.
    .filter((entry) => isTold(entry) && hasEffect(entry[0], table, lookUp))
    .map(([{ flag, alias = flag }, value]) => {
      const text = value === true ? "" : ` ${shellWord(textOf(value as OptionValue))}`;
      return ` --${alias}${text}`;
    });
  return `ductus train${options.join("")}`;
}

/** What makes pixels, as options of a command line: "--pixel-max 1 --invert". */
export function pixelFlags(options: PixelOptions): string {
  return Object.entries(checkPixelOptions(options) ?? {})
    .map(([key, value]) => `--${PIXELS[key as keyof PixelOptions].flag}${value === true ? "" : ` ${value}`}`)
    .join(" ");
}

/** What a training does that another does not, but for what all have and the data: "cosine", "weight-decay 0.01". */
export function describeRecipe(recipe: Recipe, table: OptionTable = OPTIONS): string[] {
  return entriesOf(recipe, [], table)
    .filter((entry) => isTold(entry) && !entry[0].basic && entry[0].belongs !== "data")
    .map(([option, value]) => {
      const named = isNested(option) || option.kind.type === "number";
      return named ? `${option.flag} ${value}` : String(value);
    });
}

/** Every option that decided a training, defaults among them, by its name on the command line: [name, value]. */
export function recipeRows(
  recipe: Recipe,
  layers: readonly number[],
  table: OptionTable = OPTIONS,
): (readonly [name: string, value: string])[] {
  return entriesOf(recipe, layers, table).flatMap(([option, value]) => {
    // What the library was not told of method and distortions has no part in it, as momentum in plain descent.
    const left = isNested(option) && option.kind.type === "number";
    const shown = value ?? (left || option.belongs === "preset" ? undefined : (option.default ?? option.unset));
    return shown === undefined ? [] : [[option.flag, textOf(shown)] as const];
  });
}

/**
 * A text as one word of a POSIX shell, quoted if need be. Control characters would act on the terminal that they are
 * pasted into, quoted or not: printf makes them. (A shell drops line ends from the end of what it prints.)
 */
export function shellWord(text: string): string {
  checkArgument("text", "a string", text, typeof text === "string");
  if (/^[\w./:@%+,-]+$/.test(text)) return text;
  if (!hasControls(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const bytes = Array.from(new TextEncoder().encode(text), (byte) =>
    /[\w./ ]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`,
  );
  return `"$(printf '${bytes.join("")}')"`;
}
