// ductus distort: a sheet of training images and what their distortions make of them, to look at before training.

import { resolve } from "node:path";
import { Dataset, distort as distortDataset } from "ductus";
import { encodePng } from "ductus/formats";
import {
  checkEffects,
  commandOptions,
  distortionsFrom,
  OPTIONS,
  optionsWhere,
  PRESETS,
  pixelOptionsFrom,
  RANGES,
  type Range,
  Values,
} from "ductus/recipe";
import { withData } from "./data.js";
import { KINDS, SOFTWARE } from "./kinds.js";
import { dataFrom } from "./measure.js";
import { FORCE, Output } from "./output.js";
import { printLine } from "./terminal.js";
import { type Command, helpOf, parseCommand } from "./usage.js";

const TABLE = optionsWhere(({ belongs }) => belongs === "distortions");
const DISTORTIONS = commandOptions(TABLE);
const { data, split, label, pixelMax, invert, transpose } = OPTIONS;

const COLUMNS: Range = { min: 1, max: 100, whole: true, description: "a whole number from 1 to 100" };

export const DISTORT: Command = {
  usage: "distort [options]",
  summary: `Draws a sheet of training images, one of each class (at most 30), and what a training with these options
sees instead in its first epochs. The default is the preset "best".`,
  arguments: 0,
  options: {
    ...DISTORTIONS,
    epochs: { value: "N", help: `epochs to draw, a column for each: ${COLUMNS.description}`, default: "15" },
    seed: { value: "N", help: `of the training: ${RANGES.seed.description}`, default: "1" },
    ...commandOptions({ data, split, label, pixelMax, invert, transpose }),
    out: { value: "FILE", help: "where to write the PNG; - for standard output", default: "distortions.png" },
    force: FORCE,
  },
};

/** More classes would make a sheet that nobody looks at. */
const MOST_ROWS = 30;
/** Pixels on the sheet for each of an image, and between images. */
const ENLARGED = 2;
const GAP = 4;

export async function distort(args: readonly string[]): Promise<void> {
  const values = parseCommand(DISTORT, args);
  if (values === undefined) return printLine(helpOf(DISTORT));
  const { sigma, ...bounds } = distortionsFrom(values);
  // Without another, sigma is that of the preset's elastic fields.
  if (Object.keys(bounds).length > 0) checkEffects(values, TABLE);
  const amounts = Object.keys(bounds).length > 0 ? bounds : distortionsFrom(new Values(PRESETS.best, [], DISTORTIONS));
  const distortions = { ...amounts, ...(sigma === undefined ? {} : { sigma }) };
  const epochs = values.number("epochs", COLUMNS) as number;
  const seed = values.number("seed", RANGES.seed) as number;
  const given = dataFrom(values);
  const out = values.path("out") as string;
  const reads = [{ path: given.data, what: "the data" }];
  const output = await Output.open(out, { kind: KINDS.sheet, force: values.flag("force"), reads });
  const pixels = pixelOptionsFrom(values);
  const path = given.data === undefined ? undefined : resolve(given.data);
  const { split: parts } = await withData({
    ...pixels,
    ...given,
    data: path,
    limit: undefined,
    validation: 0,
  });
  const numbers = firstOfEachClass(parts.training);
  const originals = pick(parts.training, numbers);
  const sheet = [originals];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    sheet.push(await distortDataset(originals, { ...distortions, numbers, seed, epoch }));
  }
  await output.save(drawSheet(sheet));
  const images = numbers.length === 1 ? "1 image as it is" : `${numbers.length} images as they are`;
  printLine(`${output.shown}: ${images}, then as epochs 1 to ${epochs} with seed ${seed} see them`);
}

function firstOfEachClass({ labels, classes }: Dataset): number[] {
  return Array.from({ length: Math.min(classes, MOST_ROWS) }, (_, label) => labels.indexOf(label)).filter(
    (i) => i >= 0,
  );
}

/** Some images of a data set. */
function pick({ images, inputs, labels, columns, classes }: Dataset, numbers: readonly number[]): Dataset {
  const picked = new Uint8Array(numbers.length * inputs);
  for (const [i, number] of numbers.entries()) {
    picked.set(images.subarray(number * inputs, (number + 1) * inputs), i * inputs);
  }
  return new Dataset({
    images: picked,
    labels: Uint8Array.from(numbers, (number) => labels[number]),
    columns,
    classes,
  });
}

/** A PNG with a column for each data set and a row for each image, black on white. */
function drawSheet(sheet: readonly Dataset[]): Uint8Array {
  const [{ length, inputs, columns }] = sheet;
  const [across, down] = [columns * ENLARGED + GAP, (inputs / columns) * ENLARGED + GAP];
  const [width, height] = [sheet.length * across, length * down];
  const grey = new Uint8Array(width * height).fill(255);
  for (const [column, { images }] of sheet.entries()) {
    for (let y = 0; y < length * down; y++) {
      const [row, r] = [Math.floor(y / down), Math.floor((y % down) / ENLARGED)];
      if (r >= inputs / columns) continue;
      for (let x = 0; x < columns * ENLARGED; x++) {
        grey[y * width + column * across + x] = 255 - images[row * inputs + r * columns + Math.floor(x / ENLARGED)];
      }
    }
  }
  return encodePng(grey, width, height, 1, SOFTWARE.sheet);
}
