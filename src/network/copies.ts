// The kernels' copies of data sets: made when a network first sees one, freed when the data set is garbage-collected.

import { Dataset } from "../data/dataset.js";
import { show, typeName } from "../errors.js";
import type { KernelDataset, Kernels } from "../kernels/kernels.js";

/** A data set and the kernels' copy of it, which lives as long. */
export interface Loaded {
  readonly dataset: Dataset;
  readonly copy: KernelDataset;
}

/** The copies that one network has made. */
export class DatasetCopies {
  readonly #kernels: Kernels;
  readonly #layers: readonly number[];
  readonly #copyOf = new WeakMap<Dataset, KernelDataset>();
  readonly #copies = new Set<KernelDataset>();
  readonly #collected = new FinalizationRegistry<KernelDataset>((copy) => {
    if (this.#copies.delete(copy)) copy.release();
  });

  constructor(kernels: Kernels, layers: readonly number[]) {
    this.#kernels = kernels;
    this.#layers = layers;
  }

  /**
   * The copy of a data set. `name` is what errors call it, `classNames` are the network's.
   * @throws {TypeError | RangeError} if it does not fit the layers
   */
  load(name: string, dataset: Dataset, classNames: Dataset["classNames"]): Loaded {
    if (!(dataset instanceof Dataset))
      throw new TypeError(`${name} data: expected a Dataset, got ${typeName(dataset)}`);
    const inputs = this.#layers[0];
    const outputs = this.#layers[this.#layers.length - 1];
    if (dataset.inputs !== inputs || dataset.classes > outputs) {
      throw new RangeError(
        `${name} data: expected images of ${inputs} pixels in at most ${outputs} classes for layers ` +
          `[${this.#layers.join(", ")}], got ${dataset.inputs} pixels in ${dataset.classes} classes`,
      );
    }
    const names = dataset.classNames ?? [];
    if (classNames !== undefined && names.some((own, label) => own !== classNames[label])) {
      throw new RangeError(`${name} data: expected the classes ${show(classNames)}, got ${show(names)}`);
    }
    let copy = this.#copyOf.get(dataset);
    if (copy === undefined) {
      copy = this.#kernels.createDataset(dataset);
      this.#copyOf.set(dataset, copy);
      this.#copies.add(copy);
      this.#collected.register(dataset, copy, copy);
    }
    return { dataset, copy };
  }

  /** Forgets all copies, and returns them: whoever asks frees them, or the memory that they are in. */
  forget(): KernelDataset[] {
    const copies = [...this.#copies];
    this.#copies.clear();
    for (const copy of copies) this.#collected.unregister(copy);
    return copies;
  }
}
