// Bundles what does not run from a folder of modules: the module's bytes and the worker's script in JavaScript, so that any
// runtime and bundler can load them; the command line, so that the library's users need none of its packages; the page of `ductus report`.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { defineConfig } from "rolldown";
import { bundled, concat, d3, emitFile, licences, virtual } from "./rolldown.plugins.js";

const root = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig([
  {
    input: "embedded",
    platform: "browser",
    output: { file: "build/embedded.js", minify: true },
    plugins: [virtual("embedded", embedded), licences()],
  },
  {
    input: { main: "src/cli/main.ts", "tune-worker": "src/cli/tune-worker.ts" },
    platform: "node",
    external: ["ductus", "ductus/node"],
    transform: { target: "node20" },
    // What both have is in a file of its own.
    output: { dir: "build/cli", chunkFileNames: "[name].js", minify: true },
    // cli-progress measures with string-width what stands beside its bar: here ASCII, which needs no tables of emoji.
    plugins: [virtual("string-width", () => "module.exports = ({ length }) => length;"), licences()],
  },
  {
    input: "src/report/report.ts",
    resolve: { alias: d3 },
    output: { file: "build/report/report.js", format: "iife", minify: true },
    plugins: [
      emitFile("report.css", () => concat("src/page/page.css", "src/report/report.css")),
      emitFile("report.html", () => concat("src/report/report.html")),
      licences(),
    ],
  },
]);

/**
 * What embedded.d.ts declares. The WebAssembly modules are deflated, since base64 hides from the package's gzip what they repeat; the
 * second, which is nearly the first, with that as its dictionary.
 */
async function embedded() {
  const [threads, plain] = ["ductus-threads", "ductus"].map((name) => readFileSync(`${root}build/${name}.wasm`));
  const deflated = (bytes, dictionary) =>
    `"${deflateRawSync(bytes, { level: 9, memLevel: 9, dictionary }).toString("base64")}", ${bytes.length}`;
  return `import { inflateSync } from "fflate";
    function inflate(text, length, dictionary) {
      const decoded = atob(text);
      const bytes = new Uint8Array(decoded.length);
      for (let i = 0; i < bytes.length; i++) bytes[i] = decoded.charCodeAt(i);
      return inflateSync(bytes, { out: new Uint8Array(length), dictionary });
    }
    let shared, single;
    export const threads = () => (shared ??= inflate(${deflated(threads)}));
    export const plain = () => (single ??= inflate(${deflated(plain, threads)}, threads()));
    export const worker = ${JSON.stringify(await bundled("src/worker.ts"))};`;
}
