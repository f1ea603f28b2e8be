// The equations of docs/math.md in plain TypeScript: the oracle of the tests and the baseline of the benchmark. A
// sample's way through the network and back, and the update, are here. Their parts are in files named as in assembly/.
//   feedforward   z^l = w^l a^(l-1) + b^l,   a^l = f(z^l)
//   backprop      delta^L = dC_x/dz^L,   delta^l = ((w^(l+1))^T delta^(l+1)) . f'(z^l)
//   update        w <- w - eta/m sum_s dC_s/dw,   b <- b - eta/m sum_s dC_s/db

import { checkChoice } from "../../arguments.js";
import { Dataset, type Pixels } from "../../data/dataset.js";
import {
  type Activation,
  argmax,
  type Cost,
  countWeights,
  type InitialWeights,
  type KernelEvaluation,
  type KernelNetwork,
  type Kernels,
  type LayerParameters,
  outputOf,
  type RealArray,
  SGD,
  type TrainingConfig,
} from "../kernels.js";
import { slotCount } from "../slots.js";
import { activate, derivative, softmax } from "./activation.js";
import { ARITHMETICS, type Arithmetic, dot, type Precision, settled } from "./arithmetic.js";
import { sampleCost, target } from "./cost.js";
import { ReferenceDataset } from "./dataset.js";
import { dropActivations, dropDeltas } from "./dropout.js";
import { createLayers, initialise, type Layer, readLayer, writeLayer } from "./layer.js";
import { decayWeights, optimise } from "./optimise.js";
import { DROPOUT, RandomStream } from "./random.js";

/**
 * Kernels in plain TypeScript, slow and easy to read.
 * @param precision "f32" gives the bits of the module, "f64" is for gradient checks
 */
export function createReference(precision: Precision = "f32"): Kernels {
  checkChoice("precision", precision, Object.keys(ARITHMETICS));
  return {
    name: "reference",
    createDataset: (dataset) => new ReferenceDataset(dataset, ARITHMETICS[precision]),
    createNetwork: (layers, activation = "sigmoid", cost = "quadratic") =>
      new ReferenceNetwork(layers, activation, cost, precision),
    close: () => {},
  };
}

/** What one sample leaves behind on its way through the network and back. */
interface Pass {
  /** z^1 .. z^L, where somebody wants to see them; z[0] is empty. */
  readonly z?: readonly RealArray[];
  /** a^0 .. a^L */
  readonly a: readonly RealArray[];
  /** delta^1 .. delta^L; delta[0] is empty. */
  readonly delta: readonly RealArray[];
}

/** The most bytes of parameters and what is kept for them: as many as the module has memory. */
const MOST_BYTES = 2 ** 32;

/** Multiply-adds of about 10 ms of training, those with zeros included. */
const SLICE_WORK = 7e6;

/** A network of layers 0..L, of which layer 0 stands for the input. */
export class ReferenceNetwork implements KernelNetwork {
  readonly #layers: readonly Layer[];
  /** What is kept for each parameter (slots.ts): #slots[0] are the layers themselves. */
  readonly #slots: Layer[][];
  readonly #activation: Activation;
  readonly #cost: Cost;
  readonly #arithmetic: Arithmetic;
  #config = SGD;
  #steps = 0;
  readonly #passes: Pass[] = [];

  constructor(sizes: readonly number[], activation: Activation, cost: Cost, precision: Precision) {
    this.#arithmetic = ARITHMETICS[precision];
    this.#activation = activation;
    this.#cost = cost;
    this.#checkSize(sizes, 1);
    this.#layers = createLayers(this.#arithmetic, sizes);
    this.#slots = [[...this.#layers]];
  }

  threadsFor(): number {
    return 1;
  }

  /** @throws {RangeError} if so many copies of the parameters are more than anybody waits for */
  #checkSize(sizes: readonly number[], copies: number): void {
    if (copies * countWeights(sizes) * this.#arithmetic.Array.BYTES_PER_ELEMENT <= MOST_BYTES) return;
    throw new RangeError("not enough memory for the network (4 GiB at most): use a smaller one");
  }

  configure(config: TrainingConfig): void {
    this.#config = config;
    const sizes = this.#layers.map(({ outputs }) => outputs);
    this.#checkSize(sizes, slotCount(config));
    while (this.#slots.length < slotCount(config)) this.#slots.push(createLayers(this.#arithmetic, sizes));
  }

  setSteps(steps: number): void {
    this.#steps = steps;
  }

  sliceFor(): number {
    return Math.max(1, Math.round(SLICE_WORK / countWeights(this.#layers.map(({ outputs }) => outputs))));
  }

  initialise(initialWeights: InitialWeights, seed: number): void {
    initialise(this.#layers, initialWeights, seed);
  }

  readLayer(l: number, slot = 0): LayerParameters {
    return readLayer(this.#slots[slot][l]);
  }

  writeLayer(l: number, parameters: LayerParameters, slot = 0): void {
    writeLayer(this.#slots[slot][l], parameters);
  }

  allFinite(): boolean {
    return this.#layers.every(({ weights, biases }) => weights.every(Number.isFinite) && biases.every(Number.isFinite));
  }

  trainBatches(dataset: ReferenceDataset, first: number, count: number, eta: number, m: number): void {
    const end = Math.min(dataset.length, (first + count) * m);
    for (let sample = first * m; sample < end; sample += m) {
      const batch = dataset.order.subarray(sample, Math.min(sample + m, end));
      batch.forEach((image, s) => {
        const pass = this.#pass(s);
        const label = dataset.label(image);
        this.#feedforward(pass, dataset, image, this.#layers, sample + s);
        dataset.costs[sample + s] = this.#sampleCost(pass, label, this.#config.labelSmoothing);
        dataset.predictions[sample + s] = argmax(this.#output(pass));
        this.#backprop(pass, label);
      });
      this.#update(batch.length, eta, this.#steps + sample / m + 1);
    }
  }

  evaluate(dataset: ReferenceDataset, slot = 0): KernelEvaluation {
    const { predictions } = dataset;
    const pass = this.#pass(0);
    let correct = 0;
    for (let i = 0; i < dataset.length; i++) {
      this.#feedforward(pass, dataset, i, this.#slots[slot]);
      dataset.costs[i] = this.#sampleCost(pass, dataset.label(i), 0);
      predictions[i] = argmax(this.#output(pass));
      if (predictions[i] === dataset.label(i)) correct++;
    }
    return { correct, cost: dataset.meanCost(), predictions: predictions.slice() };
  }

  activations(images: Pixels, slot = 0): RealArray {
    const Real = this.#arithmetic.Array;
    const length = images.length / this.#layers[0].outputs;
    const dataset = new ReferenceDataset(new Dataset({ images, labels: new Uint8Array(length) }), this.#arithmetic);
    const pass = this.#pass(0);
    const output = this.#output(pass);
    const activations = new Real(length * output.length);
    for (let i = 0; i < length; i++) {
      this.#feedforward(pass, dataset, i, this.#slots[slot]);
      activations.set(output, i * output.length);
    }
    return activations;
  }

  /** One sample's way forward and back, and its cost. Nothing is learnt, and nothing dropped. */
  backpropagate(pixels: Pixels, label: number): Required<Pass> & { readonly cost: number } {
    const dataset = new ReferenceDataset(new Dataset({ images: pixels, labels: new Uint8Array(1) }), this.#arithmetic);
    const { a, delta } = this.#createPass();
    const pass = { z: delta.map((errors) => errors.slice()), a, delta };
    this.#feedforward(pass, dataset, 0, this.#layers);
    this.#backprop(pass, label);
    return { ...pass, cost: this.#arithmetic.round(this.#sampleCost(pass, label, 0)) };
  }

  release(): void {}

  /**
   * feedforward:  z^l = w^l a^(l-1) + b^l,   a^l = f(z^l). z_j starts at b_j and adds its terms by ascending k.
   * In training `visit` is the sample's place in the order of the epoch.
   */
  #feedforward(
    { a, z: kept }: Pass,
    dataset: ReferenceDataset,
    image: number,
    layers: readonly Layer[],
    visit?: number,
  ): void {
    const { round } = this.#arithmetic;
    dataset.input(image, a[0], visit !== undefined);
    for (let l = 1; l < layers.length; l++) {
      const { inputs, outputs, weights, biases } = layers[l];
      const z = a[l];
      z.set(biases);
      for (let k = 0; k < inputs; k++) {
        const input = a[l - 1][k];
        if (input === 0) continue; // four of five pixels of a digit; 0 * w adds nothing
        const row = k * outputs;
        for (let j = 0; j < outputs; j++) z[j] += round(input * weights[row + j]);
      }
      kept?.[l].set(z);
      if (l < layers.length - 1) this.#activateHidden(z, dataset, l, visit);
      else if (outputOf(this.#cost) === "softmax") softmax(this.#arithmetic, z);
      else activate(this.#arithmetic, "sigmoid", z);
    }
  }

  /** a^l = f(z^l) in place, in training with dropout. */
  #activateHidden(z: RealArray, { seed, epoch }: ReferenceDataset, l: number, visit?: number): void {
    const dropout = this.#arithmetic.round(this.#config.dropout);
    activate(this.#arithmetic, this.#activation, z);
    if (visit === undefined || dropout === 0) return;
    dropActivations(this.#arithmetic, dropout, z, new RandomStream(seed, DROPOUT, visit, epoch, l));
  }

  /** (1) delta^L = dC_x/dz^L: (a^L - y) . f'(z^L), or a^L - y;   (2) delta^l = ((w^(l+1))^T delta^(l+1)) . f'(z^l). */
  #backprop({ a, delta }: Pass, label: number): void {
    const arithmetic = this.#arithmetic;
    const { round } = arithmetic;
    const { labelSmoothing } = this.#config;
    const dropout = round(this.#config.dropout);
    const L = this.#layers.length - 1;
    const outputs = delta[L].length;
    for (let j = 0; j < outputs; j++) {
      const error = round(a[L][j] - target(arithmetic, j, label, outputs, labelSmoothing));
      const slope = this.#cost === "quadratic" ? derivative(arithmetic, "sigmoid", a[L][j]) : 1;
      delta[L][j] = settled(round(error * slope));
    }
    // Dropout divided a by 1 - p: f' is of a as it was before.
    const keep = round(1 - dropout);
    for (let l = L - 1; l > this.#config.frozen; l--) {
      const { weights, outputs } = this.#layers[l + 1];
      for (let k = 0; k < delta[l].length; k++) {
        const slope = derivative(arithmetic, this.#activation, round(a[l][k] * keep));
        delta[l][k] = settled(round(dot(arithmetic, delta[l + 1], weights, k * outputs) * slope));
      }
      if (dropout > 0) dropDeltas(arithmetic, dropout, a[l], delta[l]);
    }
  }

  /**
   * w <- w - eta/m sum_s dC_s/dw,   b <- b - eta/m sum_s dC_s/db,
   * with (3) dC/db_j = delta_j and (4) dC/dw_kj = a_k delta_j. With other optimisers the mean gradient, 1/m sum_s, goes
   * to a slot of its own, and optimise() moves the weights.
   */
  #update(m: number, eta: number, t: number): void {
    const { round } = this.#arithmetic;
    const sgd = this.#config.optimizer === "sgd";
    decayWeights(this.#arithmetic, this.#config, this.#slots, eta);
    const step = round((sgd ? -round(eta) : 1) / m);
    for (let l = this.#config.frozen + 1; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, biases } = this.#slots[sgd ? 0 : 1][l];
      for (let s = 0; s < m; s++) {
        const { a, delta } = this.#passes[s];
        const d = delta[l].map((deltaj) => step * deltaj);
        for (let j = 0; j < outputs; j++) biases[j] += d[j];
        for (let k = 0; k < inputs; k++) {
          const input = a[l - 1][k];
          if (input === 0) continue;
          const row = k * outputs;
          for (let j = 0; j < outputs; j++) weights[row + j] += round(input * d[j]);
        }
      }
    }
    optimise(this.#arithmetic, this.#config, this.#slots, eta, t);
  }

  /** C_x */
  #sampleCost(pass: Pass, label: number, smoothing: number): number {
    return sampleCost(this.#arithmetic, this.#cost, this.#output(pass), label, smoothing);
  }

  /** a^L */
  #output({ a }: Pass): RealArray {
    return a[this.#layers.length - 1];
  }

  /** Room for sample s of a mini-batch. */
  #pass(s: number): Pass {
    this.#passes[s] ??= this.#createPass();
    return this.#passes[s];
  }

  #createPass(): Pass {
    const Real = this.#arithmetic.Array;
    return {
      a: this.#layers.map(({ outputs }) => new Real(outputs)),
      delta: this.#layers.map(({ outputs }, l) => new Real(l === 0 ? 0 : outputs)),
    };
  }
}
