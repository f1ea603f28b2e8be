// What the arguments of predict and read name: files, folders, patterns, standard input, and what is none of these.

import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pictureFiles } from "../../apps/cli/pictures.js";
import { FormatError } from "../../src/errors.js";
import { encodePng } from "../../src/formats/png.js";
import { UsageError } from "../../src/recipe/index.js";
import { idxImages } from "../idx-files.js";

const PNG = encodePng(new Uint8Array(4), 2, 2);
let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-pictures-"));
  for (const path of ["scans", "scans/more", "[1]", "empty", "texts"]) await mkdir(at(path));
  for (const path of [
    "scans/10.png",
    "scans/9.png",
    "scans/no-ending",
    "scans/more/1.png",
    "[1]/a.png",
    ".hidden.png",
  ]) {
    await writeFile(at(path), PNG);
  }
  await writeFile(at("scans/notes.png"), "no picture, whatever its name");
  await writeFile(at("scans/photo.heic"), "\0\0\0\x18ftypheic\0\0\0\0");
  await writeFile(at("texts/readme.md"), "# Read me");
  await writeFile(at("images.idx"), idxImages(1, 2, 2));
});
afterAll(() => rm(folder, { recursive: true }));

/** The paths that are read, without the folder that all are in. */
async function pathsOf(...args: string[]): Promise<string[]> {
  const files = await pictureFiles(args.map((arg) => at(arg)));
  return files.map(({ name }) => name.slice(folder.length + 1));
}

describe("names", () => {
  test("files as they are given, in their order, whether they are there or not", async () => {
    expect(await pathsOf("scans/9.png", "nothing.png", "images.idx")).toEqual([
      "scans/9.png",
      "nothing.png",
      "images.idx",
    ]);
  });

  test("of a folder its pictures, numbers by their value, and says how many other files it skips", async () => {
    const notices: string[] = [];
    const files = await pictureFiles([at("scans")], (sentence) => notices.push(sentence));
    expect(files.map(({ name }) => name)).toEqual(
      ["9.png", "10.png", "no-ending", "photo.heic"].map((name) => at("scans", name)),
    );
    expect(notices).toEqual([`${at("scans")}: skipped 2 that are no pictures`]);
  });

  test.each([
    ["scans/*.png", ["scans/9.png", "scans/10.png", "scans/notes.png"]],
    ["scans/?.png", ["scans/9.png"]],
    ["scans/[0-9].p[mn]g", ["scans/9.png"]],
    ["scans/[!n]*.png", ["scans/9.png", "scans/10.png"]],
    ["s*/m*/1.png", ["scans/more/1.png"]],
    ["*/a.png", ["[1]/a.png"]],
    // A file of that name is no pattern.
    ["[1]/a.png", ["[1]/a.png"]],
    [".hid*", [".hidden.png"]],
  ])("what matches %s", async (pattern, expected) => {
    expect(await pathsOf(pattern)).toEqual(expected);
  });

  test.each([
    ["scans/*.jpg", /scans\/\*\.jpg: expected files that match, got none$/],
    ["*.png", /\*\.png: expected files that match, got none$/],
    ["empty", /empty: expected a folder with pictures in it, got an empty one$/],
    ["texts", /texts: expected a folder with pictures in it, got 1 other file$/],
  ])("nothing for %s, which is an error", async (arg, message) => {
    await expect(pathsOf(arg)).rejects.toThrow(UsageError);
    await expect(pathsOf(arg)).rejects.toThrow(message);
    // The others are read all the same.
    const files = await pictureFiles([at(arg), at("scans/9.png")]);
    expect(files.map(({ name }) => name)).toEqual([at(arg), at("scans/9.png")]);
    await expect(files[0].read()).rejects.toThrow(message);
    expect(new Uint8Array(await files[1].read())).toEqual(PNG);
  });

  test("standard input once", async () => {
    const files = await pictureFiles(["-"]);
    expect(files.map(({ name }) => name)).toEqual(["standard input"]);
    await expect(pictureFiles(["-", "-"])).rejects.toThrow(/expected - for standard input at most once, got it twice/);
  });
});

describe("reads", () => {
  const read = async (path: string) => (await pictureFiles([at(path)]))[0].read();

  test("pictures and IDX files", async () => {
    expect(new Uint8Array(await read("scans/9.png"))).toEqual(PNG);
    expect(new Uint8Array(await read("images.idx"))).toEqual(idxImages(1, 2, 2));
  });

  test.each([
    ["scans/notes.png", /notes\.png: expected a picture .*, got a text file$/],
    ["nothing.png", /nothing\.png: expected a picture .* that can be read, got no such file or folder$/],
  ])("%s with an error", async (path, message) => {
    await expect(read(path)).rejects.toThrow(message);
  });

  test("a sparse file neither as a picture nor as anything else", async () => {
    for (const [name, head] of [
      ["huge.png", PNG],
      ["huge.bin", new Uint8Array(4)],
    ] as const) {
      const file = await open(at(name), "w");
      await file.write(head);
      await file.truncate(2 ** 40);
      await file.close();
      const before = process.memoryUsage().rss;
      await expect(read(name)).rejects.toThrow(FormatError);
      await expect(read(name)).rejects.toThrow(/at most 128 MB, got 1048576 MB$|got something else$/);
      expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 24);
      await rm(at(name));
    }
  });

  describe("standard input", () => {
    const from = async (input: Parameters<typeof pictureFiles>[2]) => {
      const [file] = await pictureFiles(["-"], () => {}, input);
      return file.read();
    };

    test("in pieces of any size", async () => {
      const pieces = Array.from(PNG, (byte) => Uint8Array.of(byte));
      expect(new Uint8Array(await from(Readable.from(pieces)))).toEqual(PNG);
    });

    test("not from a terminal, not empty, not of another kind", async () => {
      await expect(from(Object.assign(Readable.from([]), { isTTY: true }))).rejects.toThrow(
        /from a pipe, got a terminal$/,
      );
      await expect(from(Readable.from([]))).rejects.toThrow(
        /^standard input: expected a picture .* got an empty file$/,
      );
      await expect(from(Readable.from([Buffer.from("%PDF-1.4")]))).rejects.toThrow(/got a PDF document: export/);
    });

    test("not without an end", async () => {
      let given = 0;
      async function* endless(): AsyncGenerator<Uint8Array> {
        yield PNG;
        for (const piece = new Uint8Array(2 ** 20); ; given++) yield piece;
      }
      await expect(from(endless())).rejects.toThrow(/at most 128 MB, got 128 MB$/);
      expect(given).toBeLessThan(130);
    });
  });
});
