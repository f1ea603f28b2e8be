// Runtimes that npm can bring: which, and the folder where they are. Tests and benchmark find their Nodes here, too.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, output } from "./process.js";

/** Where they are, unless told otherwise. */
export const FOLDER = join(tmpdir(), "ductus-runtimes");

/**
 * @typedef {object} NodeVersion
 * @property {string} major
 * @property {string} version the one that npm brings
 * @property {string} [wide] the flag with which its V8 makes vectors of 256 bits, on machines that have them
 */

/** @type {readonly NodeVersion[]} */
export const NODES = [
  { major: "20", version: "20.20.2" },
  { major: "22", version: "22.23.3" },
  { major: "24", version: "24.21.0", wide: "--experimental-wasm-revectorize" },
  { major: "26", version: "26.10.0", wide: "--experimental-wasm-revectorize" },
];

const SYSTEM = process.platform === "win32" ? "win" : process.platform;
/** Bun's folder. */
export const BUN = `@oven/bun-${SYSTEM.replace(/^win$/, "windows")}-${process.arch.replace("arm64", "aarch64")}`;

/** By their folders in node_modules: the programs themselves, since scripts that would fetch them may be forbidden. */
const PACKAGES = {
  ...Object.fromEntries(
    NODES.map(({ major, version }) => [`node${major}`, `npm:node-${SYSTEM}-${process.arch}@${version}`]),
  ),
  deno: "2.9.6",
  [BUN]: "1.4.5",
  workerd: "1.20261117.1",
};

const QUICKLY = ["install", "--quiet", "--timeout", "10", "--retries", "0"];

/** One that this machine's kind does not have is left out: they are optional. @param {string} folder */
export async function install(folder) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, optionalDependencies: PACKAGES }));
  await output("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder });
  const python = join(folder, "python");
  // Many machines have no pip, or none that reaches its index: wasmtime is then listed as not run.
  await output("python3", ["-m", "venv", python])
    .then(() => output(join(python, "bin/pip"), [...QUICKLY, "wasmtime"]))
    .then(() => output(join(python, "bin/pip"), [...QUICKLY, "numpy", "pytest", "safetensors", "scikit-learn"]))
    .catch(() => rm(python, { recursive: true, force: true }));
}

/**
 * Where the Node of a major version may be: npm brought it into the folder, or it runs this.
 * @param {string} major
 * @returns {(string | undefined)[]}
 */
export function nodePrograms(major, folder = FOLDER) {
  const own = process.versions.node.split(".")[0] === major;
  return [join(folder, "node_modules", `node${major}`, "bin/node"), own ? process.execPath : undefined];
}

/** @param {string} major @returns {string | undefined} */
export function findNode(major) {
  return findProgram(nodePrograms(major));
}
