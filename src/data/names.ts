// The names of classes: what a folder or a file calls them. They are kept in a model, and shown instead of numbers.

import { checkArgument } from "../arguments.js";
import { FormatError, show } from "../errors.js";
import { RANGES } from "../ranges.js";
import { hasControls } from "../text.js";

/** Characters of a name, and of all of them as JSON: the header of a model has room for 8 MiB. */
const MOST = { name: 100, all: 2 ** 21 } as const;

/**
 * A frozen copy of names, in the order of the classes.
 * @throws {TypeError} if they are no array of strings
 * @throws {RangeError} for one that is empty, longer than 100 characters, there twice, begins or ends with a space, or
 *   has characters that cannot be seen; or if all of them are too long, or more than 65,536
 */
export function checkClassNames(names: readonly string[]): readonly string[] {
  const isList = Array.isArray(names) && names.every((name) => typeof name === "string");
  checkArgument("class names", "an array of strings", names, isList);
  const refuse = (expected: string, got: string) => new RangeError(`class names: expected ${expected}, got ${got}`);
  if (names.length === 0 || names.length > RANGES.classes.max) {
    throw refuse(`1 to ${RANGES.classes.max}`, String(names.length));
  }
  const wrong = names.find((name) => name !== name.trim() || name === "" || name.length > MOST.name);
  if (wrong !== undefined) throw refuse(`1 to ${MOST.name} characters without spaces around them`, show(wrong));
  const unseen = names.find(hasControls);
  if (unseen !== undefined) throw refuse("characters that can be seen", show(unseen));
  if (new Set(names).size < names.length) {
    throw refuse("each name once", `${show(names.find((name, i) => names.indexOf(name) < i))} twice`);
  }
  if (JSON.stringify(names).length > MOST.all) throw refuse(`at most ${MOST.all} characters`, "more");
  return Object.freeze([...names]);
}

/**
 * The class names in a model's metadata.
 * @throws {FormatError} if they are none, or more than the network has classes
 */
export function parseClassNames(text: string, classes: number, file: string): readonly string[] {
  try {
    const names = checkClassNames(JSON.parse(text.length > MOST.all ? "" : text));
    if (names.length <= classes) return names;
  } catch {
    // It is refused below.
  }
  throw new FormatError(file, `metadata classes: expected at most ${classes} names of classes, got ${show(text)}`);
}

/** What a class is called: its name, or its number if it has none. */
export function nameOfClass(names: readonly string[] | undefined, label: number): string {
  return names?.[label] ?? String(label);
}

/** Which class each text stands for, and what the classes are called; undefined if they are 0 to n - 1. */
export interface Classified {
  readonly labels: readonly number[];
  readonly classes: number;
  readonly classNames: readonly string[] | undefined;
}

/**
 * The classes that texts stand for, each text once.
 * @param known the names of the classes in their order, if they are known; else they are sorted, numbers by their value
 * @throws {RangeError} if a text is none of those that are known, or no name, or there are more than 65,536
 */
export function classify(texts: readonly string[], known?: readonly string[]): Classified {
  const names = known ?? [...texts].sort(new Intl.Collator("en", { numeric: true }).compare);
  if (names.length > RANGES.classes.max) {
    throw new RangeError(`expected at most ${RANGES.classes.max} classes, got ${names.length}`);
  }
  const places = new Map(names.map((name, label) => [name, label]));
  const labels = texts.map((text) => places.get(text) ?? -1);
  const unknown = labels.indexOf(-1);
  if (unknown >= 0) throw new RangeError(`expected a class of ${shortList(names)}, got ${show(texts[unknown])}`);
  const numbered = names.every((name, label) => name === String(label));
  return { labels, classes: names.length, classNames: numbered ? undefined : checkClassNames(names) };
}

/** The first few of several names, and how many there are. */
function shortList(names: readonly string[]): string {
  const few = names.slice(0, 10).map(show).join(", ");
  return names.length > 10 ? `${few}, ... (${names.length})` : few;
}

/** Labels in as few bytes as so many classes need. */
export function labelArray(classes: number, labels: ArrayLike<number>): Uint8Array | Uint16Array {
  return classes <= 256 ? Uint8Array.from(labels) : Uint16Array.from(labels);
}
