// The part of the table of options that says what a network is before training, but for its layers.

import { ACTIVATIONS, COSTS, INITIAL_WEIGHTS } from "../kernels/kernels.js";
import { RANGES } from "../ranges.js";
import { declareOptions } from "./option.js";

/** The keys are those of Architecture. */
export const NETWORK = declareOptions({
  initialWeights: {
    flag: "init",
    belongs: "start",
    kind: { type: "choice", choices: INITIAL_WEIGHTS },
    default: "scaled",
    basic: true,
    value: "HOW",
    help: "initial weights: scaled, N(0, 1/sqrt(fan-in)), normal, N(0, 1), or he, N(0, sqrt(2/fan-in))",
    search: "choices",
    form: { group: "method", label: "Initial weights", place: 13 },
  },
  activation: {
    flag: "activation",
    belongs: "network",
    kind: { type: "choice", choices: ACTIVATIONS },
    needs: { option: "hidden" },
    default: "sigmoid",
    value: "F",
    help: "of the hidden layers: sigmoid, tanh or relu",
    search: "choices",
    form: { group: "method", label: "Activation", hint: "of hidden layers", place: 1 },
  },
  cost: {
    flag: "cost",
    belongs: "network",
    kind: { type: "choice", choices: COSTS },
    default: "quadratic",
    value: "C",
    help: "quadratic, cross-entropy, or log-likelihood (softmax)",
    search: "choices",
    form: { group: "method", label: "Cost", place: 2 },
  },
  seed: {
    flag: "seed",
    belongs: "start",
    kind: { type: "number", range: RANGES.seed },
    default: 1,
    basic: true,
    value: "N",
    help: `decides initial weights and order of samples: ${RANGES.seed.description}`,
    search: "fixed",
    form: { group: "basic", label: "Seed", hint: "decides all that is random", place: 6 },
  },
});
