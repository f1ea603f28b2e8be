// In Node, Deno and Bun: prints the results as one line of JSON. Arguments: the address of the files; "reference", if
// it is to train, too.

import * as library from "ductus";
import { run } from "./run.js";

const [base, ...flags] = process.argv.slice(2);
const results = await run(base, library, { threads: true, reference: flags.includes("reference") });
console.log(JSON.stringify({ results }));
process.exit();
