// CSV files: every form that is read, every mistake with its line and column, and mutated files.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CsvOptions, encodeCsv, parseCsv, readCsv } from "../../src/data/csv.js";
import { Dataset } from "../../src/data/dataset.js";
import { FormatError } from "../../src/errors.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const parse = (text: string | Uint8Array, options?: CsvOptions) =>
  parseCsv({ name: "f.csv", bytes: typeof text === "string" ? bytesOf(text) : text }, options);
const shown = ({ images, labels, classNames, columns }: Dataset) => [[...images], [...labels], classNames, columns];

/** Two images of 2 x 2, of the classes 1 and 0. */
const TWO = [[0, 255, 7, 30, 5, 6, 0, 8], [1, 0], undefined, 2];

describe("forms", () => {
  test.each([
    ["the layout of Kaggle", "label,pixel0,pixel1,pixel2,pixel3\n1,0,255,7,30\n0,5,6,0,8\n"],
    ["no header, no end of the last line", "1,0,255,7,30\n0,5,6,0,8"],
    ["the label last", "pixel0,pixel1,pixel2,pixel3,class\n0,255,7,30,1\n5,6,0,8,0"],
    ["the label in the middle", "a,b,label,c,d\n0,255,1,7,30\n5,6,0,0,8"],
    ["semicolons", "label;a;b;c;d\n1;0;255;7;30\n0;5;6;0;8\n"],
    ["tabs", "1\t0\t255\t7\t30\n0\t5\t6\t0\t8\n"],
    ["a BOM, CRLF, empty lines", "\ufefflabel,a,b,c,d\r\n1,0,255,7,30\r\n\r\n0,5,6,0,8\r\n\r\n  \r\n"],
    ["CR alone", "label,a,b,c,d\r1,0,255,7,30\r0,5,6,0,8\r"],
    ["quotes and spaces", '"label" , "a","b","c","d"\n"1", "0",255 , 7,"30"\n0, 5, 6, 0, 8 \n'],
    ["whole numbers with points, zeros before them, exponents", "01,0.0,255.,7,3e1\n0.0,5,+6,00,8\n"],
    ["pandas' index column", ",label,a,b,c,d\n0,1,0,255,7,30\n1,0,5,6,0,8\n"],
    ["pandas' header of numbers", "0,1,2,3,4\n1,0,255,7,30\n0,5,6,0,8\n"],
  ])("%s", (_, text) => {
    const data = parse(text, { label: /label|class/.test(text) ? undefined : "first" });
    expect(shown(data)).toEqual(TWO);
    expect(data.images).toBeInstanceOf(Uint8Array);
  });

  test("pixels from 0 to 1: bytes where all are 255ths, floats where not, as the largest says", () => {
    expect([...parse("label,a,b\n0,0,1\n1,1,0").images]).toEqual([0, 255, 255, 0]);
    expect(parse("label,a,b\n0,0,0.2\n1,0.4,0.6").images).toEqual(Uint8Array.of(0, 51, 102, 153));
    expect(parse("label,a,b\n0,0,0.25\n1,1,0").images).toEqual(Float32Array.of(0, 0.25, 1, 0));
    expect(parse("label;a;b\na;0;0,25\nb;1;0").images).toEqual(Float32Array.of(0, 0.25, 1, 0));
    expect([...parse("label,a,b\n0,0,127.5\n1,255,0").images]).toEqual([0, 0.5, 1, 0]);
    expect([...parse("label,a,b\n0,0,16\n1,8,0", { pixelMax: 16 }).images]).toEqual([0, 255, 128, 0]);
    expect([...parse("label,a,b\n0,0,1000\n1,500,0", { pixelMax: 1000 }).images]).toEqual([0, 1, 0.5, 0]);
    expect([...parse("label,a,b\n0,0,255\n1,255,0", { invert: true }).images]).toEqual([255, 0, 0, 255]);
  });

  test("labels that are no numbers from 0 on become class names, numbers in their order", () => {
    expect(parse("dog,1,2\ncat,3,4\ndog,5,6")).toMatchObject({ classNames: ["cat", "dog"], classes: 2 });
    expect([...parse("dog,1,2\ncat,3,4\ndog,5,6").labels]).toEqual([1, 0, 1]);
    expect(parse("10,1,2\n9,3,4", { label: "first" }).classNames).toEqual(["9", "10"]);
    expect(parse('"a, ""b""",1,2\nc,3,4').classNames).toEqual(['a, "b"', "c"]);
    expect([...parse("0,1,2\n2,3,4", { classNames: ["0", "1", "2"], label: "first" }).labels]).toEqual([0, 2]);
    expect(() => parse("0,1,2\n3,3,4", { classNames: ["0", "1"], label: "first" })).toThrow(
      'f.csv: line 2: expected a class of "0", "1", got "3"',
    );
  });

  test("where the label may be first or last, it is the column that changes, or the one that is said", () => {
    expect([...parse("0,1,7\n0,2,8").labels]).toEqual([0, 1]);
    expect(parse("0,1,7\n0,2,8").classNames).toEqual(["7", "8"]);
    expect(() => parse("1,1,7\n0,2,8")).toThrow(
      "f.csv: expected the label in the first or the last column, got a file in which it may be either: say which",
    );
    expect([...parse("1,1,7\n0,2,8", { label: "first" }).labels]).toEqual([1, 0]);
    expect([...parse("1,1,7\n0,2,8", { label: "last" }).images]).toEqual([1, 1, 0, 2]);
    expect([...parse("a,b,c\n1,1,7\n0,2,8", { label: "b" }).labels]).toEqual([0, 1]);
    expect(() => parse("a,b,c\n1,1,7", { label: "d" })).toThrow(
      'f.csv: expected a column "d" with the labels, got a h',
    );
    expect(parse("0.5,0,1\n0.25,1,2").labels.length).toBe(2);
  });

  test("what encodeCsv() writes, is read the same: shape, names, bytes and floats", () => {
    const classNames = ["a,b", 'say "x"', "ж;"];
    const bytes = new Dataset({
      images: Uint8Array.from({ length: 36 }, (_, k) => (k * 37) % 256),
      labels: Uint8Array.of(2, 0, 1, 2, 0, 2),
      classNames,
      columns: 3,
    });
    const floats = new Dataset({ ...bytes, images: Float32Array.from(bytes.images, (byte) => Math.sqrt(byte) / 16) });
    for (const data of [bytes, floats]) {
      const text = Buffer.concat([...encodeCsv(data)]).toString();
      expect(text.split("\n")[0]).toBe("label,1x1,1x2,1x3,2x1,2x2,2x3");
      const read = parse(text);
      expect(shown(read)).toEqual(shown(data));
      expect(read.images).toEqual(data.images);
    }
    const formulas = new Dataset({ ...bytes, classNames: ["=1+1", "b", "c"] });
    expect(() => encodeCsv(formulas)).toThrow("class names: expected none that is a formula, got =1+1");
  });

  test("from streams, however they are cut", async () => {
    const text = bytesOf('label,a,b,"c",d\r\n"1",0,255,7,"30"\r\n0,5,6,0.0,8\r\n');
    for (let size = 1; size <= text.length; size++) {
      const pieces: Uint8Array[] = [];
      for (let i = 0; i < text.length; i += size) pieces.push(text.subarray(i, i + size));
      expect(shown(await readCsv(pieces, "f.csv"))).toEqual(TWO);
    }
    expect(shown(await readCsv(new Blob([text]).stream(), "f.csv"))).toEqual(TWO);
    const stream = new Blob([text]).stream();
    const bare = { getReader: () => stream.getReader() } as ReadableStream<Uint8Array>;
    expect(shown(await readCsv(bare, "f.csv"))).toEqual(TWO);
    await expect(readCsv({} as ReadableStream<Uint8Array>, "f.csv")).rejects.toThrow("stream: expected a stream");
    await expect(readCsv(["x"] as unknown as Uint8Array[], "f.csv")).rejects.toThrow(/^piece of a stream: expected/);
  });

  test("more classes than a network has", () => {
    const rows = Array.from({ length: 65_537 }, (_, i) => `${i},1`).join("\n");
    expect(() => parse(`label,a\n${rows}`)).toThrow("f.csv: line 2: expected at most 65536 classes, got 65537");
  });

  test("a hundred thousand columns", () => {
    const row = (label: string, pixel: number) => `${label}${`,${pixel}`.repeat(100_000)}\n`;
    expect(parse(row("a", 3) + row("b", 4))).toMatchObject({ inputs: 100_000, length: 2 });
    expect(() => parse(`${row("a", 3)}b,1\n`)).toThrow(
      "f.csv: line 2: expected 100001 cells, as in the first line, got 2",
    );
    expect(() => parse(`a${",1".repeat(2 ** 22 + 1)}\n`)).toThrow(
      "f.csv: line 1: expected at most 4194305 cells, got more",
    );
  });
});

describe("mistakes have their line and column", () => {
  test.each([
    ["label,a,b\n1,0,1\n0,,1", "line 3, column 2: expected a pixel, a number from 0, got an empty cell"],
    ["label,a,b\n1,0,1\n0,x,1", 'line 3, column 2: expected a pixel, a number from 0, got "x"'],
    ["label,a,b\n1,0,1\n0,=1+1,1", 'line 3, column 2: expected a pixel, a number from 0, got "=1+1"'],
    ["label,a,b\n1,0,1\n0,-1,1", 'line 3, column 2: expected a pixel, a number from 0, got "-1"'],
    ["label,a,b\n1,0,1\n0,NaN,1", 'line 3, column 2: expected a pixel, a number from 0, got "NaN"'],
    ["label,a,b\n1,0,1\n0,1e999,1", "line 3, column 2: expected a pixel that a 32-bit number holds, got Infinity"],
    ["label,a,b\n1,0,1\n0,300,1", "line 3, column 2: expected a pixel from 0 to 255, or from 0 to 1, got 300: say how"],
    ["label,a,b\n1,0,1\n=A1,3,1", 'line 3, column 1: expected a label, got a formula, "=A1"'],
    ["label,a,b\n1,0,1\n,3,1", "line 3, column 1: expected a label, got an empty cell"],
    ["1,0,O,0,9\n0,1,2,3,4", 'line 1, column 3: expected a pixel, a number from 0, got "O"'],
    ["label,a,b\n1,0,1\n0,3", "line 3: expected 3 cells, as in the first line, got 2"],
    ["label,a,b\n1,0,1\n0,3,4,5", "line 3: expected 3 cells, as in the first line, got 4"],
    ['label,a,b\n1,0,1\n"0"x,3,4', 'line 3: expected a separator after the quote that ends a cell, got "x"'],
    ['label,a,b\n1,0,1\n0,3"4,4', "line 3: expected a cell in quotes as a whole, got a quote within it"],
    ['label,a,b\n1,0,1\n"0,3,4\n', "line 4: expected a quote at the end of the cell, got the end of the file"],
    [`label,a,b\n${"x".repeat(1001)},1,2`, "line 2: expected cells of at most 1000 bytes, got more"],
    [`label,a,b\n${"x".repeat(101)},1,2`, "line 2: class names: expected 1 to 100 characters"],
    ["label,a,b\n\x1b[2J,1,2", "line 2: class names: expected characters that can be seen"],
    ['label,a,b\n"a\nb",1,2\nc,3,4', "line 3: class names: expected characters that can be seen"],
    ["label,a,b\n", "expected rows of a label and pixels, got none"],
    ["label\n1\n2\n", "expected CSV, cells with commas, semicolons or tabs between them, got none"],
    ["id,label\n1,2\n", "expected a label and pixels in each line, got labels alone"],
    ["", "expected CSV, text of numbers in UTF-8, got an empty file"],
    ["x,1,2,y\nz,1,2,w\n", 'line 2, column 1: expected a pixel, a number from 0, got "z"'],
    ["0,1,2,a\nz,1,2,3\n", "expected the label in the first or the last column, got a file in which it may be either"],
  ])("%j", (text, message) => {
    expect(() => parse(text)).toThrow(FormatError);
    expect(() => parse(text)).toThrow(`f.csv: ${message}`);
  });

  test("a number that is too large, be full ink what it may", () => {
    expect(() => parse("label,a\n0,1\n1,1e39", { pixelMax: 1 })).toThrow(
      "f.csv: line 3, column 2: expected a pixel that a 32-bit number holds, got 1e+39",
    );
  });

  test.each([
    ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x31, 0, 0x2c, 0), "got UTF-16: save it as UTF-8"],
    ["gzip", Uint8Array.of(0x1f, 0x8b, 8, 0), "got a gzip file: unpack it first"],
    ["IDX", Uint8Array.of(0, 0, 8, 3, 0), "got an IDX file: give its folder"],
    ["zip", bytesOf("PK\x03\x04, 1, 2"), "got a zip archive: unpack it first"],
    [
      "Latin-1, later on",
      Buffer.from(`label,a\n${"a,1\n".repeat(400)}\xe9,2`, "latin1"),
      "line 402: expected text in UTF-8",
    ],
    [
      "NUL",
      bytesOf(`label,a\n${"a,1\n".repeat(400)}a,\0`),
      'line 402, column 2: expected a pixel, a number from 0, got "\\u0000"',
    ],
  ])("%s", (_, bytes, message) => expect(() => parse(bytes)).toThrow(message));
});

describe("whatever is done to a file, it is refused, or makes a data set that agrees with itself:", () => {
  const RUNS = Number(process.env.FUZZ_RUNS ?? 2000);
  const FILES = [
    "label,a,b,c,d\n1,0,255,7,30\n0,5,6,0,8\n",
    '"x y";0,5;1;0,25;0\nz;1;0;0;"1"\r\n',
    "0\t1\t7\n0\t2\t8\n",
  ].map((text) => Buffer.from(text));

  test("bytes changed, inserted and left out, and files cut short", () => {
    let [parsed, refused] = [0, 0];
    const special = fc.constantFrom(...Buffer.from('",;\t\r\n\0=-+.e0123456789 \ufeff\x1b'));
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(2),
      insert: fc.array(fc.oneof(fc.nat(255), special), { maxLength: 2 }),
    });
    const options = fc.record(
      { label: fc.constantFrom("first", "last", "a"), pixelMax: fc.constantFrom(1, 16, 255) },
      { requiredKeys: [] },
    );
    const run = fc.property(
      fc.constantFrom(...FILES),
      fc.array(edit, { maxLength: 3 }),
      options,
      (file, edits, more) => {
        let bytes = [...file];
        for (const { at, remove, insert } of edits) {
          const i = Math.floor(at * bytes.length);
          bytes = [...bytes.slice(0, i), ...insert, ...bytes.slice(i + remove)];
        }
        let data: Dataset;
        try {
          data = parse(Uint8Array.from(bytes), more);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          expect((error as Error).message).toMatch(/^f\.csv: .*expected .{1,200}(, got |: ).{1,200}$/);
          refused++;
          return;
        }
        parsed++;
        expect(data.images).toHaveLength(data.length * data.inputs);
        expect(data.images.every(Number.isFinite)).toBe(true);
        expect(Math.max(...data.labels)).toBeLessThan(data.classes);
      },
    );
    fc.assert(run, { numRuns: RUNS });
    expect(parsed).toBeGreaterThan(RUNS / 20);
    expect(refused).toBeGreaterThan(RUNS / 20);
  });
});
