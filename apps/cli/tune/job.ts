// What the workers of a search are asked, and how they do it: one trial trains on from its checkpoint to the end of a
// rung.

import { createKernels, type Dataset, DivergenceError, type Kernels, Network } from "ductus";
import { type HistoryEntry, networkOptionsOf, type Recipe, trainByRecipe } from "ductus/recipe";
import { readModel } from "../model-file.js";
import { saveFile } from "../output.js";
import { failed, isBetter, type Outcome } from "./halving.js";
import type { Task } from "./task.js";

export interface Job {
  readonly trial: number;
  readonly rung: number;
  /** What decides its result; layers and recipe follow from it and the data. */
  readonly task: Task;
  readonly layers: readonly number[];
  readonly recipe: Recipe;
  /** It trains up to this epoch. */
  readonly epochs: number;
  readonly threads: number;
  /** Where it continues from, and with what history so far; the first rung begins anew. */
  readonly from?: { readonly path: string; readonly epochs: number };
  /** Where it is saved, unless nobody continues from there. */
  readonly to?: string;
  /** Where it is saved as it was after its best epoch, if that is asked for. */
  readonly snapshot?: string;
  /** The best epoch of earlier rungs, whose snapshot there is. */
  readonly best?: HistoryEntry;
}

export interface Data {
  readonly training: Dataset;
  readonly validation: Dataset;
}

/** The kernels of a worker, kept from job to job. */
export class Trainer {
  #kernels: { readonly threads: number; readonly kernels: Kernels } | undefined;

  constructor(readonly data: Data) {}

  /**
   * Does a job, saves its model, and returns what came of it. A failure of the settings is an outcome.
   * @throws {Error} if the model cannot be saved, or a thread is lost
   */
  async run(job: Job, onEpoch: (epoch: number) => void): Promise<Outcome> {
    const { trial, rung } = job;
    try {
      return await this.#train(job, onEpoch);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof DivergenceError)) throw error;
      return failed(trial, rung, error.message);
    }
  }

  async #train(job: Job, onEpoch: (epoch: number) => void): Promise<Outcome> {
    const { trial, rung, recipe, epochs } = job;
    using network = await this.#begin(job);
    // One that began anew has no snapshot.
    let best = network.epochs > 0 ? job.best : undefined;
    let snapshot: Uint8Array | undefined;
    const history: HistoryEntry[] = [];
    const session = trainByRecipe(network, recipe, this.data, { until: epochs });
    let [correct, count, cost] = [0, 0, 0];
    for await (const { report, history: all, save } of session) {
      const entry = pure(all[all.length - 1]);
      // Of a training that began anew, the epochs of earlier rungs are no result of this one.
      if (report.epoch > (job.from?.epochs ?? 0)) {
        history.push(entry);
        ({ correct, count, cost } = report.validation as NonNullable<typeof report.validation>);
      }
      if (job.snapshot !== undefined && (best === undefined || isBetter(entry, best))) {
        best = entry;
        // It is whole as it is: there is nothing to resume.
        snapshot = save({ target_epochs: String(report.epoch), history: JSON.stringify(all.map(pure)) });
      }
      onEpoch(report.epoch);
    }
    if (snapshot !== undefined) await saveFile(job.snapshot as string, snapshot);
    const curves = JSON.stringify(session.history.map(pure));
    if (job.to !== undefined) await saveFile(job.to, session.save({ history: curves }));
    return { trial, rung, correct, count, cost, history };
  }

  /** The network of a job. Where its checkpoint is lost it begins anew: to the same bits, only later. */
  async #begin({ from, layers, recipe, threads }: Job): Promise<Network> {
    const kernels = await this.#kernelsOf(threads);
    if (from !== undefined) {
      const network = await readModel(from.path, { kernels }).catch(() => undefined);
      if (network?.epochs === from.epochs) return network;
      network?.dispose();
    }
    return Network.create({ ...networkOptionsOf(recipe), layers, kernels });
  }

  async #kernelsOf(threads: number): Promise<Kernels> {
    if (this.#kernels?.threads !== threads) {
      this.#kernels?.kernels.close();
      // What the machine refuses is no failure of the settings: it ends the search, which can be taken up again.
      const kernels = await createKernels(threads).catch((error: Error) => Promise.reject(new Error(error.message)));
      this.#kernels = { threads, kernels };
    }
    return this.#kernels.kernels;
  }
}

/**
 * The figures of an epoch, without what is not the same on every machine: how long it took, and a warning, which
 * depends on where the training paused. So a search has one result, to the byte.
 */
function pure({ warning: _, ...entry }: HistoryEntry): HistoryEntry {
  return { ...entry, seconds: 0 };
}
