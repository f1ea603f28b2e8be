// Bundles what does not run from a folder of modules: the module's bytes and the worker's script in JavaScript, so that any
// runtime and bundler can load them; the command line, so that the library's users need none of its packages; the page of `ductus report`.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { defineConfig, rolldown } from "rolldown";

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
    resolve: { alias: { "d3-interpolate": `${root}src/page/interpolate.ts` } },
    output: { file: "build/report/report.js", format: "iife", minify: true },
    plugins: [
      emitFile("report.css", "src/page/page.css", "src/report/report.css"),
      emitFile("report.html", "src/report/report.html"),
      licences(),
    ],
  },
]);

/** A module that is no file. */
function virtual(name, code) {
  return {
    name: "virtual",
    resolveId: (id) => (id === name ? id : null),
    load: (id) => (id === name ? code() : null),
  };
}

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

/** A file and what it imports, as one script. */
async function bundled(input) {
  const bundle = await rolldown({ input, platform: "browser" });
  const { output } = await bundle.generate({ minify: true });
  await bundle.close();
  return output[0].code;
}

/** Puts files beside the bundle, as they are, one after the other. */
function emitFile(fileName, ...paths) {
  return {
    name: "emit-file",
    buildStart() {
      const source = paths.map((path) => readFileSync(path, "utf8")).join("\n");
      this.emitFile({ type: "asset", fileName, source });
    },
  };
}

/** Begins a bundle with the licences of the packages in it, which ask to go with every copy: each paragraph once. */
function licences() {
  return {
    name: "licences",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        const texts = licencesOf(chunk.moduleIds);
        if (texts === "") continue;
        const hashbang = chunk.code.match(/^#!.*\n/)?.[0] ?? "";
        const code = chunk.code.slice(hashbang.length);
        chunk.code = `${hashbang}/*!\n${texts}\n*/\n${code}`;
      }
    },
  };
}

function licencesOf(modules) {
  const folders = new Set(modules.flatMap((id) => id.match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []));
  const paragraphs = [...folders].flatMap((folder) => {
    const { name } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    if (licence === undefined) throw new Error(`${name}: expected a licence file in the package, got none`);
    const [copyright, ...terms] = readFileSync(`${folder}/${licence}`, "utf8")
      .trim()
      .split(/\n\s*\n/);
    return [`${name}: ${copyright}`, ...terms];
  });
  return [...new Set(paragraphs)].join("\n\n");
}
