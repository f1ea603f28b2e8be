// npm run build:abi: the functions of docs/abi.md as docs/abi.json, for hosts and tools that check themselves.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** A line of a table: | `name(argument: type, ...) -> type` *grows* | text | */
const FUNCTION = /^\| `(\w+)\((.*?)\)(?: -> (\w+))?`( \*grows\*)? \| (.*) \|$/;
/** Arguments whose type is not written have that of these names. */
const ADDRESSES = "u32";

/**
 * The contract that a text in the form of docs/abi.md describes.
 * @param {string} text
 */
export function abiOf(text) {
  const functions = [];
  for (const line of text.split("\n")) {
    const match = FUNCTION.exec(line);
    if (match === null) continue;
    const [, name, list, result = null, grows, about] = match;
    const args = list === "" ? [] : list.split(", ").map((argument) => argument.split(": "));
    functions.push({
      name,
      arguments: args.map(([own, type = ADDRESSES]) => ({ name: own, type })),
      result,
      grows: grows !== undefined,
      about,
    });
  }
  const version = Number(/This page is version (\d+)\./.exec(text)?.[1]);
  const errors = "A function that grows returns 0 if memory cannot be had. Nothing else fails: see docs/abi.md.";
  return { version, memory: "memory", errors, functions };
}

const PAGE = new URL("../docs/abi.md", import.meta.url);
const FILE = new URL("../docs/abi.json", import.meta.url);

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(FILE, `${JSON.stringify(abiOf(readFileSync(PAGE, "utf8")), undefined, 2)}\n`);
}
