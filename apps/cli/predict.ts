// ductus predict: reads one digit of each picture.

import { basename } from "node:path";
import { FormatError, type Network, type Pixels } from "ductus";
import {
  countDigits,
  decodePicture,
  findDigit,
  idxDimensions,
  idxHeaderLength,
  kindOfFile,
  prepareImage,
  preparePicture,
  type Verdict,
} from "ductus/formats";
import { escapeControls, shellWord, UsageError, type Values } from "ductus/recipe";
import { namesOf } from "./names.js";
import { type PictureFile, pictureFiles, STANDARD_INPUT } from "./pictures.js";
import {
  digitReaderOf,
  inWords,
  type Judge,
  judgeOf,
  NO_DIGIT,
  openReader,
  READER,
  VARIANTS,
  variantReaderOf,
} from "./reader.js";
import { bold, printError, printLine } from "./terminal.js";
import { type Command, exitCodeOf, helpOf, parseCommand, usageError } from "./usage.js";

export const PREDICT: Command = {
  usage: "predict FILE... [options]",
  summary: `Reads handwritten digits from pictures: PNG, JPEG, WebP, BMP or GIF, one digit each, of any size, dark on
light or light on dark, anywhere on the sheet. One file is shown as the network sees it, with how likely each digit is;
several get one line each. A folder stands for its pictures, - for standard input. Reads images of IDX files, too.`,
  arguments: Number.POSITIVE_INFINITY,
  options: {
    model: READER,
    variants: VARIANTS,
    index: { value: "N", help: "which image of an IDX file: 0 for the first", default: "0" },
    json: { help: "print JSON, one object in a line for each file" },
  },
};

/** An image as the network reads it. */
interface Image {
  readonly pixels: Pixels;
  readonly columns: number;
}

export async function predict(args: readonly string[]): Promise<void> {
  const values = parseCommand(PREDICT, args);
  if (values === undefined) return printLine(helpOf(PREDICT));
  if (values.args.length === 0) throw usageError("predict", "expected one or more pictures, got none");
  const whole = { min: 0, max: 2 ** 32 - 1, whole: true, description: "a whole number from 0" };
  const index = values.number("index", whole) as number;
  const files = await pictureFiles(values.args, (sentence) => printError(`ductus: ${sentence}`));
  if (values.given.index !== undefined) await checkIndexed(files);
  using network = await openReader(values);
  const judge = judgeOf(network);
  const byVariants = values.flag("variants") || judge.variants;
  const activationsOf = ({ pixels, columns }: Image) =>
    byVariants
      ? variantReaderOf(network, columns).predictAll([pixels])[0].activations
      : network.predict(pixels).activations;
  const show = printerFor(values, files, judge, network);
  for (const file of files) {
    try {
      const image = await readImage(file, index, network, judge);
      const activations = activationsOf(image);
      show(file.name, image, activations, judge.verdict(activations));
    } catch (error) {
      if (files.length === 1) throw error;
      // Continues with the other files. The first error decides the exit code.
      printError(`ductus: ${(error as Error).message}`);
      process.exitCode ??= exitCodeOf(error);
    }
  }
}

/** @throws {UsageError} if all files are pictures, which have no number */
async function checkIndexed(files: readonly PictureFile[]): Promise<void> {
  for (const file of files) {
    // What cannot be read is reported in its turn.
    const kind = await file.read().then(kindOfFile, () => undefined);
    if (kind === undefined || !/ picture$/.test(kind)) return;
  }
  throw usageError("predict", "--index: expected an IDX file to take the image from, got pictures only");
}

/** The image in a file, prepared as the images were that the network was trained on. */
async function readImage(file: PictureFile, index: number, network: Network, judge: Judge): Promise<Image> {
  const { name } = file;
  const bytes = await file.read();
  const { preparation } = network;
  const { columns } = preparation;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new FormatError(name, "expected a picture or an IDX file, got gzip: unpack it first");
  }
  if (kindOfFile(bytes) === "an IDX file") {
    return { pixels: prepareImage(idxImage(bytes, name, index, network), preparation), columns };
  }
  const picture = decodePicture(bytes, name);
  try {
    const reader = digitReaderOf(network);
    const found = preparation.form === "mnist" ? findDigit(picture, reader) : undefined;
    const pixels = preparePicture(picture, preparation, found);
    // What has a name may well look like two digits.
    const one = found === undefined || network.classNames !== undefined;
    const digits = one ? 1 : countDigits(picture, found, reader, judge.verdict);
    if (digits > 1) {
      const word = name === STANDARD_INPUT ? "-" : shellWord(name);
      throw new RangeError(`expected one digit, got ${digits}: use read, as in ductus read ${word}`);
    }
    return { pixels, columns };
  } catch (error) {
    throw new FormatError(name, (error as Error).message);
  }
}

/** Image `index` of an IDX file. */
function idxImage(bytes: Uint8Array, name: string, index: number, { layers: [inputs] }: Network): Uint8Array {
  const [count, rows, columns] = idxDimensions({ name: basename(name), bytes }, 3);
  if (rows * columns !== inputs) {
    throw new FormatError(name, `expected images of ${inputs} pixels, as the model reads, got ${rows} x ${columns}`);
  }
  if (index >= count) {
    throw new UsageError(`--index: expected less than ${count}, the number of images in ${name}, got ${index}`);
  }
  const first = idxHeaderLength(bytes) + index * inputs;
  if (first + inputs > bytes.length) {
    throw new FormatError(name, `expected ${count} images, got fewer (file truncated?)`);
  }
  return bytes.subarray(first, first + inputs);
}

type Printer = (file: string, image: Image, activations: ArrayLike<number>, worth: Verdict) => void;

function printerFor(values: Values, files: readonly PictureFile[], { shares }: Judge, network: Network): Printer {
  const nameOf = namesOf(network);
  if (values.flag("json")) {
    const { classNames } = network;
    return (file, _image, activations, { kind, label, ...worth }) => {
      const name = classNames === undefined ? {} : { name: nameOf(label) };
      printLine(
        JSON.stringify({ file, verdict: kind, label, ...name, ...worth, activations: Array.from(activations) }),
      );
    };
  }
  if (files.length > 1) {
    const names = files.map(({ name }) => escapeControls(name));
    const width = Math.max(...names.map((name) => name.length));
    return (file, _image, activations, worth) => {
      const answer = bold(worth.kind === "not a digit" ? NO_DIGIT : nameOf(worth.label));
      printLine(`${escapeControls(file).padEnd(width)}  ${answer}  ${inWords(worth, activations, nameOf)}`);
    };
  }
  return (_file, image, activations, worth) => {
    printLine(drawing(image));
    const list = Array.from(shares(activations));
    const most = Math.max(5, ...list.map((_, j) => nameOf(j).length));
    for (const [j, share] of list.entries()) {
      const line = `${nameOf(j).padStart(most)}  ${share.toFixed(4)}  ${"█".repeat(Math.round(40 * share))}`;
      printLine(j === worth.label ? bold(line) : line);
    }
    const words = inWords(worth, activations, nameOf);
    const answer = `read as ${nameOf(worth.label)}${worth.calibrated ? `, ${words}` : ""}`;
    printLine(bold(`\n${worth.kind === "not a digit" ? words : answer}`));
  };
}

const SHADES = " ░▒▓█";

/** The image as text in a frame, each pixel two characters wide. */
function drawing({ pixels, columns }: Image): string {
  const full = pixels instanceof Float32Array ? 1 : 255;
  const shade = (pixel: number) => SHADES[Math.max(0, Math.min(4, Math.ceil((pixel * 4) / full)))];
  const cells = Array.from(pixels, (pixel) => shade(pixel).repeat(2));
  const edge = "─".repeat(2 * columns);
  const lines = Array.from({ length: pixels.length / columns }, (_, row) =>
    cells.slice(row * columns, (row + 1) * columns).join(""),
  );
  return [`┌${edge}┐`, ...lines.map((line) => `│${line}│`), `└${edge}┘`].join("\n");
}
