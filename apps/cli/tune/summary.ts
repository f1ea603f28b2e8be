// What the best model keeps of the search that it is from, for its report.

import { FormatError } from "ductus";
import type { SearchedOption, SearchResult, SearchTrial } from "../../report/data.js";
import type { Journal } from "./journal.js";
import type { Parameter, Settings, Space } from "./space.js";

/**
 * Of a longer history every second epoch is kept, every third, ..., and the last: the header of a model stays small.
 */
const MAX_POINTS = 100;

/** The metadata that searchOf() reads. */
export function summaryOf({ parameters }: Space, drawn: readonly Settings[], journal: Journal, best: number): string {
  const trials = drawn.map((settings, i): SearchTrial => {
    const history = journal.historyOf(i + 1, Number.POSITIVE_INFINITY);
    const every = Math.ceil(history.length / MAX_POINTS);
    const kept = history.filter(({ epoch }, k) => epoch % every === 0 || k === history.length - 1);
    return {
      settings: parameters.map(({ name }) => settings[name]),
      points: kept.map(({ epoch, validationAccuracy = 0 }) => ({ epoch, value: validationAccuracy })),
    };
  });
  const search: SearchResult = { options: parameters.map(optionOf), trials, best: best - 1 };
  return JSON.stringify(search);
}

function optionOf(parameter: Parameter): SearchedOption {
  const { name } = parameter;
  if ("choices" in parameter) return { name, scale: "words" };
  const [low] = parameter.range({});
  return { name, scale: low > 0 && ["log", "whole"].includes(parameter.scale) ? "log" : "linear" };
}

/**
 * The search that a model is from; null if there was none.
 * @throws {FormatError} if its metadata are not what they should be
 */
export function searchOf(metadata: ReadonlyMap<string, string>, file: string): SearchResult | null {
  const text = metadata.get("search");
  if (text === undefined) return null;
  try {
    const search = JSON.parse(text) as SearchResult;
    if (isSearch(search)) return search;
  } catch {
    // It is refused below.
  }
  throw new FormatError(
    file,
    "metadata search: expected the trials of ductus tune, got something else (file corrupt?)",
  );
}

function isSearch({ options, trials, best }: SearchResult): boolean {
  const scales = ["linear", "log", "words"];
  const isTrial = ({ settings, points }: SearchTrial) =>
    settings.length === options.length &&
    settings.every(
      (value, i) => typeof value === "string" && (options[i].scale === "words" || Number.isFinite(Number(value))),
    ) &&
    points.every(({ epoch, value }) => Number.isInteger(epoch) && Number.isFinite(value));
  return (
    options.every(({ name, scale }) => typeof name === "string" && scales.includes(scale)) &&
    trials.every(isTrial) &&
    trials[best]?.points.length > 0
  );
}
