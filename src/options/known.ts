// What a misspelt option gets: an error that names the one that was probably meant, instead of no effect.

import { escapeControls } from "../text.js";

/**
 * Checks that an object has known keys only. A key counts even if its value is undefined.
 * @param name what an error calls the function that takes the options
 * @param known an object with the keys that it takes
 * @throws {TypeError} for any other key; it names the nearest known one, or all of them if none is near
 */
export function checkKnown(name: string, options: object, known: object): void {
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue;
    const keys = Object.keys(known);
    const nearest = nearestOf(key, keys);
    const advice = nearest === undefined ? `expected ${keys.join(", ")}` : `did you mean ${nearest}?`;
    // A key may be as long as its writer likes, and hold what a terminal obeys.
    throw new TypeError(`${name}: unknown option ${escapeControls(key.slice(0, 40))}: ${advice}`);
  }
}

/** The known key with the fewest edits, capitals aside; undefined if they are more than a third of the letters. */
function nearestOf(key: string, known: readonly string[]): string | undefined {
  if (key.length > 40) return undefined;
  let nearest: string | undefined;
  let fewest = Math.ceil(key.length / 3);
  for (const candidate of known) {
    const edits = editDistance(key.toLowerCase(), candidate.toLowerCase());
    if (edits > fewest || (edits === fewest && nearest !== undefined)) continue;
    fewest = edits;
    nearest = candidate;
  }
  return nearest;
}

/** How many letters to insert, remove or replace to get from a to b (Levenshtein). */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j] + 1, row[j - 1] + 1));
    }
    above = row;
  }
  return above[b.length];
}
