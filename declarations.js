// Removes the declarations to which no entry point of the package leads: tsc writes one for each source.

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const FOLDER = "build/lib";
/** What a declaration imports from another one, or refers to. */
const IMPORT = /(?:\bfrom |\bimport\(|\bimport |reference path=)"(\.[^"]+)"/g;

const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const queue = [...new Set(Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [join(types)])))];
const kept = new Set(queue);
for (const file of queue) {
  for (const [, path] of readFileSync(file, "utf8").matchAll(IMPORT)) {
    const imported = join(dirname(file), path.replace(/(\.d)?\.(ts|js)$/, ".d.ts"));
    if (kept.has(imported) || !existsSync(imported)) continue;
    kept.add(imported);
    queue.push(imported);
  }
}
for (const name of readdirSync(FOLDER, { recursive: true })) {
  const file = join(FOLDER, name);
  if (file.endsWith(".d.ts") && !kept.has(file)) rmSync(file);
}
for (const folder of new Set(readdirSync(FOLDER, { recursive: true }).map((name) => dirname(join(FOLDER, name))))) {
  if (folder !== FOLDER && readdirSync(folder).length === 0) rmdirSync(folder);
}
