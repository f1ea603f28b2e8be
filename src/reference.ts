// The notes in plain TypeScript: the oracle of the tests and the baseline of the benchmark. Read it beside docs/math.md.
// In f32 it rounds after every operation, in the order the module uses, so both give the same bits. Storing into a
// Float32Array rounds a sum; a product inside a sum is rounded by round(). In f64, round() changes nothing.

import { Dataset, type Pixels } from "./dataset.js";
import {
  countWeights,
  type InitialWeights,
  type KernelDataset,
  type KernelEvaluation,
  type KernelNetwork,
  type Kernels,
  type LayerParameters,
  type RealArray,
} from "./kernels.js";
import { RandomStream, SHUFFLE, WEIGHTS } from "./random.js";

/** The arithmetic: how numbers are stored, how a product is rounded, and sigma. */
interface Arithmetic {
  readonly Array: typeof Float32Array | typeof Float64Array;
  readonly round: (x: number) => number;
  readonly sigmoid: (z: number) => number;
}

const F32: Arithmetic = { Array: Float32Array, round: Math.fround, sigmoid: sigmoid32 };
const F64: Arithmetic = { Array: Float64Array, round: (x) => x, sigmoid: (z) => 1 / (1 + Math.exp(-z)) };

/** Kernels in plain TypeScript: "f32" gives the bits of the module, "f64" is for gradient checks. */
export function createReference(precision: "f32" | "f64" = "f32"): Kernels {
  const arithmetic = precision === "f32" ? F32 : F64;
  return {
    name: "reference",
    createDataset: (dataset) => new ReferenceDataset(dataset, arithmetic),
    createNetwork: (layers) => new ReferenceNetwork(layers, arithmetic),
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
  readonly #grey: RealArray;

  constructor(dataset: Dataset, { Array: Real }: Arithmetic) {
    this.length = dataset.length;
    this.order = Uint32Array.from({ length: dataset.length }, (_, i) => i);
    this.costs = new Real(dataset.length);
    this.predictions = new Uint16Array(dataset.length);
    this.#images = dataset.images;
    this.#labels = dataset.labels;
    this.#grey = new Real(256).map((_: number, pixel: number) => pixel / 255);
  }

  label(i: number): number {
    return this.#labels[i];
  }

  /** a^0: the pixels of image i, bytes as 0.0 (white) to 1.0 (black). */
  input(i: number, a: RealArray): void {
    const pixels = this.#images.subarray(i * a.length, (i + 1) * a.length);
    if (pixels instanceof Float32Array) a.set(pixels);
    else for (let k = 0; k < a.length; k++) a[k] = this.#grey[pixels[k]];
  }

  /** Fisher-Yates from the given order. */
  shuffle(seed: number, epoch: number): void {
    const random = new RandomStream(seed, SHUFFLE, epoch);
    const { order } = this;
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
  readonly a: readonly RealArray[];
  readonly delta: readonly RealArray[];
}

/** Multiply-adds of about 10 ms of training, the zeros of digits counted. */
const SLICE_WORK = 7e6;

class ReferenceNetwork implements KernelNetwork {
  readonly slice: number;
  /** Layers 1..L; layers[0] stands for the input and has no parameters. */
  readonly #layers: readonly Layer[];
  readonly #arithmetic: Arithmetic;
  readonly #passes: Pass[] = [];

  constructor(sizes: readonly number[], arithmetic: Arithmetic) {
    const Real = arithmetic.Array;
    this.slice = Math.max(1, Math.round(SLICE_WORK / countWeights(sizes)));
    this.#arithmetic = arithmetic;
    this.#layers = sizes.map((outputs, l) => {
      const inputs = l === 0 ? 0 : sizes[l - 1];
      return { inputs, outputs, weights: new Real(inputs * outputs), biases: new Real(l === 0 ? 0 : outputs) };
    });
  }

  initialise(initialWeights: InitialWeights, seed: number): void {
    for (const [l, { inputs, outputs, weights, biases }] of this.#layers.entries()) {
      if (l === 0) continue;
      const random = new RandomStream(seed, WEIGHTS, l);
      const deviation = initialWeights === "scaled" ? 1 / Math.sqrt(inputs) : 1;
      for (let j = 0; j < outputs; j++) biases[j] = random.nextNormal();
      for (let j = 0; j < outputs; j++) {
        for (let k = 0; k < inputs; k++) weights[k * outputs + j] = random.nextNormal() * deviation;
      }
    }
  }

  readLayer(l: number): LayerParameters {
    const { inputs, outputs, weights, biases } = this.#layers[l];
    return { weights: transpose(weights, inputs, outputs), biases: biases.slice() };
  }

  writeLayer(l: number, parameters: LayerParameters): void {
    const { inputs, outputs, weights, biases } = this.#layers[l];
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
        this.#feedforward(pass, dataset, image);
        dataset.costs[sample + s] = this.#cost(pass, dataset.label(image));
        dataset.predictions[sample + s] = argmax(pass.a[this.#layers.length - 1]);
        this.#backprop(pass, dataset.label(image));
      });
      this.#update(batch.length, eta);
    }
  }

  evaluate(dataset: ReferenceDataset): KernelEvaluation {
    const { predictions } = dataset;
    const pass = this.#pass(0);
    let correct = 0;
    for (let i = 0; i < dataset.length; i++) {
      this.#feedforward(pass, dataset, i);
      dataset.costs[i] = this.#cost(pass, dataset.label(i));
      predictions[i] = argmax(pass.a[this.#layers.length - 1]);
      if (predictions[i] === dataset.label(i)) correct++;
    }
    return { correct, cost: dataset.meanCost(), predictions: predictions.slice() };
  }

  activations(images: Pixels): RealArray {
    const Real = this.#arithmetic.Array;
    const length = images.length / this.#layers[0].outputs;
    const dataset = new ReferenceDataset(new Dataset({ images, labels: new Uint8Array(length) }), this.#arithmetic);
    const pass = this.#pass(0);
    const output = pass.a[this.#layers.length - 1];
    const activations = new Real(length * output.length);
    for (let i = 0; i < length; i++) {
      this.#feedforward(pass, dataset, i);
      activations.set(output, i * output.length);
    }
    return activations;
  }

  release(): void {}

  /** feedforward:  z^l = w^l a^(l-1) + b^l,   a^l = sigma(z^l). z_j starts at b_j and adds its terms by ascending k. */
  #feedforward({ a }: Pass, dataset: ReferenceDataset, image: number): void {
    const { round, sigmoid } = this.#arithmetic;
    dataset.input(image, a[0]);
    for (let l = 1; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, biases } = this.#layers[l];
      const z = a[l];
      z.set(biases);
      for (let k = 0; k < inputs; k++) {
        const input = a[l - 1][k];
        if (input === 0) continue; // four of five pixels of a digit; 0 * w adds nothing
        const row = k * outputs;
        for (let j = 0; j < outputs; j++) z[j] += round(input * weights[row + j]);
      }
      for (let j = 0; j < outputs; j++) z[j] = sigmoid(z[j]);
    }
  }

  /** C_x = 1/2 |y - a^L|^2. */
  #cost({ a }: Pass, label: number): number {
    const output = a[this.#layers.length - 1];
    const error = output.map((aj, j) => aj - (j === label ? 1 : 0));
    return 0.5 * this.#dot(error, error, 0);
  }

  /** (1) delta^L = (a^L - y) . sigma'(z^L),   (2) delta^l = ((w^(l+1))^T delta^(l+1)) . sigma'(z^l). */
  #backprop({ a, delta }: Pass, label: number): void {
    const { round } = this.#arithmetic;
    const sigmoidPrime = (a: number): number => round(a * round(1 - a));
    const L = this.#layers.length - 1;
    for (let j = 0; j < delta[L].length; j++) {
      const y = j === label ? 1 : 0;
      delta[L][j] = round(a[L][j] - y) * sigmoidPrime(a[L][j]);
    }
    for (let l = L - 1; l >= 1; l--) {
      const { weights, outputs } = this.#layers[l + 1];
      for (let k = 0; k < delta[l].length; k++) {
        delta[l][k] = this.#dot(delta[l + 1], weights, k * outputs) * sigmoidPrime(a[l][k]);
      }
    }
  }

  /** w <- w - eta/m sum_s dC_s/dw,   b <- b - eta/m sum_s dC_s/db,   with (3) dC/db_j = delta_j and (4) dC/dw_kj = a_k delta_j. */
  #update(m: number, eta: number): void {
    const { round } = this.#arithmetic;
    const step = round(-round(eta) / m);
    for (let l = 1; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, biases } = this.#layers[l];
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
    const Real = this.#arithmetic.Array;
    this.#passes[s] ??= {
      a: this.#layers.map(({ outputs }) => new Real(outputs)),
      delta: this.#layers.map(({ outputs }, l) => new Real(l === 0 ? 0 : outputs)),
    };
    return this.#passes[s];
  }
}

/**
 * sigma(z) = 1 / (1 + e^-z) in f32 steps that every engine rounds alike (Math.exp is not one). Pairs with assembly/sigmoid.ts.
 * e^t = 2^n e^r with n = round(t / ln 2), |r| <= ln(2) / 2, and e^r = 1 + r + r^2 P(r), P from Cephes' expf (Moshier).
 */
export function sigmoid32(z: number): number {
  const f32 = Math.fround;
  const t = Math.min(Math.max(-z, -87), 87);
  const n = f32(f32(f32(t * f32(Math.LOG2E)) + 12582912) - 12582912);
  const r = f32(f32(t - f32(n * 0.693359375)) + f32(n * f32(2.1219444e-4)));
  let p = f32(1.98756915e-4);
  for (const c of SIGMOID_COEFFICIENTS) p = f32(f32(p * r) + c);
  const exp = f32(f32(f32(p * f32(r * r)) + r) + 1);
  return f32(1 / f32(1 + f32(exp * POWERS_OF_TWO[n + 126])));
}

const SIGMOID_COEFFICIENTS = Float32Array.of(
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  0.50000001201,
);

/** 2^-126 .. 2^126, by doubling and halving: `**` need not be exact. */
const POWERS_OF_TWO = new Float64Array(253);
POWERS_OF_TWO[126] = 1;
for (let n = 1; n <= 126; n++) {
  POWERS_OF_TWO[126 + n] = POWERS_OF_TWO[125 + n] * 2;
  POWERS_OF_TWO[126 - n] = POWERS_OF_TWO[127 - n] / 2;
}

/** [rows][columns] to [columns][rows]. */
function transpose(matrix: RealArray, rows: number, columns: number): RealArray {
  const result = matrix.slice();
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j];
  return result;
}

/** The first of the largest. */
function argmax(a: RealArray): number {
  let best = 0;
  for (let j = 1; j < a.length; j++) if (a[j] > a[best]) best = j;
  return best;
}
