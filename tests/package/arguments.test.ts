// Wrong arguments from JavaScript, which has no types: every public function says what it expects, in a sentence of its
// own, where the engine would say "Cannot read properties of undefined".

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backpropagate, Dataset, distort, Network } from "../../src/index.js";

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

type Callable = (...args: unknown[]) => unknown;

/** What goes wrong with a call, if anything: its error is not one of ours. */
async function faultOf(call: Callable, args: readonly unknown[]): Promise<string | undefined> {
  try {
    const result = await call(...args);
    // A training throws what it has to say when it is asked for the first epoch.
    if (typeof result === "object" && result !== null && Symbol.asyncIterator in result)
      for await (const _ of result as AsyncIterable<unknown>) break;
    return undefined;
  } catch (error) {
    const { name, message } = error as Error;
    const kinds = ["TypeError", "RangeError", "FormatError", "UsageError", "CompileError", "Error"];
    const isSentence = /expected .*(, (got|was) |: )|^[\w.]+: (unknown option|use) /s.test(message);
    return kinds.includes(name) && isSentence ? undefined : `${name}: ${message}`;
  }
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
  let network: Network;
  const data = new Dataset({ images: new Uint8Array(16), labels: Uint8Array.of(0, 1, 0, 1) });
  beforeAll(async () => {
    network = await Network.create({ layers: [4, 3, 2], threads: 1 });
  });
  afterAll(() => network.dispose());

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
