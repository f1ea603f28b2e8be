// What evaluate and report measure: a model on one of the three parts of the data it was trained with.

import { type ClassFigures, classFigures, confusionMatrix, type Dataset, type Evaluation, type Network } from "ductus";
import { UsageError } from "ductus/recipe";
import { withData } from "./data.js";

export const PARTS = ["test", "validation", "training"] as const;
export type Part = (typeof PARTS)[number];

export interface Measured {
  readonly dataset: Dataset;
  readonly evaluation: Evaluation;
  /** [label][prediction] */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ClassFigures[];
}

/** The data that a model names in its metadata, or those in another folder. */
export function dataOf(network: Network, data: string | undefined, part: Part): Dataset {
  const count = (key: string, least: number) => {
    const text = network.metadata.get(key) ?? "";
    return /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) >= least ? Number(text) : undefined;
  };
  const { pixelMax, invert, transpose } = network.preparation;
  const dataset = withData({
    pixelMax,
    invert,
    transpose,
    data: data ?? network.metadata.get("data"),
    dataHash: data === undefined ? network.metadata.get("data_sha256") : undefined,
    validation: count("validation", 0),
    limit: count("limit", 1),
  }).split[part];
  if (dataset === undefined) throw new UsageError(`--set: expected test or training, got ${part}: none was held back`);
  return dataset;
}

export async function measure(network: Network, dataset: Dataset): Promise<Measured> {
  const evaluation = await network.evaluate(dataset);
  const confusion = confusionMatrix(dataset.labels, evaluation.predictions, network.layers.at(-1) as number);
  return { dataset, evaluation, confusion, classes: classFigures(confusion) };
}
