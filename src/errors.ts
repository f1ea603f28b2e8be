// Errors that callers may want to tell apart. Wrong arguments are TypeError and RangeError.

import { escapeControls } from "./text.js";

/** The bytes of a file are not what its format requires. The message begins with the file's name. */
export class FormatError extends Error {
  /** Always "FormatError", also in another copy of the library, where instanceof fails. */
  override readonly name = "FormatError";

  /**
   * An error whose message is "file: problem".
   * @param file the name by which the message calls the file
   * @param problem what was expected, and what was found
   */
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`);
  }
}

/** A weight, a bias or the cost stopped being a finite number. */
export class DivergenceError extends Error {
  /** Always "DivergenceError", also in another copy of the library, where instanceof fails. */
  override readonly name = "DivergenceError";

  /**
   * An error that advises a lower learning rate.
   * @param epoch the epoch, from 1
   * @param batch the number of mini-batches of that epoch after which it was noticed
   * @param learningRate eta of that epoch
   */
  constructor(
    readonly epoch: number,
    readonly batch: number,
    learningRate: number,
  ) {
    super(
      `training diverged: weights or cost are no longer finite in epoch ${epoch} by batch ${batch}; ` +
        `try a learning rate below ${learningRate}`,
    );
  }
}

/** A worker thread was lost before its work was done. Its network can still be saved, as of the last whole epoch. */
export class ThreadError extends Error {
  /** Always "ThreadError", also in another copy of the library, where instanceof fails. */
  override readonly name = "ThreadError";

  /**
   * An error that advises to load the network again.
   * @param reason how the thread was lost
   */
  constructor(reason: string) {
    super(
      `a worker thread was lost: ${reason}; its network can only be saved: load it again, ` +
        "with fewer threads if it happens again",
    );
  }
}

/** A JSON value in a few characters, however long or deep it is, and safe to print on a terminal. */
export function show(value: unknown): string {
  if (typeof value === "string") {
    return escapeControls(JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value));
  }
  if (!Array.isArray(value)) return typeof value === "object" && value !== null ? "an object" : String(value);
  const items = value.slice(0, 4).map((item) => (Array.isArray(item) ? "an array" : show(item)));
  return `[${items.join(", ")}${value.length > 4 ? ", ..." : ""}]`;
}

/** What a value is, in a word or two. */
export function typeName(value: unknown): string {
  if (typeof value === "string") return show(value);
  if (typeof value === "function") return "a function";
  return value === null || typeof value !== "object" ? String(value) : (value.constructor?.name ?? "an object");
}

/** @throws {TypeError} unless it is an object with members: lists have none */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw new TypeError(`${name}: expected an object, got ${typeName(value)}`);
  }
}
