// One image, and a network that learns it step by step, by plain gradient descent: w <- w - eta dC/dw. The network is a
// copy: the one that reads digits is never trained here.

import { type Backpropagation, backpropagate, Dataset, Network, type Parameters } from "ductus";
import { encodeWeights } from "ductus/formats";
import type { Point } from "../../ui/chart.js";

/** The layers of a new network, which is small enough to be looked at as a whole. */
export const NEW_LAYERS = [784, 30, 10];
const CLASSES = 10;

/** An untrained network. */
export function createNetwork(seed: number): Promise<Network> {
  return Network.create({ layers: NEW_LAYERS, seed, threads: 1 });
}

/**
 * A network whose weights are those that another one predicts with. With averaging these differ from the weights that
 * training resumes with, which are not copied.
 * @throws {RangeError} if it does not read images of digits
 */
export async function copyNetwork(network: Network): Promise<Network> {
  const { layers } = network;
  if (layers[0] !== NEW_LAYERS[0] || layers[layers.length - 1] !== CLASSES) {
    const expected = `one of ${NEW_LAYERS[0]} pixels and ${CLASSES} classes`;
    throw new RangeError(`network: expected ${expected}, got [${layers.join(", ")}] (choose another)`);
  }
  return Network.load(encodeWeights(network), { threads: 1 });
}

/** A piece of the page that shows an experiment. */
export interface ExperimentView {
  readonly element: HTMLElement;
  update(experiment: Experiment): void;
}

/** A network, a labelled image, and the forward and backward pass of one through the other. */
export class Experiment {
  readonly network: Network;
  #data!: Dataset;
  /** Steps made so far. */
  steps = 0;
  /** C before each step since this image and label were chosen, and the present C. */
  costs: Point[] = [];
  /** The pass with the present weights, which the next step uses. */
  pass!: Backpropagation;
  /** w^l and b^l at index l - 1. */
  parameters: readonly Parameters[] = [];

  constructor(network: Network, image: Uint8Array, label: number) {
    this.network = network;
    this.show(image, label);
  }

  get image(): Uint8Array {
    return this.#data.images as Uint8Array;
  }

  get label(): number {
    return this.#data.labels[0];
  }

  /** The output with the largest activation; the first of several. */
  get prediction(): number {
    const a = this.pass.a[this.pass.a.length - 1];
    return a.indexOf(Math.max(...a));
  }

  /** Continues with another image or label, and the same weights. */
  show(image: Uint8Array, label: number): void {
    this.#data = new Dataset({ images: image, labels: Uint8Array.of(label), classes: CLASSES });
    this.costs = [];
    this.#propagate();
  }

  /**
   * Makes one step.
   * @throws {DivergenceError | RangeError} if eta was too large
   */
  async step(eta: number): Promise<void> {
    // An epoch of one mini-batch of this one image.
    await this.network.train(this.#data, { epochs: 1, batchSize: 1, learningRate: eta }).next();
    this.steps++;
    this.#propagate();
  }

  dispose(): void {
    this.network.dispose();
  }

  #propagate(): void {
    const pass = backpropagate(this.network, this.image, this.label);
    if (!Number.isFinite(pass.cost)) {
      throw new RangeError(`cost: expected a finite number, got ${pass.cost} (start over, with a smaller eta)`);
    }
    this.pass = pass;
    this.parameters = this.network.layers.slice(1).map((_, i) => this.network.parameters(i + 1));
    this.costs.push({ epoch: this.steps, value: pass.cost });
  }
}
