// The worker that trains, so that the page stays free: data -> epochs, each shown and kept -> test. The same recipe as on the command line gives
// the same bits, paused, stopped and gone on with or not.

import { chooseThreads, type Dataset, Network } from "ductus";
import { type DataSplit, encodeWeights } from "ductus/formats";
import { addToHistory, historyOf, partsOf, type Recipe, recipeMetadata, recipeOf, trainOptionsOf } from "ductus/recipe";
import { keep } from "./checkpoint.js";
import { type Choices, planOf } from "./choices.js";
import type { Mistake, News, Order, Sight } from "./messages.js";
import { loadMnist } from "./mnist.js";

/** Images that a training is watched on. */
const WATCHED = 2000;
/** Mistakes and neurons that are shown. */
const SHOWN = { mistakes: 30, neurons: 100 };
/** At least so long, in ms, is the time between two such news. */
const EVERY = { progress: 60, sight: 250, file: 1500 };
/** To look at a training and to file it takes at most one part in so many of its time. */
const PATIENCE = 15;
/** How long a rate is measured, in ms. */
const MOMENT = 400;
/** Weights this many times their root mean square, or more, have the full colour. */
const FULL = 3;
const FILE = "the training";

interface Scope {
  postMessage(message: News, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Order>) => void) | null;
}
const scope = globalThis as unknown as Scope;

/** The training that is under way. */
let running: Training | undefined;
/** MNIST, once it is loaded. */
let data: DataSplit | undefined;

scope.onmessage = ({ data: order }) => {
  if (order.kind !== "train") running?.[order.kind]();
  else if (running === undefined) {
    running = new Training();
    running.run(order.choices, order.model);
  }
};

/** Whoever presses Stop. */
class Stopped extends Error {}

class Training {
  readonly #abort = new AbortController();
  /** Resolves when a pause ends. */
  #pause: { readonly ended: Promise<void>; readonly end: () => void } | undefined;
  /** When the next news of each kind is due. */
  readonly #due = { progress: 0, sight: 0, file: 0 };
  /** Images visited, and the time then, where the rate's moment began. */
  #moment: { readonly images: number; readonly time: number } | undefined;
  #rate: number | undefined;

  pause(): void {
    if (this.#pause !== undefined || this.#abort.signal.aborted) return;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#pause = { ended, end };
  }

  continue(): void {
    this.#pause?.end();
    this.#pause = undefined;
  }

  stop(): void {
    this.#abort.abort(new Stopped());
    this.continue();
  }

  async run(choices: Choices, model: Uint8Array | undefined): Promise<void> {
    let network: Network | undefined;
    let end: News;
    try {
      const plan = planOf(choices);
      data ??= await loadMnist((loaded, total) => tell({ kind: "loading", loaded, total }), this.#abort.signal).catch(
        (error) => {
          this.#abort.signal.throwIfAborted();
          throw error;
        },
      );
      this.#abort.signal.throwIfAborted();
      const layers = [data.all.inputs, ...plan.hidden, data.all.classes];
      network = model ? await Network.load(model, { file: FILE }) : await Network.create({ ...plan.recipe, layers });
      const recipe = model ? recipeOf(network.metadata, network, FILE) : plan.recipe;
      end = await this.#train(network, recipe, data, choices);
    } catch (error) {
      end =
        error instanceof Stopped
          ? { kind: "stopped", epoch: network?.epochs ?? 0 }
          : { kind: "failed", message: (error as Error).message };
    }
    network?.dispose();
    // The page may answer with the next order.
    running = undefined;
    tell(end);
  }

  async #train(network: Network, recipe: Recipe, split: DataSplit, choices: Choices): Promise<News> {
    const { training, validation } = partsOf(split, recipe);
    const watched = (validation ?? training).slice(0, Math.min(WATCHED, (validation ?? training).length));
    let history = historyOf(network.metadata, FILE);
    const { layers } = network;
    const threads = globalThis.crossOriginIsolated
      ? chooseThreads(layers, recipe.batchSize, navigator.hardwareConcurrency)
      : 1;
    tell({
      kind: "started",
      layers,
      epochs: recipe.epochs,
      samples: training.length,
      threads,
      history,
      watched: watched.length,
      held: validation !== undefined,
    });
    const file = async (extra: Record<string, string> = {}) => {
      const bytes = network.save({ ...recipeMetadata(recipe, history), ...extra });
      await keep({ bytes, choices });
      const weights = encodeWeights(network, extra);
      tell({ kind: "model", bytes, weights, epoch: network.epochs }, [bytes.buffer, weights.buffer] as ArrayBuffer[]);
    };
    const look = () => this.#take("sight", async () => tell(await sightOf(network, watched)));
    const onProgress = (epoch: number, samples: number) => {
      this.#measure((epoch - 1) * training.length + samples);
      if (this.#isDue("progress"))
        this.#take("progress", () => tell({ kind: "progress", epoch, samples, rate: this.#rate }));
      return this.#isDue("sight") || this.#pause !== undefined ? this.#stay(look) : undefined;
    };
    if (network.epochs === 0) await look();
    const epochs = recipe.epochs - network.epochs;
    const iteration =
      epochs > 0
        ? network.train(training, {
            ...trainOptionsOf(recipe),
            epochs,
            validation,
            signal: this.#abort.signal,
            onProgress,
          })
        : [];
    try {
      for await (const report of iteration) {
        history = addToHistory(history, report, recipe.epochs);
        tell({ kind: "epoch", history });
        if (this.#isDue("sight")) await look();
        if (this.#isDue("file")) await this.#take("file", file);
      }
      this.#abort.signal.throwIfAborted();
    } catch (error) {
      if (network.epochs > 0) await file();
      throw error;
    }
    await look();
    const { correct, count, standardError } = await network.evaluate(split.test);
    // Without a secure connection a page has no SHA-256.
    const hash = globalThis.crypto.subtle === undefined ? "" : await network.hash();
    await file({ test_correct: `${correct} / ${count}` });
    return { kind: "finished", correct, count, standardError, hash, bestEpoch: network.bestEpoch };
  }

  /** Shows the network as it is, and waits until a pause ends. */
  async #stay(look: () => Promise<void>): Promise<void> {
    await look();
    if (this.#pause === undefined) return;
    tell({ kind: "paused" });
    await this.#pause.ended;
    this.#moment = undefined;
  }

  #isDue(what: keyof typeof EVERY): boolean {
    return performance.now() >= this.#due[what];
  }

  /** Does something that is due, and says when it will be again. */
  async #take(what: keyof typeof EVERY, task: () => void | Promise<void>): Promise<void> {
    const start = performance.now();
    await task();
    const end = performance.now();
    this.#due[what] = end + Math.max(EVERY[what], PATIENCE * (end - start));
  }

  /** Counts all time but pauses. */
  #measure(images: number): void {
    const time = performance.now();
    this.#moment ??= { images, time };
    const passed = time - this.#moment.time;
    if (passed < MOMENT) return;
    this.#rate = (1000 * (images - this.#moment.images)) / passed;
    this.#moment = { images, time };
  }
}

async function sightOf(network: Network, watched: Dataset): Promise<Sight> {
  const { inputs, images, labels } = watched;
  const { correct, predictions } = await network.evaluate(watched);
  const mistakes: Mistake[] = [];
  for (let i = 0; i < watched.length && mistakes.length < SHOWN.mistakes; i++) {
    if (predictions[i] === labels[i]) continue;
    const pixels = images.slice(i * inputs, (i + 1) * inputs) as Uint8Array;
    mistakes.push({ index: i, label: labels[i], prediction: predictions[i], pixels });
  }
  const { weights, biases } = network.parameters(1, { now: true });
  const shown = Math.min(biases.length, SHOWN.neurons);
  const seen = weights.subarray(0, shown * inputs);
  const full = FULL * Math.sqrt(seen.reduce((sum, w) => sum + w * w, 0) / seen.length) || 1;
  const greyOf = (w: number) => 128 + Math.round(127 * Math.max(-1, Math.min(w / full, 1)));
  return {
    kind: "sight",
    wrong: watched.length - correct,
    mistakes,
    neurons: biases.length,
    weights: Array.from({ length: shown }, (_, j) =>
      Uint8Array.from(seen.subarray(j * inputs, (j + 1) * inputs), greyOf),
    ),
  };
}

function tell(news: News, transfer: Transferable[] = []): void {
  scope.postMessage(news, transfer);
}
