// Data sets as CSV: a line for each image, a label and its pixels. With a header or without, the label first or last or
// in a column of that name, pixels from 0 to 255 or from 0 to 1, or others whose full ink is given.

import { checkArgument, checkBytes, checkText, hasObjects } from "../arguments.js";
import { checkObject, FormatError } from "../errors.js";
import { PIXELS } from "../options/data.js";
import { checkKnown } from "../options/known.js";
import { CellReader } from "./csv-cells.js";
import { isFormula, RowTaker, scaled } from "./csv-rows.js";
import { Dataset, toBytes } from "./dataset.js";
import type { IdxFile } from "./idx.js";
import { checkClassNames, classify, labelArray, nameOfClass } from "./names.js";
import type { PixelOptions } from "./samples.js";

/** What the cells of a CSV file mean. */
export interface CsvOptions extends PixelOptions {
  /**
   * The column of the labels: "first", "last", or its name in the header. Default: the one called label, class, target,
   * digit or y, else that of the first and the last column which looks like labels.
   */
  readonly label?: string;
  /** The classes there are, in their order, as of other data: other labels are refused. Default: those in the file. */
  readonly classNames?: readonly string[];
  /** Pixels in a row of an image. Default: as a header "1x1", "1x2", ... says, else as of a Dataset. */
  readonly columns?: number;
}

/** The keys of CsvOptions. */
const CSV_OPTIONS = {
  label: true,
  classNames: true,
  columns: true,
  ...PIXELS,
} as const satisfies Record<keyof CsvOptions, unknown>;

/** A stream as browsers have it: what is needed of a ReadableStream, so that the types do without DOM. */
export interface ByteStream {
  /** What reads it. */
  getReader(): {
    /** The next piece. */
    read(): Promise<{
      /** Whether there is none any more. */
      readonly done: boolean;
      /** Its bytes. */
      readonly value?: Uint8Array;
    }>;
  };
}

/** Reads a CSV file piece by piece. */
export class CsvReader {
  readonly #taker: RowTaker;
  readonly #cells: CellReader;

  /** @throws {TypeError | RangeError} for an option that cannot be used */
  constructor(
    readonly name: string,
    readonly options: CsvOptions = {},
  ) {
    checkText("name of a CSV file", name);
    checkObject("options", options);
    checkKnown("CSV", options, CSV_OPTIONS);
    if (options.label !== undefined) checkText("label", options.label);
    if (options.classNames !== undefined) checkClassNames(options.classNames);
    this.#taker = new RowTaker(name, options.label);
    this.#cells = new CellReader(name, this.#taker);
    this.#taker.reader = this.#cells;
  }

  /** @throws {FormatError} for the first cell that is not what it should be: the message has its line and column */
  push(bytes: Uint8Array): void {
    this.#cells.push(bytes);
  }

  /** @throws {FormatError} if there are no rows, or labels or pixels are not what they should be */
  finish(): Dataset {
    const { name } = this;
    const { classNames, columns, pixelMax, invert, transpose } = this.options;
    this.#cells.finish();
    const rows = this.#taker.rows();
    const images = toBytes(scaled(rows, name, pixelMax));
    for (const [i, text] of rows.texts.entries()) {
      atLine(name, rows.lines[i], () =>
        classNames === undefined ? checkClassNames([text]) : classify([text], classNames),
      );
    }
    const { labels, ...classes } = atLine(name, rows.lines[0], () => classify(rows.texts, classNames));
    return new Dataset({
      images,
      labels: labelArray(
        classes.classes,
        rows.codes.map((code) => labels[code]),
      ),
      ...classes,
      columns: columns === undefined ? rows.columns : columns,
      pixelMax,
      invert,
      transpose,
    });
  }
}

/** What `check` returns; what it refuses is said of the line. */
function atLine<T>(name: string, line: number, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new FormatError(name, `line ${line}: ${(error as Error).message}`);
  }
}

/**
 * A data set from a CSV file: a line for each image, a label and its pixels. There may be a header; the separator is a
 * comma, a semicolon or a tab. Pixels go from 0 to 255, or from 0 to 1 if none is larger. Labels that are not the
 * numbers from 0 on become class names, in sorted order.
 * @throws {FormatError} for the first cell that is not what it should be: the message has its line and column
 * @throws {TypeError | RangeError} for an option that cannot be used
 */
export function parseCsv(file: IdxFile, options: CsvOptions = {}): Dataset {
  const isFile = hasObjects(file, "bytes") && file.bytes instanceof Uint8Array;
  checkArgument("CSV file", "an object { name, bytes } with its bytes as a Uint8Array", file, isFile);
  const reader = new CsvReader(file.name, options);
  reader.push(file.bytes);
  return reader.finish();
}

/**
 * The same from a stream, of which no more is kept than the pixels: of Node, of fetch(), or of a File of a page.
 * @param stream pieces of the file
 * @param name the name by which errors call the file
 * @throws {FormatError | TypeError | RangeError} as parseCsv()
 */
export async function readCsv(
  stream: ByteStream | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
  options: CsvOptions = {},
): Promise<Dataset> {
  const reader = new CsvReader(name, options);
  for await (const piece of piecesOf(stream)) {
    checkBytes("piece of a stream", piece);
    reader.push(piece);
  }
  return reader.finish();
}

/** Not every browser can iterate a stream. */
async function* piecesOf(stream: Parameters<typeof readCsv>[0]): AsyncIterable<Uint8Array> {
  const given: object = Object(stream);
  if (Symbol.asyncIterator in given || Symbol.iterator in given) return yield* stream as AsyncIterable<Uint8Array>;
  checkArgument("stream", "a stream or an iterable of bytes", stream, "getReader" in given);
  const reader = (stream as ByteStream).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value as Uint8Array;
}

/** Rows of a piece. */
const PIECE = 500;

/**
 * A data set as CSV, in pieces: a header label,1x1,1x2,..., and a line for each image. Bytes are written as 0 to 255,
 * floats as they are. Class names that a spreadsheet would take for formulas are refused.
 * @throws {TypeError | RangeError} if it is no Dataset, or a class name cannot be written
 */
export function encodeCsv(dataset: Dataset): Iterable<Uint8Array> {
  checkArgument("data", "a Dataset", dataset, dataset instanceof Dataset);
  const { classNames } = dataset;
  const formula = classNames?.find(isFormula);
  if (formula !== undefined) throw new RangeError(`class names: expected none that is a formula, got ${formula}`);
  return piecesOfCsv(dataset);
}

function* piecesOfCsv(dataset: Dataset): Generator<Uint8Array> {
  const { images, labels, classNames, inputs, columns, length } = dataset;
  const names = Array.from({ length: dataset.classes }, (_, label) => quoted(nameOfClass(classNames, label)));
  const header = Array.from({ length: inputs }, (_, k) => `${Math.floor(k / columns) + 1}x${(k % columns) + 1}`);
  const encoder = new TextEncoder();
  yield encoder.encode(`label,${header.join()}\n`);
  for (let first = 0; first < length; first += PIECE) {
    const lines: string[] = [];
    for (let i = first; i < Math.min(length, first + PIECE); i++) {
      lines.push(`${names[labels[i]]},${images.subarray(i * inputs, (i + 1) * inputs).join()}\n`);
    }
    yield encoder.encode(lines.join(""));
  }
}

function quoted(text: string): string {
  return /[",;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
