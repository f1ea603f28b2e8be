// A network in the module's memory: a KernelNetwork by calls of the module, from this thread or a team of others.

import { Dataset, type Pixels } from "../../data/dataset.js";
import {
  countWeights,
  INITIAL_WEIGHTS,
  type InitialWeights,
  type KernelEvaluation,
  type KernelNetwork,
  type LayerParameters,
  OPTIMIZERS,
  type TrainingConfig,
} from "../kernels.js";
import { slotCount } from "../slots.js";
import { chooseEvaluationThreads, chooseThreads } from "../threads/choose.js";
import { Pace, SLICE_WORK, suitsCaller } from "../threads/pace.js";
import { WasmDataset } from "./dataset.js";
import { checkAllocated, type Memory } from "./memory.js";

/** Samples that each thread of an evaluation feeds forward together, as many as in assembly/evaluate.ts. */
const EVALUATION_BATCH = 64;

/** A network in the module's memory. */
export class WasmNetwork implements KernelNetwork {
  readonly #memory: Memory;
  readonly #sizes: readonly number[];
  readonly #pointer: number;
  readonly #pace = new Pace();

  constructor(memory: Memory, sizes: readonly number[], activation: number, cost: number) {
    // Room for the largest layer on its way in or out: better refused now than after hours of training.
    const layerBytes = sizes.slice(1).map((outputs, l) => 4 * (sizes[l] + 1) * outputs);
    const what = `a network [${sizes.join(", ")}]`;
    const staged = memory.stage(Math.max(4 * sizes.length, ...layerBytes), what);
    new Uint32Array(memory.exports.memory.buffer, staged, sizes.length).set(sizes);
    this.#memory = memory;
    this.#sizes = sizes;
    this.#pointer = checkAllocated(memory.exports.createNetwork(staged, sizes.length, activation, cost), what);
    this.#reserve(EVALUATION_BATCH, 1);
  }

  initialise(initialWeights: InitialWeights, seed: number): void {
    this.#memory.exports.initialise(this.#pointer, seed, INITIAL_WEIGHTS.indexOf(initialWeights));
  }

  configure(config: TrainingConfig): void {
    const { optimizer, momentum, beta2, epsilon, weightDecay, averaging, labelSmoothing, dropout, frozen } = config;
    const slots = slotCount(config);
    checkAllocated(this.#memory.exports.reserveSlots(this.#pointer, slots), `${slots} numbers for each weight`);
    const numbers = [momentum, beta2, epsilon, weightDecay, averaging, labelSmoothing, dropout] as const;
    this.#memory.exports.configure(this.#pointer, OPTIMIZERS.indexOf(optimizer), ...numbers);
    this.#memory.exports.freeze(this.#pointer, frozen);
  }

  sliceFor(m: number): number {
    const { team } = this.#memory;
    const threads = this.threadsFor(m);
    const own = team === undefined || threads === 1 || team.starting(threads);
    return Math.max(1, Math.round((own ? SLICE_WORK : this.#pace.work) / countWeights(this.#sizes)));
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

  threadsFor(m: number): number {
    const { team } = this.#memory;
    if (team === undefined || team.missing) return 1;
    return team.options.count ?? chooseThreads(this.#sizes, m, team.options.cores);
  }

  trainBatches(dataset: WasmDataset, first: number, count: number, eta: number, m: number): void | Promise<void> {
    const { team } = this.#memory;
    const args = [this.#pointer, dataset.pointer, first, count, eta, m] as const;
    const prepare = (threads: number) => {
      this.#reserve(Math.min(m, dataset.length), threads);
      checkAllocated(this.#memory.exports.arrange(this.#pointer, threads), `${threads} threads`);
      dataset.reserveDistorted(m, threads);
    };
    /** On this thread. Returns how many milliseconds it took. */
    const trainHere = (): number => {
      prepare(1);
      const start = performance.now();
      this.#memory.exports.trainBatches(...args);
      return performance.now() - start;
    };
    if (team === undefined) return void trainHere();
    const threads = this.threadsFor(m);
    const work = Math.min(count * m, dataset.length) * countWeights(this.#sizes);
    return team.queue(async () => {
      if (threads === 1) return void trainHere();
      if (team.starting(threads)) {
        if (suitsCaller(work)) return this.#pace.ranOnOneThread(trainHere(), work);
        await team.started();
      }
      if (team.missing) return void trainHere();
      const { isForOneThread } = this.#pace;
      const together = isForOneThread ? 1 : threads;
      prepare(together);
      const slice = await team.call("trainBatches", args, together);
      // More threads than cores always park, and whoever asked for them gets them.
      if (threads > team.options.cores) return;
      if (isForOneThread) this.#pace.ranOnOneThread(slice.ms, work);
      else this.#pace.ranOnTeam(slice, work);
    });
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
      if (threads > 1 && team.starting(threads)) await team.started();
      if (threads === 1 || team.missing) return result(this.#onSlot(slot, alone));
      this.#reserve(threads * EVALUATION_BATCH, threads);
      const useSlot = (slot: number) => this.#memory.exports.useSlot(this.#pointer, slot);
      try {
        // The slot is chosen right before the call: while threads start, the caller may compute with another one.
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

  /** Computes on the weights of another slot. */
  #onSlot<T>(slot: number, compute: () => T): T {
    this.#memory.exports.useSlot(this.#pointer, slot);
    const result = compute();
    this.#memory.exports.useSlot(this.#pointer, 0);
    return result;
  }

  /** Makes room for the activations and deltas of a mini-batch, or of an evaluation's samples. */
  #reserve(batch: number, threads: number): void {
    checkAllocated(this.#memory.exports.reserveBatch(this.#pointer, batch, threads), `mini-batches of ${batch}`);
  }

  /** Where readLayer and writeLayer find the layer: weights, then biases. */
  #stageLayer(l: number) {
    const inputs = this.#sizes[l - 1];
    const outputs = this.#sizes[l];
    const weights = this.#memory.stage(4 * (inputs + 1) * outputs);
    return { weights, biases: weights + 4 * inputs * outputs, inputs, outputs };
  }
}
