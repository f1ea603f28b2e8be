// Threads that do jobs of any search on this machine's data, divided and prepared as each job asks for.

import { mkdtemp, rm, unlink } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { chooseThreads } from "ductus";
import type { Recipe } from "ductus/recipe";
import { trainingData } from "../data.js";
import type { Outcome } from "../tune/halving.js";
import type { Data, Job } from "../tune/job.js";
import { Pool } from "../tune/pool.js";
import { optionsOf } from "../tune/space.js";
import { taskId } from "../tune/task.js";
import type { Place } from "./identity.js";
import type { Payload } from "./messages.js";

/** Divisions of the data that are in memory at the same time. */
const MAX_POOLS = 2;
/** Checkpoints that are kept, the latest ones. */
const MAX_CHECKPOINTS = 2000;
/** Weights of the largest network that is trained. */
const MAX_WEIGHTS = 1e8;

interface Lane {
  readonly pool: Pool;
  readonly data: Data;
}

export class Lanes {
  /** By what divides the data, the latest one last. */
  readonly #lanes = new Map<string, Promise<Lane>>();
  readonly #checkpoints: string[] = [];

  private constructor(
    readonly size: number,
    /** Where the data are. */
    readonly place: Place,
    readonly identity: string,
    readonly folder: string,
    readonly isOwn: boolean,
  ) {}

  /** @param folder where checkpoints are kept; default: a new one, until the end */
  static async open(size: number, place: Place, identity: string, folder?: string): Promise<Lanes> {
    const own = folder ?? (await mkdtemp(join(tmpdir(), "ductus-worker-")));
    return new Lanes(size, place, identity, own, folder === undefined);
  }

  /**
   * Does a job.
   * @throws {Error} what `signal` is aborted with, or why this machine cannot do it
   */
  async run(payload: Payload, signal: AbortSignal): Promise<Outcome> {
    const { recipe, hidden } = optionsOf(payload.settings);
    const { pool, data } = await this.#laneOf({ ...recipe, ...this.place });
    const layers = [data.training.inputs, ...hidden, data.training.classes];
    const weights = layers.slice(1).reduce((sum, size, i) => sum + size * layers[i], 0);
    if (weights > MAX_WEIGHTS) throw new Error(`expected a network of at most ${MAX_WEIGHTS} weights, got ${weights}`);
    const job = this.#jobOf(payload, { ...recipe, validation: data.validation.length }, layers);
    let outcome: Outcome | undefined;
    await pool.run([job], signal, {
      onEpoch: () => {},
      onOutcome: async (result) => {
        outcome = result;
      },
    });
    await this.#keep(job);
    return outcome as Outcome;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#lanes.values()].map(async (lane) => (await lane).pool.close()));
    if (this.isOwn) await rm(this.folder, { recursive: true, force: true });
  }

  #jobOf({ settings, epochs, more }: Payload, recipe: Recipe, layers: readonly number[]): Job {
    const rung = epochs.length;
    const before = epochs.slice(0, -1);
    return {
      trial: 1,
      rung,
      task: { settings, epochs },
      layers,
      recipe,
      epochs: epochs[rung - 1],
      threads: chooseThreads(layers, recipe.batchSize, Math.max(1, Math.floor(availableParallelism() / this.size))),
      from: rung === 1 ? undefined : { path: this.#checkpoint({ settings, epochs: before }), epochs: before[rung - 2] },
      to: more ? this.#checkpoint({ settings, epochs }) : undefined,
    };
  }

  /** Where the state after a task is: the name is computed, and not taken from the queue. */
  #checkpoint(task: { readonly settings: Payload["settings"]; readonly epochs: readonly number[] }): string {
    return join(this.folder, `${taskId(task, this.identity)}.safetensors`);
  }

  #laneOf(recipe: Recipe): Promise<Lane> {
    const { validation, limit, split, label, pixelMax, invert, transpose, made, seed } = recipe;
    const key = JSON.stringify([validation, limit, split, label, pixelMax, invert, transpose, made, made && seed]);
    const lane = this.#lanes.get(key) ?? this.#begin({ ...recipe, validation: validation || undefined });
    this.#lanes.delete(key);
    this.#lanes.set(key, lane);
    // What could not be read is read again for the next job.
    lane.catch(() => this.#lanes.delete(key));
    return lane;
  }

  async #begin(recipe: Recipe): Promise<Lane> {
    const { training, validation } = await trainingData(recipe);
    const data = { training, validation } as Data;
    // A search takes turns with few others: one that was not asked for lately has no job under way.
    for (const [key, lane] of [...this.#lanes].slice(0, -MAX_POOLS)) {
      const { pool } = await lane;
      if (pool.isBusy) continue;
      this.#lanes.delete(key);
      void pool.close();
    }
    return { data, pool: new Pool(this.size, data) };
  }

  async #keep({ from, to }: Job): Promise<void> {
    if (from !== undefined) await unlink(from.path).catch(() => {});
    if (to !== undefined) this.#checkpoints.push(to);
    for (const path of this.#checkpoints.splice(0, this.#checkpoints.length - MAX_CHECKPOINTS)) {
      await unlink(path).catch(() => {});
    }
  }
}
