// Figures derived from counts.

import { checkArgument } from "../arguments.js";
import type { KernelEvaluation } from "../kernels/kernels.js";
import { checkRange, RANGES } from "../ranges.js";

/** A share with its standard error, both 0 to 1. */
export interface Accuracy {
  /** p: the share of the images that are read correctly, 0 to 1. */
  readonly accuracy: number;
  /** sqrt(p (1 - p) / n): one standard deviation of the binomial distribution. */
  readonly standardError: number;
}

/** What a network makes of a data set. */
export interface Evaluation extends Accuracy {
  /** Images in the data set. */
  readonly count: number;
  /** How many of them are read correctly. */
  readonly correct: number;
  /** C, the mean over the samples: of 1/2 |y - a^L|^2, if the network's cost is the quadratic one. */
  readonly cost: number;
  /** The most active output for each image, the first of equals: `count` labels. */
  readonly predictions: Uint16Array;
}

/** How well the images of one class are read. */
export interface ClassFigures {
  /** The class, from 0. */
  readonly label: number;
  /** Images of the class. */
  readonly count: number;
  /** The share of them among the images read as this class, 0 to 1; NaN if there are none. */
  readonly precision: number;
  /** The share of them that is read correctly, 0 to 1; NaN if there are none. */
  readonly recall: number;
  /** The harmonic mean of the two; NaN if either is NaN. */
  readonly f1: number;
}

/** Images that can be counted. */
const COUNT = { min: 1, max: Number.MAX_SAFE_INTEGER, whole: true, description: "a whole number from 1" } as const;

/**
 * The accuracy that `correct` of `count` images, 1 or more, estimate.
 * @throws {TypeError | RangeError} unless they are such numbers
 */
export function accuracyOf(correct: number, count: number): Accuracy {
  checkRange("count", count, COUNT);
  checkRange("correct", correct, { ...COUNT, min: 0, max: count, description: `a whole number from 0 to ${count}` });
  const accuracy = correct / count;
  return { accuracy, standardError: Math.sqrt((accuracy * (1 - accuracy)) / count) };
}

/** What kernels measured on `count` images. */
export function evaluationOf({ correct, cost, predictions }: KernelEvaluation, count: number): Evaluation {
  return { count, correct, ...accuracyOf(correct, count), cost, predictions };
}

/**
 * How many images of each label were read as each class: [classes][classes], by label, then prediction.
 * @param labels [count], 0 to classes - 1
 * @param predictions [count], 0 to classes - 1
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): number[][] {
  for (const [name, list] of Object.entries({ labels, predictions }))
    checkArgument(name, "an array of classes", list, Array.isArray(list) || ArrayBuffer.isView(list));
  checkRange("classes", classes, RANGES.classes);
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) matrix[labels[i]][predictions[i]]++;
  return matrix;
}

/** Precision, recall and F1 of each class, from a confusion matrix [label][prediction]. */
export function classFigures(confusion: readonly (readonly number[])[]): ClassFigures[] {
  const isMatrix = Array.isArray(confusion) && confusion.every((row) => Array.isArray(row));
  checkArgument("confusion", "an array of rows, as confusionMatrix() gives it", confusion, isMatrix);
  return confusion.map((row, label) => {
    const count = row.reduce((sum, n) => sum + n, 0);
    const precision = row[label] / confusion.reduce((sum, other) => sum + other[label], 0);
    const recall = row[label] / count;
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return { label, count, precision, recall, f1 };
  });
}
