// Kernels on the WebAssembly module. The files of this folder alone call its exports, as docs/abi.md says.

import type { WasmBytes, WasmModule } from "../../globals.js";
import { checkRange, RANGES } from "../../ranges.js";
import { ACTIVATIONS, COSTS, type Kernels } from "../kernels.js";
import { Team, type ThreadOptions } from "../threads/team.js";
import { WasmDataset } from "./dataset.js";
import { Memory } from "./memory.js";
import { compileModule, createSharedMemory, type Exports, instantiateModule } from "./module.js";
import { WasmNetwork } from "./network.js";

/**
 * Kernels on a module that the caller loads: for runtimes that must load or compile it themselves.
 * @param source the bytes of ductus.wasm, or the compiled module; with `threads`, of ductus-threads.wasm, which has the
 *   same functions on a shared memory
 * @param threads how many threads train, and how to start one; default: only the calling thread
 * @throws {WebAssembly.CompileError} if the bytes are not a module, the engine has no SIMD, or the page may not compile
 * @throws {TypeError} if it is the other one of the two modules, or one of another version
 * @throws {RangeError} if the number of threads cannot be used, or the memory cannot be had
 */
export async function createWasmKernels(source: WasmBytes | WasmModule, threads?: ThreadOptions): Promise<Kernels> {
  const module = source instanceof WebAssembly.Module ? source : await compileModule(source);
  const shared = WebAssembly.Module.imports(module).length > 0;
  if (shared !== (threads !== undefined)) {
    const expected = shared ? "ductus.wasm for one thread" : "ductus-threads.wasm for threads";
    throw new TypeError(`module: expected ${expected}, got the other one`);
  }
  if (threads === undefined) return kernelsOf(await instantiateModule(module));
  if (threads.count !== undefined) checkRange("threads", threads.count, RANGES.threads);
  const memory = createSharedMemory();
  const exports = await instantiateModule(module, memory);
  return kernelsOf(exports, new Team(module, memory, threads, exports));
}

/** Kernels on an instance: all its networks and data sets share its memory, and its team of threads. */
export function kernelsOf(exports: Exports, team?: Team): Kernels {
  const memory = new Memory(exports, team);
  return {
    name: "wasm",
    createDataset: (dataset) => new WasmDataset(memory, dataset),
    createNetwork: (layers, activation = "sigmoid", cost = "quadratic") =>
      new WasmNetwork(memory, layers, ACTIVATIONS.indexOf(activation), COSTS.indexOf(cost)),
    close: () => team?.end(),
  };
}
