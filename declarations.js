// Removes the declarations to which no entry point of the package leads, since tsc writes one for each source, and the
// comments of what no entry point exports: nobody reads them, and they take 5 KB of the package.

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const FOLDER = "build/lib";
/** What a declaration imports from another one, or refers to. */
const IMPORT = /(?:\bfrom |\bimport\(|\bimport |reference path=)"(\.[^"]+)"/g;
/** What it exports from another one. */
const EXPORT = /\bexport (?:type )?(?:\*|\{[^}]*\}) from "(\.[^"]+)"/g;
const COMMENT = /^ *\/\*\*(?:[^*]|\*(?!\/))*\*\/\n/gm;
/** A comment of a function or a constant. */
const FUNCTION = /^(\/\*\*(?:[^*]|\*(?!\/))*\*\/\n)(export declare (?:async )?(?:function|const) (\w+))/gm;

const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const entries = [...new Set(Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [join(types)])))];
const kept = reached(entries, IMPORT);
const exported = reached(entries, EXPORT);

/** The declarations that some lead to, themselves included. */
function reached(entries, pattern) {
  const found = new Set(entries);
  for (const file of found) {
    for (const [, path] of readFileSync(file, "utf8").matchAll(pattern)) {
      const imported = join(dirname(file), path.replace(/(\.d)?\.(ts|js)$/, ".d.ts"));
      if (existsSync(imported)) found.add(imported);
    }
  }
  return found;
}

/** The names that users can import. */
const names = new Set(
  entries
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/\bexport (?:type )?\{([^}]*)\}/g)])
    .flatMap(([, list]) => list.split(","))
    .map((name) => name.replace(/^.*\bas |\btype /s, "").trim()),
);
for (const file of kept) {
  const text = readFileSync(file, "utf8");
  const short = exported.has(file)
    ? text.replace(FUNCTION, (all, _, rest, name) => (names.has(name) ? all : rest))
    : text.replace(COMMENT, "");
  if (short !== text) writeFileSync(file, short);
}
for (const name of readdirSync(FOLDER, { recursive: true })) {
  const file = join(FOLDER, name);
  if (file.endsWith(".d.ts") && !kept.has(file)) rmSync(file);
}
for (const folder of new Set(readdirSync(FOLDER, { recursive: true }).map((name) => dirname(join(FOLDER, name))))) {
  if (folder !== FOLDER && readdirSync(folder).length === 0) rmdirSync(folder);
}
