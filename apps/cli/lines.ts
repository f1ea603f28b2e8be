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

export function epochLine({ epoch, cost, accuracy, validation, bestEpoch, seconds }: EpochReport): string {
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

/** The result on the test set, the time that all took, and the samples trained a second. */
export function resultLines(
  { bestEpoch, epochs, seed }: Network,
  { accuracy, standardError, correct, count }: Evaluation,
  seconds: number,
  rate: number,
  hash: string,
): string[] {
  return [
    ...(bestEpoch === undefined ? [] : [`used           epoch ${bestEpoch}, the best of ${epochs} in validation`]),
    bold(`test accuracy  ${percent(accuracy)} ± ${percent(standardError)}`) +
      `  (${correct} / ${count}, ± one standard error)`,
    `time           ${formatSeconds(seconds)}, ${formatCount(rate)} samples/s in training`,
    `seed           ${seed}`,
    `weights        sha256 ${hash}`,
  ];
}
