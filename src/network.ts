// A feed-forward network of sigmoid neurons: what users hold. The arithmetic is in the kernels it was created with.

import type { Dataset } from "./dataset.js";
import { FormatError } from "./errors.js";
import type { Evaluation, InitialWeights, KernelDataset, KernelNetwork, Kernels, LayerParameters } from "./kernels.js";
import { checkRange, RANGES } from "./ranges.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.js";
import { checkRecipe, type EpochReport, type TrainOptions, trainEpochs } from "./trainer.js";

export interface NetworkOptions {
  /** Neurons per layer: first the pixels of an image (1 to 2^22), hidden layers (1 to 65,536 each), last the classes (1 to 256). */
  readonly layers: readonly number[];
  /** Decides initial weights and the order of the samples: a whole number, 0 to 2^32 - 1. Default 1. */
  readonly seed?: number;
  /** Default "scaled". */
  readonly initialWeights?: InitialWeights;
}

const FORMAT = { format: "ductus", version: "1", activation: "sigmoid", cost: "quadratic" };

export class Network {
  readonly layers: readonly number[];
  readonly seed: number;
  readonly initialWeights: InitialWeights;
  readonly #network: KernelNetwork;
  readonly #kernels: Kernels;
  /** The kernels' copies of data sets that this network has seen. */
  readonly #datasets = new WeakMap<Dataset, KernelDataset>();
  #epochs = 0;

  private constructor(kernels: Kernels, { layers, seed, initialWeights }: Required<NetworkOptions>) {
    this.layers = [...layers];
    this.seed = seed;
    this.initialWeights = initialWeights;
    this.#kernels = kernels;
    this.#network = kernels.createNetwork(this.layers);
  }

  /**
   * A network with random initial weights.
   * @throws {TypeError | RangeError} for an option that cannot be used, or if the kernels cannot have the memory
   */
  static create(kernels: Kernels, options: NetworkOptions): Network {
    const network = new Network(kernels, checkOptions(options));
    network.#network.initialise(network.initialWeights, network.seed);
    return network;
  }

  /**
   * The network that save() wrote, with the same bits; training goes on with the next epoch.
   * @param file the name by which errors call it
   * @throws {FormatError} if the bytes are not such a network
   */
  static load(kernels: Kernels, bytes: Uint8Array, file = "model"): Network {
    const { tensors, metadata } = decodeSafetensors(bytes, file);
    for (const [key, value] of Object.entries(FORMAT)) {
      if (metadata.get(key) !== value) {
        throw new FormatError(
          file,
          `expected ${key} "${value}" in its metadata, got ${JSON.stringify(metadata.get(key))}`,
        );
      }
    }
    const options = parseOptions(metadata, file);
    const epochs = parseNumber(metadata, "epochs", file);
    // Every tensor is checked before a network is made of what the metadata claim.
    const parameters = options.layers.slice(1).map((outputs, i) => ({
      weights: finiteTensor(tensors, `layers.${i + 1}.weights`, [outputs, options.layers[i]], file),
      biases: finiteTensor(tensors, `layers.${i + 1}.biases`, [outputs], file),
    }));
    const network = new Network(kernels, options);
    network.#epochs = epochs;
    parameters.forEach((layer, i) => {
      network.#network.writeLayer(i + 1, layer);
    });
    return network;
  }

  /** Epochs this network was trained for. */
  get epochs(): number {
    return this.#epochs;
  }

  /** A copy of the weights and biases of layer l, 1 to layers.length - 1. */
  parameters(l: number): LayerParameters {
    checkRange("layer", l, {
      min: 1,
      max: this.layers.length - 1,
      whole: true,
      words: `1 to ${this.layers.length - 1}`,
    });
    return this.#network.readLayer(l);
  }

  /**
   * Trains by mini-batch stochastic gradient descent, yielding a report after each epoch. The order of the samples in an
   * epoch depends on the seed and the epoch's number alone, so two trainings of 15 epochs are one of 30.
   * @throws {TypeError | RangeError} at once, for an option that cannot be used, or data that do not fit the layers
   * @throws {DivergenceError} while iterating, when a weight or bias is no longer a finite number
   * @throws {ThreadError} while iterating, if a worker thread is lost
   */
  train(training: Dataset, options: TrainOptions): AsyncGenerator<EpochReport, void, void> {
    checkRecipe(options, training);
    const data = this.#dataset("training", training);
    const validation = options.validation && this.#dataset("validation", options.validation);
    return this.#train(data, validation, options);
  }

  async *#train(data: KernelDataset, validation: KernelDataset | undefined, options: TrainOptions) {
    for await (const report of trainEpochs(this.#network, data, validation, options, this.#epochs + 1, this.seed)) {
      this.#epochs = report.epoch;
      yield report;
    }
  }

  /**
   * How well the network reads a data set.
   * @throws {RangeError} if the data do not fit the layers
   * @throws {ThreadError} if a worker thread is lost
   */
  async evaluate(dataset: Dataset): Promise<Evaluation> {
    return this.#network.evaluate(this.#dataset("evaluation", dataset));
  }

  /** SHA-256, in hexadecimal, of all parameters: per layer weights, then biases, as little-endian f32. */
  async hash(): Promise<string> {
    const parts = [...this.#tensors().values()].map(({ data }) => data);
    const view = new DataView(new ArrayBuffer(4 * parts.reduce((sum, { length }) => sum + length, 0)));
    let offset = 0;
    for (const part of parts) {
      for (const x of part) {
        view.setFloat32(offset, x, true);
        offset += 4;
      }
    }
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", view.buffer));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /**
   * The network as a safetensors file: tensors layers.1.weights [outputs, inputs], layers.1.biases [outputs], ...
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

  #tensors(): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (let l = 1; l < this.layers.length; l++) {
      const { weights, biases } = this.#network.readLayer(l);
      const [inputs, outputs] = this.layers.slice(l - 1);
      tensors.set(`layers.${l}.weights`, { shape: [outputs, inputs], data: Float32Array.from(weights) });
      tensors.set(`layers.${l}.biases`, { shape: [outputs], data: Float32Array.from(biases) });
    }
    return tensors;
  }

  #dataset(name: string, dataset: Dataset): KernelDataset {
    const inputs = this.layers[0];
    const outputs = this.layers[this.layers.length - 1];
    if (dataset.inputs !== inputs || dataset.classes > outputs) {
      throw new RangeError(
        `${name} data: expected images of ${inputs} pixels in at most ${outputs} classes for layers [${this.layers.join(", ")}], ` +
          `got ${dataset.inputs} pixels in ${dataset.classes} classes`,
      );
    }
    let copy = this.#datasets.get(dataset);
    if (copy === undefined) {
      copy = this.#kernels.createDataset(dataset);
      this.#datasets.set(dataset, copy);
    }
    return copy;
  }
}

/** The options with defaults filled in. Throws TypeError or RangeError for one that cannot be used. */
function checkOptions({ layers, seed = 1, initialWeights = "scaled" }: NetworkOptions): Required<NetworkOptions> {
  if (!Array.isArray(layers) || layers.length < 2) {
    throw new RangeError(`layers: expected at least an input and an output layer, got [${layers}]`);
  }
  for (const [l, neurons] of layers.entries()) {
    const range = l === 0 ? RANGES.inputs : l === layers.length - 1 ? RANGES.classes : RANGES.hidden;
    checkRange(`layers[${l}]`, neurons, range);
  }
  checkRange("seed", seed, RANGES.seed);
  if (initialWeights !== "normal" && initialWeights !== "scaled") {
    throw new RangeError(`initial weights: expected "normal" or "scaled", got ${JSON.stringify(initialWeights)}`);
  }
  return { layers, seed, initialWeights };
}

function parseOptions(metadata: ReadonlyMap<string, string>, file: string): Required<NetworkOptions> {
  const seed = parseNumber(metadata, "seed", file);
  try {
    const layers = JSON.parse(metadata.get("layers") ?? "") as number[];
    return checkOptions({ layers, seed, initialWeights: (metadata.get("initial_weights") ?? "") as InitialWeights });
  } catch (error) {
    throw new FormatError(file, `metadata: ${(error as Error).message}`);
  }
}

function parseNumber(metadata: ReadonlyMap<string, string>, key: string, file: string): number {
  const text = metadata.get(key) ?? "";
  if (!/^\d{1,15}$/.test(text)) throw new FormatError(file, `metadata ${key}: expected a whole number, got "${text}"`);
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
