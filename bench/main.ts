// npm run bench: first verify, then time. Everything the README and docs/performance.md claim comes from here.
//   --json FILE  writes the numbers      --quick  a smoke run on a few images: its numbers mean nothing
//   --node 20,26  compares these Nodes in training, with vectors of 256 bits, too, where they have them
//   --install  first installs them where npm run conformance has its own

import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { FOLDER, install } from "../conformance/installed.js";
import { benchAll } from "./all.js";
import { compareNodes, findNodes } from "./nodes.js";

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    quick: { type: "boolean", default: false },
    node: { type: "string" },
    install: { type: "boolean", default: false },
  },
});
if (values.install && values.node === undefined) throw new Error("--install: expected --node with it, got none");
const processor = `${cpus()[0].model.trim()}, ${cpus().length} cores`;
const date = new Date().toISOString().slice(0, 10);
const options = { quick: values.quick, threads: Math.max(2, availableParallelism()) };

const results = values.node === undefined ? await here() : await compare([...new Set(values.node.split(","))]);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);

/** All of the benchmark, in this Node. */
async function here() {
  const machine = `${processor}, Node ${process.version}, ${process.platform} ${process.arch}`;
  console.log(`${machine}, ${date}\n`);
  return { machine, date, quick: values.quick, ...(await benchAll(options)) };
}

/** Training, in Nodes of these major versions. */
async function compare(majors: readonly string[]) {
  if (values.install) await install(FOLDER);
  const programs = findNodes(majors);
  const machine = `${processor}, ${process.platform} ${process.arch}`;
  console.log(`${machine}, ${date}\n`);
  return { machine, date, quick: values.quick, nodes: await compareNodes(programs, options) };
}
