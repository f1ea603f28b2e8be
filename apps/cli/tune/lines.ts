// What a search prints: a line before it, the results of each rung, and the best of all.

import { accuracyOf } from "ductus";
import { escapeControls, trainCommand } from "ductus/recipe";
import { bold, formatSeconds, percent } from "../terminal.js";
import type { Outcome, Rung } from "./halving.js";
import type { Best } from "./search.js";
import type { Settings, Space } from "./space.js";
import type { TrialTable } from "./table.js";

export function describe({ parameters }: Space, rungs: readonly Rung[], seed: number): string {
  const names = parameters.map(({ name }) => name).join(", ");
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
  return `${count(rungs[0].trials, "trial")} of ${names}, seed ${seed}, in ${count(rungs.length, "rung")}`;
}

export function rungLines(
  rungs: readonly Rung[],
  rung: number,
  outcomes: readonly Outcome[],
  table: TrialTable,
): string[] {
  const { epochs } = rungs[rung - 1];
  const next = rungs[rung]?.trials;
  const going = next === 1 ? ", the best one continues" : `, the best ${next} continue`;
  const title = `rung ${rung} of ${rungs.length}: to epoch ${epochs}${next === undefined ? "" : going}`;
  return ["", bold(title), table.header, ...outcomes.map((outcome) => table.line(outcome))];
}

/** What is said of a search that was finished before. */
export const FURTHER = [
  "",
  "This search was finished before. To search further, give another folder with --out, and another --seed,",
  "more --trials or --epochs, or narrower ranges around the best values.",
];

export function bestLines(
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

/** The same for programs. */
export function searchJson(
  { trial, entry, recipe, layers }: Best,
  drawn: readonly Settings[],
  rungs: readonly Rung[],
  outcomes: readonly Outcome[],
  model: string,
): string {
  const figures = ({ trial, rung, correct, count, cost, error }: Outcome) =>
    error === undefined ? { trial, rung, correct, count, cost } : { trial, rung, error };
  return JSON.stringify({
    rungs,
    trials: drawn,
    outcomes: outcomes.map(figures),
    best: {
      trial,
      epoch: entry.epoch,
      settings: drawn[trial - 1],
      validationAccuracy: entry.validationAccuracy,
      validationCost: entry.validationCost,
      model,
      command: trainCommand(recipe, layers),
    },
  });
}
