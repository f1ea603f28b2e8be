// What public functions make sure of, since JavaScript has no types: a sentence that says what is expected.

import { typeName } from "./errors.js";
import { escapeControls } from "./text.js";

/**
 * @param name what an error calls the argument
 * @param expected in words
 * @throws {TypeError} unless it is right
 */
export function checkArgument(name: string, expected: string, value: unknown, right: boolean): void {
  if (!right) throw new TypeError(`${name}: expected ${expected}, got ${typeName(value)}`);
}

/**
 * Checks that a function is not given options that it does not take: they would have no effect. Other arguments beyond
 * its own are left alone, since Array's map() gives some.
 * @param name what an error calls the function
 * @param takes what it takes, in words
 * @throws {TypeError} for the first object
 */
export function checkNoOptions(name: string, takes: string, more: readonly unknown[]): void {
  const options = more.find((value) => typeof value === "object" && value !== null && !Array.isArray(value));
  if (options === undefined) return;
  const keys = Object.keys(options as object)
    .slice(0, 3)
    .join(", ");
  const got = keys === "" ? "more" : `options, too: ${escapeControls(keys.slice(0, 60))}`;
  throw new TypeError(`${name}: expected ${takes}, got ${got}`);
}

/** @throws {TypeError} unless it is a text, such as the name by which errors call a file */
export function checkText(name: string, value: unknown): void {
  checkArgument(name, "a string", value, typeof value === "string");
}

/** @throws {TypeError} unless it is one of the choices */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  checkArgument(name, choices.join(", "), value, choices.includes(value as string));
}

/** Whether a value is an object that has objects, or functions, by these keys. */
export function hasObjects(value: unknown, ...keys: string[]): boolean {
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
  return isObject(value) && keys.every((key) => isObject(value[key]) || typeof value[key] === "function");
}

/** @throws {TypeError} unless it is a Uint8Array */
export function checkBytes(name: string, value: unknown): void {
  checkText("file", name);
  checkArgument(name, "the bytes of a file, a Uint8Array", value, value instanceof Uint8Array);
}

/** @throws {TypeError} unless it is a list of numbers or the like: an array or a typed array */
export function checkScores(name: string, value: unknown): void {
  checkArgument(name, "an array of numbers", value, Array.isArray(value) || ArrayBuffer.isView(value));
}

/** @throws {TypeError} unless it is an array of numbers, as of sizes of layers */
export function checkLayers(layers: unknown): void {
  const areSizes = Array.isArray(layers) && layers.every((size) => typeof size === "number");
  checkArgument("layers", "an array of sizes", layers, areSizes);
}
