// How the pictures were made that a network was trained on, so that others are made alike: measured when it is
// trained, and kept in its file.

import { checkObject, FormatError, show } from "../errors.js";
import { checkRange, RANGES } from "../ranges.js";
import { checkPixelOptions, type Dataset, type PixelOptions } from "./dataset.js";
import { type Ground, measure } from "./measure.js";

/** How the images were made that a network reads, and what the pictures look like that they were made of. */
export interface Preparation extends PixelOptions {
  /** "mnist": a digit in 20 x 20 of 28 x 28 pixels, its centre of mass in the middle. "whole": the picture as it is. */
  readonly form: "mnist" | "whole";
  /** The height of the images, in pixels, 1 or more. */
  readonly rows: number;
  /** The width of the images, in pixels, 1 or more. */
  readonly columns: number;
  /** The darkest and the brightest level of the pictures, 0 black to 1 white, before they were scaled or inverted. */
  readonly levels: readonly [dark: number, bright: number];
  /** The inputs a^0 that these two levels became. */
  readonly inputs: readonly [dark: number, bright: number];
  /** Whether the ground of the pictures is dark or bright, before they were inverted. */
  readonly ground: Ground;
}

/** Characters of its JSON text: longer ones are not read. */
const MAX_TEXT = 1000;

/** The preparation of a data set's images. */
export function preparationOf(dataset: Dataset): Preparation {
  const { inputs, columns, prepared = {}, images } = dataset;
  const { low, high, ground, mnist } = measure(dataset);
  const rows = inputs / columns;
  const { pixelMax, invert = false } = prepared;
  const floats = images instanceof Float32Array;
  const full = pixelMax === undefined ? 1 : floats ? pixelMax : pixelMax / 255;
  const ends: [number, number] = invert ? [high, low] : [low, high];
  const levels = ends.map((end) => full * (invert ? 1 - end : end)) as [number, number];
  // What floats beyond 0 to 1 were in a picture, nobody knows.
  const known = levels[0] >= 0 && levels[1] <= 1 && levels[0] < levels[1];
  return {
    form: mnist ? "mnist" : "whole",
    rows,
    columns,
    levels: known ? levels : [0, 1],
    inputs: ends,
    ground: invert ? opposite(ground) : ground,
    ...prepared,
  };
}

/** That of a network about which nothing is known: MNIST's for images of its size, else the picture as it is. */
export function usualPreparation(inputs: number): Preparation {
  const side = Math.sqrt(inputs);
  const [rows, columns] = Number.isInteger(side) ? [side, side] : [1, inputs];
  const form = inputs === 784 ? "mnist" : "whole";
  return { form, rows, columns, levels: [0, 1], inputs: [0, 1], ground: "dark" };
}

/** The other ground. */
export function opposite(ground: Ground): Ground {
  return ground === "mixed" ? ground : ground === "dark" ? "bright" : "dark";
}

/**
 * The preparation in a model's metadata.
 * @param inputs the size of the network's first layer
 * @throws {FormatError} if it is not what preparationOf() makes
 */
export function parsePreparation(text: string, inputs: number, file: string): Preparation {
  const refuse = () =>
    new FormatError(file, `metadata preparation: expected that of images of ${inputs} pixels, got ${show(text)}`);
  if (text.length > MAX_TEXT) throw refuse();
  try {
    const preparation = checkPreparation(JSON.parse(text));
    if (preparation.rows * preparation.columns === inputs) return preparation;
  } catch {
    // It is refused below.
  }
  throw refuse();
}

/**
 * A copy of a preparation that can be used, without what does nothing.
 * @throws {TypeError | RangeError} for a member that cannot be used
 */
export function checkPreparation(preparation: Preparation): Preparation {
  checkObject("preparation", preparation);
  const { form, rows, columns, levels, inputs, ground, ...rest } = preparation;
  const refuse = (name: string, expected: string, got: unknown) =>
    new RangeError(`${name} of preparation: expected ${expected}, got ${show(got)}`);
  checkChoice("form of preparation", form, ["mnist", "whole"]);
  checkChoice("ground of preparation", ground, ["dark", "bright", "mixed"]);
  checkRange("rows of preparation", rows, RANGES.inputs);
  checkRange("columns of preparation", columns, RANGES.inputs);
  const { max } = RANGES.inputs;
  if (rows * columns > max) throw refuse("rows x columns", `at most ${max} pixels`, `${rows} x ${columns}`);
  if (form === "mnist" && (columns !== 28 || rows !== 28)) {
    throw refuse("rows x columns", '28 x 28 for form "mnist"', `${rows} x ${columns}`);
  }
  if (form === "mnist" && ground === "mixed") throw refuse("ground", 'dark or bright for form "mnist"', ground);
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite);
  const [dark, bright] = isPair(levels) ? levels : [0, 0];
  if (!(dark >= 0 && bright <= 1 && dark < bright)) throw refuse("levels", "two from 0 to 1, the darker first", levels);
  if (!isPair(inputs)) throw refuse("inputs", "two finite numbers", inputs);
  return {
    form,
    rows,
    columns,
    levels: [dark, bright],
    inputs: [inputs[0], inputs[1]],
    ground,
    ...checkPixelOptions(rest),
  };
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  throw new RangeError(`${name}: expected ${choices.join(", ")}, got ${show(value)}`);
}
