// From the bytes of a CSV file to its cells: numbers are read digit by digit, everything else as text. Quotes, and line
// ends of every system, as RFC 4180 has them; the separator is a comma, a semicolon or a tab, by the first line.

import { FormatError } from "../errors.js";
import { kindOfFile } from "../formats/kind.js";

/** What takes the cells, row by row. */
export interface CellTaker {
  /** A cell that is a number from 0, written as 12, 0.5 or 7.0. */
  number(value: number): void;
  /** Any other cell: "" if it is empty. */
  text(text: string): void;
  /** The end of a row that is not empty. */
  endRow(): void;
}

const [TAB, LF, CR, SPACE, QUOTE, COMMA, POINT, ZERO, NINE, SEMICOLON] = [9, 10, 13, 32, 34, 44, 46, 48, 57, 59];
const BOM = [0xef, 0xbb, 0xbf] as const;
/** Bytes by which the separator is told. */
const HEAD = 65_536;
/** Bytes of a cell. */
const MAX_CELL = 1000;
/** Digits that a number of 53 bits holds, and by what it is divided if so many are after the point. */
const DIGITS = 15;
const POWERS = Float64Array.from({ length: DIGITS + 1 }, (_, k) => 10 ** k);

/** Where within a cell the reader is. */
const PLAIN = 0;
/** Within quotes; after a quote that ends them, or is the first of two. */
const QUOTED = 1;
const AFTER_QUOTE = 2;

/** Splits a file into cells, however it is cut into pieces. */
export class CellReader {
  /** The line that is being read, from 1. */
  line = 1;
  /** Undefined until the first line is seen. */
  #separator: number | undefined;
  #head = new Uint8Array(0);
  /** The digits of a cell that is a number so far: how many, and how many of them after the point, -1 without one. */
  #value = 0;
  #digits = 0;
  #decimals = -1;
  /** The bytes of a cell that is none. */
  #bytes: number[] | undefined;
  #state = PLAIN;
  #wasReturn = false;
  #rowIsEmpty = true;

  constructor(
    readonly name: string,
    readonly taker: CellTaker,
  ) {}

  /** @throws {FormatError} if it is no CSV file; what the taker throws */
  push(bytes: Uint8Array): void {
    if (this.#separator !== undefined) {
      this.#read(bytes, this.#separator);
      return;
    }
    const head = new Uint8Array(this.#head.length + bytes.length);
    head.set(this.#head);
    head.set(bytes, this.#head.length);
    this.#head = head;
    if (head.length >= HEAD || head.includes(LF) || head.includes(CR)) this.#begin();
  }

  /** @throws {FormatError} if the file ends within quotes, or is none */
  finish(): void {
    if (this.#separator === undefined) this.#begin();
    if (this.#state === QUOTED) throw this.#refuse("a quote at the end of the cell", "the end of the file");
    this.#endRow();
  }

  #begin(): void {
    const head = this.#head;
    const kind = kindOfFile(head);
    if (kind !== "a text file" && kind !== "a JSON file") {
      const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
      const remedy =
        kind === "an IDX file" ? ": give its folder" : /zip|archive/.test(kind ?? "") ? ": unpack it first" : "";
      const got = utf16 ? "UTF-16: save it as UTF-8" : `${kind ?? "something else"}${remedy}`;
      throw new FormatError(this.name, `expected CSV, text of numbers in UTF-8, got ${got}`);
    }
    const begin = BOM.every((byte, i) => head[i] === byte) ? BOM.length : 0;
    this.#separator = this.#separatorOf(head.subarray(begin));
    this.#head = new Uint8Array(0);
    this.#read(head.subarray(begin), this.#separator);
  }

  /** The separator that is most often in the first line that has any; of equals not the comma, which may be a point. */
  #separatorOf(head: Uint8Array): number {
    const counts = new Map([TAB, SEMICOLON, COMMA].map((separator) => [separator, 0]));
    let quoted = false;
    for (const byte of head) {
      if (byte === QUOTE) quoted = !quoted;
      const count = counts.get(byte);
      if (count !== undefined && !quoted) counts.set(byte, count + 1);
      if ((byte === LF || byte === CR) && !quoted && Math.max(...counts.values()) > 0) break;
    }
    const [[separator, count]] = [...counts].sort(([, a], [, b]) => b - a);
    if (count > 0) return separator;
    throw new FormatError(this.name, "expected CSV, cells with commas, semicolons or tabs between them, got none");
  }

  #read(bytes: Uint8Array, separator: number): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte >= ZERO && byte <= NINE && this.#bytes === undefined && this.#digits < DIGITS) {
        this.#value = 10 * this.#value + byte - ZERO;
        this.#digits++;
        if (this.#decimals >= 0) this.#decimals++;
        this.#wasReturn = false;
      } else if (byte === separator && this.#state !== QUOTED) {
        this.#rowIsEmpty = false;
        this.#wasReturn = false;
        this.#endCell();
      } else {
        this.#readOther(byte);
      }
    }
  }

  /** A byte that is neither one of a number's first digits nor a separator. */
  #readOther(byte: number): void {
    const isLineEnd = byte === LF || byte === CR;
    // A line feed after a carriage return ends the same line.
    const counts = isLineEnd && !(byte === LF && this.#wasReturn);
    const skipped = isLineEnd && !counts && this.#state !== QUOTED;
    this.#wasReturn = byte === CR;
    if (skipped) return;
    if (this.#state === QUOTED) {
      if (counts) this.line++;
      if (byte === QUOTE) this.#state = AFTER_QUOTE;
      else this.#keep(byte);
    } else if (isLineEnd) {
      this.#endRow();
      this.line++;
    } else if (this.#state === AFTER_QUOTE) {
      if (byte === QUOTE) this.#keep(byte);
      else if (byte !== SPACE) throw this.#refuse("a separator after the quote that ends a cell", show(byte));
      if (byte === QUOTE) this.#state = QUOTED;
    } else if (this.#isBlank()) {
      if (byte === QUOTE) [this.#state, this.#bytes] = [QUOTED, []];
      else if (byte === POINT) this.#decimals = 0;
      else if (byte !== SPACE) this.#keep(byte);
    } else if (byte === POINT && this.#decimals < 0 && this.#bytes === undefined) {
      this.#decimals = 0;
    } else if (byte === QUOTE) {
      throw this.#refuse("a cell in quotes as a whole", "a quote within it");
    } else {
      this.#keep(byte);
    }
  }

  /** Whether nothing of the cell has been read yet. */
  #isBlank(): boolean {
    return this.#digits === 0 && this.#decimals < 0 && this.#bytes === undefined;
  }

  /** Takes a byte of a cell that is no simple number. */
  #keep(byte: number): void {
    this.#bytes ??= [...this.#digitsRead()].map((character) => character.charCodeAt(0));
    if (this.#bytes.length === MAX_CELL) throw this.#refuse(`cells of at most ${MAX_CELL} bytes`, "more");
    this.#bytes.push(byte);
  }

  /** The beginning of a number as it was written. */
  #digitsRead(): string {
    if (this.#isBlank()) return "";
    const digits = this.#digits === 0 ? "" : String(this.#value).padStart(this.#digits, "0");
    if (this.#decimals < 0) return digits;
    return `${digits.slice(0, digits.length - this.#decimals)}.${digits.slice(digits.length - this.#decimals)}`;
  }

  #endCell(): void {
    const bytes = this.#bytes;
    if (bytes === undefined && this.#digits > 0) {
      this.taker.number(this.#decimals > 0 ? this.#value / POWERS[this.#decimals] : this.#value);
    } else {
      this.taker.text(bytes === undefined ? this.#digitsRead() : this.#decode(bytes));
    }
    this.#value = 0;
    this.#digits = 0;
    this.#decimals = -1;
    this.#bytes = undefined;
    this.#state = PLAIN;
  }

  #decode(bytes: readonly number[]): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)).trim();
    } catch {
      throw this.#refuse("text in UTF-8", "other bytes");
    }
  }

  /** A line without anything is no row. */
  #endRow(): void {
    if (this.#rowIsEmpty && this.#isBlank()) return;
    this.#endCell();
    this.taker.endRow();
    this.#rowIsEmpty = true;
  }

  #refuse(expected: string, got: string): FormatError {
    return new FormatError(this.name, `line ${this.line}: expected ${expected}, got ${got}`);
  }
}

function show(byte: number): string {
  return byte > SPACE && byte < 0x7f ? JSON.stringify(String.fromCharCode(byte)) : "another byte";
}
