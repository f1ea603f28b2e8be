// How a network is trained: given on the command line, kept in the model's metadata, and read back from there to resume.

import type { Distortions } from "../data/distortions.js";
import { FormatError } from "../errors.js";
import type { Activation, Cost, InitialWeights } from "../kernels/kernels.js";
import type { MethodOptions } from "../network/method.js";
import { cosineSchedule, type Schedule, stepSchedule, warmUp } from "../network/schedules.js";
import type { EpochReport, TrainOptions } from "../network/trainer.js";
import { checkRange, RANGES, type Range } from "../ranges.js";

export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  /** The highest. */
  readonly learningRate: number;
  /** constant, cosine, or step:N:F, times F every N epochs. */
  readonly schedule: string;
  /** Epochs in which the learning rate rises. */
  readonly warmUp: number;
  readonly method: MethodOptions;
  readonly distortions: Distortions;
  readonly seed: number;
  readonly initialWeights: InitialWeights;
  readonly activation: Activation;
  readonly cost: Cost;
  /** The folder with the data; undefined for MNIST. */
  readonly data: string | undefined;
  /** SHA-256 of the training data; undefined for MNIST, which is checked whenever it is loaded. */
  readonly dataHash?: string;
  /** How many of the training images are held back for validation; undefined for a sixth. */
  readonly validation: number | undefined;
  /** How many of the training samples are used; undefined for all. */
  readonly limit: number | undefined;
}

/** What is left of an EpochReport in the metadata, for the learning curves. */
export interface HistoryEntry {
  readonly epoch: number;
  readonly cost: number;
  readonly accuracy: number;
  readonly validationCost?: number;
  readonly validationAccuracy?: number;
  readonly seconds: number;
}

/** A longer training keeps every second epoch, every third, ...: the header of a model stays small. */
const MAX_HISTORY = 1000;

/** The history with one more epoch. */
export function addToHistory(
  history: readonly HistoryEntry[],
  { epoch, cost, accuracy, validation, seconds }: EpochReport,
  epochs: number,
): HistoryEntry[] {
  const round = (value: number) => Number(value.toPrecision(6));
  const entry = {
    epoch,
    cost: round(cost),
    accuracy: round(accuracy),
    validationCost: validation && round(validation.cost),
    validationAccuracy: validation && round(validation.accuracy),
    seconds: Number(seconds.toPrecision(3)),
  };
  // The latest is always there, until the next replaces it.
  const every = Math.ceil(epochs / MAX_HISTORY);
  return [...history.filter((old) => old.epoch % every === 0), entry];
}

/** The metadata that recipeOf() and historyOf() read. */
export function recipeMetadata(recipe: Recipe, history: readonly HistoryEntry[]): Record<string, string> {
  return {
    target_epochs: String(recipe.epochs),
    batch_size: String(recipe.batchSize),
    learning_rate: String(recipe.learningRate),
    schedule: recipe.schedule,
    warm_up: String(recipe.warmUp),
    method_options: JSON.stringify(recipe.method),
    distortions: JSON.stringify(recipe.distortions),
    ...(recipe.validation === undefined ? {} : { validation: String(recipe.validation) }),
    ...(recipe.data === undefined ? {} : { data: recipe.data }),
    ...(recipe.dataHash === undefined ? {} : { data_sha256: recipe.dataHash }),
    ...(recipe.limit === undefined ? {} : { limit: String(recipe.limit) }),
    history: JSON.stringify(history),
  };
}

/**
 * The recipe of a model that `ductus train` wrote.
 * @throws {FormatError} if its metadata lack it
 */
export function recipeOf(
  metadata: ReadonlyMap<string, string>,
  network: Pick<Recipe, "seed" | "initialWeights" | "activation" | "cost">,
  file: string,
): Recipe {
  const number = (key: string, range: Range): number => {
    const text = metadata.get(key) ?? "";
    const value = text.trim() === "" ? Number.NaN : Number(text);
    try {
      checkRange(key, value, range);
    } catch {
      throw new FormatError(
        file,
        `metadata ${key}: expected ${range.words}, got "${text}": was it made by ductus train?`,
      );
    }
    return value;
  };
  return {
    epochs: number("target_epochs", RANGES.epochs),
    batchSize: number("batch_size", RANGES.batchSize),
    learningRate: number("learning_rate", RANGES.learningRate),
    schedule: scheduleOf(metadata.get("schedule") ?? "constant", file),
    warmUp: metadata.has("warm_up") ? number("warm_up", RANGES.warmUp) : 0,
    method: options<MethodOptions>("method_options", metadata, file),
    distortions: options<Distortions>("distortions", metadata, file),
    seed: network.seed,
    initialWeights: network.initialWeights,
    activation: network.activation,
    cost: network.cost,
    data: metadata.get("data"),
    dataHash: metadata.get("data_sha256"),
    validation: metadata.has("validation") ? number("validation", RANGES.validation) : undefined,
    limit: metadata.has("limit") ? number("limit", RANGES.limit) : undefined,
  };
}

/**
 * The learning curves of a model; none if it was not made by `ductus train`.
 * @throws {FormatError} if they are not what they should be
 */
export function historyOf(metadata: ReadonlyMap<string, string>, file: string): HistoryEntry[] {
  let history: unknown;
  try {
    history = JSON.parse(metadata.get("history") ?? "[]");
  } catch {
    history = undefined;
  }
  if (!Array.isArray(history) || !history.every(isEntry)) {
    throw new FormatError(file, "metadata history: expected a list of epochs, got something else (file corrupt?)");
  }
  return history;
}

export function isEntry(entry: unknown): entry is HistoryEntry {
  if (typeof entry !== "object" || entry === null) return false;
  const { epoch, cost, accuracy, seconds, validationCost = 0, validationAccuracy = 0 } = entry as HistoryEntry;
  return [epoch, cost, accuracy, seconds, validationCost, validationAccuracy].every(Number.isFinite);
}

/** As the command line has it: N from 1 to 999999, F above 0 and at most 1. */
export const SCHEDULE = /^(?:constant|cosine|step:([1-9]\d{0,5}):(0?\.(?=0*[1-9])\d{1,9}|1(?:\.0{1,9})?))$/;

function scheduleOf(text: string, file: string): string {
  if (!SCHEDULE.test(text)) throw new FormatError(file, "metadata schedule: expected constant, cosine or step:N:F");
  return text;
}

function options<T extends object>(key: string, metadata: ReadonlyMap<string, string>, file: string): T {
  try {
    // Names and numbers are checked where they are used.
    return { ...JSON.parse(metadata.get(key) ?? "{}") };
  } catch {
    throw new FormatError(file, `metadata ${key}: expected a JSON object (file corrupt?)`);
  }
}

/** What the library takes for a recipe's learning rate. */
function learningRateOf({ learningRate, schedule, epochs, ...recipe }: Recipe): number | Schedule {
  const [, every, factor] = SCHEDULE.exec(schedule) ?? [];
  const rest = Math.max(1, epochs - recipe.warmUp);
  let rate: Schedule = () => learningRate;
  if (schedule === "cosine") rate = cosineSchedule(learningRate, rest);
  if (every !== undefined) rate = stepSchedule(learningRate, Number(every), Number(factor));
  if (recipe.warmUp > 0) return warmUp(recipe.warmUp, learningRate, rate);
  return schedule === "constant" ? learningRate : rate;
}

/** What the library's train() takes of a recipe, but for the number of epochs. */
export function trainOptionsOf(recipe: Recipe): Omit<TrainOptions, "epochs"> {
  const { method, distortions, batchSize } = recipe;
  return { ...method, distortions, batchSize, learningRate: learningRateOf(recipe) };
}

/** The command line of a training, to repeat it. */
export function trainCommand(recipe: Recipe, layers: readonly number[]): string {
  const hidden = layers.slice(1, -1).join(",") || "none";
  const options = [
    ["hidden", hidden],
    ["epochs", recipe.epochs],
    ["batch-size", recipe.batchSize],
    ["eta", recipe.learningRate],
    ...(recipe.schedule === "constant" ? [] : [["schedule", recipe.schedule]]),
    ...(recipe.warmUp === 0 ? [] : [["warm-up", recipe.warmUp]]),
    ...(recipe.activation === "sigmoid" ? [] : [["activation", recipe.activation]]),
    ...(recipe.cost === "quadratic" ? [] : [["cost", recipe.cost]]),
    ...flagsOf(recipe),
    ["init", recipe.initialWeights],
    ["seed", recipe.seed],
    ...(recipe.validation === undefined ? [] : [["validation", recipe.validation]]),
    ...(recipe.limit === undefined ? [] : [["limit", recipe.limit]]),
    ...(recipe.data === undefined ? [] : [["data", shellWord(recipe.data)]]),
  ];
  return `ductus train ${options.map(([name, value]) => `--${name} ${value}`).join(" ")}`;
}

/** The options of the command line by those of the library. */
const FLAGS: Readonly<Record<keyof MethodOptions | keyof Distortions, string>> = {
  optimizer: "optimizer",
  momentum: "momentum",
  beta2: "beta2",
  epsilon: "epsilon",
  weightDecay: "weight-decay",
  averaging: "averaging",
  labelSmoothing: "label-smoothing",
  dropout: "dropout",
  patience: "patience",
  shift: "shift",
  rotation: "rotation",
  scale: "scale",
  shear: "shear",
  elastic: "elastic",
  sigma: "sigma",
};

/** Method and distortions as on the command line. */
export function flagsOf({ method, distortions }: Recipe): (readonly [flag: string, value: string | number])[] {
  return Object.entries({ ...method, ...distortions }).map(([name, value]) => [
    FLAGS[name as keyof typeof FLAGS],
    value,
  ]);
}

/** As a shell takes it: quoted if need be. */
export function shellWord(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
