/// <reference lib="esnext.disposable" preserve="true" />
// A feed-forward network of sigmoid neurons: what users hold. The arithmetic is in its kernels (kernels.ts).

import { createKernels, type KernelOptions } from "./create-kernels.js";
import { checkPixels, type Dataset, type Pixels } from "./dataset.js";
import { FormatError, show, ThreadError } from "./errors.js";
import type { InitialWeights, KernelDataset, KernelNetwork, Kernels, LayerParameters, RealArray } from "./kernels.js";
import { type Evaluation, evaluationOf } from "./metrics.js";
import { checkRange, RANGES } from "./ranges.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.js";
import { checkRecipe, type EpochReport, type Loaded, type TrainOptions, trainEpoch } from "./trainer.js";

/** What a network is, before it has learnt anything. */
export interface NetworkOptions extends KernelOptions {
  /** Neurons per layer: first the pixels of an image (1 to 2^22), hidden layers (1 to 65,536 each), last the classes (1 to 65,536). */
  readonly layers: readonly number[];
  /** Decides initial weights and the order of the samples: a whole number, 0 to 2^32 - 1. Default 1. */
  readonly seed?: number;
  /** Default "scaled". */
  readonly initialWeights?: InitialWeights;
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

/** What decides a network before training. */
interface Origin {
  readonly layers: readonly number[];
  readonly seed: number;
  readonly initialWeights: InitialWeights;
}

/** Longer lists of layers are not read: enough for a thousand. */
const MAX_LAYERS_TEXT = 10_000;

const FORMAT = { format: "ductus", version: "1", activation: "sigmoid", cost: "quadratic" };

/**
 * A feed-forward network of sigmoid neurons, trained by mini-batch stochastic gradient descent on the quadratic cost: what it
 * learns is a function of its options, the data and the recipe alone, bit for bit, on every machine.
 */
export class Network {
  /** Neurons per layer: pixels, hidden layers, classes. */
  readonly layers: readonly number[];
  /** Decided the initial weights, and decides the order of the samples in each epoch. */
  readonly seed: number;
  readonly initialWeights: InitialWeights;
  readonly #ownsKernels: boolean;
  /** Undefined once it is disposed of. */
  #kernels: Kernels | undefined;
  #network: KernelNetwork | undefined;
  /** The kernels' copies of data sets that this network has seen: each is freed when its data set is collected. */
  readonly #copyOf = new WeakMap<Dataset, KernelDataset>();
  readonly #copies = new Set<KernelDataset>();
  readonly #collected = new FinalizationRegistry<KernelDataset>((copy) => {
    if (this.#copies.delete(copy)) copy.release();
  });
  #epochs = 0;
  #metadata: ReadonlyMap<string, string> = new Map();
  #training = false;
  /** Once a thread is lost: the parameters after the last whole epoch, and why there will be no more. */
  #lost: { readonly parameters: LayerParameters[]; readonly error: ThreadError } | undefined;

  private constructor(kernels: Kernels, ownsKernels: boolean, { layers, seed, initialWeights }: Origin) {
    this.layers = [...layers];
    this.seed = seed;
    this.initialWeights = initialWeights;
    this.#kernels = kernels;
    this.#ownsKernels = ownsKernels;
    this.#network = kernels.createNetwork(this.layers);
  }

  /**
   * A network with random initial weights.
   * @throws {TypeError | RangeError} for an option that cannot be used, or if the memory cannot be had
   * @throws {WebAssembly.CompileError} if the engine has no WebAssembly SIMD
   */
  static async create(options: NetworkOptions): Promise<Network> {
    const network = await Network.#on(options, checkOrigin(options));
    network.#alive.initialise(network.initialWeights, network.seed);
    return network;
  }

  /**
   * The network that save() wrote, with the same bits; training goes on with the next epoch.
   * @throws {FormatError} if the bytes are not such a network
   * @throws {TypeError | RangeError} for an option that cannot be used, or if the memory cannot be had
   */
  static async load(bytes: Uint8Array, { file = "model", ...options }: LoadOptions = {}): Promise<Network> {
    const { tensors, metadata } = decodeSafetensors(bytes, file);
    for (const [key, value] of Object.entries(FORMAT)) {
      if (metadata.get(key) !== value) {
        throw new FormatError(
          file,
          `expected ${key} "${value}" in its metadata, got ${show(metadata.get(key) ?? "nothing")}`,
        );
      }
    }
    const origin = parseOrigin(metadata, file);
    const epochs = parseNumber(metadata, "epochs", file);
    // Every tensor is checked before a network is made of what the metadata claim.
    const parameters = origin.layers.slice(1).map((outputs, i) => ({
      weights: finiteTensor(tensors, `${2 * i}.weight`, [outputs, origin.layers[i]], file),
      biases: finiteTensor(tensors, `${2 * i}.bias`, [outputs], file),
    }));
    if (tensors.size !== 2 * parameters.length) {
      throw new FormatError(file, `expected ${2 * parameters.length} tensors, got ${tensors.size}`);
    }
    const network = await Network.#on(options, origin);
    network.#epochs = epochs;
    network.#metadata = metadata;
    network.#write(parameters);
    return network;
  }

  static async #on({ kernels, threads }: KernelOptions, origin: Origin): Promise<Network> {
    if (kernels !== undefined) return new Network(kernels, false, origin);
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

  /** The metadata of the file it was loaded from, those that save() was given among them; empty if it was created. */
  get metadata(): ReadonlyMap<string, string> {
    return this.#metadata;
  }

  /**
   * A copy of the weights and biases of layer l, 1 to layers.length - 1.
   * @throws {TypeError | RangeError} if there is no such layer
   */
  parameters(l: number): Parameters {
    const max = this.layers.length - 1;
    checkRange("layer", l, { min: 1, max, whole: true, words: `1 to ${max}` });
    const { weights, biases } = this.#parameters()[l - 1];
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
    checkRecipe(options, training);
    const data = this.#load("training", training);
    const validation = options.validation && this.#load("validation", options.validation);
    return this.#train(data, validation, options);
  }

  async *#train(training: Loaded, validation: Loaded | undefined, options: TrainOptions) {
    const { signal } = options;
    const checkAlive = () => {
      signal?.throwIfAborted();
      this.#alive;
    };
    for (let i = 0; i < options.epochs; i++) {
      const network = this.#alive;
      if (this.#training) throw new Error("network: expected one training at a time, got a second within an epoch");
      this.#training = true;
      const before = this.#parameters();
      let report: EpochReport;
      try {
        report = await trainEpoch(network, training, validation, options, this.#epochs + 1, this.seed, checkAlive);
      } catch (error) {
        // The other threads may still be writing into the network itself.
        if (error instanceof ThreadError) this.#lost = { parameters: before, error };
        else if (this.#network !== undefined) this.#write(before);
        throw error;
      } finally {
        this.#training = false;
      }
      this.#epochs++;
      yield report;
    }
  }

  /**
   * How well the network reads a data set.
   * @throws {RangeError} if the data do not fit the layers
   * @throws {ThreadError} if a worker thread is lost
   */
  async evaluate(dataset: Dataset): Promise<Evaluation> {
    const loaded = this.#load("evaluation", dataset);
    const evaluation = await this.#alive.evaluate(loaded.copy);
    return evaluationOf(evaluation, loaded.dataset.length);
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
    const activations = toFloat32(network.activations(image));
    return { label: activations.indexOf(Math.max(...activations)), activations };
  }

  /** SHA-256, in hexadecimal, of all parameters: per layer weights, then biases, as little-endian f32. */
  async hash(): Promise<string> {
    const parts = [...this.#tensors().values()].map(({ data }) => data);
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
    const own = {
      ...FORMAT,
      layers: JSON.stringify(this.layers),
      initial_weights: this.initialWeights,
      seed: String(this.seed),
      epochs: String(this.#epochs),
    };
    return encodeSafetensors({ tensors: this.#tensors(), metadata: new Map(Object.entries({ ...metadata, ...own })) });
  }

  /** Frees the network's memory, ends its threads, and a training that is under way: it cannot be used afterwards. */
  dispose(): void {
    if (this.#kernels === undefined || this.#network === undefined) return;
    const [kernels, network] = [this.#kernels, this.#network];
    this.#kernels = undefined;
    this.#network = undefined;
    const copies = [...this.#copies];
    this.#copies.clear();
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
    if (this.#network === undefined) throw new Error("network: expected one in use, got one that was disposed of");
    if (this.#lost !== undefined) throw this.#lost.error;
    return this.#network;
  }

  #parameters(): LayerParameters[] {
    if (this.#lost !== undefined) return structuredClone(this.#lost.parameters);
    return this.layers.slice(1).map((_, i) => this.#alive.readLayer(i + 1));
  }

  #write(parameters: readonly LayerParameters[]): void {
    for (const [i, layer] of parameters.entries()) this.#alive.writeLayer(i + 1, layer);
  }

  #tensors(): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (const [i, { weights, biases }] of this.#parameters().entries()) {
      const [inputs, outputs] = this.layers.slice(i);
      tensors.set(`${2 * i}.weight`, { shape: [outputs, inputs], data: toFloat32(weights) });
      tensors.set(`${2 * i}.bias`, { shape: [outputs], data: toFloat32(biases) });
    }
    return tensors;
  }

  #load(name: string, dataset: Dataset): Loaded {
    const inputs = this.layers[0];
    const outputs = this.layers[this.layers.length - 1];
    if (dataset.inputs !== inputs || dataset.classes > outputs) {
      throw new RangeError(
        `${name} data: expected images of ${inputs} pixels in at most ${outputs} classes for layers [${this.layers.join(", ")}], ` +
          `got ${dataset.inputs} pixels in ${dataset.classes} classes`,
      );
    }
    this.#alive;
    let copy = this.#copyOf.get(dataset);
    if (copy === undefined) {
      copy = (this.#kernels as Kernels).createDataset(dataset);
      this.#copyOf.set(dataset, copy);
      this.#copies.add(copy);
      this.#collected.register(dataset, copy);
    }
    return { dataset, copy };
  }
}

function toFloat32(numbers: RealArray): Float32Array {
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}

/** The options with defaults filled in. Throws TypeError or RangeError for one that cannot be used. */
function checkOrigin({ layers, seed = 1, initialWeights = "scaled" }: NetworkOptions): Origin {
  if (!Array.isArray(layers) || layers.length < 2) {
    throw new RangeError(`layers: expected at least an input and an output layer, got [${layers}]`);
  }
  for (const [l, neurons] of layers.entries()) {
    const range = l === 0 ? RANGES.inputs : l === layers.length - 1 ? RANGES.classes : RANGES.hidden;
    checkRange(`layers[${l}]`, neurons, range);
  }
  checkRange("seed", seed, RANGES.seed);
  if (initialWeights !== "normal" && initialWeights !== "scaled") {
    throw new RangeError(`initial weights: expected "normal" or "scaled", got ${show(initialWeights)}`);
  }
  return { layers, seed, initialWeights };
}

function parseOrigin(metadata: ReadonlyMap<string, string>, file: string): Origin {
  const seed = parseNumber(metadata, "seed", file);
  const sizes = metadata.get("layers") ?? "";
  if (sizes.length > MAX_LAYERS_TEXT || !/^\[\d+(, ?\d+)*\]$/.test(sizes)) {
    throw new FormatError(file, `metadata layers: expected a list of whole numbers, got ${show(sizes)}`);
  }
  try {
    const layers = JSON.parse(sizes) as number[];
    return checkOrigin({ layers, seed, initialWeights: (metadata.get("initial_weights") ?? "") as InitialWeights });
  } catch (error) {
    throw new FormatError(file, `metadata: ${(error as Error).message}`);
  }
}

function parseNumber(metadata: ReadonlyMap<string, string>, key: string, file: string): number {
  const text = metadata.get(key) ?? "";
  if (!/^\d{1,15}$/.test(text))
    throw new FormatError(file, `metadata ${key}: expected a whole number, got ${show(text)}`);
  return Number(text);
}

function finiteTensor(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  shape: readonly number[],
  file: string,
): Float32Array {
  const tensor = tensors.get(name);
  if (tensor?.shape.join() !== shape.join()) {
    throw new FormatError(
      file,
      `tensor ${name}: expected shape [${shape.join(", ")}], got ${JSON.stringify(tensor?.shape)}`,
    );
  }
  if (!tensor.data.every(Number.isFinite)) throw new FormatError(file, `tensor ${name}: expected finite numbers only`);
  // -0 becomes 0, as training leaves it: then to add a product with a pixel of 0 is the same as to leave it out.
  return tensor.data.map((x) => x + 0);
}
