// The worker that trains, so that the page stays free: data -> epochs, each shown and kept -> test. The same recipe as
// on the command line gives the same bits, paused, or stopped and resumed, or neither.

import { type Dataset, Network } from "ductus";
import { type DataSplit, encodeWeights, type IdxFile, parseSplit } from "ductus/formats";
import { networkOptionsOf, type Recipe, recipeOf, type Session, trainByRecipe, withMade } from "ductus/recipe";
import { keep } from "./checkpoint.js";
import { type Choices, planOf } from "./choices.js";
import type { Snapshot, WatchedMistake, WorkerCommand, WorkerEvent } from "./messages.js";
import { loadMnist } from "./mnist.js";

/** Images that a training is watched on. */
const WATCHED = 2000;
/** Mistakes and neurons that are shown. */
const SHOWN = { mistakes: 30, neurons: 100 };
/** At least so long, in ms, is the time between two such events. */
const EVERY = { progress: 60, snapshot: 250, file: 1500 };
/** Snapshots and files take at most one part in so many of a training's time. */
const MOST_OF_TIME = 15;
/** How long a rate is measured, in ms. */
const MOMENT = 400;
/** Weights this many times their root mean square, or more, have the full colour. */
const FULL = 3;
const FILE = "the training";

interface Scope {
  postMessage(message: WorkerEvent, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<WorkerCommand>) => void) | null;
}
const scope = globalThis as unknown as Scope;

/** The training that is under way. */
let running: Training | undefined;
/** MNIST, once it is loaded. */
let files: readonly IdxFile[] | undefined;

scope.onmessage = ({ data: command }) => {
  if (command.kind !== "train") running?.[command.kind]();
  else if (running === undefined) {
    running = new Training();
    running.run(command.choices, command.model);
  }
};

/** Whoever presses Stop. */
class Stopped extends Error {}

class Training {
  readonly #abort = new AbortController();
  /** Resolves when a pause ends. */
  #pause: { readonly ended: Promise<void>; readonly end: () => void } | undefined;
  /** When the next event of each kind is due. */
  readonly #due = { progress: 0, snapshot: 0, file: 0 };
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
    let end: WorkerEvent;
    try {
      const { recipe: chosen, hidden } = planOf(choices);
      files ??= await this.#load();
      this.#abort.signal.throwIfAborted();
      network = model && (await Network.load(model, { file: FILE }));
      const recipe = network === undefined ? chosen : recipeOf(network.metadata, network, FILE);
      const { validation, limit, made, seed } = recipe;
      const parts = parseSplit(files, { validation, limit });
      const split = { ...parts, training: withMade(parts.training, { made, seed }) };
      const { inputs, classes } = split.training;
      network ??= await Network.create({ ...networkOptionsOf(recipe), layers: [inputs, ...hidden, classes] });
      end = await this.#train(network, recipe, split, choices);
    } catch (error) {
      end =
        error instanceof Stopped
          ? { kind: "stopped", epoch: network?.epochs ?? 0 }
          : { kind: "failed", message: (error as Error).message };
    }
    network?.dispose();
    // The page may answer with the next command.
    running = undefined;
    send(end);
  }

  /** MNIST; where the visitor stopped it, that is the reason. */
  async #load(): Promise<readonly IdxFile[]> {
    const { signal } = this.#abort;
    try {
      return await loadMnist((loaded, total) => send({ kind: "loading", loaded, total }), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  async #train(
    network: Network,
    recipe: Recipe,
    split: DataSplit<Dataset | undefined>,
    choices: Choices,
  ): Promise<WorkerEvent> {
    const { training, validation, test } = split;
    const watched = (validation ?? training).slice(0, WATCHED);
    const show = () => this.#throttle("snapshot", async () => send(await snapshotOf(network, watched)));
    const { signal } = this.#abort;
    const onProgress = (epoch: number, samples: number) => this.#onProgress(epoch, samples, training.length, show);
    const session = trainByRecipe(network, recipe, split, { signal, onProgress, file: FILE });
    send({
      kind: "started",
      layers: network.layers,
      epochs: recipe.epochs,
      samples: training.length,
      threads: network.threadsFor(recipe.batchSize),
      history: session.history,
      watched: watched.length,
      held: validation !== undefined,
    });
    if (network.epochs === 0) await show();
    try {
      for await (const { history } of session) {
        send({ kind: "epoch", history });
        if (this.#isDue("snapshot")) await show();
        if (this.#isDue("file")) await this.#throttle("file", () => fileOf(session, choices));
      }
    } catch (error) {
      if (network.epochs > 0) await fileOf(session, choices);
      throw error;
    }
    await show();
    const { correct, count, standardError } = await network.evaluate(test);
    const hash = await network.hash();
    await fileOf(session, choices, { test_correct: `${correct} / ${count}` });
    return { kind: "finished", correct, count, standardError, hash, bestEpoch: network.bestEpoch };
  }

  /** Says how far the training is; a promise if it is to wait for a snapshot, or for the end of a pause. */
  #onProgress(epoch: number, samples: number, all: number, show: () => Promise<void>): Promise<void> | undefined {
    this.#measure((epoch - 1) * all + samples);
    if (this.#isDue("progress")) {
      this.#throttle("progress", () => send({ kind: "progress", epoch, samples, rate: this.#rate }));
    }
    return this.#isDue("snapshot") || this.#pause !== undefined ? this.#wait(show) : undefined;
  }

  /** Shows the network as it is, and waits until a pause ends. */
  async #wait(show: () => Promise<void>): Promise<void> {
    await show();
    if (this.#pause === undefined) return;
    send({ kind: "paused" });
    await this.#pause.ended;
    this.#moment = undefined;
  }

  #isDue(what: keyof typeof EVERY): boolean {
    return performance.now() >= this.#due[what];
  }

  /** Does something that is due, and says when it will be again. */
  async #throttle(what: keyof typeof EVERY, task: () => void | Promise<void>): Promise<void> {
    const start = performance.now();
    await task();
    const end = performance.now();
    this.#due[what] = end + Math.max(EVERY[what], MOST_OF_TIME * (end - start));
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

/** Keeps the training as it is, and gives the page its file. */
async function fileOf(session: Session, choices: Choices, extra: Record<string, string> = {}): Promise<void> {
  const { network } = session;
  const bytes = session.save(extra);
  await keep({ bytes, choices });
  const weights = encodeWeights(network, extra);
  send({ kind: "model", bytes, weights, epoch: network.epochs }, [bytes.buffer, weights.buffer] as ArrayBuffer[]);
}

async function snapshotOf(network: Network, watched: Dataset): Promise<Snapshot> {
  const { inputs, images, labels } = watched;
  const { correct, predictions } = await network.evaluate(watched);
  const mistakes: WatchedMistake[] = [];
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
    kind: "snapshot",
    wrong: watched.length - correct,
    mistakes,
    neurons: biases.length,
    weights: Array.from({ length: shown }, (_, j) =>
      Uint8Array.from(seen.subarray(j * inputs, (j + 1) * inputs), greyOf),
    ),
  };
}

function send(event: WorkerEvent, transfer: Transferable[] = []): void {
  scope.postMessage(event, transfer);
}
