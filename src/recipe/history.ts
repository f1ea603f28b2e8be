// What the metadata of a model keep of its epochs, for the learning curves.

import { checkArgument, checkText } from "../arguments.js";
import { checkObject, FormatError } from "../errors.js";
import { datasetAdvice } from "../network/learning.js";
import type { EpochReport } from "../network/trainer.js";
import { checkRange, RANGES } from "../ranges.js";
import { pixelFlags } from "./command.js";

/** What is left of an EpochReport in the metadata, for the learning curves. */
export interface HistoryEntry {
  /** From 1. */
  readonly epoch: number;
  /** The mean cost of the training samples, to six significant digits. */
  readonly cost: number;
  /** The share of the training samples that were read correctly, 0 to 1, to six significant digits. */
  readonly accuracy: number;
  /** The mean cost of the validation samples; undefined without them. */
  readonly validationCost?: number;
  /** The share of the validation samples that were read correctly, 0 to 1; undefined without them. */
  readonly validationAccuracy?: number;
  /** Time taken by training and validation, to three significant digits. */
  readonly seconds: number;
  /** Why the epoch learnt nothing: in a training's first such epoch. */
  readonly warning?: string;
}

/** A longer training keeps every second epoch, every third, ...: the header of a model stays small. */
const MAX_HISTORY = 1000;

/** The history with one more epoch. */
export function addToHistory(history: readonly HistoryEntry[], report: EpochReport, epochs: number): HistoryEntry[] {
  checkArgument("history", "an array of epochs", history, Array.isArray(history));
  checkObject("report", report);
  checkRange("epochs", epochs, RANGES.epochs);
  const { epoch, cost, accuracy, validation, seconds } = report;
  const warning = warningOf(report);
  const round = (value: number) => Number(value.toPrecision(6));
  const entry = {
    epoch,
    cost: round(cost),
    accuracy: round(accuracy),
    validationCost: validation && round(validation.cost),
    validationAccuracy: validation && round(validation.accuracy),
    seconds: Number(seconds.toPrecision(3)),
    ...(warning === undefined || warningIn(history) !== undefined ? {} : { warning }),
  };
  // The latest is always there, until the next replaces it.
  const every = Math.ceil(epochs / MAX_HISTORY);
  return [...history.filter((old) => old.epoch % every === 0 || old.warning !== undefined), entry];
}

/** A report's warning with the advice of the command line, where the library's is for who makes a Dataset. */
function warningOf({ warning, mend }: EpochReport): string | undefined {
  const advice = datasetAdvice(mend);
  if (mend === undefined || !warning?.endsWith(advice)) return warning;
  return `${warning.slice(0, -advice.length)}: give ${pixelFlags(mend)}`;
}

/** Why an epoch learnt nothing, and what to try; undefined if none did so. */
export function warningIn(history: readonly HistoryEntry[]): string | undefined {
  const isHistory = Array.isArray(history) && history.every((entry) => typeof entry === "object" && entry !== null);
  checkArgument("history", "an array of epochs", history, isHistory);
  return history.find(({ warning }) => warning !== undefined)?.warning;
}

/**
 * The learning curves of a model; none if it was not made by `ductus train`.
 * @param epochs how many epochs the model was trained for: the history may have no later ones
 * @throws {FormatError} if they are not what they should be
 */
export function historyOf(
  metadata: ReadonlyMap<string, string>,
  file: string,
  epochs = Number.POSITIVE_INFINITY,
): HistoryEntry[] {
  checkArgument("metadata", "a Map", metadata, metadata instanceof Map);
  checkText("file", file);
  checkArgument("epochs", "a number", epochs, typeof epochs === "number");
  let history: unknown;
  try {
    history = JSON.parse(metadata.get("history") ?? "[]");
  } catch {
    history = undefined;
  }
  const refuse = (expected: string, got: string) =>
    new FormatError(file, `metadata history: expected ${expected}, got ${got} (file corrupt?)`);
  if (!Array.isArray(history) || !history.every(isEntry)) throw refuse("a list of epochs", "something else");
  for (const [i, { epoch }] of history.entries()) {
    const before = i === 0 ? 0 : history[i - 1].epoch;
    if (epoch <= before) throw refuse(`an epoch after ${before}`, String(epoch));
    if (epoch > epochs) throw refuse(`epochs up to ${epochs}, the model's last`, String(epoch));
  }
  return history;
}

/** The keys of a HistoryEntry. */
const ENTRY = {
  epoch: true,
  cost: true,
  accuracy: true,
  validationCost: true,
  validationAccuracy: true,
  seconds: true,
  warning: true,
} as const satisfies Record<keyof HistoryEntry, true>;

/** Whether a value of a JSON file is an entry of a history, and nothing more. */
export function isEntry(entry: unknown): entry is HistoryEntry {
  if (typeof entry !== "object" || entry === null) return false;
  if (!Object.keys(entry).every((key) => Object.hasOwn(ENTRY, key))) return false;
  const { epoch, cost, accuracy, seconds, validationCost = 0, validationAccuracy = 0, warning } = entry as HistoryEntry;
  if (warning !== undefined && typeof warning !== "string") return false;
  if (!Number.isSafeInteger(epoch) || epoch < 1) return false;
  const areShares = [accuracy, validationAccuracy].every((share) => share >= 0 && share <= 1);
  return (
    areShares && seconds >= 0 && [cost, accuracy, seconds, validationCost, validationAccuracy].every(Number.isFinite)
  );
}
