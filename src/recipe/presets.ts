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

/**
 * Chosen on the validation set (docs/accuracy.md): the recipe of the notes, and what differs from it in the others.
 * Frozen.
 */
export const PRESETS = freeze({
  notes: {},
  book: {
    epochs: "60",
    "learning-rate": "0.1",
    cost: "cross-entropy",
    "weight-decay": "1e-4",
  },
  best: {
    ...DISTORTED,
    epochs: "110",
    validation: "0",
  },
  hand: {
    ...DISTORTED,
    epochs: "60",
    made: "1.6",
    validation: "5000",
  },
} as const satisfies Record<string, Record<string, string>>);
