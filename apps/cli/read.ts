// ductus read: all digits of pictures, number by number.

import { FormatError, type Network } from "ductus";
import { decodePng, encodePng, type Picture, type ReadDigits, readDigits } from "ductus/formats";
import type { Range, Values } from "ductus/recipe";
import { drawReading } from "./explain.js";
import { KINDS } from "./kinds.js";
import { MODEL, readInput, readModel } from "./model-file.js";
import { FORCE, Output } from "./output.js";
import { printLine } from "./terminal.js";
import { type Command, exitCodeOf, helpOf, parseCommand, usageError } from "./usage.js";

export const READ: Command = {
  usage: "read FILE... [options]",
  summary: `Reads all handwritten digits of pictures: postcodes, phone numbers, amounts in boxes, columns. It prints a
line for each line of writing, numbers parted by spaces. Digits that touch are cut apart, broken ones put together.`,
  arguments: Number.POSITIVE_INFINITY,
  options: {
    model: { value: "FILE", help: "the model that reads", default: MODEL },
    digits: { value: "N", help: "how many digits each number has, if known: 1 to 100" },
    lines: { help: "each line of writing is one number, whatever its gaps" },
    json: { help: "print JSON, one object in a line for each file" },
    explain: { value: "FILE", help: "draw what was found, digit by digit, as a PNG of this name" },
    force: FORCE,
  },
};

const DIGITS: Range = { min: 1, max: 100, whole: true, description: "a whole number from 1 to 100" };

export async function read(args: readonly string[]): Promise<void> {
  const values = parseCommand(READ, args);
  if (values === undefined) return printLine(helpOf(READ));
  if (values.args.length === 0) throw usageError("read", "expected one or more pictures, got none");
  const options = { digits: values.number("digits", DIGITS), lines: values.flag("lines") };
  const drawing = await drawingFor(values);
  using network = await readModel(values.path("model") as string, { threads: 1 });
  const show = printerFor(values);
  for (const file of values.args) {
    try {
      const picture = await readPicture(file, network);
      const found = reading(file, () => readDigits(picture, network, options));
      await drawing?.save(drawPicture(picture, found));
      show(file, found);
    } catch (error) {
      if (values.args.length === 1) throw error;
      // Goes on with the other files. The first error decides the exit code.
      console.error(`ductus: ${(error as Error).message}`);
      process.exitCode ??= exitCodeOf(error);
    }
  }
}

/** The place for the drawing, checked before anything is read. */
async function drawingFor(values: Values): Promise<Output | undefined> {
  const path = values.path("explain");
  if (path === undefined) return undefined;
  if (values.args.length > 1) throw usageError("read", `--explain: expected one picture, got ${values.args.length}`);
  return Output.open(path, { kind: KINDS.sheet, force: values.flag("force") });
}

async function readPicture(file: string, network: Network): Promise<Picture> {
  const [inputs] = network.layers;
  if (inputs !== 784) {
    throw new Error(`${file}: expected a model of 28 x 28 images to read pictures with, got one of ${inputs} pixels`);
  }
  return decodePng(await readInput(file, "a picture"), file);
}

/** What was read. Errors name the file. */
function reading(file: string, read: () => ReadDigits): ReadDigits {
  try {
    const found = read();
    if (found.numbers.length > 0) return found;
  } catch (error) {
    throw new FormatError(file, (error as Error).message);
  }
  throw new FormatError(
    file,
    "expected digits, got nothing that looks like one; draw with a stronger pen, or cut it out",
  );
}

function drawPicture(picture: Picture, found: ReadDigits): Uint8Array {
  const { samples, width, height } = drawReading(picture, found);
  return encodePng(samples, width, height, 3);
}

type Printer = (file: string, found: ReadDigits) => void;

function printerFor(values: Values): Printer {
  if (values.flag("json")) {
    return (file, { numbers }) => printLine(JSON.stringify({ file, numbers }));
  }
  const width = Math.max(...values.args.map((file) => file.length));
  return (file, { numbers }) => {
    for (const line of new Set(numbers.map(({ line }) => line))) {
      const texts = numbers.filter((number) => number.line === line).map(({ text }) => text);
      printLine(values.args.length === 1 ? texts.join(" ") : `${file.padEnd(width)}  ${texts.join(" ")}`);
    }
  };
}
