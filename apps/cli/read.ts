// ductus read: all digits of pictures, number by number.

import { FormatError, type Network } from "ductus";
import {
  decodePicture,
  encodePng,
  type Picture,
  type ReadDigit,
  type ReadDigits,
  type ReadNumber,
  readDigits,
} from "ductus/formats";
import { escapeControls, type Range, type Values } from "ductus/recipe";
import { drawReading } from "./explain.js";
import { KINDS, SOFTWARE } from "./kinds.js";
import { namesOf } from "./names.js";
import { FORCE, Output } from "./output.js";
import { type PictureFile, pictureFiles } from "./pictures.js";
import { digitReaderOf, type Judge, judgeOf, modelOf, NO_DIGIT, noDigitLike, openReader, READER } from "./reader.js";
import { printError, printLine } from "./terminal.js";
import { type Command, exitCodeOf, helpOf, parseCommand, usageError } from "./usage.js";

const DIGITS: Range = { min: 1, max: 100, whole: true, description: "a whole number from 1 to 100" };

export const READ: Command = {
  usage: "read FILE... [options]",
  summary: `Reads all handwritten digits of pictures: postcodes, phone numbers, amounts in boxes, columns. It prints a
line for each line of writing, numbers separated by spaces. Touching digits are split; broken ones are joined.`,
  arguments: Number.POSITIVE_INFINITY,
  options: {
    model: READER,
    digits: { value: "N", help: `digits per number, if known: ${DIGITS.description}` },
    lines: { help: "each line of writing is one number, whatever its gaps" },
    json: { help: "print JSON, one object in a line for each file" },
    explain: { value: "FILE", help: "draw each digit found, as a PNG, to FILE" },
    force: FORCE,
  },
};

export async function read(args: readonly string[]): Promise<void> {
  const values = parseCommand(READ, args);
  if (values === undefined) return printLine(helpOf(READ));
  if (values.args.length === 0) throw usageError("read", "expected one or more pictures, got none");
  const options = { digits: values.number("digits", DIGITS), lines: values.flag("lines") };
  const files = await pictureFiles(values.args, (sentence) => printError(`ductus: ${sentence}`));
  const drawing = await drawingFor(values, files);
  using network = await openReader(values);
  checkForm(network);
  const [reader, judge] = [digitReaderOf(network), judgeOf(network)];
  const show = printerFor(values, files, judge, network);
  for (const file of files) {
    try {
      const picture = decodePicture(await file.read(), file.name);
      const found = reading(file.name, () => readDigits(picture, reader, options));
      await drawing?.save(drawPicture(picture, found));
      show(file.name, found);
    } catch (error) {
      if (files.length === 1) throw error;
      // Continues with the other files. The first error decides the exit code.
      printError(`ductus: ${(error as Error).message}`);
      process.exitCode ??= exitCodeOf(error);
    }
  }
}

/** The place for the drawing, checked before anything is read. */
async function drawingFor(values: Values, files: readonly PictureFile[]): Promise<Output | undefined> {
  const path = values.path("explain");
  if (path === undefined) return undefined;
  if (files.length > 1) throw usageError("read", `--explain: expected one picture, got ${files.length}`);
  const reads = [
    { path: files[0].name, what: "the picture" },
    { path: modelOf(values), what: "the model" },
  ];
  return Output.open(path, { kind: KINDS.drawing, force: values.flag("force"), option: "--explain", reads });
}

/** Writing is cut into digits of MNIST's form. */
function checkForm({ preparation: { form, rows, columns } }: Network): void {
  if (form === "mnist") return;
  throw new Error(
    `the model reads whole pictures of ${columns} x ${rows} pixels, expected one of single digits in MNIST's form: ` +
      "name another with --model, or give pictures of one digit to ductus predict",
  );
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
  return encodePng(samples, width, height, 3, SOFTWARE.drawing);
}

/** What is no digit is alone on its picture. */
function shownText({ digits }: ReadNumber, nameOf: (label: number) => string): string {
  return digits[0].kind === undefined ? digits.map(({ label }) => nameOf(label)).join("") : NO_DIGIT;
}

type Printer = (file: string, found: ReadDigits) => void;

function printerFor(values: Values, files: readonly PictureFile[], { sure }: Judge, network: Network): Printer {
  const nameOf = namesOf(network);
  const isUnsure = ({ confidence, kind }: ReadDigit) => kind === undefined && sure !== undefined && confidence < sure;
  if (values.flag("json")) {
    const named = (digit: ReadDigit) =>
      network.classNames === undefined ? digit : { ...digit, name: nameOf(digit.label) };
    const told = ({ kind, ...digit }: ReadDigit) => ({
      ...named(digit),
      verdict: kind ?? (isUnsure(digit) ? "unsure" : "sure"),
    });
    return (file, found) => {
      const numbers = found.numbers.map((number) => ({
        ...number,
        ...(network.classNames === undefined ? {} : { text: number.digits.map(({ label }) => nameOf(label)).join("") }),
        digits: number.digits.map(sure === undefined ? named : told),
      }));
      printLine(JSON.stringify({ file, numbers, unread: found.unread }));
    };
  }
  const width = Math.max(...files.map(({ name }) => escapeControls(name).length));
  return (file, { numbers, unread }) => {
    for (const line of new Set(numbers.map(({ line }) => line))) {
      const texts = numbers.filter((number) => number.line === line).map((number) => shownText(number, nameOf));
      printLine(files.length === 1 ? texts.join(" ") : `${escapeControls(file).padEnd(width)}  ${texts.join(" ")}`);
    }
    const digits = numbers.flatMap((number) => number.digits);
    const none = digits.find(({ kind }) => kind !== undefined);
    if (none !== undefined) printError(`ductus: ${file}: ${noDigitLike(nameOf(none.label))}`);
    const unsure = digits.filter(isUnsure).length;
    if (unsure > 0) printError(`ductus: ${file}: not sure of ${unsure} of ${digits.length} digits: --json tells which`);
    if (unread.length === 0) return;
    const marks = unread.length === 1 ? "1 mark as high as digits is" : `${unread.length} marks as high as digits are`;
    printError(`ductus: ${file}: ${marks} in none of those read: --json tells where`);
  };
}
