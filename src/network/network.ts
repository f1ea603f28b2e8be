/// <reference lib="esnext.disposable" preserve="true" />
// A feed-forward network: what users hold. It checks what they give, and keeps the weights of the last whole epoch
// whatever happens. The arithmetic is in its kernels (src/kernels/kernels.ts).

import { checkArgument, checkNoOptions, checkText } from "../arguments.js";
import type { Dataset, Pixels } from "../data/dataset.js";
import { type Preparation, preparationOf, usualPreparation } from "../data/preparation.js";
import { checkObject, ThreadError } from "../errors.js";
import { type KernelOptions, kernelOptionsOf, withKernels } from "../kernels/create.js";
import {
  type Activation,
  type Cost,
  type InitialWeights,
  type KernelDataset,
  type KernelNetwork,
  type Kernels,
  type LayerParameters,
  SGD,
  type TrainingConfig,
} from "../kernels/kernels.js";
import { currentSlot, usedSlot } from "../kernels/slots.js";
import { checkKnown } from "../options/known.js";
import { checkRange, RANGES } from "../ranges.js";
import { type Architecture, architectureOf } from "./architecture.js";
import { DatasetCopies, type Loaded } from "./copies.js";
import { hashParameters } from "./hash.js";
import { methodOf } from "./method.js";
import { type Evaluation, evaluationOf } from "./metrics.js";
import { type BestEpoch, decodeNetwork, encodeNetwork, toFloat32 } from "./network-file.js";
import { LOAD_OPTIONS, type LoadOptions, NETWORK_OPTIONS, type NetworkOptions } from "./options.js";
import { checkLayer, checkParametersOf, type FromOptions, fileOf, isNow, writeParameters } from "./parameters.js";
import { predictImages } from "./predict.js";
import type { Parameters, Prediction } from "./results.js";
import { convertState, copyCurrent, readState, type State, writeState } from "./state.js";
import {
  type CheckedOptions,
  checkRecipe,
  type EpochReport,
  TRAIN_OPTIONS,
  type TrainOptions,
  trainEpoch,
} from "./trainer.js";
import { type Training, trainingOf } from "./training.js";

const DISPOSED = "network: expected one in use, got one that was disposed of";

/**
 * A feed-forward network, trained by mini-batch stochastic gradient descent. By default it has sigmoid neurons and the
 * quadratic cost. Its options, the data and the recipe alone decide what it learns, bit for bit, on every machine.
 */
export class Network {
  /** Neurons per layer: pixels, hidden layers, classes. Frozen. */
  readonly layers: readonly number[];
  /** Decides the initial weights, and the order of the samples in each epoch. */
  readonly seed: number;
  /** How the initial weights were drawn. */
  readonly initialWeights: InitialWeights;
  /** The activation function of the hidden layers. */
  readonly activation: Activation;
  /** What training minimises, and with it the function of the output layer. */
  readonly cost: Cost;
  readonly #ownsKernels: boolean;
  /** Undefined once the network is disposed of. */
  #kernels: Kernels | undefined;
  #network: KernelNetwork | undefined;
  #copies: DatasetCopies | undefined;
  #epochs = 0;
  #best: BestEpoch | undefined;
  /** Of the latest training run. What the optimiser remembers is in the slots of #network. */
  #config = SGD;
  #preparation: Preparation | undefined;
  #classNames: readonly string[] | undefined;
  #metadata: ReadonlyMap<string, string> = new Map();
  /** The data and the state after the last whole epoch: within an epoch, and for good once a thread is lost in one. */
  #training: { readonly data: KernelDataset; readonly state: State } | undefined;
  #lost: ThreadError | undefined;
  readonly #disposal = new AbortController();

  private constructor(kernels: Kernels, ownsKernels: boolean, architecture: Architecture) {
    // From JavaScript it can be called all the same.
    if (architecture === undefined) {
      throw new TypeError("Network: use await Network.create({ layers }) or Network.load(bytes)");
    }
    this.layers = Object.freeze([...architecture.layers]);
    this.seed = architecture.seed;
    this.initialWeights = architecture.initialWeights;
    this.activation = architecture.activation;
    this.cost = architecture.cost;
    this.#kernels = kernels;
    this.#ownsKernels = ownsKernels;
    this.#network = kernels.createNetwork(this.layers, this.activation, this.cost);
    this.#copies = new DatasetCopies(kernels, this.layers);
  }

  /**
   * A network with random initial weights.
   * @throws {TypeError | RangeError} for an option that cannot be used, or if the memory cannot be had
   * @throws {WebAssembly.CompileError} if the engine has no WebAssembly SIMD, or the page may not compile
   */
  static async create(options: NetworkOptions): Promise<Network> {
    checkObject("options", options);
    checkKnown("Network.create", options, NETWORK_OPTIONS);
    const network = await Network.#on(options, architectureOf(options));
    network.#alive.initialise(network.initialWeights, network.seed);
    return network;
  }

  /**
   * The network that save() wrote, with the same bits. Training resumes with the next epoch.
   * @throws {FormatError} if the bytes are not such a network
   * @throws {TypeError | RangeError} for an option that cannot be used, or if the memory cannot be had
   */
  static async load(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): Promise<Network> {
    checkObject("options", options);
    checkKnown("Network.load", options, LOAD_OPTIONS);
    const { file = "model" } = options;
    checkText("file", file);
    if (bytes instanceof ArrayBuffer) bytes = new Uint8Array(bytes);
    checkArgument(file, "a Uint8Array or ArrayBuffer", bytes, bytes instanceof Uint8Array);
    const { architecture, config, epochs, best, preparation, classNames, metadata, state } = decodeNetwork(bytes, file);
    const network = await Network.#on(options, architecture);
    network.#epochs = epochs;
    network.#best = best;
    network.#preparation = preparation;
    network.#classNames = classNames;
    network.#metadata = metadata;
    network.#config = config;
    network.#alive.configure(config);
    writeState(network.#alive, config, state);
    return network;
  }

  /**
   * A network of these weights and biases, first layer to last: of another network, or of decodeModel()'s.
   * @throws {TypeError | RangeError} if they do not fit each other, or for an option that cannot be used
   */
  static async from(parameters: readonly LayerParameters[], options: FromOptions = {}): Promise<Network> {
    return Network.load(fileOf(parameters, options), kernelOptionsOf(options));
  }

  static #on(options: KernelOptions, architecture: Architecture): Promise<Network> {
    return withKernels(options, (kernels, owned) => new Network(kernels, owned, architecture));
  }

  /** How many epochs this network was trained for. */
  get epochs(): number {
    return this.#epochs;
  }

  /** The epoch whose weights are used, if training had patience: the one that read most validation images correctly. */
  get bestEpoch(): number | undefined {
    return this.#best?.epoch;
  }

  /** All metadata of the file it was loaded from, those given to save() included; empty if it was created. */
  get metadata(): ReadonlyMap<string, string> {
    return this.#metadata;
  }

  /**
   * How the images were made that this network was trained on last, or that of its file: preparePicture() of
   * ductus/formats makes others alike. If that is not known, MNIST's form for 784 inputs, else pictures as they are.
   */
  get preparation(): Preparation {
    return this.#preparation ?? usualPreparation(this.layers[0]);
  }

  /** What the classes are called, in their order, as in the training data; undefined if they have numbers only. */
  get classNames(): readonly string[] | undefined {
    return this.#classNames;
  }

  /**
   * How many threads train() uses with mini-batches of this size, 1 to 64: the number that was given, else what
   * chooseThreads() gives on this machine. It is 1 on the reference kernels, and where memory cannot be shared.
   * @param batchSize samples in a mini-batch, 1 to 1,000,000
   * @throws {TypeError | RangeError} if the batch size cannot be used
   */
  threadsFor(batchSize: number): number {
    checkRange("batch size", batchSize, RANGES.batchSize);
    return this.#alive.threadsFor(batchSize);
  }

  /**
   * A copy of the weights and biases of layer l, 1 to layers.length - 1.
   * @param options `now` within an epoch: those of that moment, as predict() and evaluate() use them, instead of those
   *   after the last whole one
   * @throws {TypeError | RangeError} if there is no such layer or option
   */
  parameters(l: number, options: { readonly now?: boolean } = {}): Parameters {
    const now = isNow(options);
    checkLayer(l, this.layers);
    const { weights, biases } = now ? this.#alive.readLayer(l, usedSlot(this.#config)) : this.#used()[l - 1];
    return { weights: toFloat32(weights), biases: toFloat32(biases) };
  }

  /**
   * Replaces the weights and biases of layer l, 1 to layers.length - 1. What the optimiser remembers stays as it is,
   * and the best epoch so far is forgotten.
   * @throws {TypeError | RangeError} if there is no such layer, or they do not fit it
   * @throws {Error} within an epoch
   */
  setParameters(l: number, parameters: LayerParameters): void {
    checkParametersOf(this.layers, l, parameters);
    if (this.#training) throw new Error("network: expected no training within an epoch, got parameters in one");
    writeParameters(this.#alive, this.#config, l, parameters);
    this.#best = undefined;
  }

  /**
   * Trains as train() does, to the end, and resolves to the reports of all epochs. All that train() throws rejects it.
   */
  async fit(training: Dataset, options: TrainOptions): Promise<EpochReport[]> {
    return [...(await this.train(training, options))];
  }

  /**
   * Trains by mini-batch stochastic gradient descent, and yields a report after each epoch. The order of the samples in
   * an epoch depends on the seed and the epoch's number alone, so two training runs of 15 epochs give the bits of one
   * of 30. However the iteration ends, the weights are those after the last whole epoch. Awaited instead, it
   * trains to the end and gives all reports, as fit() does; one that is neither iterated nor awaited trains nothing.
   * @throws {TypeError | RangeError} at once, for an option that cannot be used, or data that do not fit the layers
   * @throws {DivergenceError} while iterating, when a weight or bias is no longer a finite number
   * @throws {ThreadError} while iterating, if a worker thread is lost: the network can then only be saved
   */
  train(training: Dataset, options: TrainOptions): Training {
    const data = this.#load("training", training);
    checkObject("options", options);
    checkKnown("train", options, TRAIN_OPTIONS);
    // What is checked now is what is used in later epochs.
    const fixed = checkRecipe({ ...options }, training, this);
    const config = methodOf(fixed);
    const validation = fixed.validation === undefined ? undefined : this.#load("validation", fixed.validation);
    return trainingOf(this.#train(data, validation, fixed, config));
  }

  async *#train(training: Loaded, validation: Loaded | undefined, options: CheckedOptions, config: TrainingConfig) {
    let warned = false;
    let before: { readonly first: EpochReport; readonly previous: EpochReport } | undefined;
    for (let i = 0; i < options.epochs && !this.#stopped(options.patience, config); i++) {
      const network = this.#alive;
      if (this.#training) throw new Error("network: expected one training at a time, got a second within an epoch");
      const state = this.#configure(config);
      this.#training = { data: training.copy, state };
      let report: EpochReport;
      try {
        report = await trainEpoch(network, training, validation, options, {
          slot: currentSlot(config),
          epoch: this.#epochs + 1,
          seed: this.seed,
          before,
          last: i === options.epochs - 1,
          warned,
          architecture: this,
          disposal: this.#disposal.signal,
          checkAlive: () => void this.#alive,
        });
        if (config.keepBest) report = { ...report, bestEpoch: this.#keepBest(report) };
      } catch (error) {
        // After dispose() that is the reason, whatever came of it.
        if (this.#network === undefined) throw new Error(DISPOSED);
        // With a thread lost, the others may still be writing into the network itself.
        if (error instanceof ThreadError) this.#lost = error;
        else writeState(network, config, state);
        throw error;
      } finally {
        if (this.#lost === undefined) this.#training = undefined;
      }
      this.#epochs++;
      this.#preparation = preparationOf(training.dataset);
      this.#classNames ??= training.dataset.classNames;
      warned ||= report.warning !== undefined;
      if (report.epoch === 1 || before !== undefined) before = { first: before?.first ?? report, previous: report };
      yield report;
    }
  }

  /** Whether the best epoch was so many epochs ago. */
  #stopped(patience = Number.POSITIVE_INFINITY, config: TrainingConfig): boolean {
    const best = config.keepBest && this.#config.keepBest ? this.#best : undefined;
    return best !== undefined && this.#epochs - best.epoch >= patience;
  }

  /** Keeps the weights of an epoch if it is the best so far. Returns the number of the best one. */
  #keepBest({ epoch, validation }: EpochReport): number {
    const { correct } = validation as Evaluation;
    if (this.#best !== undefined && correct <= this.#best.correct) return this.#best.epoch;
    copyCurrent(this.#alive, this.#config, this.layers.length);
    this.#best = { epoch, correct };
    return epoch;
  }

  /**
   * How well the network reads a data set; within an epoch, with the weights of that moment.
   * @throws {TypeError | RangeError} if the data do not fit the layers
   * @throws {ThreadError} if a worker thread is lost
   */
  async evaluate(dataset: Dataset): Promise<Evaluation>;
  async evaluate(dataset: Dataset, ...more: unknown[]): Promise<Evaluation> {
    checkNoOptions("evaluate", "a Dataset alone", more);
    const network = this.#alive;
    const loaded = this.#load("evaluation", dataset);
    // The epoch's own figures are kept with the data that it trains on.
    const busy = this.#training?.data === loaded.copy;
    const copy = busy ? (this.#kernels as Kernels).createDataset(dataset) : loaded.copy;
    try {
      return evaluationOf(await network.evaluate(copy, usedSlot(this.#config)), loaded.dataset.length);
    } catch (error) {
      throw this.#network === undefined ? new Error(DISPOSED) : error;
    } finally {
      if (busy) copy.release();
    }
  }

  /**
   * How the network reads one image, or each of many, which takes less time than as many calls.
   * @throws {TypeError | RangeError} if an image is not a typed array of as many finite pixels as layers[0]
   */
  predict(image: Pixels): Prediction;
  predict(images: readonly Pixels[]): Prediction[];
  predict(images: Pixels | readonly Pixels[], ...more: unknown[]): Prediction | Prediction[] {
    checkNoOptions("predict", "an image, or an array of images, alone", more);
    return predictImages(this.#alive, usedSlot(this.#config), images, this.layers);
  }

  /**
   * SHA-256, in hexadecimal, of all parameters: per layer weights, then biases, as little-endian f32. Within an epoch
   * they are, as with parameters() and save(), those after the last whole one.
   */
  async hash(): Promise<string>;
  async hash(...more: unknown[]): Promise<string> {
    checkNoOptions("hash", "no argument", more);
    return hashParameters(this.#used());
  }

  /**
   * The network as a safetensors file. Its tensors have the names and shapes of PyTorch's
   * nn.Sequential(Linear, Sigmoid, ...): 0.weight [outputs, inputs], 0.bias [outputs], 2.weight, ...
   * @param metadata more to keep in the file's metadata, such as the rest of the recipe, recipeMetadata() of
   *   ductus/recipe; beside a recipe, a key of your own has a dot or a colon, as "my.note", or the file is refused
   */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const data = { preparation: this.#preparation, classNames: this.#classNames };
    const [config, epochs, best] = [this.#config, this.#epochs, this.#best];
    return encodeNetwork({ architecture: this, config, epochs, best, ...data, state: this.#state() }, metadata);
  }

  /** Frees the network's memory, ends its threads, and ends a training run under way. It cannot be used afterwards. */
  dispose(): void {
    if (this.#kernels === undefined || this.#network === undefined) return;
    const [kernels, network, copies] = [this.#kernels, this.#network, this.#copies?.forget() ?? []];
    // Nothing may refer to the memory any more, though this object may be kept.
    this.#kernels = undefined;
    this.#network = undefined;
    this.#copies = undefined;
    this.#disposal.abort();
    for (const copy of copies) copy.release();
    network.release();
    if (this.#ownsKernels) kernels.close();
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

  /** A copy of the state; within an epoch of that after the last whole one. */
  #state(): State {
    if (this.#network !== undefined && this.#training !== undefined) return structuredClone(this.#training.state);
    return readState(this.#alive, this.#config, this.layers.length);
  }

  /** A copy of the parameters of layers 1..L that are used. */
  #used(): State[number] {
    return this.#state().at(-1) as State[number];
  }

  /** Continues with a configuration. Returns a copy of the state. */
  #configure(config: TrainingConfig): State {
    const [before, state] = [this.#config, this.#state()];
    if (JSON.stringify(config) === JSON.stringify(before)) return state;
    const next = convertState(state, before, config);
    this.#alive.configure(config);
    this.#config = config;
    if (!config.keepBest) this.#best = undefined;
    writeState(this.#alive, config, next);
    return next;
  }

  #load(name: string, dataset: Dataset): Loaded {
    this.#alive;
    return (this.#copies as DatasetCopies).load(name, dataset, this.#classNames);
  }
}
