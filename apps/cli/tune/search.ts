// A search from its first trial to its best: rung after rung, each trial continuing from its checkpoint.

import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { chooseThreads } from "ductus";
import { type HistoryEntry, type Recipe, UsageError } from "ductus/recipe";
import { readHeader } from "../kinds.js";
import { readModel } from "../model-file.js";
import type { Engine } from "./engine.js";
import { bestEpoch, failed, type Outcome, type Rung, ranked, sameOutcome } from "./halving.js";
import type { Job } from "./job.js";
import type { Journal } from "./journal.js";
import type { LiveTable } from "./live.js";
import type { Pool } from "./pool.js";
import type { Settings } from "./space.js";

/** A trial as it is trained. */
export interface Trial {
  /** What makes the recipe and layers, but for the folder of the data. */
  readonly settings: Settings;
  readonly recipe: Recipe;
  readonly layers: readonly number[];
}

export interface Search {
  readonly rungs: readonly Rung[];
  /** Each as it is trained, or the reason why it cannot be; more are proposed while the first rung is run. */
  readonly trials: readonly (Trial | UsageError)[];
  /** Proposes more trials by the results of the first rung so far. Returns whether it did. */
  readonly propose: () => boolean;
  readonly journal: Journal;
  /** Who trains. */
  readonly engine: Engine;
  /** Threads of this process: who trains the best trial again, where its model is elsewhere, or gone. */
  readonly local: Pool;
  readonly live: LiveTable;
  readonly signal: AbortSignal;
  /** Which part of each rung is trained here; undefined for all. */
  readonly shard?: Shard | undefined;
  /** Takes what other shards have done by now. */
  readonly refresh?: (() => Promise<void>) | undefined;
}

/** One of several programs that share out a search; `index` from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
  /** Whether it waits for the others between rungs. */
  readonly wait: boolean;
}

/** A shard has done its part, and others have not. */
export class Waiting extends Error {
  constructor(
    readonly rung: number,
    readonly missing: number,
  ) {
    super(`rung ${rung}: ${missing} results are missing`);
  }
}

/** Milliseconds between two looks at what other shards have done. */
const LOOK_MS = 500;

/** The best trial, at the best of its epochs. */
export interface Best extends Trial {
  readonly trial: number;
  readonly entry: HistoryEntry;
}

/**
 * Runs what the journal does not have yet, and saves the best model.
 * @throws {Waiting} if other shards have to do their part first
 * @throws {Error} if every trial failed, or what ended the search
 */
export async function runSearch(
  search: Search,
  onRung: (rung: number, outcomes: readonly Outcome[]) => void,
): Promise<Best> {
  const { rungs, trials, journal } = search;
  let going: number[] = [];
  while (search.propose()) {
    const proposed = trials.map((_, i) => i + 1).slice(going.length);
    await runRung(search, 1, proposed);
    going = [...going, ...proposed];
  }
  for (let rung = 1; rung <= rungs.length; rung++) {
    if (rung > 1) await runRung(search, rung, going);
    const outcomes = ranked(going.flatMap((trial) => journal.of(trial, rung) ?? []));
    onRung(rung, outcomes);
    const whole = outcomes.filter(({ error }) => error === undefined);
    if (whole.length === 0) throw new Error(`every trial failed, the first one thus: ${outcomes[0].error}`);
    going = whole.slice(0, rungs[rung]?.trials ?? 1).map(({ trial }) => trial);
    await journal.clean((trial, latest) => going.includes(trial) && latest >= rung);
  }
  const [trial] = going;
  const { settings, recipe, layers } = trials[trial - 1] as Trial;
  const history = journal.historyOf(trial, rungs.length);
  const entry = (canEndEarly(recipe) ? bestEpoch(history) : history[history.length - 1]) as HistoryEntry;
  return { trial, entry, settings, layers, recipe: { ...recipe, epochs: entry.epoch } };
}

/** Whether a shorter training is the beginning of a longer one, so that it can end where it is best. */
function canEndEarly({ schedule }: Recipe): boolean {
  return schedule === "constant" || schedule.startsWith("step:");
}

/**
 * Trains all trials that continue up to the end of a rung, or this shard's part of them, as far as the journal has no
 * results of them.
 * @throws {Waiting} if other shards have to do their part first
 */
async function runRung(search: Search, rung: number, going: readonly number[]): Promise<void> {
  const { rungs, trials, journal, engine, live, signal, shard, refresh } = search;
  await refresh?.();
  const missing = () => going.filter((trial) => journal.of(trial, rung) === undefined);
  const done = going.flatMap((trial) => journal.of(trial, rung) ?? []);
  live.begin(`rung ${rung} of ${rungs.length}`, { trials: going.length, epochs: rungs[rung - 1].epochs }, done);
  const onOutcome = async (outcome: Outcome, machine?: string) => {
    await journal.add(outcome);
    live.onOutcome(outcome, machine);
  };
  const isOwn = (trial: number) => shard === undefined || going.indexOf(trial) % shard.count === shard.index - 1;
  const left = missing().filter(isOwn);
  const jobs: Job[] = [];
  for (const trial of left) {
    const what = trials[trial - 1];
    if (what instanceof UsageError) await onOutcome(failed(trial, rung, what.message));
    else jobs.push(jobOf(search, what, trial, rung, left.length));
  }
  await engine.run(jobs, signal, { onEpoch: (trial, epoch) => live.onEpoch(trial, epoch), onOutcome });
  while (missing().length > 0) {
    await refresh?.();
    if (missing().length === 0) return;
    if (shard?.wait !== true) throw new Waiting(rung, missing().length);
    signal.throwIfAborted();
    await sleep(LOOK_MS);
  }
}

function jobOf({ rungs, journal, local }: Search, trained: Trial, trial: number, rung: number, jobs: number): Job {
  const { settings, recipe, layers } = trained;
  const before = rungs[rung - 2];
  return {
    trial,
    rung,
    task: { settings, epochs: rungs.slice(0, rung).map(({ epochs }) => epochs) },
    layers,
    recipe,
    epochs: rungs[rung - 1].epochs,
    // Where there are fewer jobs than cores, they share them.
    threads: chooseThreads(
      layers,
      recipe.batchSize,
      Math.max(1, Math.floor(Math.min(local.size, availableParallelism()) / jobs)),
    ),
    from: before && { path: journal.findCheckpoint(trial, rung - 1), epochs: before.epochs },
    to: journal.checkpoint(trial, rung),
    snapshot: canEndEarly(recipe) ? journal.snapshot(trial) : undefined,
    best: bestEpoch(journal.historyOf(trial, rung - 1)),
  };
}

/**
 * Saves the best model with what its report shows of the search, unless that is done.
 * @returns what there is to say about it, if anything
 * @throws {Error} if it cannot be saved
 */
export async function saveBest(search: Search, { trial, recipe }: Best, summary: string): Promise<string | undefined> {
  const { rungs, journal } = search;
  if (journal.finished && (await isSaved(journal.best.path, summary))) {
    await journal.finish();
    return undefined;
  }
  const { length } = rungs;
  const source = canEndEarly(recipe) ? journal.snapshot(trial) : journal.checkpoint(trial, length);
  // Where others trained, it is not here, or it is not the last one.
  const epochs = await epochsOf(source);
  if (epochs !== recipe.epochs) await trainAgain(search, trial);
  using network = await readModel(source, { threads: 1 });
  const notice = await journal.best.save(network.save({ ...Object.fromEntries(network.metadata), search: summary }));
  await journal.finish();
  return notice;
}

/**
 * Trains a trial from the beginning, here, since its model is on another machine, or somebody removed it. That also
 * checks what was said of it.
 * @throws {Error} if it has another result than it had
 */
async function trainAgain(search: Search, trial: number): Promise<void> {
  const { rungs, journal, local, signal } = search;
  const job = { ...jobOf(search, search.trials[trial - 1] as Trial, trial, rungs.length, 1), from: undefined };
  const onOutcome = async ({ history, error }: Outcome) => {
    const before = journal.of(trial, rungs.length) as Outcome;
    const whole = { ...before, history: journal.historyOf(trial, rungs.length) };
    if (sameOutcome(whole, { ...before, history, error })) return;
    throw new Error(
      `trial ${trial}: expected the result that the search has of it, got another one when it was trained again: ` +
        "one of the machines computes wrongly; search again with another --out",
    );
  };
  await local.run([job], signal, { onEpoch: () => {}, onOutcome });
}

/** How many epochs a model has been trained; undefined if it cannot be read. */
async function epochsOf(path: string): Promise<number | undefined> {
  try {
    using network = await readModel(path, { threads: 1 });
    return network.epochs;
  } catch {
    return undefined;
  }
}

/** Whether the model of this search is there, and no other one. */
async function isSaved(path: string, summary: string): Promise<boolean> {
  return (await exists(path)) && (await readHeader(path))?.metadata.search === summary;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
