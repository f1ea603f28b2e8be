// Bundles what the package ships: the library, with the modules' bytes in it, so that any runtime, page and bundler can
// load it; the script of its threads; the command line; the page of `ductus report`.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { defineConfig } from "rolldown";
import { bundled, concat, d3, emitFile, licences, licencesInside, virtual } from "./rolldown.plugins.js";

const root = fileURLToPath(new URL(".", import.meta.url));
/** Small, but the functions and classes of a stack trace have their names. */
const SMALL = {
  compress: { keepNames: { function: true, class: true } },
  mangle: { keepNames: true },
};
const WORKER = "src/kernels/threads/worker.ts";

export default defineConfig([
  {
    // Apart from the library, since tests and the page take the library from its sources.
    input: "embedded",
    platform: "browser",
    output: { file: "build/embedded/embedded.js", minify: true },
    plugins: [virtual("embedded", embedded)],
  },
  {
    input: {
      index: "src/index.ts",
      "formats/index": "src/formats/index.ts",
      "recipe/index": "src/recipe/index.ts",
      "node/index": "src/node/index.ts",
      "node/picture-worker": "src/node/picture-worker.ts",
      "pretrained/index": "src/pretrained/index.ts",
    },
    // Node's own modules stay imports; everything else runs in browsers, too.
    platform: "neutral",
    external: /^node:/,
    // The threads' script is looked for beside the file that starts them: all shared files are in one folder.
    output: { dir: "build/lib", chunkFileNames: "[name].js", minify: SMALL },
    plugins: [
      virtual("embedded", embedded, /\/embedded\.js$/),
      emitFile("pretrained/pretrained.bin", () => readFileSync("src/pretrained/pretrained.bin")),
      licences("build/lib"),
    ],
  },
  { input: WORKER, platform: "browser", output: { file: "build/lib/worker.js", minify: true } },
  {
    input: { "command-line": "apps/cli/command-line.ts", "tune-worker": "apps/cli/tune/worker.ts" },
    platform: "node",
    // The library is loaded from the package, so that there is one of each of its classes; queues from where the user
    // has installed them.
    external: /^(ductus|bullmq|ioredis|pg)/,
    transform: { target: "node20" },
    // What both have is in a file of its own.
    output: { dir: "build/cli", chunkFileNames: "[name].js", minify: true },
    // The entry point is copied as it is, so that it keeps to what old versions of Node can parse.
    plugins: [emitFile("main.js", () => concat("apps/cli/main.js"))],
  },
  {
    input: "apps/report/report.ts",
    resolve: { alias: d3 },
    output: { file: "build/report/report.js", format: "iife", minify: true },
    plugins: [
      emitFile("report.css", () =>
        concat(...["page", "charts", "images"].map((name) => `apps/ui/${name}.css`), "apps/report/report.css"),
      ),
      emitFile("report.html", () => concat("apps/report/report.html")),
      licencesInside(),
    ],
  },
]);

/**
 * What embedded.d.ts declares. The WebAssembly modules are deflated, since base64 hides from the package's gzip what
 * they repeat; the second, which is nearly the first, has that as its dictionary.
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
    export const worker = ${JSON.stringify(await bundled(WORKER))};`;
}
