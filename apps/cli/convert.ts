// ductus convert: data from one form to another: IDX files, CSV, a folder of pictures for each class.

import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { open, readdir, rename, rmdir, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Dataset } from "ductus";
import { encodeCsv, encodeIdx, encodePng, MNIST } from "ductus/formats";
import { type DataParts, loadParts } from "ductus/node";
import { commandOptions, OPTIONS, pixelOptionsFrom, UsageError, type Values } from "ductus/recipe";
import { KINDS } from "./kinds.js";
import { formFrom } from "./measure.js";
import { namesOf } from "./names.js";
import { FORCE, Output } from "./output.js";
import { reasonOf } from "./reasons.js";
import { formatCount, printLine, ReadingProgress } from "./terminal.js";
import { type Command, helpOf, parseCommand, usageError } from "./usage.js";
import { printWarnings } from "./warnings.js";

const { split, label, pixelMax, invert, transpose } = OPTIONS;
const FORMATS = ["idx", "csv", "png"] as const;
const SETS = ["training", "test"] as const;
type Part = (typeof SETS)[number];

export const CONVERT: Command = {
  usage: "convert IN OUT [options]",
  summary: `Writes data in another form. IN is what --data takes: IDX files, CSV, or folders of pictures. OUT is a new
folder for training and test data, or a name that ends in .csv for one part of them.`,
  arguments: 2,
  options: {
    format: {
      value: "FORMAT",
      help: "of a folder: idx, csv, or png, a folder of pictures for each class",
      default: "idx",
    },
    set: { value: "PART", help: "training or test alone (default: both, or all of a .csv)" },
    ...commandOptions({ split, label, pixelMax, invert, transpose }),
    force: FORCE,
  },
};

export async function convert(args: readonly string[]): Promise<void> {
  const values = parseCommand(CONVERT, args);
  if (values === undefined) return printLine(helpOf(CONVERT));
  const [path, out] = values.args;
  if (out === undefined) throw usageError("convert", "expected two names, IN and OUT, got fewer");
  const format = values.choice("format", FORMATS) as (typeof FORMATS)[number];
  const set = values.choice("set", SETS);
  const options = { ...pixelOptionsFrom(values), ...formFrom(values) };
  const isTable = /\.csv$/i.test(out) || out === "-";
  const target = isTable ? await openTable(values, path, out) : await checkFolder(out);
  const progress = new ReadingProgress();
  let parts: DataParts;
  try {
    parts = await loadParts(path, { ...options, onProgress: (done, total) => progress.update(done, total) });
  } finally {
    progress.stop();
  }
  printWarnings(path, parts.warnings);
  const chosen = chosenParts(parts, set, isTable);
  const count = chosen.reduce((sum, [, { length }]) => sum + length, 0);
  if (target instanceof Output) await target.save(Buffer.concat([...encodeCsv(chosen[0][1])]));
  else await inFolder(target, (folder) => writeParts(folder, chosen, format));
  const shown = target instanceof Output ? target.shown : out;
  printLine(`${shown}: ${formatCount(count)} images, ${isTable ? "csv" : format}`);
}

function openTable(values: Values, path: string, out: string): Promise<Output> {
  const reads = [{ path, what: "the data" }];
  return Output.open(out, { kind: KINDS.csv, force: values.flag("force"), option: "OUT", reads });
}

/** The parts that are written. */
function chosenParts({ training, test }: DataParts, set: Part | undefined, one: boolean): (readonly [Part, Dataset])[] {
  const parts = { training, test };
  const chosen = SETS.filter((part) => set === undefined || part === set).flatMap((part) => {
    const data = parts[part];
    return data === undefined ? [] : [[part, data] as const];
  });
  if (chosen.length === 0) throw new UsageError("--set: expected training, got test: the data are in one part");
  if (one && chosen.length > 1) {
    throw new UsageError("--set: expected training or test for a single file, got none: the data have both");
  }
  return chosen;
}

/**
 * The path of a folder that does not exist yet, or is empty.
 * @throws {Error} if there is something else, or it cannot be made
 */
async function checkFolder(out: string): Promise<string> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new Error(`${out}: expected a new folder, got ${reasonOf(error)}: give another place`);
  });
  if (names.length > 0) throw new Error(`${out}: expected a new folder, got one with files in it: give another place`);
  const parent = resolve(out, "..");
  const status = await stat(parent).catch((error) => {
    throw new Error(`${out}: expected a place to write to, got ${reasonOf(error)}: make the folder ${parent}`);
  });
  if (!status.isDirectory())
    throw new Error(`${out}: expected a place to write to, got a file where a folder should be`);
  return resolve(out);
}

/** Makes a folder in one step: what is written goes to another one first, which is left nowhere if it fails. */
async function inFolder(target: string, write: (folder: string) => Promise<void>): Promise<void> {
  const temporary = `${target}.${randomBytes(4).toString("hex")}.tmp`;
  const remove = () => rmSync(temporary, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    mkdirSync(temporary);
    await write(temporary);
    await rmdir(target).catch(() => {});
    await rename(temporary, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new Error(`${target}: expected a place to write to, got ${reasonOf(error)}: give another one`);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

async function writeParts(folder: string, parts: readonly (readonly [Part, Dataset])[], format: string): Promise<void> {
  for (const [part, data] of parts) {
    if (format === "idx") await writeIdx(folder, part, data);
    else if (format === "csv") await writeTable(join(folder, `${SHORT[part]}.csv`), data);
    else await writePictures(parts.length === 1 ? folder : join(folder, SHORT[part]), data);
  }
}

/** How files and folders of the parts are called. */
const SHORT: Readonly<Record<Part, string>> = { training: "train", test: "test" };

async function writeIdx(folder: string, part: Part, data: Dataset): Promise<void> {
  const { images, labels } = encodeIdx(data);
  const [imagesFile, labelsFile] = MNIST.slice(part === "training" ? 0 : 2);
  await writeFile(join(folder, imagesFile.name), images);
  await writeFile(join(folder, labelsFile.name), labels);
  if (data.classNames !== undefined) await writeFile(join(folder, "classes.txt"), `${data.classNames.join("\n")}\n`);
}

async function writeTable(path: string, data: Dataset): Promise<void> {
  const file = await open(path, "wx");
  try {
    for (const piece of encodeCsv(data)) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

/** Names that are no folders everywhere. */
const UNSAFE = /[/\\:*?"<>|]|^\.|\.$/;

async function writePictures(folder: string, data: Dataset): Promise<void> {
  const { length, labels, columns, inputs } = data;
  const { images } = encodeIdx(data);
  const pixels = images.subarray(images.length - length * inputs);
  const nameOf = namesOf(data);
  const progress = new ReadingProgress("writing");
  const made = new Map<number, string>();
  mkdirSync(folder, { recursive: true });
  const digits = String(length - 1).length;
  try {
    for (let i = 0; i < length; i++) {
      const path = made.get(labels[i]) ?? makeClass(folder, nameOf(labels[i]));
      made.set(labels[i], path);
      const image = pixels.subarray(i * inputs, (i + 1) * inputs);
      await writeFile(
        join(path, `${String(i).padStart(digits, "0")}.png`),
        encodePng(image, columns, inputs / columns),
      );
      progress.update(i + 1, length);
    }
  } finally {
    progress.stop();
  }
}

function makeClass(folder: string, name: string): string {
  if (UNSAFE.test(name)) {
    throw new Error(
      `classes: expected names that folders can have, got ${JSON.stringify(name)}: convert to csv or idx`,
    );
  }
  const path = join(folder, name);
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Error(
      `classes: expected folders of different names, got two that are ${JSON.stringify(name)} on this disk`,
    );
  }
  return path;
}
