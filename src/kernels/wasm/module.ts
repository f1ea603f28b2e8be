// The WebAssembly module: compiled, instantiated, its exports typed. This file alone knows the AssemblyScript loader.

import { demangle } from "@assemblyscript/loader";
import { checkArgument } from "../../arguments.js";
import type { WasmBytes, WasmMemory, WasmModule } from "../../globals.js";

/** What docs/abi.md describes. Pointers are u32 byte addresses; 0 says that memory could not be had. */
export interface Exports extends Record<string, unknown> {
  readonly memory: WasmMemory;
  abiVersion(): number;
  allocate(bytes: number): number;
  release(block: number): void;
  createDataset(count: number, inputs: number): number;
  addFloatImages(dataset: number, first: number, a: number, labels: number, count: number): number;
  addImages(dataset: number, first: number, pixels: number, labels: number, count: number): number;
  shuffle(dataset: number, seed: number, epoch: number): void;
  sumCosts(dataset: number, first: number, count: number): number;
  countCorrect(dataset: number): number;
  predictions(dataset: number): number;
  releaseDataset(dataset: number): void;
  configure(
    network: number,
    optimizer: number,
    momentum: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    averaging: number,
    labelSmoothing: number,
    dropout: number,
  ): void;
  setDistortion(
    dataset: number,
    columns: number,
    shift: number,
    rotation: number,
    scale: number,
    shear: number,
    alpha: number,
    sigma: number,
  ): number;
  reserveDistorted(dataset: number, m: number, threads: number): number;
  distortedImage(dataset: number, i: number, number: number, seed: number, epoch: number): number;
  createNetwork(sizes: number, count: number, activation: number, cost: number): number;
  reserveBatch(network: number, batch: number, threads: number): number;
  arrange(network: number, threads: number): number;
  initialise(network: number, seed: number, how: number): void;
  readLayer(network: number, l: number, slot: number, weights: number, biases: number): void;
  writeLayer(network: number, l: number, slot: number, weights: number, biases: number): void;
  reserveSlots(network: number, slots: number): number;
  freeze(network: number, layers: number): void;
  setSteps(network: number, steps: number): void;
  useSlot(network: number, slot: number): void;
  activations(network: number, l: number, s: number): number;
  allFinite(network: number): number;
  releaseNetwork(network: number): void;
  trainBatches(network: number, dataset: number, first: number, count: number, eta: number, m: number): void;
  evaluate(network: number, dataset: number): number;
  joinTeam(threadIndex: number, threadCount: number, spins: number): void;
  slept(): number;
  formTeam(): void;
  abortTeam(): void;
  selftest(): number;
}

/** The version of docs/abi.md that the library keeps to. */
const ABI_VERSION = 1;
/** Pages of 64 KiB that a memory can have at most. */
const MAX_PAGES = 65536;
/** What the bytes of every module begin with. */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/**
 * The compiled module.
 * @throws {WebAssembly.CompileError} if the bytes are not a module, the engine has no SIMD, or the page may not compile
 */
export async function compileModule(bytes: WasmBytes): Promise<WasmModule> {
  const isSource = bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes);
  checkArgument("module", "the bytes of ductus.wasm, or the module compiled of them", bytes, isSource);
  try {
    return await awake(WebAssembly.compile(bytes));
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    throw new WebAssembly.CompileError(`${refusal(bytes)} (${(error as Error).message})`);
  }
}

/** Whether this is Node, which has no Worker; nor has Cloudflare's runtime, which allows no timers here. */
const IS_NODE =
  globalThis.process?.versions?.node !== undefined &&
  !("Worker" in globalThis) &&
  globalThis.navigator?.userAgent !== "Cloudflare-Workers";

/**
 * What threads of the engine are at work on, with a timer running. Where nothing else is in its event loop, Node 20
 * stops its main thread until those threads are done. One that is compiling may be waiting for that main thread to
 * collect garbage: then neither goes on (NodePlatform::DrainTasks, CollectionBarrier::AwaitCollectionBackground).
 */
async function awake<T>(work: Promise<T>): Promise<T> {
  if (!IS_NODE) return work;
  const timer = setInterval(() => {}, 1000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/** Why bytes could not be compiled, and what to do. Engines say it each in its own words. */
function refusal(bytes: WasmBytes): string {
  // A page that may not compile may still validate.
  if (WebAssembly.validate(bytes))
    return (
      "module: expected to be allowed to compile WebAssembly, was refused: add 'wasm-unsafe-eval' to script-src of " +
      "the page's Content-Security-Policy, or have the runtime compile ductus.wasm and pass the module to " +
      "createWasmKernels()"
    );
  const view = ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes);
  const start = new Uint8Array(view.buffer, view.byteOffset, Math.min(view.byteLength, MAGIC.length));
  return MAGIC.every((byte, i) => start[i] === byte)
    ? "module: expected an engine with WebAssembly SIMD, got one that cannot run the module: use Chrome 91, " +
        "Firefox 89, Safari 16.4 or newer, or `kernels: createReference()`"
    : "module: expected the bytes of a WebAssembly module, got others: read those of ductus.wasm";
}

/**
 * The module's exports, typed; `memory` is for the module that imports one.
 * @throws {TypeError} if it is a module of another version
 * @throws {RangeError} if the memory cannot be had
 */
export async function instantiateModule(source: WasmBytes | WasmModule, memory?: WasmMemory): Promise<Exports> {
  const module: WasmModule = source instanceof WebAssembly.Module ? source : await compileModule(source);
  // The loader's own instantiate() looks at Response. Node then loads fetch with a WebAssembly module of its own, which
  // takes time, and ends the process where that module is refused its memory.
  const work = WebAssembly.instantiate(module, { env: { ...(memory && { memory }) } });
  const instance = await awake(work).catch((error) => {
    throw error instanceof RangeError ? memoryRefused("dispose() of networks that are no longer needed", error) : error;
  });
  const exports = demangle<Exports>(instance.exports);
  const version = exports.abiVersion?.();
  if (version !== ABI_VERSION) {
    const got = version === undefined ? "one without" : `version ${version}`;
    throw new TypeError(
      `module: expected ABI version ${ABI_VERSION}, got ${got}: use the ductus.wasm of this version of the package`,
    );
  }
  return exports;
}

/**
 * A memory for ductus-threads.wasm.
 * @throws {RangeError} if it cannot be had
 */
export function createSharedMemory(): WasmMemory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
  } catch (error) {
    throw memoryRefused("use `threads: 1`, whose memory is not set aside in advance", error);
  }
}

function memoryRefused(remedy: string, cause: unknown): RangeError {
  const message = `module: expected memory for an instance, was refused: ${remedy} (engines set aside up to 10 GB of`;
  return new RangeError(`${message} addresses for each)`, { cause });
}
