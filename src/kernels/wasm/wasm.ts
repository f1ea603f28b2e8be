// Kernels on the WebAssembly module. This file alone calls its exports, as docs/abi.md says.

import { Dataset, type Pixels, toBytes } from "../../data/dataset.js";
import type { DistortionBounds } from "../../data/distortions.js";
import { checkRange, RANGES } from "../../ranges.js";
import {
  ACTIVATIONS,
  COSTS,
  countWeights,
  INITIAL_WEIGHTS,
  type InitialWeights,
  type KernelDataset,
  type KernelEvaluation,
  type KernelNetwork,
  type Kernels,
  type LayerParameters,
  type Method,
  OPTIMIZERS,
  slotsOf,
} from "../kernels.js";
import { chooseEvaluationThreads, chooseThreads, Team, type ThreadOptions } from "../threads/team.js";
import { compileModule, createSharedMemory, type Exports, instantiateModule } from "./module.js";

/** Samples that each thread of an evaluation carries through the network together, as many as assembly/evaluate.ts does. */
const EVALUATION_BATCH = 64;
/** Multiply-adds of about 10 ms of training on one thread, the zeros of digits counted. */
const SLICE_WORK = 2e8;
/** Other threads are called by message, which takes 0.1 ms and more, but leave this one free: they get more to do at a time. */
const TEAM_SLICE_WORK = 1e9;
/** Multiply-adds of the 0.05 ms, at least, that it takes to wake a thread. */
const SLEEP_WORK = 1e6;
/** The most slices that a thread does alone before all try again. */
const MOST_ALONE = 64;
/** Bytes that a block in memory can have at most. */
const MAX_BYTES = 2 ** 32 - 1;
/** Bytes of images handed over at a time. */
const CHUNK_BYTES = 2 ** 18;
const NO_DISTORTION: DistortionBounds = { shift: 0, rotation: 0, scale: 0, shear: 0, elastic: 0, sigma: 1 };
/** addImages reads whole vectors, so up to 15 bytes past the last pixel. */
const PIXEL_PADDING = 16;

/**
 * Kernels from the bytes of build/ductus.wasm, or from the compiled module. With `threads`, from build/ductus-threads.wasm
 * instead: the same functions on a shared memory, so that several threads can work on it.
 * @throws {WebAssembly.CompileError} if the bytes are not a module, the engine has no SIMD, or the page may not compile
 * @throws {TypeError | RangeError} if it is the wrong one of the two modules, or of another version, if the number of threads cannot be used,
 *   or the memory cannot be had
 */
export async function createWasmKernels(
  source: BufferSource | WebAssembly.Module,
  threads?: ThreadOptions,
): Promise<Kernels> {
  const module = source instanceof WebAssembly.Module ? source : await compileModule(source);
  const shared = WebAssembly.Module.imports(module).length > 0;
  if (shared !== (threads !== undefined)) {
    throw new TypeError(
      `module: expected ${shared ? "ductus.wasm for one thread" : "ductus-threads.wasm for threads"}, got the other one`,
    );
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

/** The module's exports, and a staging area through which data goes in and out. */
class Memory {
  readonly #exports: Exports;
  #staging = 0;
  #stagingBytes = 0;

  constructor(
    exports: Exports,
    readonly team: Team | undefined,
  ) {
    this.#exports = exports;
  }

  /** For this thread; what the others are doing is then done, so that nobody sees half of a result. */
  get exports(): Exports {
    this.team?.settle();
    return this.#exports;
  }

  /** Calls back once all that waits for the threads is done, which may use what is to be freed. */
  afterWork(call: (exports: Exports) => void): void {
    if (this.team === undefined) call(this.#exports);
    else this.team.queue(async () => call(this.exports)).catch(() => {});
  }

  /** Bytes from `address` on. memory.grow detaches such views: take one right before use, never keep one. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, address, length);
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.exports.memory.buffer, address, length);
  }

  /** The address of at least `bytes` bytes whose contents last until the next call. */
  stage(bytes: number, what = "a staging area"): number {
    if (bytes > MAX_BYTES) got(0, what);
    if (bytes > this.#stagingBytes) {
      this.exports.release(this.#staging);
      this.#stagingBytes = 0;
      this.#staging = this.exports.allocate(bytes);
      got(this.#staging, what);
      this.#stagingBytes = bytes;
    }
    return this.#staging >>> 0;
  }
}

/** An address as an unsigned number. */
function got(pointer: number, what: string): number {
  if (pointer === 0)
    throw new RangeError(`not enough WebAssembly memory for ${what} (4 GiB at most): use a smaller one`);
  return pointer >>> 0;
}

class WasmDataset implements KernelDataset {
  readonly length: number;
  readonly pointer: number;
  readonly #memory: Memory;
  readonly #inputs: number;
  readonly #columns: number;
  readonly #floats: boolean;
  #bounds: string | undefined;

  constructor(memory: Memory, { labels, length, inputs, columns, ...dataset }: Dataset) {
    const { exports } = memory;
    const images = toBytes(dataset.images);
    const what = `a data set of ${length} images`;
    const chunk = Math.min(length, Math.max(1, Math.floor(CHUNK_BYTES / images.BYTES_PER_ELEMENT / inputs)));
    const labelBytes = Math.ceil(chunk / 2) * 4;
    const stagedLabels = memory.stage(labelBytes + chunk * inputs * images.BYTES_PER_ELEMENT + PIXEL_PADDING);
    const pixels = stagedLabels + labelBytes;
    this.#memory = memory;
    this.length = length;
    this.#inputs = inputs;
    this.#columns = columns;
    this.#floats = images instanceof Float32Array;
    this.pointer = got(exports.createDataset(length, inputs), what);
    for (let first = 0; first < length; first += chunk) {
      const count = Math.min(chunk, length - first);
      const part = images.subarray(first * inputs, (first + count) * inputs);
      new Uint16Array(exports.memory.buffer, stagedLabels, count).set(labels.subarray(first, first + count));
      if (part instanceof Float32Array) memory.floats(pixels, part.length).set(part);
      else memory.bytes(pixels, part.length).set(part);
      const add = part instanceof Float32Array ? exports.addFloatImages : exports.addImages;
      if (add(this.pointer, first, pixels, stagedLabels, count) === 0) {
        this.release();
        got(0, what);
      }
    }
  }

  distort(bounds: DistortionBounds | undefined): void {
    // The room of the same distortions is there already.
    const key = JSON.stringify(bounds);
    if (key === this.#bounds) return;
    this.#bounds = undefined;
    const { shift, rotation, scale, shear, elastic, sigma } = bounds ?? NO_DISTORTION;
    const numbers = [shift, rotation, scale, shear, elastic, sigma] as const;
    got(this.#memory.exports.setDistortion(this.pointer, this.#columns, ...numbers), "distortions");
    this.#bounds = key;
  }

  /** Makes room for the distorted images of a mini-batch. */
  reserveDistorted(m: number, threads: number): void {
    const samples = Math.min(m, this.length);
    got(this.#memory.exports.reserveDistorted(this.pointer, samples, threads), `${samples} distorted images`);
  }

  distorted(i: number, number: number, seed: number, epoch: number): Pixels {
    const { exports } = this.#memory;
    this.reserveDistorted(1, 1);
    const address = exports.distortedImage(this.pointer, i, number, seed, epoch) >>> 0;
    return this.#floats
      ? this.#memory.floats(address, this.#inputs).slice()
      : this.#memory.bytes(address, this.#inputs).slice();
  }

  shuffle(seed: number, epoch: number): void {
    this.#memory.exports.shuffle(this.pointer, seed, epoch);
  }

  meanCost(): number {
    return this.#memory.exports.sumCosts(this.pointer, 0, this.length) / this.length;
  }

  countCorrect(): number {
    return this.#memory.exports.countCorrect(this.pointer);
  }

  release(): void {
    this.#memory.afterWork((exports) => exports.releaseDataset(this.pointer));
  }
}

class WasmNetwork implements KernelNetwork {
  readonly slice: number;
  readonly #memory: Memory;
  readonly #sizes: readonly number[];
  readonly #pointer: number;
  /** Slices that one thread is to do alone; how many in a row were bad for all of them together. */
  #alone = 0;
  #bad = 0;

  constructor(memory: Memory, sizes: readonly number[], activation: number, cost: number) {
    // Room for the largest layer on its way in or out, had now rather than missed after a long training.
    const layerBytes = sizes.slice(1).map((outputs, l) => 4 * (sizes[l] + 1) * outputs);
    const what = `a network [${sizes.join(", ")}]`;
    const staged = memory.stage(Math.max(4 * sizes.length, ...layerBytes), what);
    new Uint32Array(memory.exports.memory.buffer, staged, sizes.length).set(sizes);
    this.#memory = memory;
    this.#sizes = sizes;
    this.#pointer = got(memory.exports.createNetwork(staged, sizes.length, activation, cost), what);
    const work = memory.team === undefined ? SLICE_WORK : TEAM_SLICE_WORK;
    this.slice = Math.max(1, Math.round(work / countWeights(sizes)));
    this.#reserve(EVALUATION_BATCH, 1);
  }

  initialise(initialWeights: InitialWeights, seed: number): void {
    this.#memory.exports.initialise(this.#pointer, seed, INITIAL_WEIGHTS.indexOf(initialWeights));
  }

  configure({ optimizer, ...method }: Method): void {
    const { momentum, beta, epsilon, weightDecay, average, labelSmoothing, dropout } = method;
    const slots = slotsOf({ optimizer, ...method });
    got(this.#memory.exports.reserveSlots(this.#pointer, slots), `${slots} numbers for each weight`);
    const numbers = [momentum, beta, epsilon, weightDecay, average, labelSmoothing, dropout] as const;
    this.#memory.exports.configure(this.#pointer, OPTIMIZERS.indexOf(optimizer), ...numbers);
  }

  setSteps(steps: number): void {
    this.#memory.exports.setSteps(this.#pointer, steps);
  }

  readLayer(l: number, slot = 0): LayerParameters {
    const { weights, biases, inputs, outputs } = this.#stageLayer(l);
    this.#memory.exports.readLayer(this.#pointer, l, slot, weights, biases);
    return {
      weights: this.#memory.floats(weights, inputs * outputs).slice(),
      biases: this.#memory.floats(biases, outputs).slice(),
    };
  }

  writeLayer(l: number, parameters: LayerParameters, slot = 0): void {
    const { weights, biases, inputs, outputs } = this.#stageLayer(l);
    this.#memory.floats(weights, inputs * outputs).set(parameters.weights);
    this.#memory.floats(biases, outputs).set(parameters.biases);
    this.#memory.exports.writeLayer(this.#pointer, l, slot, weights, biases);
  }

  allFinite(): boolean {
    return this.#memory.exports.allFinite(this.#pointer) === 1;
  }

  trainBatches(dataset: WasmDataset, first: number, count: number, eta: number, m: number): void | Promise<void> {
    const { team } = this.#memory;
    const args = [this.#pointer, dataset.pointer, first, count, eta, m] as const;
    const threads = team === undefined ? 1 : (team.options.count ?? chooseThreads(this.#sizes, m, team.options.cores));
    const prepare = (threads: number) => {
      this.#reserve(Math.min(m, dataset.length), threads);
      got(this.#memory.exports.arrange(this.#pointer, threads), `${threads} threads`);
      dataset.reserveDistorted(m, threads);
    };
    if (team === undefined) {
      prepare(1);
      return this.#memory.exports.trainBatches(...args);
    }
    return team.queue(async () => {
      const alone = this.#alone > 0;
      const together = alone ? 1 : threads;
      prepare(together);
      if (threads === 1) {
        this.#memory.exports.trainBatches(...args);
        return;
      }
      const { slept } = await team.call("trainBatches", args, together);
      // More threads than cores always sleep, and whoever asked for them gets them.
      if (threads > team.options.cores) return;
      if (alone) this.#alone--;
      else this.#judge(slept, Math.min(count * m, dataset.length));
    });
  }

  /**
   * Where other programs keep the cores busy, threads that wait for each other after each layer are slower than one: a slice in which
   * they slept for longer than one thread takes for all of it is followed by slices that one of them does alone: 0, 2, 4, 8, ... The first time
   * none, since threads that were just woken may not have found their cores yet.
   */
  #judge(slept: number, samples: number): void {
    const bad = slept * SLEEP_WORK > samples * countWeights(this.#sizes);
    this.#alone = bad && this.#bad > 0 ? Math.min(2 ** this.#bad, MOST_ALONE) : 0;
    this.#bad = bad ? this.#bad + 1 : 0;
  }

  evaluate(dataset: WasmDataset, slot = 0): KernelEvaluation | Promise<KernelEvaluation> {
    const { team } = this.#memory;
    const args = [this.#pointer, dataset.pointer] as const;
    const result = (correct: number): KernelEvaluation => {
      const { exports } = this.#memory;
      const address = exports.predictions(dataset.pointer) >>> 0;
      const predictions = new Uint16Array(exports.memory.buffer, address, dataset.length).slice();
      return { correct, cost: dataset.meanCost(), predictions };
    };
    const most = team === undefined ? 1 : (team.options.count ?? team.options.cores);
    const threads = chooseEvaluationThreads(this.#sizes, dataset.length, most);
    const alone = () => {
      this.#reserve(EVALUATION_BATCH, 1);
      return this.#memory.exports.evaluate(...args);
    };
    if (team === undefined) return result(this.#onSlot(slot, alone));
    return team.queue(async () => {
      if (threads === 1) return result(this.#onSlot(slot, alone));
      this.#reserve(threads * EVALUATION_BATCH, threads);
      const useSlot = (slot: number) => this.#memory.exports.useSlot(this.#pointer, slot);
      try {
        // Not sooner: while threads start, the caller may compute with another slot.
        const { value: correct } = await team.call("evaluate", args, threads, () => useSlot(slot));
        return result(correct);
      } finally {
        useSlot(0);
      }
    });
  }

  activations(images: Pixels, slot = 0): Float32Array {
    const [inputs] = this.#sizes;
    const outputs = this.#sizes[this.#sizes.length - 1];
    const length = images.length / inputs;
    const activations = new Float32Array(length * outputs);
    for (let first = 0; first < length; first += EVALUATION_BATCH) {
      const count = Math.min(EVALUATION_BATCH, length - first);
      const part = images.subarray(first * inputs, (first + count) * inputs);
      const dataset = new WasmDataset(this.#memory, new Dataset({ images: part, labels: new Uint8Array(count) }));
      this.#reserve(EVALUATION_BATCH, 1);
      this.#onSlot(slot, () => this.#memory.exports.evaluate(this.#pointer, dataset.pointer));
      for (let s = 0; s < count; s++) {
        const address = this.#memory.exports.activations(this.#pointer, this.#sizes.length - 1, s) >>> 0;
        activations.set(this.#memory.floats(address, outputs), (first + s) * outputs);
      }
      dataset.release();
    }
    return activations;
  }

  release(): void {
    this.#memory.afterWork((exports) => exports.releaseNetwork(this.#pointer));
  }

  #onSlot<T>(slot: number, compute: () => T): T {
    this.#memory.exports.useSlot(this.#pointer, slot);
    const result = compute();
    this.#memory.exports.useSlot(this.#pointer, 0);
    return result;
  }

  #reserve(batch: number, threads: number): void {
    got(this.#memory.exports.reserveBatch(this.#pointer, batch, threads), `mini-batches of ${batch}`);
  }

  /** Where readLayer and writeLayer find the layer: weights, then biases. */
  #stageLayer(l: number) {
    const inputs = this.#sizes[l - 1];
    const outputs = this.#sizes[l];
    const weights = this.#memory.stage(4 * (inputs + 1) * outputs);
    return { weights, biases: weights + 4 * inputs * outputs, inputs, outputs };
  }
}
