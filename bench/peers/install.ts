// Which libraries are compared, and the folder where they are.

import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { output } from "../../conformance/process.js";

/** Where they are. */
export const PEERS_FOLDER = join(tmpdir(), "ductus-peers");

/** A program of bench/peers that trains with a library. */
export interface Peer {
  readonly program: string;
  readonly language: "js" | "py";
  /** How many threads it is run with: several where it can. */
  readonly threads: readonly number[];
  /** Whether it can change its learning rate between epochs. */
  readonly schedules: boolean;
}

const cores = availableParallelism();
const SOME = cores > 1 ? [1, cores] : [1];

export const PEERS: readonly Peer[] = [
  { program: "ductus", language: "js", threads: SOME, schedules: true },
  { program: "pytorch", language: "py", threads: SOME, schedules: true },
  { program: "plain_numpy", language: "py", threads: SOME, schedules: true },
  { program: "scikit", language: "py", threads: SOME, schedules: false },
  { program: "tfjs", language: "js", threads: [1], schedules: true },
  { program: "jax", language: "js", threads: [cores], schedules: true },
  { program: "convnet", language: "js", threads: [1], schedules: true },
  { program: "brain", language: "js", threads: [1], schedules: false },
];

const PACKAGES = {
  "@jax-js/jax": "0.1.25",
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
  "brain.js": "1.6.1",
  convnetjs: "0.3.0",
  "onnxruntime-node": "1.30.0",
  "onnxruntime-web": "1.30.0",
};
const QUICKLY = ["install", "--quiet", "--timeout", "10", "--retries", "0"];

/** Brings them. Those of Python are left out where pip does not get them, and said to be missing when they are run. */
export async function installPeers(): Promise<void> {
  await mkdir(PEERS_FOLDER, { recursive: true });
  await writeFile(join(PEERS_FOLDER, "package.json"), JSON.stringify({ private: true, dependencies: PACKAGES }));
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  await output("npm", ["install", ...quiet], { cwd: PEERS_FOLDER });
  const python = join(PEERS_FOLDER, "python");
  const pip = join(python, "bin/pip");
  try {
    await output("python3", ["-m", "venv", python]);
    await output(pip, [...QUICKLY, "numpy", "scikit-learn"]);
    await output(pip, [...QUICKLY, "torch"], { timeout: 1_800_000 });
  } catch (error) {
    console.log(`Not all of Python's libraries could be had: ${String(error).split("\n")[0]}\n`);
  }
}
