// The part of the table of options that says how long and in what steps a network is trained.

import { RANGES } from "../ranges.js";
import { suitedLearningRate } from "./learning-rate.js";
import { declareOptions } from "./option.js";

/** The keys are those of TrainOptions. */
export const TRAINING = declareOptions({
  epochs: {
    flag: "epochs",
    belongs: "training",
    kind: { type: "number", range: RANGES.epochs },
    default: 30,
    basic: true,
    value: "N",
    help: `times through the training data: ${RANGES.epochs.description}`,
    metadata: "target_epochs",
    search: "fixed",
    form: { group: "basic", label: "Epochs", hint: "times through the images", place: 5 },
  },
  batchSize: {
    flag: "batch-size",
    belongs: "training",
    kind: { type: "number", range: RANGES.batchSize },
    default: 10,
    basic: true,
    value: "M",
    help: `samples in a mini-batch, at most all training samples: ${RANGES.batchSize.description}`,
    metadata: "batch_size",
    search: "whole",
    form: { group: "basic", label: "Mini-batch m", hint: "images", place: 4 },
  },
  learningRate: {
    flag: "learning-rate",
    alias: "eta",
    belongs: "training",
    kind: { type: "number", range: RANGES.learningRate },
    derived: { from: (options) => suitedLearningRate(options), suits: ["optimizer", "activation", "cost"] },
    basic: true,
    value: "ETA",
    help:
      `step size: ${RANGES.learningRate.description} (default: what suits optimizer, activation, cost, ` +
      "layers and batch size, 2.5 for the recipe of the notes)",
    metadata: "learning_rate",
    search: "log",
    form: { group: "basic", label: "Learning rate η", hint: "step size", place: 3 },
  },
});
