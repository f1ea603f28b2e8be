// What Biome does not check: lines, comments included, are at most 120 characters long; files of languages it cannot
// read have at most 400 lines, too.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAX_COLUMNS = 120;
const MAX_LINES = 400;
/** Source text: neither prose, whose paragraphs are lines, nor data. */
const SOURCE = /(\.(ts|js|css|html|c|py|capnp)|^\.ci\/run)$/;

/** Tracked files, and new ones that are not ignored. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => SOURCE.test(path) && existsSync(ROOT + path));

const linesOf = (path: string) =>
  readFileSync(ROOT + path, "utf8")
    .trimEnd()
    .split("\n");

test("lines are at most 120 characters long", () => {
  const long = files.flatMap((path) =>
    linesOf(path).flatMap((line, i) => ([...line].length > MAX_COLUMNS ? [`${path}:${i + 1}`] : [])),
  );
  expect(long).toEqual([]);
});

test("files have at most 400 lines", () => {
  expect(files.length).toBeGreaterThan(200);
  expect(files.filter((path) => linesOf(path).length > MAX_LINES)).toEqual([]);
});
