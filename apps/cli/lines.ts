// What train and resume print of a training.

import type { Dataset, EpochReport, Evaluation, Network } from "ductus";
import { describeRecipe, type Recipe } from "ductus/recipe";
import { bold, formatCount, formatSeconds, percent } from "./terminal.js";

export const HEADER = "epoch       cost   training            validation       time";

/** How a network is trained; `wide` says whether with vectors of 256 bits. */
export function startLine(
  layers: readonly number[],
  recipe: Recipe,
  training: Dataset,
  threads: number,
  wide: boolean,
): string {
  const { epochs, batchSize, learningRate, initialWeights, seed } = recipe;
  const batches = Math.ceil(training.length / batchSize);
  const parts = [
    `${epochs} ${epochs === 1 ? "epoch" : "epochs"} of ${formatCount(batches)} batches of ${batchSize}`,
    `eta ${learningRate}`,
    ...describeRecipe(recipe),
    ...(threads === 1 ? [] : [`${threads} threads`]),
    ...(wide ? ["256-bit"] : []),
  ];
  return `[${layers.join(", ")}], ${initialWeights} weights, seed ${seed}: ${parts.join(", ")}`;
}

/**
 * How epochs, the result of a training, and where it was saved are printed: for people, or as JSON, an object in a line
 * for each epoch and for the result.
 */
export function linesOf(json: boolean) {
  return json
    ? { epoch: epochJson, result: resultJson, saved: () => [] }
    : { epoch: epochLine, result: resultLines, saved: (shown: string) => [`model          ${shown}`] };
}

function epochJson({ epoch, cost, accuracy, validation, bestEpoch, seconds }: EpochReport): string {
  const { correct, count, accuracy: share, cost: mean } = validation ?? {};
  const validated = validation && { accuracy: share, correct, count, cost: mean };
  return JSON.stringify({ epoch, cost, accuracy, validation: validated, bestEpoch, seconds });
}

function epochLine({ epoch, cost, accuracy, validation, bestEpoch, seconds }: EpochReport): string {
  const score = validation ? `${validation.correct} / ${validation.count}  ${percent(validation.accuracy)}` : "none";
  const columns = [
    String(epoch).padStart(5),
    cost.toFixed(6),
    percent(accuracy).padStart(8),
    score.padStart(21),
    formatSeconds(seconds),
    ...(bestEpoch === epoch ? ["best"] : []),
  ];
  return columns.join("   ");
}

/** What a training comes to. */
interface Result {
  readonly network: Network;
  readonly evaluation: Evaluation;
  /** The time that all took. */
  readonly seconds: number;
  /** Samples trained a second. */
  readonly rate: number;
  /** Of the weights. */
  readonly hash: string;
  /** The name of its file. */
  readonly path: string;
}

function resultJson({ network, evaluation, seconds, rate, hash, path }: Result): string[] {
  const { predictions: _, ...test } = evaluation;
  const { layers, epochs, bestEpoch, seed } = network;
  const result = { model: path, layers, epochs, bestEpoch, test, seconds, samplesPerSecond: rate, seed, weights: hash };
  return [JSON.stringify(result)];
}

function resultLines({ network, evaluation, seconds, rate, hash }: Result): string[] {
  const { accuracy, standardError, correct, count } = evaluation;
  const { bestEpoch, epochs, seed } = network;
  return [
    ...(bestEpoch === undefined ? [] : [`used           epoch ${bestEpoch}, the best of ${epochs} in validation`]),
    bold(`test accuracy  ${percent(accuracy)} ± ${percent(standardError)}`) +
      `  (${correct} / ${count}, ± one standard error)`,
    `time           ${formatSeconds(seconds)}, ${formatCount(rate)} samples/s in training`,
    `seed           ${seed}`,
    `weights        sha256 ${hash}`,
  ];
}
