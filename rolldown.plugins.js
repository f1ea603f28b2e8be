// What the bundles of the package and of the web page are made with.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transform } from "lightningcss";
import { rolldown } from "rolldown";
import license from "rollup-plugin-license";

/** d3's scales, but for numbers alone. */
export const d3 = {
  "d3-format": fileURLToPath(new URL("apps/ui/format.ts", import.meta.url)),
  "d3-interpolate": fileURLToPath(new URL("apps/ui/interpolate.ts", import.meta.url)),
};

/** A module that is no file, imported by its name, or by paths that match. All of these are one module. */
export function virtual(name, code, paths = /^$/) {
  const id = `\0virtual:${name}`;
  return {
    name: "virtual",
    resolveId: (imported) => (imported === name || paths.test(imported) ? id : null),
    load: (asked) => (asked === id ? code() : null),
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

/** Writes the licences of the packages in a folder's bundles to a file beside them: they ask to go with every copy. */
export function licences(folder) {
  return license({ thirdParty: { output: { file: `${folder}/THIRD-PARTY-LICENSES.txt`, template: licencesOf } } });
}

/** Begins a bundle with the licences of the packages in it, since copies of it leave the folder alone. */
export function licencesInside() {
  const content = "<%= data.licencesOf(dependencies) %>";
  return license({ banner: { commentStyle: "ignored", content, data: { licencesOf } } });
}

/** Packages without a licence file, and the package of the same repository that has it. */
const SIBLINGS = { "@assemblyscript/loader": "assemblyscript" };

function licencesOf(packages) {
  const texts = packages.map(({ name, version, license, licenseText }) => {
    const sibling = new URL(`node_modules/${SIBLINGS[name]}/LICENSE`, import.meta.url);
    const text = licenseText ?? (name in SIBLINGS ? readFileSync(sibling, "utf8") : undefined);
    if (text === undefined) throw new Error(`${name}: expected a licence file in the package, got none`);
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
