// Kernels for one network: an instance of the package's own module, compiled once, with a memory of its own.

import type { Kernels } from "./kernels.js";
import { availableThreads, startThread } from "./threads/platform.js";
import { plain, threads as shared } from "./wasm/embedded.js";
import { compileModule } from "./wasm/module.js";
import { createWasmKernels } from "./wasm/wasm.js";

/** What computes for a network. */
export interface KernelOptions {
  /**
   * How many threads train, 1 to 64: results do not depend on it. Default: what chooseThreads() gives for each training. Workers
   * start when they are first needed.
   */
  readonly threads?: number;
  /**
   * Other kernels than the package's own module: createReference(), or createWasmKernels() where a runtime must load the module
   * itself. They may serve several networks, and are closed by whoever made them.
   */
  readonly kernels?: Kernels;
}

const compiled = new Map<() => Uint8Array<ArrayBuffer>, Promise<WebAssembly.Module>>();

/**
 * Kernels on the package's own module, with a memory of their own.
 * @param threads see KernelOptions
 * @throws {TypeError | RangeError} if the number of threads cannot be used, or the memory cannot be had
 * @throws {WebAssembly.CompileError} if the engine has no SIMD, or the page may not compile
 */
export async function createKernels(threads?: number): Promise<Kernels> {
  const cores = availableThreads();
  if ((threads ?? cores) === 1) return createWasmKernels(await compile(plain));
  return createWasmKernels(await compile(shared), { count: threads, cores, start: startThread });
}

function compile(bytes: () => Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  let module = compiled.get(bytes);
  if (module === undefined) {
    module = compileModule(bytes());
    compiled.set(bytes, module);
  }
  return module;
}
