// What a command line of `ductus tune` asks for.

import { availableParallelism } from "node:os";
import { checkEffects, RANGES, type Recipe, UsageError, Values } from "ductus/recipe";
import { hashOf } from "../data.js";
import { Address } from "../queue/address.js";
import { QUEUE } from "../queue/worker.js";
import { type Command, usageError } from "../usage.js";
import { packageVersion } from "../version.js";
import { NO_WIDE } from "../wide.js";
import type { Data } from "./job.js";
import { type SearchSettings, settingsIn } from "./journal.js";
import type { Shard } from "./search.js";
import { parseSpace, type Settings, type Space, searchOptions } from "./space.js";

const TRIALS = { min: 1, max: 10_000, whole: true, description: "a whole number from 1 to 10000" };
const REDUCTION = { min: 2, max: 100, whole: true, description: "a whole number from 2 to 100" };
const PROPOSALS = ["random", "tpe"] as const;
const MAX_SHARDS = 10_000;

export const TUNE: Command = {
  usage: "tune [options] [--merge DIR...]",
  summary: `Searches options of \`ductus train\` on the validation set: tries random settings, keeps the best third,
trains it three times as long, and repeats (successive halving). The test set is not loaded. Prints the command line of
the best, and saves its model.

Options of train can have one value, choices as in 'tanh|relu', or a range as in 0.1..10; epochs, seed, limit
and preset have one value only. Ranges are searched by factors (those of momentum, beta2 and averaging by factors of the
distance to 1), others evenly. A search that was interrupted, even killed, resumes with the same command; its result
depends on its options and the seed alone, not on the workers.

With --queue other machines train, each with \`ductus worker\`. Without a server, --shard I/N does one part of N of each
rung, and --merge takes the results of the other parts from their folders: docs/cluster.md.`,
  arguments: Number.POSITIVE_INFINITY,
  options: {
    trials: { value: "N", help: `trials to start with: ${TRIALS.description}`, default: "27" },
    reduction: {
      value: "R",
      help: `keep the best 1/R of the trials, train them R times as long: ${REDUCTION.description}`,
      default: "3",
    },
    proposals: {
      value: "KIND",
      help: "random, or tpe: two thirds of the trials by a model of the results so far, in generations",
      default: "random",
    },
    workers: {
      value: "N",
      help: `trials that train at the same time: ${RANGES.threads.description} (default: as many as there are cores)`,
    },
    queue: QUEUE,
    shard: {
      value: "I/N",
      help: "train the Ith of N parts of each rung, then end, or wait for --merge to have the others",
    },
    merge: { help: "take the results of the folders named after it first; other options are theirs" },
    wait: { help: "with --shard and --merge: wait for the other shards between rungs; all must run at the same time" },
    json: { help: "print one JSON object at the end, and nothing else" },
    "no-wide": NO_WIDE,
    out: { value: "DIR", help: "folder of the search; its best.safetensors is the best model", default: "tune" },
    ...searchOptions(),
    epochs: { value: "N", help: "of the trials that continue to the end (default: as in train)" },
    "batch-size": { value: "M", help: "samples in a mini-batch (default 4..64)" },
    "learning-rate": { value: "ETA", help: "step size (default: from a tenth to several times what train takes)" },
    validation: { value: "N", help: "training images held back, to choose by: 1 or more (default: a sixth)" },
    seed: { value: "N", help: "decides the trials, their initial weights and order of samples", default: "1" },
  },
};

/** What is to be searched, and by whom. */
export interface Plan {
  readonly space: Space;
  readonly trials: number;
  readonly reduction: number;
  readonly proposals: (typeof PROPOSALS)[number];
  readonly workers: number;
  readonly out: string;
  /** Where other machines take trials from; undefined if this one trains. */
  readonly address: Address | undefined;
  readonly shard: Shard | undefined;
  /** Folders whose results are taken. */
  readonly merged: readonly string[];
  readonly json: boolean;
}

/**
 * @throws {UsageError} for a value or a combination that cannot be used
 * @throws {Error} if a folder of --merge holds no search
 */
export async function planOf(given: Values): Promise<Plan> {
  const merged = given.flag("merge") ? given.args : [];
  if (given.flag("merge") && merged.length === 0)
    throw usageError("tune", "--merge: expected folders after it, got none");
  if (merged.length === 0 && given.args.length > 0) throw usageError("tune", `unexpected argument "${given.args[0]}"`);
  const shard = shardOf(given);
  const values = merged.length > 0 && shard === undefined ? await withSettings(given, merged[0]) : given;
  const space = parseSpace(values.given as Settings);
  checkEffects(values);
  if (space.parameters.length === 0) {
    throw new UsageError("expected an option to search, as in --learning-rate 0.1..10, got one value for each");
  }
  const url = values.text("queue");
  if (url !== undefined && shard !== undefined) {
    throw new UsageError("--shard and --queue: expected one of them: a queue shares out the trials itself");
  }
  return {
    space,
    trials: values.number("trials", TRIALS) as number,
    reduction: values.number("reduction", REDUCTION) as number,
    proposals: values.choice("proposals", PROPOSALS) as (typeof PROPOSALS)[number],
    workers: values.number("workers", RANGES.threads) ?? availableParallelism(),
    out: values.path("out") as string,
    address: url === undefined ? undefined : Address.parse(url),
    shard,
    merged,
    json: values.flag("json"),
  };
}

function shardOf(values: Values): Shard | undefined {
  const text = values.text("shard");
  const wait = values.flag("wait");
  if (text === undefined) {
    if (wait) throw new UsageError("--wait: expected --shard I/N with it, got none");
    return undefined;
  }
  const [, index, count] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (!(index >= 1 && index <= count && count <= MAX_SHARDS)) {
    throw new UsageError(`--shard: expected I/N, as 2/4, with I from 1 to N and N up to ${MAX_SHARDS}, got "${text}"`);
  }
  if (wait && !values.flag("merge")) throw new UsageError("--wait: expected --merge and the shards' folders, got none");
  return { index, count, wait };
}

/** The values with those of the search in a folder, where none are given. */
async function withSettings(values: Values, folder: string): Promise<Values> {
  const { options, trials, epochs, reduction, seed, proposals } = await settingsIn(folder);
  const numbers = Object.entries({ trials, epochs, reduction, seed }).map(([name, value]) => [name, String(value)]);
  const kind = proposals === undefined ? {} : { proposals: String(proposals) };
  return new Values(
    { ...options, ...Object.fromEntries(numbers), ...kind, ...values.given },
    values.args,
    values.options,
  );
}

/** What the journal of a search says that it was asked for. */
export async function settingsOf(
  { space, trials, reduction, proposals }: Plan,
  recipe: Recipe,
  data: Data,
): Promise<SearchSettings> {
  return {
    version: await packageVersion(),
    options: { ...space.options, ...(recipe.data === undefined ? {} : { data: recipe.data }) },
    trials,
    epochs: recipe.epochs,
    reduction,
    seed: recipe.seed,
    ...(proposals === "random" ? {} : { proposals }),
    hashes: recipe.data === undefined ? undefined : [data.training, data.validation].map(hashOf),
  };
}
