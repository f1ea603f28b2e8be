// A search from its first trial to its best: rung after rung, each trial continuing from its checkpoint.

import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { chooseThreads } from "ductus";
import { type HistoryEntry, type Recipe, UsageError } from "ductus/recipe";
import { readHeader } from "../kinds.js";
import { readModel } from "../model-file.js";
import { bestEpoch, failed, type Outcome, type Rung, ranked } from "./halving.js";
import type { Job } from "./job.js";
import type { Journal } from "./journal.js";
import type { LiveTable } from "./live.js";
import type { Pool } from "./pool.js";

/** A trial as it is trained. */
export interface Trial {
  readonly recipe: Recipe;
  readonly layers: readonly number[];
}

export interface Search {
  readonly rungs: readonly Rung[];
  /** Each as it is trained, or the reason why it cannot be. */
  readonly trials: readonly (Trial | UsageError)[];
  readonly journal: Journal;
  readonly pool: Pool;
  readonly live: LiveTable;
  readonly signal: AbortSignal;
}

/** The best trial, at the best of its epochs. */
export interface Best extends Trial {
  readonly trial: number;
  readonly entry: HistoryEntry;
}

/**
 * Runs what the journal does not have yet, and saves the best model.
 * @throws {Error} if every trial failed, or what ended the search
 */
export async function runSearch(
  search: Search,
  onRung: (rung: number, outcomes: readonly Outcome[]) => void,
): Promise<Best> {
  const { rungs, trials, journal } = search;
  let going = trials.map((_, i) => i + 1);
  for (let rung = 1; rung <= rungs.length; rung++) {
    await runRung(search, rung, going);
    const outcomes = ranked(going.flatMap((trial) => journal.of(trial, rung) ?? []));
    onRung(rung, outcomes);
    const whole = outcomes.filter(({ error }) => error === undefined);
    if (whole.length === 0) throw new Error(`every trial failed, the first one thus: ${outcomes[0].error}`);
    going = whole.slice(0, rungs[rung]?.trials ?? 1).map(({ trial }) => trial);
    await journal.clean((trial, latest) => going.includes(trial) && latest >= rung);
  }
  const [trial] = going;
  const { recipe, layers } = trials[trial - 1] as Trial;
  const history = journal.historyOf(trial, rungs.length);
  const entry = (canEndEarly(recipe) ? bestEpoch(history) : history[history.length - 1]) as HistoryEntry;
  return { trial, entry, layers, recipe: { ...recipe, epochs: entry.epoch } };
}

/** Whether a shorter training is the beginning of a longer one, so that it can end where it is best. */
function canEndEarly({ schedule }: Recipe): boolean {
  return schedule === "constant" || schedule.startsWith("step:");
}

/** Trains all trials that continue up to the end of a rung, as far as the journal has no results of them. */
async function runRung(search: Search, rung: number, going: readonly number[]): Promise<void> {
  const { rungs, trials, journal, pool, live, signal } = search;
  const done = going.flatMap((trial) => journal.of(trial, rung) ?? []);
  live.begin(`rung ${rung} of ${rungs.length}`, { trials: going.length, epochs: rungs[rung - 1].epochs }, done);
  const onOutcome = async (outcome: Outcome) => {
    await journal.add(outcome);
    live.onOutcome(outcome);
  };
  const left = going.filter((trial) => journal.of(trial, rung) === undefined);
  const jobs: Job[] = [];
  for (const trial of left) {
    const what = trials[trial - 1];
    if (what instanceof UsageError) await onOutcome(failed(trial, rung, what.message));
    else jobs.push(jobOf(search, what, trial, rung, left.length));
  }
  await pool.run(jobs, signal, { onEpoch: (trial, epoch) => live.onEpoch(trial, epoch), onOutcome });
}

function jobOf({ rungs, journal, pool }: Search, { recipe, layers }: Trial, trial: number, rung: number, jobs: number) {
  const before = rungs[rung - 2];
  const job: Job = {
    trial,
    rung,
    layers,
    recipe,
    epochs: rungs[rung - 1].epochs,
    // Where there are fewer jobs than cores, they share them.
    threads: chooseThreads(
      layers,
      recipe.batchSize,
      Math.max(1, Math.floor(Math.min(pool.size, availableParallelism()) / jobs)),
    ),
    from: before && { path: journal.checkpoint(trial, rung - 1), epochs: before.epochs },
    to: journal.checkpoint(trial, rung),
    snapshot: canEndEarly(recipe) ? journal.snapshot(trial) : undefined,
    best: bestEpoch(journal.historyOf(trial, rung - 1)),
  };
  return job;
}

/**
 * Saves the best model with what its report shows of the search, unless that is done.
 * @returns what there is to say about it, if anything
 * @throws {Error} if it cannot be saved
 */
export async function saveBest(search: Search, { trial, recipe }: Best, summary: string): Promise<string | undefined> {
  const { rungs, journal, pool, signal } = search;
  if (journal.finished && (await isSaved(journal.best.path, summary))) {
    await journal.finish();
    return undefined;
  }
  const { length } = rungs;
  const source = canEndEarly(recipe) ? journal.snapshot(trial) : journal.checkpoint(trial, length);
  if (!(await exists(source))) {
    // Somebody removed it: it is made again, from the beginning.
    const whole = search.trials[trial - 1] as Trial;
    const job = { ...jobOf(search, whole, trial, length, 1), from: undefined };
    await pool.run([job], signal, { onEpoch: () => {}, onOutcome: async () => {} });
  }
  using network = await readModel(source, { threads: 1 });
  const notice = await journal.best.save(network.save({ ...Object.fromEntries(network.metadata), search: summary }));
  await journal.finish();
  return notice;
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
