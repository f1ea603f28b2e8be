// All that commands print goes through one place, which leaves nothing that a terminal would obey.

import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { writeIdxFolder } from "../idx-files.js";
import { startDuctus } from "./command-line.js";

const CLI = fileURLToPath(new URL("../../apps/cli", import.meta.url));
/** The printer, and the bar's. What main.js prints before they are loaded has no text of others. */
const PRINTERS = ["terminal.ts", "live-lines.ts", "main.js"];

test("only the printer prints", async () => {
  const files = (await readdir(CLI, { recursive: true })).filter((name) => /\.(ts|js)$/.test(name));
  expect(files).toEqual(expect.arrayContaining([...PRINTERS, "warnings.ts", join("tune", "tune.ts")]));
  for (const name of files.filter((name) => !PRINTERS.includes(name))) {
    const text = await readFile(join(CLI, name), "utf8");
    expect(text.match(/\bconsole\.|\bstderr\.write\(/g), name).toBe(null);
  }
});

test("the name of a folder whose data are warned of cannot act on the terminal", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ductus-printing-"));
  const data = "\u001b[2J\u202edata\r";
  await mkdir(join(folder, data));
  // Images of the test set that are those of training are warned of.
  await writeIdxFolder(join(folder, data), { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
  const train = ["train", "--data", data, "--hidden", "4", "--epochs", "1"];
  const { stdout, stderr } = await startDuctus(folder, train).result;
  const search = ["tune", "--data", data, "--hidden", "4", "--eta", "1|2", "--trials", "2", "--epochs", "1"];
  const tuned = await startDuctus(folder, search).result;
  await rm(folder, { recursive: true });
  for (const text of [stdout, stderr, tuned.stdout, tuned.stderr]) {
    for (const character of ["\u001b", "\u202e", "\r"]) expect(text).not.toContain(character);
  }
});
