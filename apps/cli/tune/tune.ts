// ductus tune: searches the options of a training on the validation set.

import { availableParallelism } from "node:os";
import { accuracyOf } from "ductus";
import type { DataSplit } from "ductus/formats";
import { checkEffects, escapeControls, RANGES, type Recipe, trainCommand, UsageError } from "ductus/recipe";
import { hashOf, trainingData } from "../data.js";
import { Interrupted, listenForSignals } from "../signals.js";
import { bold, formatSeconds, percent, printError, printLine } from "../terminal.js";
import { type Command, helpOf, parseCommand } from "../usage.js";
import { packageVersion } from "../version.js";
import { printWarnings } from "../warnings.js";
import { NO_WIDE, useWide } from "../wide.js";
import { type Outcome, type Rung, rungsOf } from "./halving.js";
import type { Data } from "./job.js";
import { Journal } from "./journal.js";
import { LiveTable } from "./live.js";
import { Pool } from "./pool.js";
import { type Best, runSearch, type Search, saveBest, type Trial } from "./search.js";
import { drawTrials, optionsOf, parseSpace, type Settings, type Space, searchOptions } from "./space.js";
import { summaryOf } from "./summary.js";
import { TrialTable } from "./table.js";

const TRIALS = { min: 1, max: 10_000, whole: true, description: "a whole number from 1 to 10000" };
const REDUCTION = { min: 2, max: 100, whole: true, description: "a whole number from 2 to 100" };

export const TUNE: Command = {
  usage: "tune [options]",
  summary: `Searches options of \`ductus train\` on the validation set: tries random settings, keeps the best third,
trains it three times as long, and repeats (successive halving). The test set is not loaded. Prints the command line of
the best, and saves its model.

Options of train can have one value, choices as in 'tanh|relu', or a range as in 0.1..10; epochs, seed, limit
and preset have one value only. Ranges are searched by factors (those of momentum, beta2 and averaging by factors of the
distance to 1), others evenly. A search that was interrupted, even killed, resumes with the same command; its result
depends on its options and the seed alone, not on the workers.`,
  arguments: 0,
  options: {
    trials: { value: "N", help: `trials to start with: ${TRIALS.description}`, default: "27" },
    reduction: {
      value: "R",
      help: `keep the best 1/R of the trials, train them R times as long: ${REDUCTION.description}`,
      default: "3",
    },
    workers: {
      value: "N",
      help: `trials that train at the same time: ${RANGES.threads.description} (default: as many as there are cores)`,
    },
    "no-wide": NO_WIDE,
    out: { value: "DIR", help: "folder of the search; its best.safetensors is the best model", default: "tune" },
    ...searchOptions(),
    epochs: { value: "N", help: "of the trials that continue to the end (default: as in train)" },
    "batch-size": { value: "M", help: "samples in a mini-batch (default 4..64)" },
    "learning-rate": { value: "ETA", help: "step size (default: from a tenth to several times what train takes)" },
    validation: { value: "N", help: "training images held back, to choose by: 1 or more (default: a sixth)" },
    seed: { value: "N", help: "decides the trials, their initial weights and order of samples", default: "1" },
    json: { help: "print JSON: the best trial, its command line and model" },
  },
};

export async function tune(args: readonly string[]): Promise<void> {
  const start = performance.now();
  const values = parseCommand(TUNE, args);
  if (values === undefined) return printLine(helpOf(TUNE));
  const count = values.number("trials", TRIALS) as number;
  const reduction = values.number("reduction", REDUCTION) as number;
  const workers = values.number("workers", RANGES.threads) ?? availableParallelism();
  const out = values.path("out") as string;
  const space = parseSpace(values.given as Settings);
  checkEffects(values);
  if (space.parameters.length === 0) {
    throw new UsageError("expected an option to search, as in --learning-rate 0.1..10, got one value for each");
  }
  const wide = useWide(values);
  const { recipe } = optionsOf(space.fixed);
  const { epochs, seed } = recipe;
  const { warnings, ...data } = await loadData(recipe);
  printWarnings(recipe.data, warnings);
  const hashes = recipe.data === undefined ? undefined : [data.training, data.validation].map(hashOf);
  const settings = {
    version: await packageVersion(),
    options: { ...space.options, ...(recipe.data === undefined ? {} : { data: recipe.data }) },
    trials: count,
    epochs,
    reduction,
    seed,
    hashes,
  };
  const journal = await Journal.open(out, settings, data.validation.length);
  const drawn = drawTrials(space, count, seed);
  const rungs = rungsOf(drawn.length, epochs, reduction);
  const table = new TrialTable(drawn);
  const live = new LiveTable(table);
  const pool = new Pool(workers, data);
  const interrupt = listenForSignals();
  const trials = drawn.map((settings) => trialOf({ ...space.fixed, ...settings }, data, hashes?.[0]));
  const again = journal.finished;
  const search: Search = { rungs, trials, journal, pool, live, signal: interrupt.signal };
  const json = values.flag("json");
  const printLines = (lines: readonly string[]) => (json ? undefined : live.printLines(lines));
  printLines([`${describe(space, rungs, seed)}${wide ? ", 256-bit" : ""}`]);
  try {
    const best = await runSearch(search, (rung, outcomes) => printLines(rungLines(rungs, rung, outcomes, table)));
    const notice = await saveBest(search, best, summaryOf(space, drawn, journal, best.trial));
    printLines(bestLines(best, drawn.length, data.validation.length, journal.best.path, epochs, start));
    if (json) live.printLines([bestJson(best, drawn.length, data.validation.length, journal.best.path)]);
    if (again) printLines(FURTHER);
    if (notice !== undefined) printError(`ductus: ${notice}`);
  } catch (error) {
    live.stop();
    await pool.close();
    await journal.clean(() => true);
    if (!(error instanceof Interrupted)) throw error;
    printError(`ductus: stopped by ${error.signal}; the same command resumes the search in ${out}`);
    process.exitCode = error.exitCode;
  } finally {
    live.stop();
    interrupt.stop();
    await pool.close();
  }
}

async function loadData(recipe: Recipe): Promise<Omit<DataSplit, "test">> {
  // A preset may hold none back, but a search chooses by some.
  return (await trainingData({ ...recipe, validation: recipe.validation || undefined })) as Omit<DataSplit, "test">;
}

/** A trial, or why train does not take its settings. */
function trialOf(settings: Settings, data: Data, dataHash: string | undefined): Trial | UsageError {
  const { inputs, classes } = data.training;
  try {
    const { recipe, hidden } = optionsOf(settings);
    // Always given: the command line of the best names no preset, but has to divide the data as this one did.
    const validation = data.validation.length;
    return { recipe: { ...recipe, validation, dataHash }, layers: [inputs, ...hidden, classes] };
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

function describe({ parameters }: Space, rungs: readonly Rung[], seed: number): string {
  const names = parameters.map(({ name }) => name).join(", ");
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
  return `${count(rungs[0].trials, "trial")} of ${names}, seed ${seed}, in ${count(rungs.length, "rung")}`;
}

function rungLines(rungs: readonly Rung[], rung: number, outcomes: readonly Outcome[], table: TrialTable): string[] {
  const { epochs } = rungs[rung - 1];
  const next = rungs[rung]?.trials;
  const going = next === 1 ? ", the best one continues" : `, the best ${next} continue`;
  const title = `rung ${rung} of ${rungs.length}: to epoch ${epochs}${next === undefined ? "" : going}`;
  return ["", bold(title), table.header, ...outcomes.map((outcome) => table.line(outcome))];
}

/** What is said of a search that was finished before. */
const FURTHER = [
  "",
  "This search was finished before. To search further, give another folder with --out, and another --seed,",
  "more --trials or --epochs, or narrower ranges around the best values.",
];

function bestJson({ trial, entry, recipe, layers }: Best, trials: number, images: number, model: string): string {
  const { epoch, validationAccuracy = 0 } = entry;
  const correct = Math.round(validationAccuracy * images);
  const validation = { ...accuracyOf(correct, images), correct, count: images };
  return JSON.stringify({ trial, trials, epoch, validation, model, layers, command: trainCommand(recipe, layers) });
}

function bestLines(
  { trial, entry, recipe, layers }: Best,
  trials: number,
  images: number,
  file: string,
  epochs: number,
  start: number,
) {
  const correct = Math.round((entry.validationAccuracy ?? 0) * images);
  const { accuracy, standardError } = accuracyOf(correct, images);
  // Else the figures below would seem to contradict those of the last rung.
  const place = entry.epoch === epochs ? "" : `, its best (the last rung shows epoch ${epochs})`;
  return [
    "",
    `best trial     ${trial}, after epoch ${entry.epoch}${place}`,
    bold(`validation     ${percent(accuracy)} ± ${percent(standardError)}`) +
      `  (${correct} / ${images}, ± one standard error)`,
    `               as the best of ${trials} it is likely to do less well on new data`,
    `time           ${formatSeconds((performance.now() - start) / 1000)}`,
    `model          ${escapeControls(file)}`,
    `train again    ${trainCommand(recipe, layers)}`,
  ];
}
