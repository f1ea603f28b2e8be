// The rows of a CSV file: which column is the label, and the pixels of all others, kept as bytes as long as they are.
// Which of the first and the last column it is may show only at the end of the file: both are kept aside until then.

import { FormatError, show } from "../errors.js";
import { RANGES } from "../ranges.js";
import type { CellReader, CellTaker } from "./csv-cells.js";
import type { Pixels } from "./samples.js";

/** Bytes of pixels: more would not fit in the module's memory. */
const MOST_BYTES = 2 ** 30;
/** Rows for which there is room at first. */
const ROWS = 1024;
/** How a column of labels may be called, and one that numbers the rows. */
const LABEL = /^(label|class|target|digit|y)$/i;
const INDEX = /^(|id|index|unnamed: 0)$/i;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** What a spreadsheet would compute. */
const FORMULA = /^[=+@-]./;

/** A column that may be the label: of each row the number of its text among all that are different. */
interface Candidate {
  readonly column: number;
  readonly codes: number[];
  readonly numbers: Map<number | string, number>;
  /** The values by number, and the lines where they are first. */
  readonly values: (number | string)[];
  readonly lines: number[];
}

/** What a file holds. */
export interface CsvRows {
  /** [rows][pixels] */
  readonly pixels: Uint8Array | Float32Array;
  /** Of each row the number of its label in `texts`. */
  readonly codes: readonly number[];
  /** The labels that are different, and the lines where they are first. */
  readonly texts: readonly string[];
  readonly lines: readonly number[];
  /** Pixels in a row of an image, if the header says so: 28 if the last one is called 28x28. */
  readonly columns: number | undefined;
  /** The largest pixel, and where it is. */
  readonly largest: number;
  readonly place: string;
}

/** Takes a file's cells; rows() then has its rows. */
export class RowTaker implements CellTaker {
  #first: (number | string)[] | undefined = [];
  /** Cells in a row; what is kept of each column: its place among the pixels, -1 for a label, -2 for nothing. */
  #cells = 0;
  #places = new Int32Array(0);
  #candidates: Candidate[] = [];
  #header: readonly (number | string)[] | undefined;
  /** Pixels in a row: one place more than columns where there are two candidates. */
  #stride = 0;
  #pixels: Uint8Array | Float32Array = new Uint8Array(0);
  /** Whether all pixels so far are bytes. */
  #bytes = true;
  #rows = 0;
  #column = 0;
  #largest = 0;
  #place = "";

  constructor(
    readonly name: string,
    /** "first", "last", or the name of the column in the header; undefined for what it looks like. */
    readonly label: string | undefined,
  ) {}

  /** Tells where it is. */
  reader!: Pick<CellReader, "line">;

  number(value: number): void {
    if (this.#first !== undefined) {
      this.#take(value);
      return;
    }
    const column = this.#column++;
    if (column >= this.#cells) return;
    const place = this.#places[column];
    if (place >= 0) this.#put(place, value, column);
    else if (place === -1) this.#label(column, value);
  }

  text(text: string): void {
    if (this.#first !== undefined) {
      this.#take(text);
      return;
    }
    // Where a comma is not what separates, it may be the point of a number.
    const point = text.replace(",", ".");
    const value = NUMBER.test(point) ? Number(point) : Number.NaN;
    const column = this.#column;
    if (value >= 0) {
      this.number(value);
      return;
    }
    this.#column++;
    const place = column < this.#cells ? this.#places[column] : -2;
    if (place === -1) this.#label(column, text);
    if (place < 0) return;
    throw this.#refuse(column, "a pixel, a number from 0", text === "" ? "an empty cell" : show(text));
  }

  endRow(): void {
    if (this.#first !== undefined) {
      this.#begin(this.#first);
      return;
    }
    if (this.#column !== this.#cells) {
      const problem = `expected ${this.#cells} cells, as in the first line, got ${this.#column}`;
      throw new FormatError(this.name, `line ${this.reader.line}: ${problem}`);
    }
    this.#column = 0;
    this.#rows++;
    if ((this.#rows + 1) * this.#stride > this.#pixels.length) this.#grow();
  }

  #take(cell: number | string): void {
    const first = this.#first as (number | string)[];
    const most = RANGES.inputs.max + 1;
    if (first.length === most) {
      throw new FormatError(this.name, `line ${this.reader.line}: expected at most ${most} cells, got more`);
    }
    first.push(cell);
  }

  /** Decides what the columns are, by the first line. */
  #begin(cells: readonly (number | string)[]): void {
    this.#first = undefined;
    this.#cells = cells.length;
    if (cells.length < 2) {
      throw new FormatError(
        this.name,
        `line ${this.reader.line}: expected a label and pixels, got ${cells.length} cell`,
      );
    }
    const hasHeader = isHeader(cells);
    if (hasHeader) this.#header = cells;
    const skipped = cells.map((cell) => hasHeader && INDEX.test(String(cell)));
    const kept = [...cells.keys()].filter((column) => !skipped[column]);
    const labels = this.#labelColumns(kept);
    this.#candidates = labels.map((column) => ({ column, codes: [], numbers: new Map(), values: [], lines: [] }));
    let place = 0;
    this.#places = Int32Array.from(cells, (_, column) =>
      skipped[column] ? -2 : labels.includes(column) ? -1 : place++,
    );
    this.#stride = kept.length - 1;
    if (this.#stride < 1)
      throw new FormatError(this.name, "expected a label and pixels in each line, got labels alone");
    this.#grow();
    if (hasHeader) return;
    for (const cell of cells) {
      if (typeof cell === "number") this.number(cell);
      else this.text(cell);
    }
    this.endRow();
  }

  /** The columns that may be the label. */
  #labelColumns(kept: readonly number[]): number[] {
    const { label } = this;
    const [first, last] = [kept[0], kept[kept.length - 1]];
    if (label === "first") return [first];
    if (label === "last") return [last];
    const names = this.#header?.map(String) ?? [];
    const found = kept.filter((column) => (label === undefined ? LABEL.test(names[column]) : names[column] === label));
    if (found.length > 0 || label === undefined) return found.length > 0 ? [found[0]] : [first, last];
    const got =
      this.#header === undefined ? "no header" : `a header with ${names.slice(0, 4).map(show).join(", ")}, ...`;
    throw new FormatError(this.name, `expected a column ${show(label)} with the labels, got ${got}`);
  }

  #put(place: number, value: number, column: number): void {
    if (value > this.#largest) {
      this.#largest = value;
      this.#place = `line ${this.reader.line}, column ${column + 1}`;
    }
    if (this.#bytes && (value & 255) !== value) this.#toFloats();
    this.#pixels[this.#rows * this.#stride + place] = value;
  }

  #label(column: number, value: number | string): void {
    const candidate = this.#candidates[this.#candidates[0].column === column ? 0 : 1];
    let code = candidate.numbers.get(value);
    if (code === undefined) {
      code = candidate.values.length;
      candidate.numbers.set(value, code);
      candidate.values.push(value);
      candidate.lines.push(this.reader.line);
    }
    candidate.codes.push(code);
  }

  #grow(): void {
    const old = this.#pixels;
    const least = (this.#rows + 1) * this.#stride;
    this.#checkRoom(least * old.BYTES_PER_ELEMENT);
    const length = Math.max(2 * old.length, Math.min(ROWS * this.#stride, 2 ** 22), least);
    const room = Math.min(length, MOST_BYTES / old.BYTES_PER_ELEMENT);
    this.#pixels = this.#bytes ? new Uint8Array(room) : new Float32Array(room);
    this.#pixels.set(old);
  }

  #toFloats(): void {
    this.#checkRoom(4 * (this.#rows + 1) * this.#stride);
    const floats = new Float32Array(Math.min(this.#pixels.length, MOST_BYTES / 4));
    floats.set(this.#pixels.subarray(0, floats.length));
    this.#pixels = floats;
    this.#bytes = false;
  }

  #checkRoom(bytes: number): void {
    if (bytes <= MOST_BYTES) return;
    throw new FormatError(
      this.name,
      `expected at most ${MOST_BYTES} bytes of pixels, got more by line ${this.reader.line}`,
    );
  }

  /**
   * All rows, once the file is read.
   * @throws {FormatError} if there are none, or it does not show which column is the label
   */
  rows(): CsvRows {
    if (this.#rows === 0) throw new FormatError(this.name, "expected rows of a label and pixels, got none");
    const label = this.#candidates[this.#chosen()];
    const other = this.#candidates.find((candidate) => candidate !== label);
    if (other !== undefined) this.#putBack(other);
    const texts = label.values.map(String);
    const formula = texts.findIndex((text, i) => typeof label.values[i] === "string" && isFormula(text));
    if (formula >= 0)
      throw this.#refuse(label.column, "a label", `a formula, ${show(texts[formula])}`, label.lines[formula]);
    const empty = texts.indexOf("");
    if (empty >= 0) throw this.#refuse(label.column, "a label", "an empty cell", label.lines[empty]);
    return {
      pixels: this.#pixels.subarray(0, this.#rows * this.#stride),
      codes: label.codes,
      texts,
      lines: label.lines,
      columns: this.#columnsOf(label.column),
      largest: this.#largest,
      place: this.#place,
    };
  }

  /** Which of the candidates the labels are in: that with texts, or that which changes, or that of whole numbers. */
  #chosen(): number {
    if (this.#candidates.length === 1) return 0;
    const tests: readonly ((candidate: Candidate) => boolean)[] = [
      ({ values }) => values.some((value) => typeof value === "string"),
      ({ values }) => values.length > 1,
      ({ values }) => values.every((value) => Number.isInteger(value)),
    ];
    for (const test of tests) {
      const [first, last] = this.#candidates.map(test);
      if (first !== last) return first ? 0 : 1;
    }
    // Where neither changes, all rows are of one class: it comes first in most files.
    if (this.#candidates.every(({ values }) => values.length === 1)) return 0;
    throw new FormatError(
      this.name,
      "expected the label in the first or the last column, got a file in which it may be either: " +
        'say which (label: "first", --csv-label first)',
    );
  }

  /** Puts a column that turned out to be pixels where it belongs: before all others, or behind them. */
  #putBack({ column, codes, values, lines }: Candidate): void {
    const text = values.findIndex((value) => typeof value === "string");
    if (text >= 0) {
      const got = values[text] === "" ? "an empty cell" : show(values[text]);
      throw this.#refuse(column, "a pixel, a number from 0", got, lines[text]);
    }
    const isFirst = column < this.#candidates[1].column;
    const numbers = values as number[];
    const most = numbers.reduce((a, b) => Math.max(a, b), 0);
    if (most > this.#largest) {
      this.#largest = most;
      this.#place = `line ${lines[numbers.indexOf(most)]}, column ${column + 1}`;
    }
    if (this.#bytes && numbers.some((value) => (value & 255) !== value)) this.#toFloats();
    if (isFirst) this.#pixels.copyWithin(1, 0, this.#rows * this.#stride - 1);
    const place = isFirst ? 0 : this.#stride - 1;
    for (const [row, code] of codes.entries()) this.#pixels[row * this.#stride + place] = numbers[code];
  }

  #columnsOf(label: number): number | undefined {
    const names = this.#header?.filter((_, column) => column !== label) ?? [];
    const [, rows, columns] = /^(\d{1,7})x(\d{1,7})$/.exec(String(names[names.length - 1])) ?? [];
    return Number(rows) * Number(columns) === this.#stride ? Number(columns) : undefined;
  }

  #refuse(column: number, expected: string, got: string, line = this.reader.line): FormatError {
    return new FormatError(this.name, `line ${line}, column ${column + 1}: expected ${expected}, got ${got}`);
  }
}

/** Whether a spreadsheet would compute a text; a sign alone, or a number, is none. */
export function isFormula(text: string): boolean {
  return FORMULA.test(text) && !NUMBER.test(text);
}

/** Whether the first line names the columns: by texts, or by the numbers from 0 or 1 on. */
function isHeader(cells: readonly (number | string)[]): boolean {
  const isName = (cell: number | string) =>
    typeof cell === "string" && cell !== "" && !NUMBER.test(cell.replace(",", "."));
  const inner = cells.slice(1, -1);
  if (inner.filter(isName).length > inner.length / 2) return true;
  // A text at an end may be a label, and one among numbers a mistake.
  if (typeof cells[0] === "string" && LABEL.test(cells[0])) return true;
  if (LABEL.test(String(cells[cells.length - 1]))) return true;
  return cells.length > 4 && cells.every((cell, i) => cell === i + Number(cells[0] === 1));
}

/** Pixels with the range that a network takes: what a file means by them is told by its largest one. */
export function scaled({ pixels, largest, place }: CsvRows, name: string, pixelMax: number | undefined): Pixels {
  if (Math.fround(largest) === Number.POSITIVE_INFINITY) {
    throw new FormatError(name, `${place}: expected a pixel that a 32-bit number holds, got ${largest}`);
  }
  if (pixelMax !== undefined) return pixels;
  if (largest > 255) {
    const got = `${largest}: say how much full ink is (pixelMax, --pixel-max)`;
    throw new FormatError(name, `${place}: expected a pixel from 0 to 255, or from 0 to 1, got ${got}`);
  }
  if (pixels instanceof Uint8Array) return largest > 1 ? pixels : pixels.map((pixel) => 255 * pixel);
  return largest > 1 ? pixels.map((pixel) => pixel / 255) : pixels;
}
