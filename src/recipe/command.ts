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

/** Those options of a table that had an effect in a training: older models keep others, too, which train refuses. */
function effectiveEntries(recipe: Recipe, layers: readonly number[], table: OptionTable): Entry[] {
  const entries = entriesOf(recipe, layers, table);
  const fields = { ...recipe, hidden: layers.slice(1, -1) };
  const lookUp = (key: string) => valueIn(fields, key, table[key]) ?? table[key].default;
  return entries.filter(([option]) => hasEffect(option, table, lookUp));
}

/** The command line of a training, to repeat it. */
export function trainCommand(recipe: Recipe, layers: readonly number[], table: OptionTable = OPTIONS): string {
  const options = effectiveEntries(recipe, layers, table)
    .filter(isTold)
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

/**
 * What a training does that another does not, but for what all have, the data, and the model that it starts from:
 * "cosine", "weight-decay 0.01".
 */
export function describeRecipe(recipe: Recipe, table: OptionTable = OPTIONS): string[] {
  return entriesOf(recipe, [], table)
    .filter(
      (entry) => isTold(entry) && !entry[0].basic && entry[0].belongs !== "data" && entry[0].kind.type !== "folder",
    )
    .map(([option, value]) => {
      const named = isNested(option) || option.kind.type === "number";
      return named ? `${option.flag} ${value}` : String(value);
    });
}

/** Every option that had an effect in a training, defaults among them: [its name on the command line, its value]. */
export function recipeRows(
  recipe: Recipe,
  layers: readonly number[],
  table: OptionTable = OPTIONS,
): (readonly [name: string, value: string])[] {
  return effectiveEntries(recipe, layers, table).flatMap(([option, value]) => {
    // A preset is no more than values of other options.
    const shown = value ?? (option.belongs === "preset" ? undefined : (option.default ?? option.unset));
    return shown === undefined ? [] : [[option.flag, textOf(shown)] as const];
  });
}

/**
 * A text as one word of a POSIX shell, quoted if need be. Control characters would act on the terminal that they are
 * pasted into, quoted or not: printf makes them. A shell drops line ends from the end of what it prints, so a name that
 * ends with them has a slash behind: it can only be used of a folder.
 */
export function shellWord(text: string): string {
  checkArgument("text", "a string", text, typeof text === "string");
  if (/^[\w./:@%+,-]+$/.test(text)) return text;
  if (!hasControls(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const whole = text.endsWith("\n") ? `${text}/` : text;
  const bytes = Array.from(new TextEncoder().encode(whole), (byte) =>
    /[\w./ ]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`,
  );
  return `"$(printf '${bytes.join("")}')"`;
}
