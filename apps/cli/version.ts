import { readFile } from "node:fs/promises";

/** The version in package.json, which is two folders up from here and from the bundle. */
export async function packageVersion(): Promise<string> {
  return JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")).version;
}
