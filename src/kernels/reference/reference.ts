// The notes in plain TypeScript: the oracle of the tests and the baseline of the benchmark. Read it beside docs/math.md.
// In f32 it rounds after every operation, in the order the module uses, so both give the same bits. Storing into a
// Float32Array rounds a sum; a product inside a sum is rounded by round(). In f64, round() changes nothing.

import { Dataset, type Pixels, toBytes } from "../../data/dataset.js";
import type { DistortionBounds } from "../../data/distortions.js";
import {
  type Activation,
  argmax,
  averageSlot,
  type Cost,
  countWeights,
  type InitialWeights,
  type KernelDataset,
  type KernelEvaluation,
  type KernelNetwork,
  type Kernels,
  type LayerParameters,
  type Method,
  PLAIN,
  type RealArray,
  slotsOf,
} from "../kernels.js";
import { distortPixels, nearest } from "./distort.js";
import { DROPOUT, ln, RandomStream, SHUFFLE, WEIGHTS } from "./random.js";
import { exp32, sigmoid } from "./sigmoid.js";

/** The arithmetic: how numbers are stored, how a product is rounded, and e^t. */
interface Arithmetic {
  readonly Array: typeof Float32Array | typeof Float64Array;
  readonly round: (x: number) => number;
  readonly exp: (t: number) => number;
}

const ARITHMETICS = {
  f32: { Array: Float32Array, round: Math.fround, exp: exp32 },
  f64: { Array: Float64Array, round: (x) => x, exp: Math.exp },
} as const satisfies Record<string, Arithmetic>;

type Precision = keyof typeof ARITHMETICS;

/** Kernels in plain TypeScript: "f32" gives the bits of the module, "f64" is for gradient checks. */
export function createReference(precision: Precision = "f32"): Kernels {
  return {
    name: "reference",
    createDataset: (dataset) => new ReferenceDataset(dataset, ARITHMETICS[precision]),
    createNetwork: (layers, activation = "sigmoid", cost = "quadratic") =>
      new ReferenceNetwork(layers, activation, cost, precision),
    close: () => {},
  };
}

class ReferenceDataset implements KernelDataset {
  readonly length: number;
  readonly order: Uint32Array;
  readonly costs: RealArray;
  /** The most active output for each sample, in the order it was last visited. */
  readonly predictions: Uint16Array;
  // Not the Dataset itself: it could never be collected, and its memory freed.
  readonly #images: Pixels;
  readonly #labels: Dataset["labels"];
  readonly #columns: number;
  readonly #grey: RealArray;
  #bounds: DistortionBounds | undefined;
  seed = 0;
  epoch = 0;

  constructor(dataset: Dataset, { Array: Real }: Arithmetic) {
    this.length = dataset.length;
    this.order = Uint32Array.from({ length: dataset.length }, (_, i) => i);
    this.costs = new Real(dataset.length);
    this.predictions = new Uint16Array(dataset.length);
    this.#images = toBytes(dataset.images);
    this.#labels = dataset.labels;
    this.#columns = dataset.columns;
    this.#grey = new Real(256).map((_: number, pixel: number) => pixel / 255);
  }

  label(i: number): number {
    return this.#labels[i];
  }

  distort(bounds: DistortionBounds | undefined): void {
    this.#bounds = bounds;
  }

  distorted(i: number, number: number, seed: number, epoch: number): Pixels {
    const inputs = this.#images.length / this.length;
    const pixels = this.#images.subarray(i * inputs, (i + 1) * inputs);
    return this.#bounds ? distortPixels(pixels, this.#columns, this.#bounds, seed, epoch, number) : pixels;
  }

  /** a^0: the pixels of image i, in training the distorted ones; bytes as 0.0 (white) to 1.0 (black). */
  input(i: number, a: RealArray, training: boolean): void {
    const pixels = training
      ? this.distorted(i, i, this.seed, this.epoch)
      : this.#images.subarray(i * a.length, (i + 1) * a.length);
    if (pixels instanceof Float32Array) a.set(pixels);
    else for (let k = 0; k < a.length; k++) a[k] = this.#grey[pixels[k]];
  }

  /** Fisher-Yates from the given order. */
  shuffle(seed: number, epoch: number): void {
    const random = new RandomStream(seed, SHUFFLE, epoch);
    const { order } = this;
    this.seed = seed;
    this.epoch = epoch;
    for (let i = 0; i < this.length; i++) order[i] = i;
    for (let i = this.length; i > 1; i--) {
      const j = random.nextBelow(i);
      [order[i - 1], order[j]] = [order[j], order[i - 1]];
    }
  }

  meanCost(): number {
    let sum = 0;
    for (const cost of this.costs) sum += cost;
    return sum / this.length;
  }

  countCorrect(): number {
    return this.order.reduce((sum, image, i) => sum + Number(this.predictions[i] === this.label(image)), 0);
  }

  release(): void {}
}

/** Layer l: w_kj is weights[k * outputs + j], b_j is biases[j]. */
interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: RealArray;
  readonly biases: RealArray;
}

/** What one sample leaves behind on its way through the network: a^0 .. a^L, and delta^1 .. delta^L (delta[0] is empty). */
interface Pass {
  /** z^1 .. z^L, where somebody wants to see them: z[0] is empty. */
  readonly z?: readonly RealArray[];
  readonly a: readonly RealArray[];
  readonly delta: readonly RealArray[];
}

/** Multiply-adds of about 10 ms of training, the zeros of digits counted. */
const SLICE_WORK = 7e6;

export class ReferenceNetwork implements KernelNetwork {
  readonly slice: number;
  /** Layers 1..L; layers[0] stands for the input and has no parameters. */
  readonly #layers: readonly Layer[];
  /** What is kept for each parameter: slots[0] are the layers themselves. */
  readonly #slots: Layer[][];
  readonly #activation: Activation;
  readonly #costName: Cost;
  readonly #arithmetic: Arithmetic;
  #method = PLAIN;
  #steps = 0;
  readonly #passes: Pass[] = [];

  constructor(sizes: readonly number[], activation: Activation, cost: Cost, precision: Precision) {
    this.slice = Math.max(1, Math.round(SLICE_WORK / countWeights(sizes)));
    this.#arithmetic = ARITHMETICS[precision];
    this.#activation = activation;
    this.#costName = cost;
    this.#layers = this.#zeros(sizes);
    this.#slots = [[...this.#layers]];
  }

  #zeros(sizes: readonly number[]): Layer[] {
    const Real = this.#arithmetic.Array;
    return sizes.map((outputs, l) => {
      const inputs = l === 0 ? 0 : sizes[l - 1];
      return { inputs, outputs, weights: new Real(inputs * outputs), biases: new Real(l === 0 ? 0 : outputs) };
    });
  }

  configure(method: Method): void {
    this.#method = method;
    const sizes = this.#layers.map(({ outputs }) => outputs);
    while (this.#slots.length < slotsOf(method)) this.#slots.push(this.#zeros(sizes));
  }

  setSteps(steps: number): void {
    this.#steps = steps;
  }

  initialise(initialWeights: InitialWeights, seed: number): void {
    for (const [l, { inputs, outputs, weights, biases }] of this.#layers.entries()) {
      if (l === 0) continue;
      const random = new RandomStream(seed, WEIGHTS, l);
      const deviation = { normal: 1, scaled: 1 / Math.sqrt(inputs), he: Math.sqrt(2) / Math.sqrt(inputs) }[
        initialWeights
      ];
      for (let j = 0; j < outputs; j++) biases[j] = initialWeights === "he" ? 0 : random.nextNormal();
      for (let j = 0; j < outputs; j++) {
        for (let k = 0; k < inputs; k++) weights[k * outputs + j] = random.nextNormal() * deviation;
      }
    }
  }

  readLayer(l: number, slot = 0): LayerParameters {
    const { inputs, outputs, weights, biases } = this.#slots[slot][l];
    return { weights: transpose(weights, inputs, outputs), biases: biases.slice() };
  }

  writeLayer(l: number, parameters: LayerParameters, slot = 0): void {
    const { inputs, outputs, weights, biases } = this.#slots[slot][l];
    weights.set(transpose(parameters.weights, outputs, inputs));
    biases.set(parameters.biases);
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
        this.#feedforward(pass, dataset, image, this.#layers, sample + s);
        dataset.costs[sample + s] = this.#cost(pass, dataset.label(image), this.#method.labelSmoothing);
        dataset.predictions[sample + s] = argmax(pass.a[this.#layers.length - 1]);
        this.#backprop(pass, dataset.label(image));
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
      dataset.costs[i] = this.#cost(pass, dataset.label(i), 0);
      predictions[i] = argmax(pass.a[this.#layers.length - 1]);
      if (predictions[i] === dataset.label(i)) correct++;
    }
    return { correct, cost: dataset.meanCost(), predictions: predictions.slice() };
  }

  activations(images: Pixels, slot = 0): RealArray {
    const Real = this.#arithmetic.Array;
    const length = images.length / this.#layers[0].outputs;
    const dataset = new ReferenceDataset(new Dataset({ images, labels: new Uint8Array(length) }), this.#arithmetic);
    const pass = this.#pass(0);
    const output = pass.a[this.#layers.length - 1];
    const activations = new Real(length * output.length);
    for (let i = 0; i < length; i++) {
      this.#feedforward(pass, dataset, i, this.#slots[slot]);
      activations.set(output, i * output.length);
    }
    return activations;
  }

  /** One sample's way forward and back, and its cost; nothing is learnt, and nothing dropped. */
  backpropagate(pixels: Pixels, label: number): Required<Pass> & { readonly cost: number } {
    const dataset = new ReferenceDataset(new Dataset({ images: pixels, labels: new Uint8Array(1) }), this.#arithmetic);
    const { a, delta } = this.#newPass();
    const pass = { z: delta.map((errors) => errors.slice()), a, delta };
    this.#feedforward(pass, dataset, 0, this.#layers);
    this.#backprop(pass, label);
    return { ...pass, cost: this.#arithmetic.round(this.#cost(pass, label, 0)) };
  }

  release(): void {}

  /**
   * feedforward:  z^l = w^l a^(l-1) + b^l,   a^l = f(z^l). z_j starts at b_j and adds its terms by ascending k.
   * `visit` is the sample's place in the order of an epoch of training.
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
      if (l < layers.length - 1) {
        this.#activate(this.#activation, z);
        if (visit !== undefined) this.#drop(z, dataset, visit, l);
      } else if (this.#costName === "log-likelihood") this.#softmax(z);
      else this.#activate("sigmoid", z);
    }
  }

  /** a = f(z) in place: 1 / (1 + e^-z),   tanh z = 2 sigma(2 z) - 1,   or max(z, 0). */
  #activate(activation: Activation, z: RealArray): void {
    const { round } = this.#arithmetic;
    for (let j = 0; j < z.length; j++) {
      if (activation === "relu") z[j] = z[j] < 0 ? 0 : z[j];
      else if (activation === "sigmoid") z[j] = sigmoid(z[j], this.#arithmetic);
      else z[j] = round(2 * sigmoid(round(2 * z[j]), this.#arithmetic)) - 1;
    }
  }

  /** Dropout: a becomes -0, the mark of a neuron left out, with probability p, else a / (1 - p); 16 random bits for each neuron. */
  #drop(a: RealArray, { seed, epoch }: ReferenceDataset, visit: number, l: number): void {
    const { round } = this.#arithmetic;
    const p = round(this.#method.dropout);
    if (p === 0) return;
    const dropped = nearest(p * 65536);
    const scale = round(1 / round(1 - p));
    const random = new RandomStream(seed, DROPOUT, visit, epoch, l);
    for (let j = 0; j < a.length; j += 2) {
      const word = random.nextWord();
      a[j] = (word & 0xffff) < dropped ? -0 : a[j] * scale;
      if (j + 1 < a.length) a[j + 1] = word >>> 16 < dropped ? -0 : a[j + 1] * scale;
    }
  }

  /** a_j = e^(z_j - max z) / sum of e^(z_i - max z), in place; the sum as in #dot. */
  #softmax(z: RealArray): void {
    const { round, exp } = this.#arithmetic;
    let largest = z[0];
    for (const zj of z) largest = Math.max(largest, zj);
    for (let j = 0; j < z.length; j++) z[j] = exp(round(z[j] - largest));
    const ones = z.slice().fill(1);
    const total = this.#dot(z, ones, 0);
    for (let j = 0; j < z.length; j++) z[j] = z[j] / total;
  }

  /** f'(z) from a = f(z): a (1 - a),   (a + 1) (1 - a),   or 1 where a > 0, else 0. */
  #derivative(activation: Activation, a: number): number {
    const { round } = this.#arithmetic;
    if (activation === "relu") return a > 0 ? 1 : 0;
    return round((activation === "sigmoid" ? a : round(a + 1)) * round(1 - a));
  }

  /** y_j: one-hot, or with smoothing e 1 - e + e/K for the label and e/K for the other outputs. */
  #target(j: number, label: number, outputs: number, smoothing: number): number {
    const { round } = this.#arithmetic;
    smoothing = round(smoothing);
    return round((j === label ? round(1 - smoothing) : 0) + round(smoothing / outputs));
  }

  /** C_x = 1/2 |y - a^L|^2,   -sum of y ln a + (1 - y) ln(1 - a),   or -sum of y ln a: these two in f64. */
  #cost({ a }: Pass, label: number, smoothing: number): number {
    const output = a[this.#layers.length - 1];
    if (this.#costName === "quadratic") {
      const error = output.map((aj, j) => aj - this.#target(j, label, output.length, smoothing));
      return 0.5 * this.#dot(error, error, 0);
    }
    smoothing = this.#arithmetic.round(smoothing);
    let sum = 0;
    for (const [j, aj] of output.entries()) {
      const y = (j === label ? 1 - smoothing : 0) + smoothing / output.length;
      if (y !== 0) sum -= y * ln(aj);
      if (this.#costName === "cross-entropy" && y !== 1) sum -= (1 - y) * ln(1 - aj);
    }
    return sum;
  }

  /** (1) delta^L = dC_x/dz^L: (a^L - y) . f'(z^L), or a^L - y;   (2) delta^l = ((w^(l+1))^T delta^(l+1)) . f'(z^l). */
  #backprop({ a, delta }: Pass, label: number): void {
    const { round } = this.#arithmetic;
    const L = this.#layers.length - 1;
    const p = round(this.#method.dropout);
    const keep = round(1 - p);
    for (let j = 0; j < delta[L].length; j++) {
      const error = round(a[L][j] - this.#target(j, label, delta[L].length, this.#method.labelSmoothing));
      delta[L][j] = this.#costName === "quadratic" ? error * this.#derivative("sigmoid", a[L][j]) : error;
    }
    for (let l = L - 1; l >= 1; l--) {
      const { weights, outputs } = this.#layers[l + 1];
      for (let k = 0; k < delta[l].length; k++) {
        const slope = this.#derivative(this.#activation, round(a[l][k] * keep));
        delta[l][k] = this.#dot(delta[l + 1], weights, k * outputs) * slope;
        if (p > 0) delta[l][k] = Object.is(a[l][k], -0) ? 0 : delta[l][k] * round(1 / keep);
      }
    }
  }

  /**
   * w <- w - eta/m sum_s dC_s/dw,   b <- b - eta/m sum_s dC_s/db,   with (3) dC/db_j = delta_j and (4) dC/dw_kj = a_k delta_j; with other
   * optimisers the mean gradient, 1/m sum_s, goes to a slot of its own, and #optimise() moves the weights.
   */
  #update(m: number, eta: number, t: number): void {
    const { round } = this.#arithmetic;
    const plain = this.#method.optimizer === "sgd";
    if (plain && this.#method.weightDecay > 0) this.#shrink(eta);
    const step = round((plain ? -round(eta) : 1) / m);
    for (let l = 1; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, biases } = this.#slots[plain ? 0 : 1][l];
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
    this.#optimise(eta, t);
  }

  /** Calls `step` with each run of parameters in all slots, and the decay: 0 for biases. */
  #forAll(step: (slots: RealArray[], decay: number) => void): void {
    const decay = this.#arithmetic.round(this.#method.weightDecay);
    for (let l = 1; l < this.#layers.length; l++) {
      step(
        this.#slots.map((layers) => layers[l].weights),
        decay,
      );
      step(
        this.#slots.map((layers) => layers[l].biases),
        0,
      );
    }
  }

  /** w <- (1 - eta L) w. */
  #shrink(eta: number): void {
    const { round } = this.#arithmetic;
    this.#forAll(([weights], decay) => {
      if (decay === 0) return;
      const factor = round(1 - round(round(eta) * decay));
      // Never -0, which a sum over zeros would make 0.
      for (let i = 0; i < weights.length; i++) weights[i] = round(weights[i] * factor) + 0;
    });
  }

  /** The equations of assembly/optimise.ts. */
  #optimise(eta: number, t: number): void {
    const { round } = this.#arithmetic;
    const { optimizer, ...method } = this.#method;
    const [mu, beta, epsilon] = [round(method.momentum), round(method.beta), round(method.epsilon)];
    const rest = [round(1 - mu), round(1 - beta)];
    const rate = round(eta);
    if (optimizer === "momentum" || optimizer === "nesterov") {
      this.#forAll(([w, g, v], decay) => {
        for (let i = 0; i < w.length; i++) {
          const gradient = round(g[i] + round(decay * w[i]));
          v[i] = round(mu * v[i]) + gradient;
          w[i] -= round(rate * (optimizer === "nesterov" ? round(gradient + round(mu * v[i])) : v[i]));
          g[i] = 0;
        }
      });
    } else if (optimizer !== "sgd") {
      const decoupled = optimizer === "adamw";
      const meanRate = round(rate / (1 - power(mu, t)));
      const root = round(Math.sqrt(1 - power(beta, t)));
      this.#forAll(([w, g, m, v], decay) => {
        const keep = round(1 - round(rate * decay));
        for (let i = 0; i < w.length; i++) {
          const gradient = round(g[i] + round((decoupled ? 0 : decay) * w[i]));
          m[i] = round(mu * m[i]) + round(rest[0] * gradient);
          v[i] = round(beta * v[i]) + round(rest[1] * round(gradient * gradient));
          const divisor = round(round(round(Math.sqrt(v[i])) / root) + epsilon);
          if (decoupled) w[i] = round(w[i] * keep) + 0;
          w[i] -= round(round(meanRate * m[i]) / divisor);
          g[i] = 0;
        }
      });
    }
    if (method.average > 0) {
      const share = round(1 - round(method.average));
      const slot = averageSlot(this.#method);
      this.#forAll((slots) => {
        const [w, mean] = [slots[0], slots[slot]];
        for (let i = 0; i < w.length; i++) mean[i] += round(share * round(w[i] - mean[i]));
      });
    }
  }

  /** sum over j of x_j y_(offset + j), in four lanes, j mod 4, each by ascending j from 0, then added as (0 + 2) + (1 + 3). */
  #dot(x: RealArray, y: RealArray, offset: number): number {
    const { round } = this.#arithmetic;
    const lanes = [0, 0, 0, 0];
    for (let j = 0; j < x.length; j++) lanes[j & 3] = round(lanes[j & 3] + round(x[j] * y[offset + j]));
    return round(round(lanes[0] + lanes[2]) + round(lanes[1] + lanes[3]));
  }

  /** Room for sample s of a mini-batch. */
  #pass(s: number): Pass {
    this.#passes[s] ??= this.#newPass();
    return this.#passes[s];
  }

  #newPass(): Pass {
    const Real = this.#arithmetic.Array;
    return {
      a: this.#layers.map(({ outputs }) => new Real(outputs)),
      delta: this.#layers.map(({ outputs }, l) => new Real(l === 0 ? 0 : outputs)),
    };
  }
}

/** base^t by repeated squaring. */
function power(base: number, t: number): number {
  let result = 1;
  for (let square = base; t !== 0; t >>>= 1, square *= square) if (t & 1) result *= square;
  return result;
}

/** [rows][columns] to [columns][rows]. */
function transpose(matrix: RealArray, rows: number, columns: number): RealArray {
  const result = matrix.slice();
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j];
  return result;
}
