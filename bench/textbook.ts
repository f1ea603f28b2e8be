// The notes as anyone would write them down in JavaScript: dense loops over arrays of rows, numbers in f64, Math.exp.

import type { Parameters } from "ductus";

/** A network of sigmoid neurons with weights[l][j][k] from neuron k of layer l to neuron j of layer l + 1. */
export class Textbook {
  readonly #weights: Float64Array[][];
  readonly #biases: Float64Array[];

  /** @param parameters of each layer; default: random ones */
  constructor(layers: readonly number[], parameters?: readonly Parameters[]) {
    if (parameters !== undefined) {
      this.#weights = parameters.map(({ weights, biases }) => {
        const inputs = weights.length / biases.length;
        return Array.from(biases, (_, j) => Float64Array.from(weights.subarray(j * inputs, (j + 1) * inputs)));
      });
      this.#biases = parameters.map(({ biases }) => Float64Array.from(biases));
      return;
    }
    this.#weights = layers.slice(1).map((outputs, l) => {
      return Array.from({ length: outputs }, () =>
        new Float64Array(layers[l]).map(() => gaussian() / Math.sqrt(layers[l])),
      );
    });
    this.#biases = layers.slice(1).map((outputs) => new Float64Array(outputs).map(gaussian));
  }

  /** One pass over the samples in random order, in mini-batches of m. */
  trainEpoch(images: readonly Float64Array[], labels: ArrayLike<number>, m: number, eta: number): void {
    const order = images.map((_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    for (let start = 0; start < order.length; start += m)
      this.#trainBatch(order.slice(start, start + m), images, labels, eta);
  }

  /** a^L */
  activations(image: Float64Array): Float64Array {
    return this.#feedforward(image)[this.#weights.length];
  }

  #feedforward(image: Float64Array): Float64Array[] {
    const activations: Float64Array[] = [image];
    for (let l = 0; l < this.#weights.length; l++) {
      const a = activations[l];
      const output = new Float64Array(this.#weights[l].length);
      for (let j = 0; j < output.length; j++) {
        const row = this.#weights[l][j];
        let z = this.#biases[l][j];
        for (let k = 0; k < row.length; k++) z += row[k] * a[k];
        output[j] = 1 / (1 + Math.exp(-z));
      }
      activations.push(output);
    }
    return activations;
  }

  #trainBatch(batch: readonly number[], images: readonly Float64Array[], labels: ArrayLike<number>, eta: number): void {
    const weightGradients = this.#weights.map((rows) => rows.map((row) => new Float64Array(row.length)));
    const biasGradients = this.#biases.map((biases) => new Float64Array(biases.length));
    for (const sample of batch) {
      const activations = this.#feedforward(images[sample]);
      const L = this.#weights.length;
      let delta = new Float64Array(this.#biases[L - 1].length);
      for (let j = 0; j < delta.length; j++) {
        const a = activations[L][j];
        delta[j] = (a - (j === labels[sample] ? 1 : 0)) * a * (1 - a);
      }
      for (let l = L - 1; l >= 0; l--) {
        const a = activations[l];
        for (let j = 0; j < delta.length; j++) {
          const d = delta[j];
          const gradient = weightGradients[l][j];
          biasGradients[l][j] += d;
          for (let k = 0; k < gradient.length; k++) gradient[k] += a[k] * d;
        }
        if (l === 0) break;
        const below = new Float64Array(a.length);
        for (let k = 0; k < below.length; k++) {
          let sum = 0;
          for (let j = 0; j < delta.length; j++) sum += this.#weights[l][j][k] * delta[j];
          below[k] = sum * a[k] * (1 - a[k]);
        }
        delta = below;
      }
    }
    const step = eta / batch.length;
    for (let l = 0; l < this.#weights.length; l++) {
      for (let j = 0; j < this.#weights[l].length; j++) {
        const row = this.#weights[l][j];
        const gradient = weightGradients[l][j];
        for (let k = 0; k < row.length; k++) row[k] -= step * gradient[k];
        this.#biases[l][j] -= step * biasGradients[l][j];
      }
    }
  }
}

/** A number from N(0, 1), by Box and Muller. */
function gaussian(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
