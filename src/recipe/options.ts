// The table of options: all that a training can be told, each declared once. The parts that the library checks, too,
// are in ../options.

import { PIXELS } from "../options/data.js";
import { DISTORTIONS } from "../options/distortions.js";
import { MADE_OPTION } from "../options/made.js";
import { METHOD } from "../options/method.js";
import { NETWORK } from "../options/network.js";
import { freeze, type OptionTable } from "../options/option.js";
import { TRAINING } from "../options/training.js";
import { RANGES } from "../ranges.js";
import { PRESETS } from "./presets.js";

/** constant, cosine or step:N:F with N from 1 to 999999, F above 0 and at most 1. */
export const SCHEDULE = /^(?:constant|cosine|step:([1-9]\d{0,5}):(0?\.(?=0*[1-9])\d{1,9}|1(?:\.0{1,9})?))$/;

const { epochs, batchSize, learningRate } = TRAINING;
const { initialWeights, activation, cost, seed } = NETWORK;
const { patience, ...method } = METHOD;

/**
 * Options by their names in a recipe, in the order of help, in which searches draw them, too. The defaults are the
 * recipe of the notes; hidden layer, learning rate and initial weights chosen on the validation set (docs/accuracy.md).
 * Frozen throughout.
 */
export const OPTIONS: OptionTable = freeze({
  epochs,
  batchSize,
  learningRate,
  hidden: {
    flag: "hidden",
    belongs: "layers",
    kind: { type: "sizes", range: RANGES.hidden },
    default: "100",
    basic: true,
    value: "SIZES",
    help: `neurons of the hidden layers, as 30, or 128,64, or none; each ${RANGES.hidden.description}`,
    search: "whole",
    form: { group: "basic", label: "Hidden layers", hint: "30, or 128,64, or none", place: 2 },
  },
  initialWeights,
  preset: {
    flag: "preset",
    belongs: "preset",
    kind: { type: "choice", choices: Object.keys(PRESETS) },
    default: "notes",
    value: "NAME",
    help: "other defaults. book: cross-entropy; best: distorted images; hand: also trains on generated pictures",
    search: "fixed",
    form: {
      group: "basic",
      label: "Recipe",
      place: 1,
      names: {
        notes: "the notes: 97.8 %, in seconds",
        book: "cross-entropy: 98.0 %, in seconds",
        best: "the best: 99.5 %, in minutes",
        hand: "other handwriting and non-digits: 99.4 %, in minutes",
      },
    },
  },
  activation,
  cost,
  ...method,
  ...DISTORTIONS,
  schedule: {
    flag: "schedule",
    belongs: "training",
    kind: {
      type: "pattern",
      pattern: SCHEDULE,
      expected: "constant, cosine, or step:N:F with N from 1 to 999999 and F above 0, up to 1",
    },
    default: "constant",
    value: "HOW",
    help: "of the learning rate: constant, cosine, or step:N:F",
    metadata: "schedule",
    search: "choices",
    form: { group: "method", label: "Schedule of η", hint: "constant, cosine or step:N:F", place: 7 },
  },
  warmUp: {
    flag: "warm-up",
    belongs: "training",
    kind: { type: "number", range: RANGES.warmUp },
    default: 0,
    value: "N",
    help: `epochs in which the learning rate rises: ${RANGES.warmUp.description}`,
    metadata: "warm_up",
    search: "whole",
    form: { group: "method", label: "Warm-up", hint: "epochs in which η rises", place: 8 },
  },
  patience,
  validation: {
    flag: "validation",
    belongs: "data",
    kind: { type: "number", range: RANGES.validation },
    unset: "a sixth",
    value: "N",
    help: "training images held back for validation, 0 for none (default: a sixth)",
    metadata: "validation",
    search: "fixed",
    form: { group: "method", label: "Held back", hint: "images: a sixth, 10000", place: 15 },
  },
  seed,
  from: {
    flag: "from",
    belongs: "start",
    kind: { type: "folder" },
    unset: "random weights",
    value: "FILE",
    help: "start with this model's weights, not random ones; with those of its last layer if the classes are the same",
    metadata: "from",
  },
  limit: {
    flag: "limit",
    belongs: "data",
    kind: { type: "number", range: RANGES.limit },
    unset: "all",
    value: "N",
    help: `train on the first N training samples only: ${RANGES.limit.description}`,
    metadata: "limit",
    search: "fixed",
    form: { group: "method", label: "Train on the first", hint: "images: all", place: 16 },
  },
  ...MADE_OPTION,
  data: {
    flag: "data",
    belongs: "data",
    kind: { type: "folder" },
    unset: "MNIST",
    value: "PATH",
    help: "own data instead of MNIST: IDX files, CSV, or a folder of pictures for each class",
    metadata: "data",
    search: "fixed",
  },
  split: {
    flag: "split",
    belongs: "data",
    kind: { type: "pattern", pattern: /^[\w.+-]{1,40}$/, expected: "the name of a data set, as letters" },
    value: "SET",
    help: "of several IDX data sets in a folder this one, as letters of EMNIST",
    metadata: "split",
    search: "fixed",
  },
  label: {
    flag: "csv-label",
    belongs: "data",
    kind: { type: "pattern", pattern: /^[^\p{C}]{1,100}$/u, expected: "first, last, or the name of a column" },
    value: "COLUMN",
    help: "column of the labels in CSV: first, last, or its name (default: by its looks)",
    metadata: "csv_label",
    search: "fixed",
  },
  ...PIXELS,
} satisfies OptionTable);
