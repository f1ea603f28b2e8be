// ductus tune: searches the options of a training on the validation set.

import { realpath } from "node:fs/promises";
import type { DataSplit } from "ductus/formats";
import { type Recipe, UsageError } from "ductus/recipe";
import { trainingData } from "../data.js";
import { Broker } from "../queue/broker.js";
import { Coordinator } from "../queue/coordinator.js";
import { identityOf } from "../queue/identity.js";
import { portable } from "../queue/messages.js";
import { Interrupted, listenForSignals } from "../signals.js";
import { printError, printLine } from "../terminal.js";
import { helpOf, parseCommand } from "../usage.js";
import { printWarnings } from "../warnings.js";
import { useWide } from "../wide.js";
import { type Rung, rungsOf } from "./halving.js";
import type { Data } from "./job.js";
import { Journal, type SearchSettings } from "./journal.js";
import { bestLines, describe, FURTHER, rungLines, searchJson } from "./lines.js";
import { LiveTable } from "./live.js";
import { type Plan, planOf, settingsOf, TUNE } from "./plan.js";
import { Pool } from "./pool.js";
import { generationsOf, propose } from "./proposals.js";
import { runSearch, type Search, saveBest, type Trial, Waiting } from "./search.js";
import { countTrials, type Draw, drawTrials, optionsOf, type Settings } from "./space.js";
import { summaryOf } from "./summary.js";
import { TrialTable } from "./table.js";

export async function tune(args: readonly string[]): Promise<void> {
  const start = performance.now();
  const values = parseCommand(TUNE, args);
  if (values === undefined) return printLine(helpOf(TUNE));
  const plan = await planOf(values);
  const wide = useWide(values);
  const { recipe } = optionsOf(plan.space.fixed);
  const { warnings, ...data } = await loadData(recipe);
  printWarnings(recipe.data, warnings);
  const settings = await settingsOf(plan, recipe, data);
  const journal = await Journal.open(plan.out, settings, data.validation.length);
  const drawn: Settings[] = [];
  const rungs = rungsOf(countTrials(plan.space, plan.trials), recipe.epochs, plan.reduction);
  const live = new LiveTable(new TrialTable(drawn));
  const local = new Pool(plan.workers, data);
  const interrupt = listenForSignals();
  const { signal } = interrupt;
  const hosts: Hosts = {};
  const end = async () => {
    live.stop();
    await Promise.all([local.close(), hosts.broker?.close()]);
  };
  try {
    const refresh = await takeMerged(plan, journal, data.validation.length);
    if (!plan.json) printLine(`${describe(plan.space, rungs, recipe.seed)}${wide ? ", 256-bit" : ""}`);
    await invite(hosts, plan, { settings, recipe, data, rungs, live, signal });
    const trials: (Trial | UsageError)[] = [];
    const add = (one: Settings) => {
      drawn.push(one);
      trials.push(trialOf({ ...plan.space.fixed, ...one }, recipe, data, settings.hashes?.[0]));
    };
    const propose = proposer(plan, recipe.seed, journal, add);
    const engine = hosts.coordinator ?? local;
    const search = { rungs, trials, propose, journal, engine, local, live, signal, shard: plan.shard, refresh };
    await searchAll(plan, search, drawn, { images: data.validation.length, epochs: recipe.epochs, start });
    await hosts.coordinator?.finish();
    if (hosts.coordinator?.differs) process.exitCode = 1;
  } catch (error) {
    await end();
    await journal.clean(() => true);
    if (error instanceof Waiting) return printLine(waitingLine(error, plan, rungs));
    if (!(error instanceof Interrupted)) throw error;
    printError(`ductus: stopped by ${error.signal}; the same command resumes the search in ${plan.out}`);
    process.exitCode = error.exitCode;
  } finally {
    interrupt.stop();
    await end();
  }
}

/** What proposes a generation of trials at each call, and returns whether there was one. */
function proposer({ space, trials, proposals }: Plan, seed: number, journal: Journal, add: (one: Settings) => void) {
  const count = countTrials(space, trials);
  if (proposals === "random" || count < trials) {
    const drawn = drawTrials(space, trials, seed);
    return () => {
      for (const one of drawn) add(one);
      return drawn.splice(0).length > 0;
    };
  }
  const draws: Draw[] = [];
  const sizes = generationsOf(count);
  return () => {
    const size = sizes.shift();
    if (size === undefined) return false;
    const outcomes = journal.outcomes.filter(({ trial, rung }) => rung === 1 && trial <= draws.length);
    const proposed = propose(space, seed, draws, outcomes, size);
    for (const { settings } of proposed) add(settings);
    draws.push(...proposed);
    return true;
  };
}

/** Other machines, if there are any. */
interface Hosts {
  broker?: Broker;
  coordinator?: Coordinator;
}

/** Connects to the queue that was asked for, if any. */
async function invite(hosts: Hosts, { address }: Plan, { settings, recipe, data, rungs, live, signal }: Invitation) {
  if (address === undefined) return;
  const identity = await identityOf(recipe);
  hosts.broker = await Broker.connect(address, signal, (line) => live.printError(line));
  const validation = data.validation.length;
  hosts.coordinator = new Coordinator(hosts.broker, { identity, settings, validation, rungs: rungs.length });
  live.printError(`ductus: waits for machines that run: ductus worker --queue ${address.shown}`);
}

interface Invitation {
  readonly settings: SearchSettings;
  readonly recipe: Recipe;
  readonly data: Data;
  readonly rungs: readonly Rung[];
  readonly live: LiveTable;
  readonly signal: AbortSignal;
}

/** Searches to the end, and prints and saves what it finds. */
async function searchAll(
  plan: Plan,
  search: Search,
  drawn: readonly Settings[],
  { images, epochs, start }: { readonly images: number; readonly epochs: number; readonly start: number },
): Promise<void> {
  const { rungs, journal, live } = search;
  const print = (lines: readonly string[]) => plan.json || live.printLines(lines);
  const again = journal.finished;
  const best = await runSearch(search, (rung, outcomes) => print(rungLines(rungs, rung, outcomes, live.table)));
  if (plan.shard !== undefined) throw new Waiting(rungs.length, 0);
  const notice = await saveBest(search, best, summaryOf(plan.space, drawn, journal, best.trial));
  const { path } = journal.best;
  print(bestLines(best, drawn.length, images, path, epochs, start));
  if (plan.json) printLine(searchJson(best, drawn, rungs, journal.outcomes, path));
  if (again) print(FURTHER);
  if (notice !== undefined) printError(`ductus: ${notice}`);
}

/** What is said where a shard has nothing to do until others have done their part, or all have. */
function waitingLine({ rung, missing }: Waiting, { shard, out }: Plan, rungs: readonly Rung[]): string {
  const done = `shard ${shard?.index} of ${shard?.count}`;
  if (missing === 0) return `${done}: all rungs are done; ductus tune --merge and the shards' folders saves the best`;
  const count = `${missing} ${missing === 1 ? "result" : "results"}`;
  return (
    `${done}: its part of rung ${rung} of ${rungs.length} is done, in ${out}; ${count} of other shards are missing: ` +
    "the same command goes on when their folders, named after --merge, have them"
  );
}

/** Takes what the folders of --merge have. Returns what takes it again; undefined if there are none. */
async function takeMerged({ merged, shard, out }: Plan, journal: Journal, validation: number) {
  if (merged.length === 0) return undefined;
  const real = (folder: string) => realpath(folder).catch(() => folder);
  const own = await real(out);
  const take = async () => {
    for (const folder of merged) {
      if ((await real(folder)) !== own) await journal.take(folder, validation, shard !== undefined);
    }
  };
  await take();
  return take;
}

async function loadData(recipe: Recipe): Promise<Omit<DataSplit, "test">> {
  // A preset may hold none back, but a search chooses by some.
  return (await trainingData({ ...recipe, validation: recipe.validation || undefined })) as Omit<DataSplit, "test">;
}

/** A trial, or why train does not take its settings. */
function trialOf(given: Settings, { epochs, seed }: Recipe, data: Data, dataHash: string | undefined) {
  const { inputs, classes } = data.training;
  // Always given: neither another machine nor the command line of the best knows the preset, or how many there are.
  const validation = data.validation.length;
  try {
    const { recipe, hidden } = optionsOf(given);
    const all = { ...given, epochs: String(epochs), seed: String(seed), validation: String(validation) };
    const layers = [inputs, ...hidden, classes];
    return { settings: portable(all), recipe: { ...recipe, validation, dataHash }, layers } satisfies Trial;
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}
