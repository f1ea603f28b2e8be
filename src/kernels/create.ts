// Kernels for one network: an instance of the package's own module, compiled once, with a memory of its own.

import { checkArgument, hasObjects } from "../arguments.js";
import type { WasmModule } from "../globals.js";
import { checkRange, RANGES } from "../ranges.js";
import type { Kernels } from "./kernels.js";
import { availableThreads, startThread, whyAlone } from "./threads/platform.js";
import { plain, threads as shared } from "./wasm/embedded.js";
import { compileModule } from "./wasm/module.js";
import { createWasmKernels } from "./wasm/wasm.js";

/** What computes for a network. */
export interface KernelOptions {
  /**
   * How many threads train, 1 to 64. Results do not depend on it. Default: what chooseThreads() gives for each training
   * run. Workers start when they are first needed.
   */
  readonly threads?: number;
  /**
   * Other kernels than the package's own module: those of createReference(), or of createWasmKernels() where a runtime
   * must load the module itself. They may serve several networks, and whoever made them closes them.
   */
  readonly kernels?: Kernels;
}

/** The keys of KernelOptions. */
export const KERNEL_OPTIONS = { threads: true, kernels: true } as const satisfies Record<keyof KernelOptions, true>;

/** @throws {TypeError} unless they are kernels */
export function checkKernels(kernels: Kernels): void {
  const right = hasObjects(kernels, "createNetwork", "createDataset");
  checkArgument("kernels", "those of createReference() or createWasmKernels()", kernels, right);
}

const compiled = new Map<() => Uint8Array<ArrayBuffer>, Promise<WasmModule>>();

/**
 * Kernels on the package's own module, with a memory of their own.
 * @param threads how many threads train, 1 to 64; default: what chooseThreads() gives for each training run, and one
 *   where no more can be had
 * @throws {TypeError | RangeError} if the number of threads cannot be used, or the memory cannot be had
 * @throws {WebAssembly.CompileError} if the engine has no SIMD, or the page may not compile
 */
export async function createKernels(threads?: number): Promise<Kernels> {
  if (threads !== undefined) checkRange("threads", threads, RANGES.threads);
  const cores = availableThreads();
  if ((threads ?? cores) === 1) return createWasmKernels(await compile(plain));
  const reason = whyAlone();
  if (reason !== undefined) throw new RangeError(`threads: expected 1, got ${threads}: ${reason}`);
  try {
    return await createWasmKernels(await compile(shared), { count: threads, cores, start: startThread });
  } catch (error) {
    if (threads !== undefined || !(error instanceof RangeError)) throw error;
    // Nobody asked for threads, and one does without shared memory.
    return createWasmKernels(await compile(plain));
  }
}

/** The compiled module, one for all kernels. */
function compile(bytes: () => Uint8Array<ArrayBuffer>): Promise<WasmModule> {
  let module = compiled.get(bytes);
  if (module === undefined) {
    module = compileModule(bytes());
    compiled.set(bytes, module);
  }
  return module;
}

/** The options of kernels among others. */
export function kernelOptionsOf({ kernels, threads }: KernelOptions): KernelOptions {
  return { kernels, threads };
}

/**
 * Makes something that uses kernels: those given, or ones of its own, which are closed if it cannot be made.
 * @throws {TypeError | RangeError} for an option that cannot be used, and what `make` throws
 */
export async function withKernels<Value>(
  { kernels, threads }: KernelOptions,
  make: (kernels: Kernels, owned: boolean) => Value,
): Promise<Value> {
  if (kernels !== undefined) {
    checkKernels(kernels);
    return make(kernels, false);
  }
  const own = await createKernels(threads);
  try {
    return make(own, true);
  } catch (error) {
    own.close();
    throw error;
  }
}
