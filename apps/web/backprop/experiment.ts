// One image, and a network that learns it step by step, by the plain descent of the notes: w <- w - eta dC/dw. The network is a copy: the one
// that reads digits is never trained here.

import { type Backpropagation, backpropagate, Dataset, Network, type Parameters } from "ductus";
import { encodeWeights } from "ductus/formats";
import type { Point } from "../../ui/chart.js";

/** A new network, as small as one can still look at as a whole. */
export const NEW_LAYERS = [784, 30, 10];
const CLASSES = 10;

/** A network that has learnt nothing yet. */
export function createNetwork(seed: number): Promise<Network> {
  return Network.create({ layers: NEW_LAYERS, seed, threads: 1 });
}

/**
 * A network with the weights that another one uses: trained further, one with an average of its weights would go on with others.
 * @throws {RangeError} if it does not read images of digits
 */
export async function copyNetwork(network: Network): Promise<Network> {
  const { layers } = network;
  if (layers[0] !== NEW_LAYERS[0] || layers[layers.length - 1] !== CLASSES) {
    throw new RangeError(
      `network: expected one of ${NEW_LAYERS[0]} pixels and ${CLASSES} classes, got [${layers.join(", ")}] (choose another)`,
    );
  }
  return Network.load(encodeWeights(network), { threads: 1 });
}

/** What is looked at: a network, an image, and what each makes of the other. */
export class Experiment {
  readonly network: Network;
  #data!: Dataset;
  /** Steps that this network has made. */
  steps = 0;
  /** C before each step since this image and label were chosen, and C now. */
  costs: Point[] = [];
  /** Of the weights as they are now: what the next step goes by. */
  pass!: Backpropagation;
  /** w^l and b^l at l - 1. */
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

  /** The most active output, the first of equals. */
  get prediction(): number {
    const a = this.pass.a[this.pass.a.length - 1];
    return a.indexOf(Math.max(...a));
  }

  /** Goes on with another image or label, and the weights as they are. */
  show(image: Uint8Array, label: number): void {
    this.#data = new Dataset({ images: image, labels: Uint8Array.of(label), classes: CLASSES });
    this.costs = [];
    this.#look();
  }

  /**
   * Makes one step.
   * @throws {DivergenceError | RangeError} if eta was too large
   */
  async step(eta: number): Promise<void> {
    // An epoch of one mini-batch of this one image.
    await this.network.train(this.#data, { epochs: 1, batchSize: 1, learningRate: eta }).next();
    this.steps++;
    this.#look();
  }

  dispose(): void {
    this.network.dispose();
  }

  #look(): void {
    const pass = backpropagate(this.network, this.image, this.label);
    if (!Number.isFinite(pass.cost)) {
      throw new RangeError(`cost: expected a finite number, got ${pass.cost} (begin anew, with a smaller eta)`);
    }
    this.pass = pass;
    this.parameters = this.network.layers.slice(1).map((_, i) => this.network.parameters(i + 1));
    this.costs.push({ epoch: this.steps, value: pass.cost });
  }
}
