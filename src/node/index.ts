// The part of the public API that needs Node: IDX files and MNIST from disk, and the module.

import { readFile } from "node:fs/promises";
import type { Kernels } from "../kernels.js";
import { createWasmKernels } from "../wasm.js";

export { type DataSplit, loadDirectory, loadMnist } from "./data.js";

/** The same path from src/node/ and from build/node/. */
const MODULE = new URL("../../build/ductus.wasm", import.meta.url);

/** Kernels on the package's own WebAssembly module. */
export async function loadKernels(): Promise<Kernels> {
  return createWasmKernels(await readFile(MODULE));
}
