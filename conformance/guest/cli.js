// In Node, Deno and Bun: prints the results as one line of JSON. Arguments: the address of the files; "reference", if
// it is to train, too; "wide", if Node was given its flag of vectors of 256 bits.

import * as library from "ductus";
import { run } from "./run.js";

const [base, ...flags] = process.argv.slice(2);
const results = await run(base, library, { threads: true, reference: flags.includes("reference") });
console.log(JSON.stringify({ results: flags.includes("wide") ? await wideOnes(results) : results }));
process.exit();

/** The results under a name of their own; none where the machine has no such vectors, for then they say nothing. */
async function wideOnes(results) {
  const { enableWideVectors } = await import("ductus/node");
  return enableWideVectors() ? results.map((result) => ({ ...result, way: `${result.way}, 256-bit` })) : [];
}
