// In Node, Deno and Bun: prints the results as one line of JSON. Arguments: the address of the files; "reference", if
// it is to train, too; "wide", if Node was given its flag of vectors of 256 bits.

import * as library from "ductus";
import { run } from "./run.js";

const [base, ...flags] = process.argv.slice(2);
const options = { threads: true, reference: flags.includes("reference"), imported: await importModule() };
const results = await run(base, library, options);
console.log(JSON.stringify({ results: flags.includes("wide") ? await wideOnes(results) : results }));
process.exit();

/** The module's exports, imported like those of a script; undefined where the runtime does not do that. */
async function importModule() {
  const imported = await import("ductus/ductus.wasm").catch(() => undefined);
  return typeof imported?.abiVersion === "function" ? imported : undefined;
}

/** The results under a name of their own; none where the machine has no such vectors, for then they say nothing. */
async function wideOnes(results) {
  const { enableWideVectors } = await import("ductus/node");
  return enableWideVectors() ? results.map((result) => ({ ...result, way: `${result.way}, 256-bit` })) : [];
}
