// The contract: docs/abi.json is docs/abi.md's, both modules have its functions with its types, hosts call no others.

import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { abiOf } from "../../hosts/abi.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const abi = JSON.parse(readFileSync(join(ROOT, "docs/abi.json"), "utf8")) as ReturnType<typeof abiOf>;

/** Reads a module's bytes. */
class Reader {
  #at: number;

  constructor(
    readonly bytes: Uint8Array,
    at = 0,
  ) {
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.#at++];
  }

  /** Unsigned LEB128. */
  number(): number {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) return value >>> 0;
    }
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.number() }, item);
  }

  part(): Uint8Array {
    const length = this.number();
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }
}

const TYPES: Readonly<Record<number, string>> = { 127: "i32", 126: "i64", 125: "f32", 124: "f64", 123: "v128" };
const SECTION = { types: 1, imports: 2, functions: 3, exports: 7 };

/** The types of a module's exported functions, by their names: "i32,f32->f64". */
function exportsOf(file: string): Map<string, string> {
  const module = new Reader(readFileSync(join(ROOT, file)), 8);
  const sections = new Map<number, Reader>();
  while (!module.isAtEnd) sections.set(module.byte(), new Reader(module.part()));
  const section = (id: number) => sections.get(id) ?? new Reader(Uint8Array.of(0));
  const types = section(SECTION.types);
  const signatures = types.list(() => {
    types.byte();
    const [parameters, results] = [types.list(() => TYPES[types.byte()]), types.list(() => TYPES[types.byte()])];
    return `${parameters}->${results}`;
  });
  const functions = section(SECTION.functions);
  const own = functions.list(() => signatures[functions.number()]);
  const exports = section(SECTION.exports);
  const named = exports.list(() => ({
    name: new TextDecoder().decode(exports.part()),
    isFunction: exports.byte() === 0,
    index: exports.number(),
  }));
  return new Map(named.filter(({ isFunction }) => isFunction).map(({ name, index }) => [name, own[index]]));
}

const inWasm = (type: string) => (type === "u32" ? "i32" : type);

test("docs/abi.json has what docs/abi.md says (npm run build:abi)", () => {
  expect(abi).toEqual(abiOf(readFileSync(join(ROOT, "docs/abi.md"), "utf8")));
  expect(abi.version).toBe(1);
});

test.each(["build/ductus.wasm", "build/ductus-threads.wasm"])("%s has these functions, of these types", (file) => {
  const expected = abi.functions.map(({ name, arguments: args, result }) => {
    return [name, `${args.map(({ type }) => inWasm(type))}->${result === null ? "" : inWasm(result)}`] as const;
  });
  expect(Object.fromEntries(exportsOf(file))).toEqual(Object.fromEntries(expected));
});

/** Files of hosts that call the module. */
function sources(folder: string): string[] {
  const left = /^(target|build|tests?|__pycache__|\..*)$/;
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return left.test(entry.name) ? [] : sources(path);
    return [".py", ".go", ".rs", ".java", ".c"].includes(extname(path)) && !/_test\.go$/.test(path) ? [path] : [];
  });
}

test.each(["python", "go", "rust", "java", "c"])("the host in %s calls what there is", (language) => {
  const names = new Set(abi.functions.map(({ name }) => name));
  const calls = sources(`hosts/${language}`).flatMap((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    // The first text in a call by name: call("shuffle", module_grow(m, "allocate", self.wasm.call("release", ...
    return [...text.matchAll(/(?:call|grow|wasm\.number)\((?:m|wasm|n->wasm|n\.w)?(?:, )?"(\w+)"/g)].map(
      ([, name]) => name,
    );
  });
  expect(new Set(calls).size).toBeGreaterThanOrEqual(13);
  expect(calls.filter((name) => !names.has(name))).toEqual([]);
});
