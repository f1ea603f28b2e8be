// A training run of train or resume: data -> epochs, each saved -> test -> file. Whatever ends it, the file on disk is
// a complete model, and resume continues from it to the same bits.

import { DivergenceError, type Network } from "ductus";
import { calibrationMetadata } from "ductus/formats";
import { calibrateMade, type Recipe, type Session, shellWord, trainByRecipe } from "ductus/recipe";
import { checkAgainstData, type Split } from "./data.js";
import { HEADER, linesOf, startLine } from "./lines.js";
import type { Output } from "./output.js";
import { digitReaderOf } from "./reader.js";
import { Interrupted, listenForSignals } from "./signals.js";
import { bold, printError, printLine, TrainingProgress } from "./terminal.js";

/** The option of commands that train. */
export const JSON_LINES = { help: "print JSON, an object in a line for each epoch, and one for the result" } as const;

export interface TrainingRun {
  readonly network: Network;
  readonly recipe: Recipe;
  readonly split: Split;
  readonly out: Output;
  /** How many epochs may be lost, 1 or more. */
  readonly checkpointEvery: number;
  /** Whether the module computes with vectors of 256 bits. */
  readonly wide: boolean;
  /** What the network starts from, in a line; undefined for random weights, or those of the model that goes on. */
  readonly started?: string;
  /** Whether JSON is printed. */
  readonly json: boolean;
  /** performance.now() when the command began. */
  readonly start: number;
}

/**
 * Trains to the recipe's last epoch, tests, and saves.
 * @throws {UsageError} at once, for a value that the data do not allow
 */
export async function runTraining(options: TrainingRun): Promise<void> {
  const { network, recipe, split, out, checkpointEvery, wide, started, json, start } = options;
  checkAgainstData(recipe, split);
  const { training, test } = split;
  const begun = network.epochs;
  const interrupt = listenForSignals();
  const { signal } = interrupt;
  const onProgress = (epoch: number, samples: number) =>
    progress.update((epoch - begun - 1) * training.length + samples);
  const session = trainByRecipe(network, recipe, split, { signal, onProgress });
  const lines = linesOf(json);
  if (!json) {
    printLine(startLine(network.layers, recipe, training, network.threadsFor(recipe.batchSize), wide));
    if (started !== undefined) printLine(started);
    printLine(bold(HEADER));
  }
  const progress = new TrainingProgress(recipe.epochs - begun, training.length);
  const checkpoints = new Checkpoints(session, out, (message) => progress.printError(message));
  let trainingSeconds = 0;
  try {
    for await (const { report, warning } of session) {
      trainingSeconds += report.trainingSeconds;
      if (report.epoch % checkpointEvery === 0 || report.epoch === recipe.epochs) await checkpoints.write();
      progress.printLine(lines.epoch(report));
      if (warning !== undefined) progress.printError(`ductus: warning: ${warning}`);
    }
    const evaluation = await network.evaluate(test);
    const seconds = (performance.now() - start) / 1000;
    const rate = ((network.epochs - begun) * training.length) / trainingSeconds;
    const { shown, path } = out;
    const result = { network, evaluation, seconds, rate, hash: await network.hash(), path };
    // Before it is saved: nothing of it is lost where that fails.
    for (const line of lines.result(result)) printLine(line);
    const calibration = calibrationFor(network, recipe, split);
    await checkpoints.finish({ test_correct: `${evaluation.correct} / ${test.length}`, ...calibration });
    for (const line of lines.saved(shown)) printLine(line);
  } catch (error) {
    progress.stop();
    const saved = await checkpoints.rescue();
    report(error, out, saved, saved > begun, recipe);
  } finally {
    progress.stop();
    interrupt.stop();
  }
}

/** How sure a network is that learnt what is no digit, in metadata. */
function calibrationFor(network: Network, { made = 0 }: Recipe, { validation }: Split): Record<string, string> {
  return made > 0 && validation !== undefined
    ? calibrationMetadata(calibrateMade(digitReaderOf(network), validation))
    : {};
}

/**
 * Says what ended a training, and what is left of it.
 * @throws {Error} if that was not a signal
 */
function report(error: unknown, { path, target }: Output, saved: number, some: boolean, { epochs }: Recipe): void {
  if (!(error instanceof Interrupted) && !(error instanceof DivergenceError)) throw error;
  const kept = some ? `${path} holds the network after epoch ${saved}` : "no epoch was complete";
  if (error instanceof DivergenceError) throw new Error(`${error.message}; ${kept}`);
  printError(`ductus: stopped by ${error.signal}; ${kept}`);
  const next = saved < epochs ? "resume with: ductus resume" : "test it with: ductus evaluate";
  // A name that begins with - would be taken for an option.
  if (saved > 0 && target !== undefined) printError(`${next} ${shellWord(path.replace(/^-/, "./-"))}`);
  process.exitCode = error.exitCode;
}

/** The file of a training, written while it runs, one version after the other. */
class Checkpoints {
  /** The epochs of the version on disk. */
  #saved: number;
  #writing = Promise.resolve();
  /** Why it could not be written the last time, if so. */
  #problem: string | undefined;

  constructor(
    readonly session: Session,
    readonly out: Output,
    readonly say: (message: string) => void,
  ) {
    this.#saved = session.network.epochs;
  }

  /** Begins to write the network as it is. If it cannot be written, the next one is tried. */
  async write(): Promise<void> {
    if (this.out.target === undefined) return;
    const [contents, epoch] = [this.session.save(), this.session.network.epochs];
    await this.#writing;
    this.#writing = this.out.save(contents).then(
      (notice) => {
        this.#saved = epoch;
        this.#problem = undefined;
        this.#sayNotice(notice);
      },
      ({ message }: Error) => {
        // A disk that stays full is said once.
        if (message !== this.#problem) this.say(`ductus: ${message} (epoch ${epoch} is not saved yet)`);
        this.#problem = message;
      },
    );
  }

  /**
   * Writes the last version, with more metadata.
   * @throws {Error} if it cannot be written
   */
  async finish(metadata: Readonly<Record<string, string>>): Promise<void> {
    await this.#writing;
    this.#sayNotice(await this.out.saveResult(this.session.save(metadata)));
  }

  /**
   * Writes the epochs that are not on disk yet; returns how many are.
   * @throws {Error} if they cannot be written
   */
  async rescue(): Promise<number> {
    await this.#writing;
    const { epochs } = this.session.network;
    if (epochs > this.#saved) {
      this.#sayNotice(await this.out.saveResult(this.session.save()));
      this.#saved = epochs;
    }
    return this.#saved;
  }

  #sayNotice(notice: string | undefined): void {
    if (notice !== undefined) this.say(`ductus: ${notice}`);
  }
}
