// What public functions make sure of, since JavaScript has no types: a sentence that says what is expected.

import { typeName } from "./errors.js";

/**
 * @param name what an error calls the argument
 * @param expected in words
 * @throws {TypeError} unless it is right
 */
export function checkArgument(name: string, expected: string, value: unknown, right: boolean): void {
  if (!right) throw new TypeError(`${name}: expected ${expected}, got ${typeName(value)}`);
}

/** Whether a value is an object that has objects, or functions, by these keys. */
export function hasObjects(value: unknown, ...keys: string[]): boolean {
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
  return isObject(value) && keys.every((key) => isObject(value[key]) || typeof value[key] === "function");
}

/** @throws {TypeError} unless it is a Uint8Array */
export function checkBytes(name: string, value: unknown): void {
  checkArgument(name, "the bytes of a file, a Uint8Array", value, value instanceof Uint8Array);
}

/** @throws {TypeError} unless it is a list of numbers or the like: an array or a typed array */
export function checkScores(name: string, value: unknown): void {
  checkArgument(name, "an array of numbers", value, Array.isArray(value) || ArrayBuffer.isView(value));
}

/** @throws {TypeError} unless it is an array, as of sizes of layers */
export function checkLayers(layers: unknown): void {
  checkArgument("layers", "an array of sizes", layers, Array.isArray(layers));
}
