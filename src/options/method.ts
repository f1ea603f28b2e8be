// The part of the table of options that says by what method a network is trained.

import { OPTIMIZERS } from "../kernels/kernels.js";
import { RANGES } from "../ranges.js";
import { declareOptions } from "./option.js";

const FRACTION = { type: "number", range: RANGES.fraction } as const;
const ADAM = { option: "optimizer", values: OPTIMIZERS.filter((optimizer) => optimizer.startsWith("adam")) };

/** The keys are those of MethodOptions. */
export const METHOD = declareOptions({
  optimizer: {
    flag: "optimizer",
    belongs: "method",
    kind: { type: "choice", choices: OPTIMIZERS },
    default: "sgd",
    value: "HOW",
    help: "sgd, momentum, nesterov, adam or adamw",
    search: "choices",
    form: { group: "method", label: "Optimiser", place: 3 },
  },
  momentum: {
    flag: "momentum",
    belongs: "method",
    kind: FRACTION,
    needs: { option: "optimizer", values: OPTIMIZERS.filter((optimizer) => optimizer !== "sgd") },
    default: 0.9,
    value: "MU",
    help: `of momentum and nesterov; beta1 of adam: ${RANGES.fraction.description}`,
    search: "log-from-1",
    form: { group: "method", label: "Momentum μ", hint: RANGES.fraction.description, place: 4 },
  },
  beta2: {
    flag: "beta2",
    belongs: "method",
    kind: FRACTION,
    needs: ADAM,
    default: 0.999,
    value: "B",
    help: `of adam: ${RANGES.fraction.description}`,
    search: "log-from-1",
    form: { group: "method", label: "β₂ of Adam", hint: RANGES.fraction.description, place: 5 },
  },
  epsilon: {
    flag: "epsilon",
    belongs: "method",
    kind: { type: "number", range: RANGES.learningRate },
    needs: ADAM,
    default: 1e-8,
    value: "E",
    help: `of adam: ${RANGES.learningRate.description}`,
    search: "log",
    form: { group: "method", label: "ε of Adam", hint: RANGES.learningRate.description, place: 6 },
  },
  weightDecay: {
    flag: "weight-decay",
    belongs: "method",
    kind: { type: "number", range: RANGES.weightDecay },
    default: 0,
    value: "L",
    help: `a weight's gradient grows by L times the weight: ${RANGES.weightDecay.description}`,
    search: "log",
    form: { group: "method", label: "Weight decay", hint: RANGES.weightDecay.description, place: 9 },
  },
  averaging: {
    flag: "averaging",
    belongs: "method",
    kind: FRACTION,
    default: 0,
    value: "D",
    help: `use a running average of the weights, with this decay: ${RANGES.fraction.description}`,
    search: "log-from-1",
    form: { group: "method", label: "Averaging of weights", hint: RANGES.fraction.description, place: 12 },
  },
  labelSmoothing: {
    flag: "label-smoothing",
    belongs: "method",
    kind: FRACTION,
    default: 0,
    value: "E",
    help: `fraction of the label that goes to all classes: ${RANGES.fraction.description}`,
    search: "uniform",
    form: { group: "method", label: "Label smoothing", hint: RANGES.fraction.description, place: 11 },
  },
  dropout: {
    flag: "dropout",
    belongs: "method",
    kind: FRACTION,
    needs: { option: "hidden" },
    default: 0,
    value: "P",
    help: `fraction of hidden neurons left out in training: ${RANGES.fraction.description}`,
    search: "uniform",
    form: { group: "method", label: "Dropout", hint: RANGES.fraction.description, place: 10 },
  },
  frozen: {
    flag: "freeze",
    belongs: "method",
    kind: { type: "number", range: RANGES.frozen },
    default: 0,
    value: "N",
    help: `layers, from the first on, that keep their weights and biases: ${RANGES.frozen.description}`,
  },
  patience: {
    flag: "patience",
    belongs: "method",
    kind: { type: "number", range: RANGES.epochs },
    unset: "none",
    value: "N",
    help: `stop after N epochs without progress in validation, keep the best: ${RANGES.epochs.description}`,
    form: { group: "method", label: "Patience", hint: "epochs without progress", place: 14 },
  },
});
