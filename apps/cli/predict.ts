// ductus predict: reads digits from pictures.

import { basename } from "node:path";
import { FormatError, type Network, type Pixels, type Prediction } from "ductus";
import {
  decodePicture,
  type FoundDigit,
  findDigit,
  idxDimensions,
  idxHeaderLength,
  type Picture,
  type Region,
  readDigits,
} from "ductus/formats";
import { escapeControls, UsageError, type Values } from "ductus/recipe";
import { MODEL, readInput, readModel } from "./model-file.js";
import { bold, percent, printError, printLine } from "./terminal.js";
import { type Command, exitCodeOf, helpOf, parseCommand, usageError } from "./usage.js";

export const PREDICT: Command = {
  usage: "predict FILE... [options]",
  summary: `Reads handwritten digits from PNG files: one digit each, of any size, dark on light or light on dark,
anywhere on the sheet. One file is shown as the network sees it, with its ten activations; several get one line each.
Reads images of IDX files, too.`,
  arguments: Number.POSITIVE_INFINITY,
  options: {
    model: { value: "FILE", help: "the model that reads", default: MODEL },
    index: { value: "N", help: "which image of an IDX file: 0 for the first", default: "0" },
    json: { help: "print JSON, one object in a line for each file" },
  },
};

/** A reading is sure from this activation, or confidence, on. */
const SURE = 0.9;

export async function predict(args: readonly string[]): Promise<void> {
  const values = parseCommand(PREDICT, args);
  if (values === undefined) return printLine(helpOf(PREDICT));
  if (values.args.length === 0) throw usageError("predict", "expected one or more PNG files, got none");
  const whole = { min: 0, max: 2 ** 32 - 1, whole: true, description: "a whole number from 0" };
  const index = values.number("index", whole) as number;
  using network = await readModel(values.path("model") as string, { threads: 1 });
  const show = printerFor(values);
  for (const file of values.args) {
    try {
      const { pixels, columns } = await readImage(file, index, network);
      show(file, pixels, columns, network.predict(pixels));
    } catch (error) {
      if (values.args.length === 1) throw error;
      // Goes on with the other files. The first error decides the exit code.
      printError(`ductus: ${(error as Error).message}`);
      process.exitCode ??= exitCodeOf(error);
    }
  }
}

/** The image in a file, as the model's input. */
async function readImage(file: string, index: number, network: Network): Promise<{ pixels: Pixels; columns: number }> {
  const bytes = await readInput(file, "a PNG or IDX file");
  const [inputs] = network.layers;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    throw new FormatError(file, "expected a PNG or IDX file, got gzip: unpack it first");
  if (bytes[0] === 0 && bytes[1] === 0) {
    const [count, rows, columns] = idxDimensions({ name: basename(file), bytes }, 3);
    const first = idxHeaderLength(bytes) + index * inputs;
    if (rows * columns !== inputs) {
      throw new FormatError(file, `expected images of ${inputs} pixels, as the model reads, got ${rows} x ${columns}`);
    }
    if (index >= count)
      throw new UsageError(`--index: expected less than ${count}, the number of images in ${file}, got ${index}`);
    if (first + inputs > bytes.length)
      throw new FormatError(file, `expected ${count} images, got fewer (file truncated?)`);
    return { pixels: bytes.subarray(first, first + inputs), columns };
  }
  if (inputs !== 784) {
    throw new Error(`${file}: expected a model of 28 x 28 images to read pictures with, got one of ${inputs} pixels`);
  }
  const picture = decodePicture(bytes, file);
  try {
    const found = findDigit(picture);
    const { pixels } = found;
    const digits = countDigits(picture, found, network);
    if (digits > 1) {
      throw new RangeError(
        `expected one digit, got a number, ${digits} digits seen: use read, as in ductus read ${file}`,
      );
    }
    return { pixels, columns: 28 };
  } catch (error) {
    throw new FormatError(file, (error as Error).message);
  }
}

/**
 * How many digits were squeezed into one: those side by side, or those that are read one by one, surely, of what is in
 * pieces or is not read surely as one digit.
 */
function countDigits(picture: Picture, { pixels, box, digits, pieces }: FoundDigit, network: Network): number {
  const { label, activations } = network.predict(pixels);
  if (digits === 1 && pieces.length === 1 && activations[label] >= SURE) return 1;
  const within = ({ left, top, right, bottom }: Region) =>
    left + right > 2 * box.left &&
    left + right < 2 * box.right &&
    top + bottom > 2 * box.top &&
    top + bottom < 2 * box.bottom;
  const read = readDigits(picture, network).numbers.flatMap((number) => number.digits);
  return Math.max(digits, read.filter(({ box, confidence }) => confidence >= SURE && within(box)).length);
}

type Printer = (file: string, pixels: Pixels, columns: number, prediction: Prediction) => void;

function printerFor(values: Values): Printer {
  if (values.flag("json")) {
    return (file, _pixels, _columns, { label, activations }) =>
      printLine(JSON.stringify({ file, label, activations: Array.from(activations) }));
  }
  if (values.args.length > 1) {
    const width = Math.max(...values.args.map((file) => escapeControls(file).length));
    return (file, _pixels, _columns, { label, activations }) =>
      printLine(
        `${escapeControls(file).padEnd(width)}  ${bold(String(label))}  activation ${percent(activations[label])}`,
      );
  }
  return (_file, pixels, columns, { label, activations }) => {
    printLine(drawing(pixels, columns));
    for (const [j, activation] of activations.entries()) {
      const line = `${String(j).padStart(5)}  ${activation.toFixed(4)}  ${"█".repeat(Math.round(40 * activation))}`;
      printLine(j === label ? bold(line) : line);
    }
    printLine(bold(`\nread as ${label}`));
  };
}

const SHADES = " ░▒▓█";

/** The image as text in a frame, each pixel two characters wide. */
function drawing(pixels: Pixels, columns: number): string {
  const cells = Array.from(pixels, (pixel) => SHADES[Math.min(4, Math.ceil((pixel * 4) / 255))].repeat(2));
  const edge = "─".repeat(2 * columns);
  const lines = Array.from({ length: pixels.length / columns }, (_, row) =>
    cells.slice(row * columns, (row + 1) * columns).join(""),
  );
  return [`┌${edge}┐`, ...lines.map((line) => `│${line}│`), `└${edge}┘`].join("\n");
}
