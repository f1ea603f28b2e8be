/// <reference lib="esnext.disposable" preserve="true" />
// A feed-forward network of sigmoid neurons: what users hold. The arithmetic is in its kernels (kernels.ts).

import { checkPixels, Dataset, type Pixels } from "../data/dataset.js";
import { checkObject, ThreadError, typeName } from "../errors.js";
import { createKernels, type KernelOptions } from "../kernels/create.js";
import {
  type Activation,
  argmax,
  type Cost,
  type InitialWeights,
  type KernelDataset,
  type KernelNetwork,
  type Kernels,
  type LayerParameters,
  type Method,
  PLAIN,
} from "../kernels/kernels.js";
import { checkRange } from "../ranges.js";
import { currentSlot, methodOf, slotNames, usedSlot } from "./method.js";
import { type Evaluation, evaluationOf } from "./metrics.js";
import {
  type BestEpoch,
  checkOrigin,
  decodeNetwork,
  encodeNetwork,
  type Origin,
  savedSlots,
  toFloat32,
} from "./network-file.js";
import { checkRecipe, type EpochReport, type Loaded, type TrainOptions, trainEpoch } from "./trainer.js";

/** What a network is, before it has learnt anything. */
export interface NetworkOptions extends KernelOptions {
  /** Neurons per layer: first the pixels of an image (1 to 2^22), hidden layers (1 to 65,536 each), last the classes (1 to 65,536). */
  readonly layers: readonly number[];
  /** Decides initial weights and the order of the samples: a whole number, 0 to 2^32 - 1. Default 1. */
  readonly seed?: number;
  /** Default "scaled". */
  readonly initialWeights?: InitialWeights;
  /** Of the hidden layers. Default "sigmoid". */
  readonly activation?: Activation;
  /** And the outputs that go with it. Default "quadratic". */
  readonly cost?: Cost;
}

/** How a saved network is loaded. */
export interface LoadOptions extends KernelOptions {
  /** The name by which errors call the bytes. Default "model". */
  readonly file?: string;
}

/** What a network makes of an image. */
export interface Prediction {
  /** The most active output, the first of equals. */
  readonly label: number;
  /** a^L, between 0 and 1: one number for each class. */
  readonly activations: Float32Array;
}

/** The weights and biases of a layer: w_kj, from input k to output j, is weights[j * inputs + k]. */
export interface Parameters {
  /** [outputs][inputs] */
  readonly weights: Float32Array;
  /** [outputs] */
  readonly biases: Float32Array;
}

const DISPOSED = "network: expected one in use, got one that was disposed of";

/**
 * A feed-forward network, trained by mini-batch stochastic gradient descent; unless told otherwise of sigmoid neurons and on the quadratic
 * cost. What it learns is a function of its options, the data and the recipe alone, bit for bit, on every machine.
 */
export class Network {
  /** Neurons per layer: pixels, hidden layers, classes. */
  readonly layers: readonly number[];
  /** Decided the initial weights, and decides the order of the samples in each epoch. */
  readonly seed: number;
  readonly initialWeights: InitialWeights;
  readonly activation: Activation;
  readonly cost: Cost;
  readonly #ownsKernels: boolean;
  /** Undefined once it is disposed of. */
  #kernels: Kernels | undefined;
  #network: KernelNetwork | undefined;
  /** The kernels' copies of data sets that this network has seen: each is freed when its data set is collected. */
  #copyOf = new WeakMap<Dataset, KernelDataset>();
  readonly #copies = new Set<KernelDataset>();
  readonly #collected = new FinalizationRegistry<KernelDataset>((copy) => {
    if (this.#copies.delete(copy)) copy.release();
  });
  #epochs = 0;
  #best: BestEpoch | undefined;
  /** Of the latest training; its state is in the network's slots. */
  #method = PLAIN;
  #metadata: ReadonlyMap<string, string> = new Map();
  /** Within an epoch, and for good once a thread is lost in one: the data, and the state after the last whole epoch. */
  #training: { readonly data: KernelDataset; readonly state: LayerParameters[][] } | undefined;
  #lost: ThreadError | undefined;

  private constructor(kernels: Kernels, ownsKernels: boolean, origin: Origin) {
    this.layers = [...origin.layers];
    this.seed = origin.seed;
    this.initialWeights = origin.initialWeights;
    this.activation = origin.activation;
    this.cost = origin.cost;
    this.#kernels = kernels;
    this.#ownsKernels = ownsKernels;
    this.#network = kernels.createNetwork(this.layers, this.activation, this.cost);
  }

  /**
   * A network with random initial weights.
   * @throws {TypeError | RangeError} for an option that cannot be used, or if the memory cannot be had
   * @throws {WebAssembly.CompileError} if the engine has no WebAssembly SIMD, or the page may not compile
   */
  static async create(options: NetworkOptions): Promise<Network> {
    checkObject("options", options);
    const network = await Network.#on(options, checkOrigin(options));
    network.#alive.initialise(network.initialWeights, network.seed);
    return network;
  }

  /**
   * The network that save() wrote, with the same bits; training goes on with the next epoch.
   * @throws {FormatError} if the bytes are not such a network
   * @throws {TypeError | RangeError} for an option that cannot be used, or if the memory cannot be had
   */
  static async load(
    bytes: Uint8Array | ArrayBuffer,
    { file = "model", ...options }: LoadOptions = {},
  ): Promise<Network> {
    if (bytes instanceof ArrayBuffer) bytes = new Uint8Array(bytes);
    if (!(bytes instanceof Uint8Array))
      throw new TypeError(`${file}: expected a Uint8Array or ArrayBuffer, got ${typeName(bytes)}`);
    const { origin, method, epochs, best, metadata, state } = decodeNetwork(bytes, file);
    const network = await Network.#on(options, origin);
    network.#epochs = epochs;
    network.#best = best;
    network.#metadata = metadata;
    network.#method = method;
    network.#alive.configure(method);
    network.#write(state);
    return network;
  }

  static async #on({ kernels, threads }: KernelOptions, origin: Origin): Promise<Network> {
    if (kernels !== undefined) {
      if (typeof kernels?.createNetwork !== "function") {
        throw new TypeError(
          `kernels: expected those of createReference() or createWasmKernels(), got ${typeName(kernels)}`,
        );
      }
      return new Network(kernels, false, origin);
    }
    const own = await createKernels(threads);
    try {
      return new Network(own, true, origin);
    } catch (error) {
      own.close();
      throw error;
    }
  }

  /** Epochs this network was trained for. */
  get epochs(): number {
    return this.#epochs;
  }

  /** The epoch whose weights are used, if training had patience: the one with the most validation images read correctly. */
  get bestEpoch(): number | undefined {
    return this.#best?.epoch;
  }

  /** The metadata of the file it was loaded from, those that save() was given among them; empty if it was created. */
  get metadata(): ReadonlyMap<string, string> {
    return this.#metadata;
  }

  /**
   * A copy of the weights and biases of layer l, 1 to layers.length - 1.
   * @param now within an epoch: those of that moment, as predict() and evaluate() use them, instead of those after the last whole one
   * @throws {TypeError | RangeError} if there is no such layer
   */
  parameters(l: number, { now = false } = {}): Parameters {
    const max = this.layers.length - 1;
    checkRange("layer", l, { min: 1, max, whole: true, words: `1 to ${max}` });
    const { weights, biases } = now
      ? this.#alive.readLayer(l, usedSlot(this.#method))
      : (this.#state().at(-1) as LayerParameters[])[l - 1];
    return { weights: toFloat32(weights), biases: toFloat32(biases) };
  }

  /**
   * Trains by mini-batch stochastic gradient descent, yielding a report after each epoch. The order of the samples in an
   * epoch depends on the seed and the epoch's number alone, so two trainings of 15 epochs are one of 30. However the iteration
   * ends, the weights are those after the last whole epoch.
   * @throws {TypeError | RangeError} at once, for an option that cannot be used, or data that do not fit the layers
   * @throws {DivergenceError} while iterating, when a weight or bias is no longer a finite number
   * @throws {ThreadError} while iterating, if a worker thread is lost: the network can then only be saved
   */
  train(training: Dataset, options: TrainOptions): AsyncGenerator<EpochReport, void, void> {
    const data = this.#load("training", training);
    checkObject("options", options);
    // What is checked now is what is used in later epochs.
    const fixed = { ...options };
    checkRecipe(fixed, training);
    const method = methodOf(fixed);
    const validation = fixed.validation && this.#load("validation", fixed.validation);
    return this.#train(data, validation, fixed, method);
  }

  async *#train(training: Loaded, validation: Loaded | undefined, options: TrainOptions, method: Method) {
    const { signal } = options;
    const checkAlive = () => {
      signal?.throwIfAborted();
      this.#alive;
    };
    for (let i = 0; i < options.epochs && !this.#stopped(options.patience, method); i++) {
      const network = this.#alive;
      if (this.#training) throw new Error("network: expected one training at a time, got a second within an epoch");
      const state = this.#change(method);
      this.#training = { data: training.copy, state };
      let report: EpochReport;
      try {
        const [slot, epoch] = [currentSlot(method), this.#epochs + 1];
        report = await trainEpoch(network, training, validation, options, slot, epoch, this.seed, checkAlive);
        if (method.keepBest) report = { ...report, bestEpoch: this.#keepBest(report) };
      } catch (error) {
        // After dispose() that is the reason, whatever came of it.
        if (this.#network === undefined) throw new Error(DISPOSED);
        // The other threads may still be writing into the network itself.
        if (error instanceof ThreadError) this.#lost = error;
        else this.#write(state);
        throw error;
      } finally {
        if (this.#lost === undefined) this.#training = undefined;
      }
      this.#epochs++;
      yield report;
    }
  }

  /** Whether the best epoch was so many epochs ago. */
  #stopped(patience = Number.POSITIVE_INFINITY, method: Method): boolean {
    const best = method.keepBest && this.#method.keepBest ? this.#best : undefined;
    return best !== undefined && this.#epochs - best.epoch >= patience;
  }

  /** Keeps the weights of an epoch if it is the best so far; returns the number of the best one. */
  #keepBest({ epoch, validation }: EpochReport): number {
    const { correct } = validation as Evaluation;
    if (this.#best !== undefined && correct <= this.#best.correct) return this.#best.epoch;
    const network = this.#alive;
    for (let l = 1; l < this.layers.length; l++) {
      network.writeLayer(l, network.readLayer(l, currentSlot(this.#method)), usedSlot(this.#method));
    }
    this.#best = { epoch, correct };
    return epoch;
  }

  /**
   * How well the network reads a data set; within an epoch, with the weights of that moment.
   * @throws {TypeError | RangeError} if the data do not fit the layers
   * @throws {ThreadError} if a worker thread is lost
   */
  async evaluate(dataset: Dataset): Promise<Evaluation> {
    const network = this.#alive;
    const loaded = this.#load("evaluation", dataset);
    // The epoch's own figures are kept with the data that it trains on.
    const busy = this.#training?.data === loaded.copy;
    const copy = busy ? (this.#kernels as Kernels).createDataset(dataset) : loaded.copy;
    try {
      return evaluationOf(await network.evaluate(copy, usedSlot(this.#method)), loaded.dataset.length);
    } catch (error) {
      throw this.#network === undefined ? new Error(DISPOSED) : error;
    } finally {
      if (busy) copy.release();
    }
  }

  /**
   * What the network makes of one image, or of each of many.
   * @throws {TypeError | RangeError} if an image is not a typed array of as many finite pixels as layers[0]
   */
  predict(image: Pixels): Prediction;
  predict(images: readonly Pixels[]): Prediction[];
  predict(images: Pixels | readonly Pixels[]): Prediction | Prediction[] {
    const network = this.#alive;
    if (Array.isArray(images)) return images.map((image) => this.predict(image));
    const image = images as Pixels;
    checkPixels("image", image);
    if (image.length !== this.layers[0]) {
      throw new RangeError(`image: expected ${this.layers[0]} pixels, got ${image.length}`);
    }
    const activations = toFloat32(network.activations(image, usedSlot(this.#method)));
    return { label: argmax(activations), activations };
  }

  /**
   * SHA-256, in hexadecimal, of all parameters: per layer weights, then biases, as little-endian f32. Within an epoch they are, as
   * with parameters() and save(), those after the last whole one.
   */
  async hash(): Promise<string> {
    const state = this.#state();
    const parts = state[state.length - 1].flatMap(({ weights, biases }) => [toFloat32(weights), toFloat32(biases)]);
    const view = new DataView(new ArrayBuffer(4 * parts.reduce((sum, { length }) => sum + length, 0)));
    let offset = 0;
    for (const part of parts) {
      for (let i = 0; i < part.length; i++) view.setFloat32(offset + 4 * i, part[i], true);
      offset += part.byteLength;
    }
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", view.buffer));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /**
   * The network as a safetensors file, its tensors named and oriented as those of PyTorch's nn.Sequential(Linear, Sigmoid, ...):
   * 0.weight [outputs, inputs], 0.bias [outputs], 2.weight, ...
   * @param metadata more to keep in the file's metadata, such as the rest of the recipe
   */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const [method, epochs, best] = [this.#method, this.#epochs, this.#best];
    return encodeNetwork({ origin: this, method, epochs, best, state: this.#state() }, metadata);
  }

  /** Frees the network's memory, ends its threads, and a training that is under way: it cannot be used afterwards. */
  dispose(): void {
    if (this.#kernels === undefined || this.#network === undefined) return;
    const [kernels, network] = [this.#kernels, this.#network];
    this.#kernels = undefined;
    this.#network = undefined;
    const copies = [...this.#copies];
    this.#copies.clear();
    this.#copyOf = new WeakMap();
    for (const copy of copies) this.#collected.unregister(copy);
    if (this.#ownsKernels) {
      kernels.close();
    } else {
      for (const copy of copies) copy.release();
      network.release();
    }
  }

  /** dispose(), for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  get #alive(): KernelNetwork {
    if (this.#network === undefined) throw new Error(DISPOSED);
    if (this.#lost !== undefined) throw this.#lost;
    return this.#network;
  }

  /** A copy of all that training changes: of each slot of slotPrefixes() the layers' parameters. */
  #state(): LayerParameters[][] {
    if (this.#network !== undefined && this.#training !== undefined) return structuredClone(this.#training.state);
    return savedSlots(this.#method).map((slot) =>
      this.layers.slice(1).map((_, i) => this.#alive.readLayer(i + 1, slot)),
    );
  }

  #write(state: readonly (readonly LayerParameters[])[]): void {
    for (const [s, slot] of savedSlots(this.#method).entries()) {
      for (const [i, layer] of state[s].entries()) this.#alive.writeLayer(i + 1, layer, slot);
    }
  }

  /** Goes on with a method; what the optimiser keeps begins at 0, and an average with the weights, unless they go on. Returns the state. */
  #change(method: Method): LayerParameters[][] {
    const before = this.#method;
    const state = this.#state();
    if (JSON.stringify(method) === JSON.stringify(before)) return state;
    const names = new Map(savedSlots(before).map((slot, s) => [slotNames(before)[slot], state[s]]));
    const weights = names.get("weights") as LayerParameters[];
    const zeros = weights.map(({ weights, biases }) => ({
      weights: weights.slice().fill(0),
      biases: biases.slice().fill(0),
    }));
    const kept = before.optimizer === method.optimizer;
    this.#alive.configure(method);
    this.#method = method;
    if (!method.keepBest) this.#best = undefined;
    const next = savedSlots(method).map((slot) => {
      const name = slotNames(method)[slot];
      if (name === "weights" || name === "average" || name === "best") return names.get(name) ?? weights;
      return (kept && names.get(name)) || zeros;
    });
    this.#write(next);
    return next;
  }

  #load(name: string, dataset: Dataset): Loaded {
    this.#alive;
    if (!(dataset instanceof Dataset))
      throw new TypeError(`${name} data: expected a Dataset, got ${typeName(dataset)}`);
    const inputs = this.layers[0];
    const outputs = this.layers[this.layers.length - 1];
    if (dataset.inputs !== inputs || dataset.classes > outputs) {
      throw new RangeError(
        `${name} data: expected images of ${inputs} pixels in at most ${outputs} classes for layers [${this.layers.join(", ")}], ` +
          `got ${dataset.inputs} pixels in ${dataset.classes} classes`,
      );
    }
    let copy = this.#copyOf.get(dataset);
    if (copy === undefined) {
      copy = (this.#kernels as Kernels).createDataset(dataset);
      this.#copyOf.set(dataset, copy);
      this.#copies.add(copy);
      this.#collected.register(dataset, copy, copy);
    }
    return { dataset, copy };
  }
}
