// A training as train and resume run it: data -> epochs, each saved -> test -> file. Whatever ends it, the file on disk is a
// whole model, and resume goes on from it to the same bits.

import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { chooseThreads, type Dataset, DivergenceError, type EpochReport, type Network } from "ductus";
import type { DataSplit } from "ductus/formats";
import { loadDirectory, loadMnist } from "ductus/node";
import {
  addToHistory,
  flagsOf,
  type HistoryEntry,
  partsOf,
  type Recipe,
  recipeMetadata,
  shellWord,
  type TrainingParts,
  trainOptionsOf,
} from "ductus/recipe";
import { saveFile, saveResult } from "./model-file.js";
import { bold, formatCount, formatSeconds, percent, printLine, TrainingProgress } from "./terminal.js";

/** A training ended by a signal. */
export class Interrupted extends Error {
  constructor(readonly signal: "SIGINT" | "SIGTERM") {
    super(signal);
  }
}

export interface RunOptions {
  readonly network: Network;
  readonly recipe: Recipe;
  readonly history: readonly HistoryEntry[];
  readonly split: Parts;
  readonly out: string;
  /** How many epochs may be lost, 1 or more. */
  readonly checkpointEvery: number;
  /** As printed; undefined if the kernels have none. */
  readonly threads: number | undefined;
  /** performance.now() when the command began. */
  readonly start: number;
}

export type Parts = TrainingParts & Pick<DataSplit, "test">;

function loadData(recipe: DataRecipe, mnist: string | undefined): Parts {
  const { test, ...rest } = recipe.data === undefined ? loadMnist(mnist) : loadDirectory(recipe.data);
  return { ...partsOf(rest, recipe), test };
}

/** SHA-256 of training data in a folder of their own, by which they are known again. */
export function hashOf({ images, labels }: Dataset): string {
  return createHash("sha256").update(images).update(labels).digest("hex");
}

type DataRecipe = Pick<Recipe, "data" | "dataHash" | "limit" | "validation">;

/**
 * A recipe and the data that it names.
 * @param mnist the folder with MNIST's files, if it is not that of the package
 * @throws {Error} if they cannot be loaded, or are not the data that it was used with before
 */
export function withData<R extends DataRecipe>(
  recipe: R,
  mnist?: string,
): { readonly recipe: R; readonly split: Parts } {
  let split: Parts;
  try {
    split = loadData(recipe, mnist);
  } catch (error) {
    if (recipe.dataHash === undefined) throw error;
    throw new Error(
      `${(error as Error).message}: the model was trained with these data; give their folder with --data`,
    );
  }
  if (recipe.data === undefined) return { recipe, split };
  const dataHash = hashOf(split.training);
  if (recipe.dataHash !== undefined && recipe.dataHash !== dataHash) {
    throw new Error(
      `${recipe.data}: expected the data that the model was trained with, got others: give their folder with --data`,
    );
  }
  return { recipe: { ...recipe, dataHash }, split };
}

/** The number of threads that will train, by the library's own rule. */
export function threadsFor(layers: readonly number[], batchSize: number): number {
  return chooseThreads(layers, batchSize, availableParallelism());
}

/** Trains to the recipe's last epoch, tests, and saves. */
export async function run({ network, recipe, split, out, checkpointEvery, threads, start, ...options }: RunOptions) {
  const { training, validation, test } = split;
  let { history } = options;
  let saved = network.epochs;
  const save = (extra: Record<string, string> = {}) => network.save({ ...recipeMetadata(recipe, history), ...extra });
  const interrupt = listenForSignals();
  const onProgress = (epoch: number, samples: number) => progress.update((epoch - first) * training.length + samples);
  const first = network.epochs + 1;
  const epochs = recipe.epochs - network.epochs;
  const iteration = network.train(training, {
    ...trainOptionsOf(recipe),
    epochs,
    validation,
    signal: interrupt.signal,
    onProgress,
  });
  printLine(describe(network.layers, recipe, training, threads));
  printLine(bold("epoch       cost   training            validation       time"));
  const progress = new TrainingProgress(epochs, training.length);
  let trainingSeconds = 0;
  // Written while the training goes on, one after the other. Where a checkpoint cannot be written, the next one is tried.
  let writing = Promise.resolve();
  const checkpoint = async () => {
    const [contents, epoch] = [save(), network.epochs];
    await writing;
    writing = saveFile(out, contents).then(
      () => {
        saved = epoch;
      },
      (error: Error) => progress.printError(`ductus: ${error.message} (epoch ${epoch} is not saved yet)`),
    );
  };
  try {
    for await (const report of iteration) {
      trainingSeconds += report.trainingSeconds;
      history = addToHistory(history, report, recipe.epochs);
      if (report.epoch % checkpointEvery === 0 || report.epoch === recipe.epochs) await checkpoint();
      progress.printLine(epochLine(report));
    }
    interrupt.signal.throwIfAborted();
    const result = await network.evaluate(test);
    const done = network.epochs + 1 - first;
    const rate = (done * training.length) / trainingSeconds;
    if (network.bestEpoch !== undefined) {
      printLine(`used           epoch ${network.bestEpoch}, the best of ${network.epochs} in validation`);
    }
    printLine(
      bold(`test accuracy  ${percent(result.accuracy)} ± ${percent(result.standardError)}`) +
        `  (${result.correct} / ${test.length}, ± one standard error)`,
    );
    printLine(
      `time           ${formatSeconds((performance.now() - start) / 1000)}, ${formatCount(rate)} samples/s in training`,
    );
    printLine(`seed           ${recipe.seed}`);
    printLine(`weights        sha256 ${await network.hash()}`);
    await writing;
    await saveResult(out, save({ test_correct: `${result.correct} / ${test.length}` }));
    printLine(`model          ${out}`);
  } catch (error) {
    progress.stop();
    await writing;
    if (network.epochs > saved) {
      await saveResult(out, save());
      saved = network.epochs;
    }
    if (!(error instanceof Interrupted) && !(error instanceof DivergenceError)) throw error;
    const kept = saved >= first ? `${out} holds the network after epoch ${saved}` : "no epoch was complete";
    if (error instanceof DivergenceError) throw new Error(`${error.message}; ${kept}`);
    console.error(`ductus: stopped by ${error.signal}; ${kept}`);
    const next = saved < recipe.epochs ? "resume with: ductus resume" : "test it with: ductus evaluate";
    if (saved > 0) console.error(`${next} ${shellWord(out)}`);
    process.exitCode = error.signal === "SIGINT" ? 130 : 143;
  } finally {
    progress.stop();
    interrupt.stop();
  }
}

/** The first signal aborts, which ends a training within a slice; with the listeners gone, a second one ends the program at once. */
export function listenForSignals() {
  const controller = new AbortController();
  const stop = () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
  const onSignal = (signal: "SIGINT" | "SIGTERM") => {
    stop();
    controller.abort(new Interrupted(signal));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return { signal: controller.signal, stop };
}

function describe(layers: readonly number[], recipe: Recipe, training: Dataset, threads: number | undefined): string {
  const { epochs, batchSize, learningRate, initialWeights, seed } = recipe;
  const batches = Math.ceil(training.length / batchSize);
  const special = [
    ...(recipe.schedule === "constant" ? [] : [recipe.schedule]),
    ...(recipe.warmUp === 0 ? [] : [`warm-up ${recipe.warmUp}`]),
    ...(recipe.activation === "sigmoid" ? [] : [recipe.activation]),
    ...(recipe.cost === "quadratic" ? [] : [recipe.cost]),
    ...flagsOf(recipe).map(([name, value]) => `${name} ${value}`),
  ];
  return (
    `[${layers.join(", ")}], ${initialWeights} weights, seed ${seed}: ` +
    `${epochs} ${epochs === 1 ? "epoch" : "epochs"} of ${formatCount(batches)} batches of ${batchSize}, eta ${learningRate}` +
    special.map((words) => `, ${words}`).join("") +
    (threads === undefined || threads === 1 ? "" : `, ${threads} threads`)
  );
}

function epochLine({ epoch, cost, accuracy, validation, bestEpoch, seconds }: EpochReport): string {
  const { correct, count, accuracy: validated } = validation ?? {};
  const score = validated === undefined ? "none" : `${correct} / ${count}  ${percent(validated)}`;
  return `${String(epoch).padStart(5)}   ${cost.toFixed(6)}   ${percent(accuracy).padStart(8)}   ${score.padStart(21)}   ${formatSeconds(seconds)}${bestEpoch === epoch ? "   best" : ""}`;
}
