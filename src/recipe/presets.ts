// Sets of defaults for a training, by the names of options on the command line.

import { freeze } from "../options/option.js";

/** What the presets have in common that see each image distorted anew in each epoch. */
const DISTORTED = {
  hidden: "1000,300",
  activation: "relu",
  cost: "log-likelihood",
  init: "he",
  optimizer: "momentum",
  momentum: "0.9",
  "learning-rate": "0.05",
  schedule: "cosine",
  "batch-size": "64",
  shift: "0.5",
  rotation: "12.5",
  scale: "0.15",
  shear: "0.15",
  elastic: "30",
  sigma: "5",
} as const;

/** What a preset sets: texts of options by their names on the command line. */
type Preset = Readonly<Record<string, string>>;

/**
 * Chosen on the validation set (docs/accuracy.md): the recipe of the notes, and what differs from it in the others.
 * Frozen.
 */
export const PRESETS = freeze({
  /** The recipe of the notes: one hidden layer of 100 sigmoid neurons, trained by plain gradient descent. */
  notes: {} as Preset,
  /** The recipe of chapter 3 of Nielsen's book: cross-entropy and weight decay, for 60 epochs. */
  book: {
    epochs: "60",
    "learning-rate": "0.1",
    cost: "cross-entropy",
    "weight-decay": "1e-4",
  } as Preset,
  /** Two hidden layers, trained for 110 epochs on images distorted anew in each of them. */
  best: {
    ...DISTORTED,
    epochs: "110",
    validation: "0",
  } as Preset,
  /** The layers of `best`, trained for 60 epochs also on generated pictures: other handwriting, and non-digits. */
  hand: {
    ...DISTORTED,
    epochs: "60",
    made: "1.8",
    validation: "5000",
  } as Preset,
} as const);
