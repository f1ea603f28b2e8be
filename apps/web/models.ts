// The networks of the page: one that came with it, one that it trains, one that was opened. One of them reads digits.

import { createKernels, FormatError, type Kernels, Network } from "ductus";
import { IMAGE } from "./digits.js";
import { download } from "./download.js";

/** Of an image. */
const PIXELS = IMAGE.rows * IMAGE.columns;

/** Where a network is from. */
export type Origin = "pretrained" | "trained" | "opened";

/** A network, and the file that it was made of. */
export interface Model {
  readonly origin: Origin;
  /** What it is called in the page's lists. */
  readonly title: string;
  /** Its file, as saved. */
  readonly bytes: Uint8Array;
  /** Disposed of when another takes its place: not to be kept. */
  readonly network: Network;
}

/** Holds the networks; tells whoever subscribes when there is another one, or another one reads. */
export class Models {
  readonly #models = new Map<Origin, Model>();
  readonly #listeners = new Set<() => void>();
  #kernels: Promise<Kernels> | undefined;
  #latest: Promise<unknown> = Promise.resolve();
  #current: Origin = "pretrained";

  /** Those that there are, in the order of Origin. */
  get all(): readonly Model[] {
    return (["pretrained", "trained", "opened"] as const).flatMap((origin) => this.#models.get(origin) ?? []);
  }

  /** The one that reads, once there is one. */
  get current(): Model | undefined {
    return this.#models.get(this.#current);
  }

  /** Chooses the one that reads. */
  choose(origin: Origin): void {
    this.#current = origin;
    this.#tell();
  }

  /** Called after each change, until the page is left. */
  subscribe(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Puts a network in its place.
   * @param file the name by which errors call the bytes
   * @param weights the same network's weights alone (encodeWeights), where they are at hand: they take less time to load
   * @throws {FormatError} if the bytes are not a network, or one of images of another size, which nobody can write here
   */
  put(origin: Origin, bytes: Uint8Array, file: string, weights = bytes): Promise<Model> {
    // One after the other: the last to be put is the one that stays.
    const model = this.#latest.then(() => this.#load(origin, bytes, file, weights));
    this.#latest = model.catch(() => {});
    return model;
  }

  /** Loads the network that comes with the page. */
  async loadPretrained(): Promise<void> {
    const file = "pretrained.safetensors";
    await this.put("pretrained", await download("pretrained.bin"), file);
  }

  async #load(origin: Origin, bytes: Uint8Array, file: string, weights: Uint8Array): Promise<Model> {
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
    const model = { origin, title: `${NAMES[origin](file)}: ${describe(network)}`, bytes, network };
    this.#models.get(origin)?.network.dispose();
    this.#models.set(origin, model);
    this.#tell();
    return model;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const NAMES: Readonly<Record<Origin, (file: string) => string>> = {
  pretrained: () => "Trained before",
  trained: () => "Trained here",
  opened: (file) => file,
};

function describe({ layers, epochs, metadata }: Network): string {
  const tested = metadata.get("test_correct");
  return `[${layers.join(", ")}], ${epochs} ${epochs === 1 ? "epoch" : "epochs"}${tested ? `, ${tested} on test` : ""}`;
}
