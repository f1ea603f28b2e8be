// The training of a recipe, epoch by epoch: the one loop of command line, search and page.

import { checkArgument, checkText, hasObjects } from "../arguments.js";
import { Dataset } from "../data/dataset.js";
import { checkObject } from "../errors.js";
import type { Network } from "../network/network.js";
import type { EpochReport, TrainOptions } from "../network/trainer.js";
import { checkKnown } from "../options/known.js";
import { checkRange, RANGES } from "../ranges.js";
import { addToHistory, type HistoryEntry, historyOf } from "./history.js";
import { recipeMetadata, unknownKey } from "./metadata.js";
import { checkRecipe, type Recipe, trainOptionsOf } from "./recipe.js";

/** What a recipe is trained with. */
export interface SessionOptions extends Pick<TrainOptions, "signal" | "onProgress"> {
  /** The epoch at which it pauses; default: the recipe's last. */
  readonly until?: number;
  /** What errors call the network's file. Default "model". */
  readonly file?: string;
}

/** The keys of SessionOptions. */
const SESSION_OPTIONS = {
  until: true,
  file: true,
  signal: true,
  onProgress: true,
} as const satisfies Record<keyof SessionOptions, true>;

/** An epoch of a training. */
export interface SessionStep {
  /** The figures of the epoch. */
  readonly report: EpochReport;
  /** The learning curves up to this epoch. */
  readonly history: readonly HistoryEntry[];
  /** Why the epoch learnt nothing, and what to try: in a training's first such epoch, so that it is said once. */
  readonly warning?: string;
  /**
   * The network as a file that resumes with the same recipe. To be called before the next step: it saves the network as
   * it is at the call.
   * @param metadata more for its metadata, or other than the recipe's; a key of your own has a dot or a colon, as
   *   "my.note"
   */
  readonly save: (metadata?: Readonly<Record<string, string>>) => Uint8Array;
}

/**
 * A training under way: iterate it for its epochs. The network may have been trained before: it continues after its
 * last epoch, to the bits of a training that never stopped.
 */
export class Session implements AsyncIterable<SessionStep> {
  #history: readonly HistoryEntry[];
  readonly #reports: AsyncIterable<EpochReport> | Iterable<EpochReport>;
  readonly #signal: AbortSignal | undefined;

  /** Use trainByRecipe(). */
  constructor(
    /** What is trained: it changes with each step. */
    readonly network: Network,
    /** How it is trained. */
    readonly recipe: Recipe,
    parts: { readonly training: Dataset; readonly validation?: Dataset },
    options: SessionOptions = {},
  ) {
    checkArgument("network", "a Network", network, hasObjects(network, "metadata", "train"));
    checkRecipe(recipe);
    checkObject("parts", parts);
    checkObject("options", options);
    checkKnown("trainByRecipe", options, SESSION_OPTIONS);
    const { training, validation } = parts;
    for (const part of validation === undefined ? [training] : [training, validation]) {
      checkArgument("parts", "data sets { training, validation }", part, part instanceof Dataset);
    }
    const { until = recipe.epochs, file = "model", ...others } = options;
    checkRange("until", until, RANGES.epochs);
    checkText("file", file);
    this.#history = historyOf(network.metadata, file);
    this.#signal = options.signal;
    const epochs = until - network.epochs;
    this.#reports =
      epochs > 0 ? network.train(training, { ...trainOptionsOf(recipe), ...others, epochs, validation }) : [];
  }

  /** The learning curves so far. */
  get history(): readonly HistoryEntry[] {
    return this.#history;
  }

  /**
   * The network as a file that resumes with the same recipe.
   * @param metadata more for its metadata, or other than the recipe's; a key of your own has a dot or a colon, as
   *   "my.note"
   * @throws {TypeError} for another key that Ductus does not know, which a reader would refuse
   */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    checkObject("metadata", metadata);
    const problem = unknownKey(Object.keys(metadata));
    if (problem !== undefined) throw new TypeError(`metadata: ${problem}`);
    return this.network.save({ ...recipeMetadata(this.recipe, this.#history), ...metadata });
  }

  /**
   * Trains an epoch for each step.
   * @throws {DivergenceError | ThreadError} as Network.train()
   * @throws {Error} what the signal is aborted with, be it after the last epoch
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<SessionStep, void, void> {
    for await (const report of this.#reports) {
      this.#history = addToHistory(this.#history, report, this.recipe.epochs);
      const { warning } = this.#history[this.#history.length - 1];
      yield { report, history: this.#history, warning, save: (metadata) => this.save(metadata) };
    }
    this.#signal?.throwIfAborted();
  }
}

/**
 * Trains a network by a recipe:
 * `for await (const { report, history, save } of trainByRecipe(network, recipe, parts)) ...`
 * @param network made by the recipe, or loaded from a file that a session saved
 * @param parts images to train on, and those to validate by, if any
 * @throws {TypeError | RangeError} at once, for a recipe that cannot be used, or data that do not fit
 * @throws {FormatError} at once, if the network's metadata hold something else than learning curves
 */
export function trainByRecipe(
  network: Network,
  recipe: Recipe,
  parts: { readonly training: Dataset; readonly validation?: Dataset },
  options: SessionOptions = {},
): Session {
  return new Session(network, recipe, parts, options);
}
