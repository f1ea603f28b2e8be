// The runtimes: where each is found, how its version is asked for, and how the same files are run in it.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { boundsOf } from "./guest/host.js";
import { makeData, RECIPES } from "./guest/recipes.js";
import { hostRuntimes } from "./hosts.js";
import { BUN, NODES, nodePrograms } from "./installed.js";
import { during, output } from "./process.js";
import { answerImages, trainInWorkerd } from "./workers.js";

/**
 * @typedef {object} Place
 * @property {string} scratch a folder for anything
 * @property {string} project with the package installed, and the files of conformance/ and examples/
 * @property {string} data MNIST's files
 * @property {{ base: string, results: () => Promise<any> }} server
 *
 * @typedef {object} Runtime
 * @property {string} name
 * @property {readonly (string | undefined)[]} programs where it may be: paths, or names on the PATH
 * @property {string} missing how to get it
 * @property {(program: string) => Promise<string>} [version]
 * @property {(program: string, place: Place) => Promise<import("./guest/run.js").Result[]>} run
 */

const BY_NPM = "npm run conformance -- --install";
/** Whether Nodes here know their flag of vectors of 256 bits. */
const KNOWS_WIDE = process.arch === "x64" && process.platform !== "darwin";

/**
 * @param {string} folder with what was installed
 * @param {boolean} withHosts whether to build the hosts in other languages, too
 * @returns {Runtime[]}
 */
export function runtimes(folder, withHosts) {
  const installed = join(folder, "node_modules");
  const others = [...withoutJavaScript(folder), ...hostRuntimes(folder, withHosts)];
  return [...nodes(folder), ...servers(installed), ...browsers(), ...others];
}

/** @returns {Runtime[]} */
function nodes(folder) {
  const [own] = process.versions.node.split(".");
  return NODES.map(({ major, wide }) => ({
    name: `Node ${major}`,
    programs: nodePrograms(major, folder),
    missing: BY_NPM,
    run: async (node, place) => [
      ...(await runScript(node, [], place, major === own ? ["reference"] : [])),
      ...(wide === undefined || !KNOWS_WIDE ? [] : await runScript(node, [wide], place, ["wide"])),
      await buildModule(node, place),
    ],
  }));
}

/** @returns {Runtime[]} */
function servers(installed) {
  const bin = (name) => join(installed, ".bin", name);
  return [
    {
      name: "Deno",
      programs: [bin("deno"), "deno"],
      missing: BY_NPM,
      run: (deno, place) => withExample(deno, ["run", "--allow-all", "--node-modules-dir=manual"], place, "deno"),
    },
    {
      name: "Bun",
      programs: [join(installed, BUN, "bin/bun"), "bun"],
      missing: BY_NPM,
      run: (bun, place) => withExample(bun, [], place, "bun"),
    },
    {
      name: "workerd",
      programs: [bin("workerd"), "workerd"],
      missing: BY_NPM,
      run: async (workerd, place) => [...(await trainInWorkerd(workerd, place)), await answerImages(workerd, place)],
    },
  ];
}

/** WebKitGTK's own browser, beside its libraries. */
const MINI_BROWSERS = ["x86_64", "aarch64"].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`,
);

/** @returns {Runtime[]} */
function browsers() {
  return [
    {
      name: "Chromium",
      programs: [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"],
      missing: "Debian's package chromium, or its path in CHROMIUM",
      run: (chromium, place) =>
        openPages(place, (profile, url) => [
          chromium,
          ..."--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking".split(" "),
          `--user-data-dir=${profile}`,
          url,
        ]),
    },
    {
      name: "Firefox",
      programs: [process.env.FIREFOX, "firefox", "firefox-esr"],
      missing: "Debian's package firefox-esr, or its path in FIREFOX",
      run: (firefox, place) =>
        openPages(place, (profile, url) => [firefox, "--headless", "--no-remote", "--profile", profile, url]),
    },
    {
      name: "WebKit",
      programs: MINI_BROWSERS,
      missing: "Debian's packages webkit2gtk-driver, xvfb and xauth",
      version: (browser) => output("xvfb-run", ["-a", browser, "--version"]),
      run: (browser, place) => openPages(place, (_, url) => ["xvfb-run", "-a", browser, "--private", url]),
    },
  ];
}

/** @returns {Runtime[]} */
function withoutJavaScript(folder) {
  return [
    {
      name: "wasm-interp",
      programs: ["wasm-interp"],
      missing: "Debian's package wabt",
      run: runInterpreter,
    },
    {
      name: "wasmtime",
      programs: [join(folder, "python/bin/python3"), "python3"],
      missing: "pip install wasmtime",
      version: (python) => output(python, ["-c", "from importlib.metadata import version; print(version('wasmtime'))"]),
      run: runPython,
    },
  ];
}

/** In a runtime that has a command line. */
async function runScript(program, options, { project, server }, flags) {
  const printed = await output(program, [...options, "conformance/guest/cli.js", server.base, ...flags], {
    cwd: project,
  });
  return JSON.parse(printed.trim().split("\n").at(-1)).results;
}

/** The compiler in this Node: its module must be the very file that runs everywhere. */
async function buildModule(node, { scratch, project }) {
  const compiler = join(createRequire(import.meta.url).resolve("assemblyscript/package.json"), "../bin/asc.js");
  const out = join(scratch, "again.wasm");
  const args = [compiler, "--config", "asconfig.json", "--target", "release", "--outFile", out];
  await output(node, args, { cwd: fileURLToPath(new URL("..", import.meta.url)) });
  const [again, packed] = await Promise.all([out, wasmOf(project)].map((path) => readFile(path)));
  if (!again.equals(packed)) throw new Error("expected the module to build to the bytes of the packed one, got others");
  return { way: "build, same bytes", hashes: [], rate: 0 };
}

/** The module's file. */
function wasmOf(project) {
  return join(project, "node_modules/ductus/build/ductus.wasm");
}

async function withExample(program, options, place, name) {
  const results = await runScript(program, options, place, []);
  const model = join(place.scratch, `${name}.safetensors`);
  const args = [...options, `examples/${name}/train.js`, place.data, model];
  return [...results, exampleResult(await output(program, args, { cwd: place.project }))];
}

/** Of an example, which prints among others "weights HASH". */
function exampleResult(printed) {
  const hash = /weights ([0-9a-f]{64})/.exec(printed)?.[1];
  if (hash === undefined) throw new Error(`expected an example that prints its weights' hash, got ${printed}`);
  return { way: "example", hashes: [hash], rate: 0 };
}

/** In a browser, one page after the other. */
async function openPages({ scratch, server }, command) {
  const open = async (path) => {
    const profile = await mkdtemp(join(scratch, "profile-"));
    await writeFile(join(profile, "user.js"), QUIET);
    const [program, ...args] = command(profile, `${server.base}${path}`);
    try {
      return await during(program, args, server.results);
    } finally {
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  };
  const { results, error } = await open("/conformance/guest/page.html");
  if (error !== undefined) throw new Error(error);
  const { title } = await open("/conformance/guest/example.html");
  return [...results, exampleResult(title)];
}

/** Firefox: no pages of its own, no questions, no connections. */
const QUIET = `
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("trailhead.firstrun.didSeeAboutWelcome", true);
user_pref("app.normandy.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
`;

/** WABT's interpreter, which calls functions without arguments only. */
async function runInterpreter(program, { project }) {
  const printed = await output(program, [wasmOf(project), "--run-all-exports"]);
  if (!/^abiVersion\(\) => i32:1$/m.test(printed) || !/^selftest\(\) => i32:1$/m.test(printed)) {
    throw new Error(`expected a selftest that passes, got ${printed}`);
  }
  return [{ way: "selftest", hashes: [], rate: 0 }];
}

/** wasmtime knows no JavaScript: the example in Python trains on all of MNIST, host.py the odd shapes. */
async function runPython(python, { project, data, scratch }) {
  const printed = await output(python, [join(project, "examples/python/train.py"), wasmOf(project), data]);
  const rate = Number(/([\d,]+) samples\/s/.exec(printed)?.[1].replaceAll(",", ""));
  const folder = await mkdtemp(join(scratch, "recipes-"));
  const odd = RECIPES.filter(({ data }) => data !== undefined);
  for (const [i, recipe] of odd.entries()) {
    const { images, labels } = makeData(recipe);
    await writeFile(join(folder, `${i}.images`), new Uint8Array(images.buffer));
    await writeFile(join(folder, `${i}.labels`), labels);
  }
  const recipes = odd.map((recipe) => ({ ...recipe, bounds: boundsOf(recipe.training.distortions) }));
  await writeFile(join(folder, "recipes.json"), JSON.stringify(recipes));
  const hashes = await output(python, [join(project, "conformance/guest/host.py"), wasmOf(project), folder]);
  const { hashes: mnist, ...example } = exampleResult(printed);
  return [{ ...example, way: "module, example", hashes: [...mnist, ...JSON.parse(hashes)], rate }];
}
