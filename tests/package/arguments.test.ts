// Wrong arguments from JavaScript, which has no types: every public function says what it expects, in a sentence of its
// own, where the engine would say "Cannot read properties of undefined".

import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { backpropagate, Dataset, distort, Network } from "../../src/index.js";
import { ALSO, CALLS, data, isOpen, network, OTHERS } from "./calls.js";

/** The sources of the package's entry points: all that package.json names, but for the modules' bytes. */
const { exports }: { exports: Record<string, string | { readonly default: string }> } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);
const ENTRIES = Object.values(exports).flatMap((entry) => {
  const [, path] = (typeof entry === "object" && /^\.\/build\/lib\/(.*)\.js$/.exec(entry.default)) || [];
  return path === undefined ? [] : [path];
});

/** No argument, and one of each kind. */
const ARGUMENTS: readonly (readonly [string, ...unknown[]])[] = [
  ["nothing"],
  ["undefined", undefined],
  ["null", null],
  ["a string", "x"],
  ["an object", {}],
  ["an array", []],
  ["an array of null", [null]],
  ["a number", 1],
  ["true", true],
  ["a function", () => 1],
  ["bytes", new Uint8Array(3)],
];

afterAll(() => network.dispose());

type Callable = (...args: unknown[]) => unknown;

/** What a call throws, or rejects with; undefined if nothing. */
async function errorOf(call: Callable, args: readonly unknown[]): Promise<Error | undefined> {
  try {
    const result = await call(...args);
    // A session throws what it has to say when it is asked for the first epoch.
    if (typeof result === "object" && result !== null && Symbol.asyncIterator in result)
      for await (const _ of result as AsyncIterable<unknown>) break;
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Whether an error is one of ours, a sentence that says what is expected. */
function isOurs({ name, message }: Error): boolean {
  const kinds = ["TypeError", "RangeError", "FormatError", "UsageError", "CompileError", "Error"];
  return kinds.includes(name) && /expected .*(, (got|was) |: )|^[\w.]+: (unknown option|use) /s.test(message);
}

/** What goes wrong with a call, if anything: its error is not one of ours. */
async function faultOf(call: Callable, args: readonly unknown[]): Promise<string | undefined> {
  const error = await errorOf(call, args);
  return error === undefined || isOurs(error) ? undefined : `${error.name}: ${error.message}`;
}

async function check(call: Callable, ...before: unknown[]): Promise<void> {
  const faults: string[] = [];
  for (const [kind, ...args] of ARGUMENTS) {
    const fault = await faultOf(call, [...before, ...args]);
    if (fault !== undefined) faults.push(`${kind}: ${fault}`);
  }
  expect(faults).toEqual([]);
}

/** The functions of a module; classes are called with new. Errors take any message. */
async function functionsOf(entry: string): Promise<[string, Callable][]> {
  const names: Record<string, unknown> = await import(new URL(`../../src/${entry}.ts`, import.meta.url).href);
  return Object.entries(names).flatMap(([name, value]): [string, Callable][] => {
    if (typeof value !== "function" || value.prototype instanceof Error) return [];
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    return [[name, isClass ? (...args) => Reflect.construct(value, args) : (value as Callable)]];
  });
}

describe.each(ENTRIES)("%s", async (entry) => {
  const functions = await functionsOf(entry);
  test.each(functions)("%s()", (_, call) => check(call));
  test("has functions", () => expect(functions.length).toBeGreaterThan(0));
});

describe("methods", () => {
  const methodsOf = (type: { prototype: object }) =>
    Object.entries(Object.getOwnPropertyDescriptors(type.prototype)).flatMap(([name, { value }]) =>
      typeof value === "function" && !["constructor", "dispose"].includes(name) ? [name] : [],
    );
  const method =
    (target: object, name: string): Callable =>
    (...args) =>
      (target as Record<string, Callable>)[name](...args);

  test.each(methodsOf(Network))("Network's %s()", (name) => check(method(network, name)));
  test.each(methodsOf(Dataset))("Dataset's %s()", (name) => check(method(data, name)));
  test.each(["create", "load"])("Network.%s()", (name) => check(method(Network, name)));
  test("options beside right arguments", async () => {
    await check(method(network, "train"), data);
    await check(method(network, "evaluate"), data);
    await check(method(Network, "load"), network.save());
    await check(distort as Callable, data.images);
    await check(backpropagate as Callable, network);
  });
});

describe("one argument, or one member of it, of the wrong type, or one member more:", () => {
  const objects: Record<string, object> = { Dataset, Network, network, data };
  /** One value of each type. */
  const VALUES: readonly unknown[] = [null, "x", 3, true, () => 1, [], { nosuch: 1 }, new Uint8Array(3)];
  const typeOf = (value: unknown) =>
    value === null ? "null" : Array.isArray(value) ? "array" : ArrayBuffer.isView(value) ? "bytes" : typeof value;
  const isPlain = (value: unknown): value is Record<string, unknown> =>
    typeOf(value) === "object" && (Object.getPrototypeOf(value) === Object.prototype || isOpen(value as object));

  /** What is not right in the place of a value, each with its name. */
  function wrongs(name: string, right: unknown): (readonly [string, unknown])[] {
    const others = VALUES.filter((value) => typeOf(value) !== typeOf(right))
      // A list of numbers may well be a typed array.
      .filter((value) => typeOf(right) !== "array" || typeOf(value) !== "bytes")
      .map((value) => [`${name}: ${typeOf(value)}`, value] as const);
    if (!isPlain(right)) return others;
    const members = Object.entries(right).flatMap(([key, value]) =>
      wrongs(`${name}.${key}`, value).map(([what, wrong]) => [what, { ...right, [key]: wrong }] as const),
    );
    return [...others, ...members, ...(isOpen(right) ? [] : [[`${name}.nosuch`, { ...right, nosuch: 1 }] as const])];
  }

  const calls = Object.entries(CALLS).flatMap(([entry, functions]) =>
    Object.entries(functions).map(([name, args]) => [entry, name, args] as const),
  );
  test.each(calls)("%s: %s()", async (entry, name, right) => {
    const { [entry]: object = await import(new URL(`../../src/${entry}.ts`, import.meta.url).href) } = objects;
    const named = object as Record<string, Callable>;
    const call: Callable = (...args) =>
      /^[A-Z]/.test(name) ? Reflect.construct(named[name], args) : named[name](...args);
    expect(await errorOf(call, right)).toBeUndefined();
    const faults: string[] = [];
    for (const [i, value] of right.entries()) {
      for (const [what, wrong] of wrongs(String(i), value)) {
        if (ALSO[name]?.includes(what)) continue;
        const error = await errorOf(call, [...right.slice(0, i), wrong, ...right.slice(i + 1)]);
        if (error === undefined) faults.push(`${what} is accepted`);
        else if (!isOurs(error)) faults.push(`${what}: ${error.name}: ${error.message}`);
      }
    }
    expect(faults).toEqual([]);
  });

  test.each(ENTRIES)("%s: no function is left out", async (entry) => {
    const names = (await functionsOf(entry)).map(([name]) => name);
    const known = new Set(Object.keys(CALLS[entry] ?? {}));
    expect(names.filter((name) => !known.has(name) && !OTHERS.includes(name))).toEqual([]);
  });
});
