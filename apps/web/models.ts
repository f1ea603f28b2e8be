// The networks of the page: one that comes with it, one that it trains, one that was opened. One of them reads digits.

import { createKernels, FormatError, type Kernels, Network } from "ductus";
import { type Calibration, calibrationOf } from "ductus/formats";
import { IMAGE } from "./digits.js";
import { download } from "./download.js";

/** Pixels of an image. */
const PIXELS = IMAGE.rows * IMAGE.columns;

/** Where a network comes from. */
export type ModelSource = "pretrained" | "trained" | "opened";

/** A network, and the file that it was loaded from. */
export interface Model {
  readonly source: ModelSource;
  /** Its name in the lists of the page. */
  readonly title: string;
  /** Its file, as saved. */
  readonly bytes: Uint8Array;
  /** Disposed of when another takes its place, so do not keep it. */
  readonly network: Network;
  /** What makes confidences of its activations, if the file has it. */
  readonly calibration: Calibration | undefined;
}

/** Holds the networks. Notifies its subscribers when one is added or replaced, or when another one reads. */
export class Models {
  readonly #models = new Map<ModelSource, Model>();
  readonly #listeners = new Set<() => void>();
  #kernels: Promise<Kernels> | undefined;
  #latest: Promise<unknown> = Promise.resolve();
  #current: ModelSource = "pretrained";

  /** The networks loaded so far, in the order of ModelSource. */
  get all(): readonly Model[] {
    return (["pretrained", "trained", "opened"] as const).flatMap((source) => this.#models.get(source) ?? []);
  }

  /** The network that reads, once it is loaded. */
  get current(): Model | undefined {
    return this.#models.get(this.#current);
  }

  /** Chooses the network that reads. */
  choose(source: ModelSource): void {
    this.#current = source;
    this.#notify();
  }

  /** Has `listener` called after each change, as long as the page is open. */
  subscribe(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Loads a network, in place of the one from the same source.
   * @param file the name of the bytes in error messages
   * @param weights the weights of the same network (encodeWeights), if they are at hand: they load faster
   * @throws {FormatError} if the bytes are not a network, or one for images of another size
   */
  put(source: ModelSource, bytes: Uint8Array, file: string, weights = bytes): Promise<Model> {
    // One after the other, so that the last call wins.
    const model = this.#latest.then(() => this.#load(source, bytes, file, weights));
    this.#latest = model.catch(() => {});
    return model;
  }

  /** Loads the network that comes with the page. */
  async loadPretrained(): Promise<void> {
    const file = "pretrained.safetensors";
    await this.put("pretrained", await download("pretrained.bin"), file);
  }

  async #load(source: ModelSource, bytes: Uint8Array, file: string, weights: Uint8Array): Promise<Model> {
    this.#kernels ??= createKernels(1);
    const network = await Network.load(weights, { file, kernels: await this.#kernels });
    const [inputs] = network.layers;
    if (inputs !== PIXELS) {
      network.dispose();
      throw new FormatError(
        file,
        `expected a network of images of 28 x 28 = ${PIXELS} pixels, got one of ${inputs} (choose another)`,
      );
    }
    const title = `${NAMES[source](file)}: ${describe(network)}`;
    const model = { source, title, bytes, network, calibration: calibrationFrom(network, file) };
    this.#models.get(source)?.network.dispose();
    this.#models.set(source, model);
    this.#notify();
    return model;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

const NAMES: Readonly<Record<ModelSource, (file: string) => string>> = {
  pretrained: () => "Trained before",
  trained: () => "Trained here",
  opened: (file) => file,
};

/** The calibration of a network, which is disposed of if it has one that cannot be used. */
function calibrationFrom(network: Network, file: string): Calibration | undefined {
  try {
    return calibrationOf(network.metadata, file, network.layers.at(-1));
  } catch (error) {
    network.dispose();
    throw error;
  }
}

function describe({ layers, epochs, metadata }: Network): string {
  const tested = metadata.get("test_correct");
  return `[${layers.join(", ")}], ${epochs} ${epochs === 1 ? "epoch" : "epochs"}${tested ? `, ${tested} on test` : ""}`;
}
