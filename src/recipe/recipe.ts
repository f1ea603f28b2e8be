// How a network is trained: what options make, models keep in their metadata, and a training takes.

import { checkArgument, hasObjects } from "../arguments.js";
import type { PixelOptions } from "../data/dataset.js";
import type { Distortions } from "../data/distortions.js";
import type { KernelOptions } from "../kernels/create.js";
import type { Activation, Cost, InitialWeights } from "../kernels/kernels.js";
import type { MethodOptions } from "../network/method.js";
import type { NetworkOptions } from "../network/options.js";
import { cosineSchedule, type Schedule, stepSchedule, warmUp } from "../network/schedules.js";
import type { TrainOptions } from "../network/trainer.js";
import type { OptionValue, TrainingOption } from "../options/option.js";
import { SCHEDULE } from "./options.js";

/**
 * How a network is trained, and on what. The values of the options are in the table of options under the same names.
 */
export interface Recipe extends PixelOptions {
  /** The last epoch. */
  readonly epochs: number;
  /** m, the samples in a mini-batch: 1 to the number of training samples. */
  readonly batchSize: number;
  /** The highest. */
  readonly learningRate: number;
  /** constant, cosine, or step:N:F, times F every N epochs. */
  readonly schedule: string;
  /** Epochs in which the learning rate rises. */
  readonly warmUp: number;
  /** Those that were given. */
  readonly method: MethodOptions;
  /** Those that were given. */
  readonly distortions: Distortions;
  /** The file of the model whose weights it starts with; undefined for random ones. */
  readonly from?: string;
  /** Decides all that is random: a whole number from 0 to 2^32 - 1. */
  readonly seed: number;
  /** How the initial weights are drawn. */
  readonly initialWeights: InitialWeights;
  /** The activation function of the hidden layers. */
  readonly activation: Activation;
  /** What training minimises, and with it the function of the output layer. */
  readonly cost: Cost;
  /** The file or folder with the data; undefined for MNIST. */
  readonly data: string | undefined;
  /** Which of several data sets in that folder, as EMNIST's; undefined for the only one. */
  readonly split?: string;
  /** The column of the labels in CSV files: "first", "last", or its name; undefined for what looks like it. */
  readonly label?: string;
  /** SHA-256 of the training data; undefined for MNIST, which is checked whenever it is loaded. */
  readonly dataHash?: string;
  /** How many of the training images are held back for validation; undefined for a sixth. */
  readonly validation: number | undefined;
  /** How many of the training samples are used; undefined for all. */
  readonly limit: number | undefined;
  /** How many pictures are made for each training sample; undefined for none. */
  readonly made?: number;
}

/**
 * Whether an option is kept with others of its kind, in a field of the recipe that is called like what it belongs to.
 */
export function isNested({ belongs }: TrainingOption): boolean {
  return belongs === "method" || belongs === "distortions";
}

/** An option's value in a recipe; undefined if it has none. */
export function valueIn(recipe: object, key: string, option: TrainingOption): OptionValue | undefined {
  const fields = recipe as Readonly<Record<string, unknown>>;
  return (isNested(option) ? (fields[option.belongs] as typeof fields)[key] : fields[key]) as OptionValue | undefined;
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

/** @throws {TypeError} unless it is a recipe */
export function checkRecipe(recipe: Recipe): void {
  const isRecipe = hasObjects(recipe, "method", "distortions");
  checkArgument("recipe", "a recipe, as recipeFrom() or recipeOf() makes it", recipe, isRecipe);
}

/** What Network.create() takes of a recipe: all but the layers, and what computes. */
export function networkOptionsOf(recipe: Recipe): Omit<NetworkOptions, "layers" | keyof KernelOptions> {
  checkRecipe(recipe);
  const { seed, initialWeights, activation, cost } = recipe;
  return { seed, initialWeights, activation, cost };
}

/** What the library's train() takes of a recipe, but for the number of epochs. */
export function trainOptionsOf(recipe: Recipe): Omit<TrainOptions, "epochs"> {
  checkRecipe(recipe);
  const { method, distortions, batchSize } = recipe;
  return { ...method, distortions, batchSize, learningRate: learningRateOf(recipe) };
}
