// What a misspelt option or choice gets: an error that names the one that was probably meant, instead of no effect.

import { checkArgument } from "../arguments.js";
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
    const nearest = nearestWithin(Math.ceil(key.length / 3), key, keys);
    const advice = nearest === undefined ? `expected ${keys.join(", ")}` : `did you mean ${nearest}?`;
    // A key may be as long as its writer likes, and hold what a terminal obeys.
    throw new TypeError(`${name}: unknown option ${escapeControls(key.slice(0, 40))}: ${advice}`);
  }
}

/**
 * The advice that ends an error about a choice: ": did you mean relu?"; "" if none of the choices is near. A choice is
 * short, and another word may be a third of its letters away, so fewer edits are borne than in the name of an option.
 */
export function meantChoice(text: string, choices: readonly string[]): string {
  const nearest = nearestWithin(thirdOf(text), text, choices);
  return nearest === undefined ? "" : `: did you mean ${nearest}?`;
}

/**
 * The known word that another one was probably meant to be, capitals aside: the shortest that begins with it, or else
 * the one with the fewest edits; undefined if they are more than a third of the word's letters.
 */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  checkArgument("word", "a string", word, typeof word === "string");
  const areWords = Array.isArray(known) && known.every((candidate) => typeof candidate === "string");
  checkArgument("known", "an array of strings", known, areWords);
  if (word.length < 2) return undefined;
  const begun = known.filter((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase()));
  return begun.sort((a, b) => a.length - b.length)[0] ?? nearestWithin(thirdOf(word), word, known);
}

/** A third of a word's letters, at least one: so many edits leave it known. */
function thirdOf(word: string): number {
  return Math.max(1, Math.floor(word.length / 3));
}

/** The known word with the fewest edits, capitals aside; undefined if they are more than `most`. */
function nearestWithin(most: number, word: string, known: readonly string[]): string | undefined {
  if (word.length > 40) return undefined;
  let nearest: string | undefined;
  let fewest = most;
  for (const candidate of known) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits > fewest || (edits === fewest && nearest !== undefined)) continue;
    fewest = edits;
    nearest = candidate;
  }
  return nearest;
}

/**
 * How many letters to insert, remove or replace, or neighbours to exchange, to get from a to b (optimal string
 * alignment).
 */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const [above, row] = [rows[i - 1], [i]];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const exchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const edits = Math.min(replaced, above[j] + 1, row[j - 1] + 1);
      row.push(exchanged ? Math.min(edits, rows[i - 2][j - 2] + 1) : edits);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
