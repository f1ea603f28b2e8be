// Whether a training learns anything: what an epoch's report says if it does not.

import type { Dataset } from "../data/dataset.js";
import type { Distortions } from "../data/distortions.js";
import { countsOf, type DataWarning } from "../data/inspect.js";
import type { PixelOptions } from "../data/samples.js";
import type { InitialWeights, KernelNetwork } from "../kernels/kernels.js";
import type { Evaluation } from "./metrics.js";
import type { Schedule } from "./schedules.js";

/** With fewer training images an epoch may well end at chance. */
const FEWEST = 500;
/** Standard errors by which an accuracy has to exceed another to count as better. */
const ERRORS = 3;
/** Below so much of the way from chance to 1, a cost that does not fall is no convergence. */
const LOW = 0.25;
/** A cost that changes by a smaller share is flat. */
const FLAT = 0.02;
/** A cost below this share of the epoch before falls fast: with few samples of other classes, guessing is as good. */
const FALLING = 0.8;
/** Outputs with a mean of 4 a (1 - a) below this are saturated: 1 is undecided, 0 is certain. */
const SATURATED = 0.05;
/** With more neurons in a layer, fewer are worth a try. */
const WIDE = 300;
/** So many images are looked at for that. */
const PROBED = 100;
/** A class is never found if it has this share of a fair share, and this many images, and none is read as one. */
const FOUND = { share: 0.5, images: 20 } as const;
/** Classes may still be found while the accuracy rises by this much from epoch to epoch. */
const RISING = 0.05;
/** From these values on, options may keep a network from learning, whatever its learning rate. */
const EXTREME = {
  averaging: 0.999,
  dropout: 0.8,
  labelSmoothing: 0.8,
  momentum: 0.99,
  epsilon: 0.01,
  weightDecay: 0.01,
} as const;
/** The same of distortions; of a shift, in shares of the image's width. */
const EXTREME_DISTORTIONS = { rotation: 90, scale: 0.6, shear: 1, elastic: 200 } as const;
const EXTREME_SHIFT = 0.3;

/** How well an epoch went. */
export interface EpochFigures {
  /** From 1; continues where an earlier training run of the same network ended. */
  readonly epoch: number;
  /** eta of this epoch. */
  readonly learningRate: number;
  /** C: the mean cost of the training samples, each as it was before its mini-batch's update. */
  readonly cost: number;
  /** How many training samples were read correctly, each before its mini-batch's update. */
  readonly correct: number;
  /** `correct` as a fraction of the training samples, 0 to 1. */
  readonly accuracy: number;
  /** How well the network reads the validation data, if there are any. */
  readonly validation?: Evaluation;
}

/** What is known of an epoch but for its figures. */
export interface EpochContext {
  readonly training: Dataset;
  readonly validation?: Dataset;
  /** The network's first epoch and the one before this, if this training run had both. */
  readonly before?: { readonly first: EpochFigures; readonly previous: EpochFigures };
  /** Whether no epoch follows. */
  readonly last: boolean;
  /** The mean of 4 a (1 - a) over outputs a of some training images; asked only if the accuracy is at chance. */
  readonly saturation: () => number;
  /** The learning rate that suits the training: defaultLearningRate(). */
  readonly suited: number;
  /** Neurons of the hidden layers. */
  readonly hidden?: readonly number[];
  readonly initialWeights?: InitialWeights;
  /** What training suffers from in the data. */
  readonly data?: readonly DataWarning[];
  /** How it is trained, as far as that may be the reason. */
  readonly method?: Partial<Record<keyof typeof EXTREME, number>> & {
    readonly distortions?: Distortions;
    readonly learningRate?: number | Schedule;
  };
}

/**
 * What is wrong if an epoch learnt nothing, with advice, in one sentence; undefined if nothing is. The share of the
 * largest class is chance: a network does that well without looking. Learning fails if
 * - the accuracy is at chance, and the outputs are saturated: sigma' is almost 0, and the weights no longer move,
 * - the accuracy is low, is no better than after the first epoch, and the cost does not fall from epoch to epoch,
 * - the accuracy is at chance, and training ends with a cost that does not fall, or
 * - training ends at an accuracy that hardly rises, and no image is read as one of a class of which there are enough.
 * With averaged weights, those are validated: they may be at chance though the weights themselves learn.
 * A first epoch that is only slow is none of these, nor is any with fewer than 500 training images. The thresholds were
 * chosen by training runs with learning rates from 1e-4 to 100 (docs/accuracy.md).
 */
export function noLearning(report: EpochFigures, context: EpochContext): string | undefined {
  const { training, validation } = context;
  if (training.length < FEWEST) return undefined;
  const chance = largestShare(training);
  // One class alone teaches nothing, and is always read correctly.
  if (chance === 1) return undefined;
  const low = chance + LOW * (1 - chance);
  const [accuracy, count, alike] =
    validation === undefined || report.validation === undefined
      ? [report.accuracy, training.length, chance]
      : [report.validation.accuracy, validation.length, largestShare(validation)];
  // Who knows the training images by heart has learnt something, though it be of no use.
  const isGuess = accuracy <= alike + ERRORS * Math.sqrt((alike * (1 - alike)) / count);
  const averaged = (context.method?.averaging ?? 0) > 0;
  if (isGuess && averaged && report.accuracy >= low && (context.last || context.before !== undefined)) {
    return (
      `epoch ${report.epoch}: the averaged weights have learnt nothing, the weights themselves have ` +
      `(${percent(accuracy)} and ${percent(report.accuracy)} are read correctly); ` +
      `try a lower averaging than ${context.method?.averaging}, or more epochs`
    );
  }
  const problem = problemOf(
    report,
    context,
    report.accuracy < low && isGuess,
    Math.max(accuracy, report.accuracy) < low,
  );
  if (problem === undefined) return isGuess ? undefined : unfound(report, context);
  const score = `${percent(accuracy)} are read correctly, always guessing one class gives ${percent(alike)}`;
  const advice = adviceFor(report.learningRate, context);
  return `epoch ${report.epoch} learnt nothing: ${problem} (${score}); ${advice}`;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** What is wrong if classes are never found at the end of a training. */
function unfound(report: EpochFigures, context: EpochContext): string | undefined {
  const { training, validation, before, last } = context;
  if (!last || validation === undefined || report.validation === undefined || before === undefined) return undefined;
  if (report.validation.accuracy > (before.previous.validation?.accuracy ?? 0) + RISING) return undefined;
  const found = new Set(report.validation.predictions);
  const isCommon = ({ labels, classes }: Dataset, label: number) => {
    const count = countsOf(labels, classes)[label] ?? 0;
    return count >= FOUND.images && count >= (FOUND.share * labels.length) / classes;
  };
  const lost = Array.from({ length: training.classes }, (_, label) => label).filter(
    (label) => !found.has(label) && isCommon(training, label) && isCommon(validation, label),
  );
  if (lost.length === 0) return undefined;
  const which = `class${lost.length === 1 ? "" : "es"} ${lost.join(", ")}`;
  const score = `${percent(report.validation.accuracy)} are read correctly`;
  const advice = adviceFor(report.learningRate, context);
  return `epoch ${report.epoch}: no image is read as one of ${which} (${score}); ${advice}`;
}

function problemOf(
  { cost, correct }: EpochFigures,
  { training: { length }, before, last, saturation }: EpochContext,
  atChance: boolean,
  low: boolean,
): string | undefined {
  if (atChance && saturation() < SATURATED) return "the outputs are saturated";
  if (low && before !== undefined) {
    const share = before.first.correct / length;
    const rise = (correct - before.first.correct) / length;
    const better = rise > ERRORS * Math.sqrt((2 * share * (1 - share)) / length);
    if (!better && cost > (1 - FLAT) * before.previous.cost) return "the cost does not fall";
  }
  const falls = before !== undefined && cost < FALLING * before.previous.cost;
  return atChance && last && !falls ? "the accuracy is at chance" : undefined;
}

function adviceFor(rate: number, context: EpochContext): string {
  const { suited, hidden, initialWeights, data = [] } = context;
  const reason = reasonIn(data);
  if (reason !== undefined) return `the data explain it: ${reason.message}${datasetAdvice(reason.mend)}`;
  const extreme = extremeOf(context);
  if (extreme.length > 0) return `try less of ${extreme.join(", ")}`;
  const isScheduled = typeof context.method?.learningRate === "function";
  if (isScheduled && (rate > 2 * suited || rate < suited / 2)) {
    return `try another schedule or warm-up: they make the learning rate ${rate} here, near ${suited} would suit`;
  }
  if (rate > 2 * suited || rate < suited / 2) return `try a learning rate near ${suited} instead of ${rate}`;
  const layers = hidden === undefined || hidden.length > 1 ? ["fewer layers"] : [];
  const neurons = Math.max(0, ...(hidden ?? [])) > WIDE ? ["fewer neurons"] : [];
  const weights = initialWeights === "scaled" ? [] : ["other initial weights"];
  const others = [...weights, ...layers, ...neurons];
  const settings = [...others, "a lower learning rate"].join(", ").replace(/, ([^,]*)$/, " or $1");
  return `try ${settings}, and look whether the labels are those of the images`;
}

/** Options that may be the reason, as "dropout 0.99". */
function extremeOf({ method = {}, training: { columns } }: EpochContext): string[] {
  const { distortions = {}, learningRate: _, ...options } = method;
  const amounts: Readonly<Record<string, number | undefined>> = { ...options, ...distortions };
  const limits = { ...EXTREME, ...EXTREME_DISTORTIONS, shift: EXTREME_SHIFT * columns };
  return Object.entries(limits).flatMap(([name, limit]) => {
    const amount = amounts[name] ?? 0;
    return amount >= limit ? [`${name} ${amount}`] : [];
  });
}

/** What explains that nothing is learnt of data. */
export function reasonIn(data: readonly DataWarning[]): DataWarning | undefined {
  return data.find(({ code }) => code === "range" || code === "ground");
}

/** What to do about data, where options of a Dataset mend them, as the warning ends. */
export function datasetAdvice(mend: PixelOptions = {}): string {
  const options = Object.entries(mend).map(([key, value]) => `${key}: ${value}`);
  return options.length === 0 ? "" : `: make the Dataset with ${options.join(", ")}`;
}

/** The share of the samples that are of the most frequent class. */
function largestShare({ labels, classes }: Dataset): number {
  const counts = new Uint32Array(classes);
  for (const label of labels) counts[label]++;
  return counts.reduce((most, count) => Math.max(most, count), 0) / labels.length;
}

/** The mean of 4 a (1 - a) over the outputs a of the first images: 0 if all are saturated. */
export function saturationOf(network: KernelNetwork, { images, inputs }: Dataset, slot: number): number {
  const outputs = Array.from(network.activations(images.subarray(0, PROBED * inputs), slot));
  return outputs.reduce((sum, a) => sum + 4 * a * (1 - a), 0) / outputs.length;
}
