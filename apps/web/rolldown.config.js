// Bundles the page: what it shows, the worker that trains, and the script of the threads that the worker starts. Beside
// them go the style sheet, the pretrained network, and a _headers file: hosts that read it allow shared memory.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";
import { bundled, concat, d3, emitFile, licences } from "../../rolldown.plugins.js";
import { HEADERS, POLICY } from "./headers.js";

const STYLES = [
  "ui/page",
  "ui/charts",
  "ui/images",
  "web/page",
  "web/write/write",
  "web/train/train",
  "web/backprop/backprop",
  "web/backprop/layers",
];

/** The library from its sources: it is part of the page's bundle, once. */
const DOORS = {
  "ductus/formats": pathOf("../../src/formats/index.ts"),
  "ductus/recipe": pathOf("../../src/recipe/index.ts"),
  ductus: pathOf("../../src/index.ts"),
};

/** What the command line says of an option, where that is one line. */
const HELP = /^( +help: ).+,$/gm;

export default defineConfig({
  input: { main: "apps/web/main.ts", training: "apps/web/train/worker.ts" },
  platform: "browser",
  // The library from its sources, so that there is one of each class, too, in what is not public.
  resolve: { alias: { ...d3, ...DOORS } },
  output: { dir: "build/web", chunkFileNames: "ductus.js", minify: true },
  plugins: [
    {
      name: "embedded",
      resolveId: (id) => (/\/embedded\.js$/.test(id) ? pathOf("../../build/embedded/embedded.js") : null),
    },
    {
      name: "without-help",
      // The page has labels of its own for the options.
      transform: (code, id) => (/\/options(\/[\w-]+)?\.ts$/.test(id) ? code.replace(HELP, '$1"",') : null),
    },
    emitFile("index.html", () => concat("apps/web/index.html").replace("{{policy}}", POLICY)),
    emitFile("page.css", () => concat(...STYLES.map((name) => `apps/${name}.css`))),
    emitFile("icon.svg", () => concat("apps/web/icon.svg")),
    emitFile("pretrained.bin", () => readFileSync("src/pretrained/pretrained.bin")),
    emitFile("worker.js", () => bundled("src/kernels/threads/worker.ts")),
    emitFile("_headers", () => `/*\n${HEADERS.map(([name, value]) => `  ${name}: ${value}\n`).join("")}`),
    licences("build/web"),
  ],
});

function pathOf(file) {
  return fileURLToPath(new URL(file, import.meta.url));
}
