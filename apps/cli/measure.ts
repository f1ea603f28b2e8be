// What evaluate and report measure: a model on one of the three parts of the data it was trained with.

import {
  accuracyOf,
  type ClassFigures,
  classFigures,
  confusionMatrix,
  type Dataset,
  type Evaluation,
  type Network,
} from "ductus";
import { commandOptions, OPTIONS, type Option, UsageError, type Values } from "ductus/recipe";
import { testData, withData } from "./data.js";
import { variantReaderOf } from "./reader.js";

export const PARTS = ["test", "validation", "training"] as const;
export type Part = (typeof PARTS)[number];

/** An evaluation by variants of each image has no cost. */
type WithoutCost = Omit<Evaluation, "cost"> & { readonly cost?: undefined };

export interface Measured<Figures extends Evaluation | WithoutCost = Evaluation> {
  readonly dataset: Dataset;
  readonly evaluation: Figures;
  /** [label][prediction] */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ClassFigures[];
}

const { split, label } = OPTIONS;

/** The options that say what a model is measured on. */
export const DATA: Readonly<Record<string, Option>> = {
  data: { value: "PATH", help: "IDX files, CSV, or folders of pictures (default: what the model was trained with)" },
  ...commandOptions({ split, label }),
};

/** What those options say. */
export interface GivenData {
  readonly data: string | undefined;
  readonly split: string | undefined;
  readonly label: string | undefined;
}

/** @throws {UsageError} for a value that cannot be used */
export function dataFrom(values: Values): GivenData {
  return { data: values.path("data"), ...formFrom(values) };
}

/**
 * What of them says how files are read.
 * @throws {UsageError} for a value that cannot be used
 */
export function formFrom(values: Values): Omit<GivenData, "data"> {
  const [set, column] = [split, label].map(({ flag, kind }) => values.value(flag, kind) as string | undefined);
  return { split: set, label: column };
}

/**
 * The data that a model names in its metadata, or others. Where others are to test it, all of them do if they are in
 * one part.
 */
export async function dataOf(network: Network, given: GivenData, part: Part): Promise<Dataset> {
  const { data } = given;
  const count = (key: string, least: number) => {
    const text = network.metadata.get(key) ?? "";
    return /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) >= least ? Number(text) : undefined;
  };
  const { pixelMax, invert, transpose } = network.preparation;
  const kept = (key: string) => (data === undefined ? network.metadata.get(key) : undefined);
  const recipe = {
    pixelMax,
    invert,
    transpose,
    data: data ?? kept("data"),
    dataHash: kept("data_sha256"),
    split: given.split ?? kept("split"),
    label: given.label ?? kept("csv_label"),
    validation: count("validation", 0),
    limit: count("limit", 1),
  };
  if (data !== undefined && part === "test") return testData(data, recipe, network);
  const dataset = (await withData(recipe)).split[part];
  if (dataset === undefined) throw new UsageError(`--set: expected test or training, got ${part}: none was held back`);
  return dataset;
}

export async function measure(network: Network, dataset: Dataset): Promise<Measured> {
  return measuredOf(network, dataset, await network.evaluate(dataset));
}

function measuredOf<Figures extends Evaluation | WithoutCost>(
  network: Network,
  dataset: Dataset,
  evaluation: Figures,
): Measured<Figures> {
  const confusion = confusionMatrix(dataset.labels, evaluation.predictions, network.layers.at(-1) as number);
  return { dataset, evaluation, confusion, classes: classFigures(confusion) };
}

/** Images read at a time, each in eight variants. */
const BLOCK = 500;

/** With a cost or without. */
export type MeasuredSomehow = Measured<Evaluation | WithoutCost>;

/** As measure(), by eight variants of each image. */
export function measureVariants(network: Network, dataset: Dataset): Measured<WithoutCost> {
  const { images, labels, inputs, columns, length: count } = dataset;
  const reader = variantReaderOf(network, columns);
  const predictions = new Uint16Array(count);
  for (let first = 0; first < count; first += BLOCK) {
    const block = Array.from({ length: Math.min(BLOCK, count - first) }, (_, i) =>
      images.subarray((first + i) * inputs, (first + i + 1) * inputs),
    );
    for (const [i, { activations }] of reader.predictAll(block).entries()) {
      predictions[first + i] = Array.from(activations).reduce((best, a, j, all) => (a > all[best] ? j : best), 0);
    }
  }
  const correct = predictions.reduce((sum, prediction, i) => (prediction === labels[i] ? sum + 1 : sum), 0);
  return measuredOf(network, dataset, { count, correct, ...accuracyOf(correct, count), predictions });
}
