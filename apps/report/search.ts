// The search that found the model: the accuracy of every trial by epoch, and by each option that was searched.

import { makeSample } from "../ui/chart.js";
import { countOf, formatPercent, make, makeTable } from "../ui/elements.js";
import { makeFitted } from "../ui/plot.js";
import type { SearchedOption, SearchResult, SearchTrial } from "./data.js";
import { importances } from "./importance.js";
import { type Axis, accuracyAxis, drawMarks, linearAxis, logAxis, type Mark, wordAxis } from "./scatter.js";

/** A sentence or two on what was searched. */
export function describeSearch(search: SearchResult): string {
  const { options, trials, best } = search;
  const names = options.map(({ name }) => name).join(", ");
  const failures = trials.filter(({ points }) => points.length === 0).length;
  return (
    `The best of ${countOf(trials.length, "trial")} of ${names}, number ${best + 1}, chosen on the validation data: ` +
    "in each round the best trials continued for more epochs. " +
    "The accuracy axes show by what factor the errors fall." +
    `${failures === 0 ? "" : ` ${countOf(failures, "trial")} failed.`}${describeImportance(search)}`
  );
}

/** What mattered most, in a sentence; "" if that cannot be said. */
function describeImportance(search: SearchResult): string {
  const shares = importances(search);
  if (shares === undefined) return "";
  const order = Array.from(shares.keys()).sort((a, b) => shares[b] - shares[a]);
  const list = order.map((k) => `${search.options[k].name} ${Math.round(100 * shares[k])} %`).join(", ");
  return ` Of the spread of the last accuracies each option alone explains: ${list}.`;
}

/** A chart by epoch, and one for each option. */
export function makeSearch(search: SearchResult): HTMLElement[] {
  const { options, trials, best } = search;
  // The best is drawn last, above the others.
  const shown = Array.from(trials.keys())
    .filter((i) => trials[i].points.length > 0)
    .sort((a, b) => Number(a === best) - Number(b === best));
  const key = (i: number) => (i === best ? "best" : "trial");
  const accuracies = (values: readonly number[]) => accuracyAxis("Validation accuracy", values);
  const epochs = shown.flatMap((i) => trials[i].points.map(({ epoch }) => epoch));
  const lines = shown.map(
    (i): Mark => ({
      key: key(i),
      title: titleOf(search, i),
      points: trials[i].points.map(({ epoch, value }) => [epoch, value]),
    }),
  );
  const all = accuracies(shown.flatMap((i) => trials[i].points.map(({ value }) => value)));
  const ends = accuracies(shown.map((i) => accuracyOf(trials[i])));
  const legend = (["best", "trial"] as const).map((key) =>
    make("span", {}, makeSample({ key, points: null }), key === "best" ? "Best trial" : "Others"),
  );
  return [
    makeFigure("Validation accuracy by epoch", lines, logAxis("Epoch", epochs), all, legend),
    ...options.map((option, k) => {
      const axis = axisOf(
        option,
        shown.map((i) => trials[i].settings[k]),
      );
      const points = shown.map(
        (i): Mark => ({
          key: key(i),
          title: titleOf(search, i),
          points: [[axis.valueOf(trials[i].settings[k]), accuracyOf(trials[i])]],
        }),
      );
      return makeFigure(`Last validation accuracy by ${option.name}`, points, axis.axis, ends, []);
    }),
  ];
}

function makeFigure(name: string, marks: readonly Mark[], x: Axis, y: Axis, legend: readonly Node[]): HTMLElement {
  const chart = makeFitted(`${name}, ${countOf(marks.length, "trial")}; the table below has the numbers`, (width) => [
    drawMarks(marks, x, y, width),
  ]);
  return make("figure", {}, make("figcaption", {}, make("b", {}, name), ...legend), chart);
}

/** An axis for an option, and the value of each of its settings. */
function axisOf({ name, scale }: SearchedOption, settings: readonly string[]) {
  if (scale === "words") {
    const words = [...new Set(settings)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    return { axis: wordAxis(name, words), valueOf: (setting: string) => words.indexOf(setting) };
  }
  const axis = (scale === "log" ? logAxis : linearAxis)(name, settings.map(Number));
  return { axis, valueOf: Number };
}

/** The same numbers as a table: exact, and accessible to screen readers. */
export function makeTrials({ options, trials }: SearchResult): HTMLElement {
  const rows = trials.map((trial, i) => [
    String(i + 1),
    ...trial.settings,
    ...(trial.points.length === 0 ? ["–", "failed"] : [String(epochOf(trial)), formatPercent(accuracyOf(trial))]),
  ]);
  const name = "Trials of the search";
  const headers = ["Trial", ...options.map(({ name }) => name), "Epochs", "Validation accuracy"];
  const table = makeTable(name, headers, rows);
  // It scrolls sideways, so it must be reachable by keyboard.
  const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, table);
  return make("details", {}, make("summary", {}, "The trials as a table"), scroll);
}

function titleOf({ options, trials }: SearchResult, i: number): string {
  const settings = options.map(({ name }, k) => `${name} ${trials[i].settings[k]}`).join(", ");
  return `Trial ${i + 1}: ${formatPercent(accuracyOf(trials[i]))} after epoch ${epochOf(trials[i])}, ${settings}`;
}

function accuracyOf({ points }: SearchTrial): number {
  return points[points.length - 1].value;
}

function epochOf({ points }: SearchTrial): number {
  return points[points.length - 1].epoch;
}
