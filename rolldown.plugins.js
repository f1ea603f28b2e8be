// What the bundles of the package and of the web page are made with.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transform } from "lightningcss";
import { rolldown } from "rolldown";

/** d3's scales, but for numbers alone. */
export const d3 = { "d3-interpolate": fileURLToPath(new URL("apps/ui/interpolate.ts", import.meta.url)) };

/** A module that is no file: of this name, or of those that match. */
export function virtual(name, code) {
  const is = (id) => (name instanceof RegExp ? name.test(id) : id === name);
  return {
    name: "virtual",
    resolveId: (id) => (is(id) ? `\0virtual:${id}` : null),
    load: (id) => (id.startsWith("\0virtual:") && is(id.slice(9)) ? code() : null),
  };
}

/** A file and what it imports, as one script. */
export async function bundled(input) {
  const bundle = await rolldown({ input, platform: "browser" });
  const { output } = await bundle.generate({ minify: true });
  await bundle.close();
  return output[0].code;
}

/** Puts a file beside the bundle; `source` gives its text or bytes. */
export function emitFile(fileName, source) {
  return {
    name: "emit-file",
    async buildStart() {
      this.emitFile({ type: "asset", fileName, source: await source() });
    },
  };
}

/** Texts one after the other; style sheets as one, minified. */
export function concat(...paths) {
  const text = paths.map((path) => readFileSync(path, "utf8")).join("\n");
  if (!paths.every((path) => path.endsWith(".css"))) return text;
  return transform({ filename: paths[0], code: Buffer.from(text), minify: true }).code.toString();
}

/**
 * Begins a bundle with the licences of the packages in it, which ask to go with every copy: each paragraph once.
 * (rollup-plugin-license lists the packages of one chunk in the next ones, too, repeats the MIT licence for each
 * package, and finds no text for AssemblyScript's loader.)
 */
export function licences() {
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

/** Packages that have their licence in another one, of the same repository. */
const SIBLINGS = { "@assemblyscript/loader": "assemblyscript" };

function licencesOf(modules) {
  const folders = new Set(modules.flatMap((id) => id.match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []));
  const paragraphs = [...folders].flatMap((folder) => {
    const { name } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    if (name in SIBLINGS) folder = `${folder.slice(0, -name.length)}${SIBLINGS[name]}`;
    const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    if (licence === undefined) throw new Error(`${name}: expected a licence file in the package, got none`);
    const [copyright, ...terms] = readFileSync(`${folder}/${licence}`, "utf8")
      .trim()
      .split(/\n\s*\n/);
    return [`${name}: ${copyright}`, ...terms];
  });
  return [...new Set(paragraphs)].join("\n\n");
}
