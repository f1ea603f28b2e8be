// What a report shows: written by `ductus report`, read by its page. Ratios and activations are 0 to 1.

import type { Epoch } from "../ui/curves.js";
import type { ImageSize, Sprite } from "../ui/images.js";
import type { TestMistake } from "../ui/mistakes.js";

/** A larger confusion matrix would be hard to read, and slow in a browser. */
export const MOST_MATRIX_CLASSES = 256;

/** One class. A ratio of 0 to 0 is null: JSON has no NaN. */
export interface ClassRow {
  readonly label: number;
  readonly count: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

export interface TestResult {
  readonly count: number;
  readonly correct: number;
  readonly cost: number;
  /** Standard error of the accuracy. */
  readonly standardError: number;
  /** Counts at [label][prediction]; null with more than MOST_MATRIX_CLASSES classes. */
  readonly confusion: readonly (readonly number[])[] | null;
  /** What the classes are called, by label; null if they have numbers only. */
  readonly names: readonly string[] | null;
  /** By label. */
  readonly classes: readonly ClassRow[];
  /** All misread images, the most confident first. */
  readonly mistakes: readonly TestMistake[];
  /** The mistakes' images in the same order: 0 is paper, 255 ink. */
  readonly sprite: Sprite;
}

/** An option that `ductus tune` searched. */
export interface SearchedOption {
  readonly name: string;
  /** Numbers on a linear or a logarithmic scale, or words. */
  readonly scale: "linear" | "log" | "words";
}

export interface SearchTrial {
  /** One for each option. */
  readonly settings: readonly string[];
  /** One for each epoch; none if the trial failed. */
  readonly points: readonly { readonly epoch: number; readonly value: number }[];
}

/** The search that found the model. Values are accuracies on the validation data. */
export interface SearchResult {
  readonly options: readonly SearchedOption[];
  readonly trials: readonly SearchTrial[];
  /** Index of the best trial. */
  readonly best: number;
}

export interface ReportData {
  /** The model's file name. */
  readonly title: string;
  /** The version of Ductus. */
  readonly version: string;
  /** The command that trains this model again; null if the model has no recipe. */
  readonly command: string | null;
  readonly network: { readonly layers: readonly number[]; readonly parameters: number };
  /** Batch size, learning rate, seed, data: shown in this order. */
  readonly configuration: readonly (readonly [label: string, value: string])[];
  /** SHA-256 of the weights, in hexadecimal. */
  readonly hash: string;
  /** The size of every image, in pixels. */
  readonly image: ImageSize;
  readonly history: readonly Epoch[];
  /** Null for a model that did not come from a search. */
  readonly search: SearchResult | null;
  readonly test: TestResult;
  /** The first layer, one image for each neuron: 128 is a weight of 0, 255 the largest. */
  readonly weights: { readonly neurons: number; readonly sprite: Sprite } | null;
}
