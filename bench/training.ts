// Training: the module on one thread and on all cores, the reference, and a textbook version in plain JavaScript.

import { countWeights, createReference, Dataset, Network } from "ductus";
import type { DataSplit } from "ductus/node";
import { createNetwork, feedforward, trainEpoch } from "../examples/node/textbook.js";
import { inTurns, type Rate, type Task } from "./timing.js";

export interface TrainingRow {
  readonly work: string;
  readonly layers: readonly number[];
  readonly batchSize: number;
  /** Samples of the data set, if there is time to visit all of them. */
  readonly samples: number;
  /** How many threads "threads" has. */
  readonly threads: number;
  readonly rates: Partial<Record<Contender, Rate>>;
}

export type Contender = "module" | "threads" | "reference" | "textbook";

/** Small enough for 800 neurons: saturated ones have errors too small for normal numbers, which are slow. */
export const ETA = 0.5;
/** Multiply-adds of a run of some tenths of a second, zeros counted, for each contender. */
const WORK: Record<Contender, number> = { module: 4e9, threads: 4e9, reference: 1e8, textbook: 2e7 };

/** The networks that are trained, and the samples of their mini-batches. */
export const SHAPES: readonly (readonly [readonly number[], number])[] = [
  [[784, 30, 10], 10],
  [[784, 30, 10], 128],
  [[784, 100, 10], 10],
  [[784, 100, 10], 128],
  [[784, 800, 10], 100],
  [[784, 256, 128, 10], 64],
];

/** `quick` is a smoke run on a few images. */
export interface BenchOptions {
  readonly quick: boolean;
  /** How many threads "threads" has. */
  readonly threads: number;
}

/** What is trained on. */
export function trainingImages({ training }: DataSplit, { quick }: BenchOptions): Dataset {
  return quick ? training.slice(0, 1500) : training;
}

/** A task that trains, and lets go of its network. */
export interface TrainingTask extends Task {
  readonly name: Contender;
  readonly close: () => void;
}

/** An epoch of a contender, on as many samples as take it some tenths of a second. */
export async function trainingTask(
  name: Contender,
  layers: readonly number[],
  batchSize: number,
  training: Dataset,
  threads: number,
): Promise<TrainingTask> {
  const samples = Math.max(batchSize, Math.min(training.length, Math.round(WORK[name] / countWeights(layers))));
  const data = training.slice(0, samples);
  if (name === "textbook") {
    const textbook = createNetwork(layers);
    const pass = samplesOf(data);
    return { name, samples, run: () => void trainEpoch(textbook, pass, batchSize, ETA), close: () => {} };
  }
  const kernels = name === "reference" ? createReference() : undefined;
  const network = await Network.create({ kernels, layers, threads: name === "threads" ? threads : 1 });
  const few = data.slice(0, Math.max(batchSize, Math.round(samples / 10)));
  const train = async (data: Dataset) => {
    for await (const _ of network.train(data, { epochs: 1, batchSize, learningRate: ETA }));
  };
  return { name, samples, warm: () => train(few), run: () => train(data), close: () => network.dispose() };
}

/** An epoch of training with these contenders, in turns; data are in place. */
export async function timeTraining(
  work: string,
  layers: readonly number[],
  batchSize: number,
  training: Dataset,
  contenders: readonly Contender[],
  { rounds, threads }: { readonly rounds: number; readonly threads: number },
): Promise<TrainingRow> {
  const tasks = await Promise.all(contenders.map((name) => trainingTask(name, layers, batchSize, training, threads)));
  const rates = await inTurns(tasks, rounds);
  for (const { close } of tasks) close();
  return { work, layers, batchSize, samples: training.length, threads, rates };
}

/** What verifying one of SHAPES came to. */
export interface Verified {
  readonly layers: readonly number[];
  /** Of the weights. */
  readonly hash: string;
  /** All of it, in words. */
  readonly line: string;
}

/** Verifies some of SHAPES. */
export async function verifyAll(mnist: DataSplit, options: BenchOptions): Promise<Verified[]> {
  const images = trainingImages(mnist, options);
  const data = images.slice(0, images.length / 10);
  const validation = mnist.validation.slice(0, options.quick ? 100 : 1000);
  const results: Verified[] = [];
  for (const [layers, batchSize] of SHAPES.slice(0, options.quick ? 2 : 3)) {
    results.push(await verify(layers, batchSize, data, validation, options.threads));
  }
  return results;
}

/**
 * Module, module with threads and reference end with the same bits; the textbook version, with the same weights at
 * first, comes to the same outputs by steps on all the data, which need no order.
 */
async function verify(
  layers: readonly number[],
  batchSize: number,
  data: Dataset,
  validation: Dataset,
  threads: number,
): Promise<Verified> {
  const results = [];
  for (const options of [{ threads: 1 }, { threads }, { kernels: createReference() }]) {
    using network = await Network.create({ ...options, layers });
    for await (const _ of network.train(data, { epochs: 2, batchSize, learningRate: ETA }));
    results.push({ hash: await network.hash(), correct: (await network.evaluate(validation)).correct });
  }
  const [one, many, reference] = results;
  if (one.hash !== reference.hash || many.hash !== reference.hash) {
    throw new Error(
      `[${layers}]: the module gives ${one.hash}, ${threads} threads ${many.hash}, the reference ${reference.hash}`,
    );
  }
  const difference = await compareTextbook(layers, data, validation);
  // The module rounds to f32, the textbook version does not.
  if (!(difference < 1e-4)) {
    throw new Error(`[${layers}]: the outputs of the textbook version differ from the module's by ${difference}`);
  }
  const line =
    `[${layers.join(", ")}], batches of ${batchSize}: module, ${threads} threads and reference all end with ` +
    `${one.hash.slice(0, 16)}..., reading ${one.correct} of ${validation.length}; ` +
    `the textbook version's outputs differ by at most ${difference.toExponential(0)}`;
  return { layers, hash: one.hash, line };
}

/** The largest difference of any output for any image. */
async function compareTextbook(layers: readonly number[], data: Dataset, validation: Dataset): Promise<number> {
  using network = await Network.create({ layers, threads: 1 });
  const textbook = layers.slice(1).map((outputs, i) => {
    const { weights, biases } = network.parameters(i + 1);
    const row = (j: number) => Float64Array.from(weights.subarray(j * layers[i], (j + 1) * layers[i]));
    return { weights: Array.from({ length: outputs }, (_, j) => row(j)), biases: Float64Array.from(biases) };
  });
  const samples = samplesOf(data);
  const before = network.predict(validation.images.subarray(0, validation.inputs)).activations;
  const all = { epochs: 3, batchSize: data.length, learningRate: ETA };
  for await (const _ of network.train(data, all)) trainEpoch(textbook, samples, data.length, ETA);
  const outputs = samplesOf(validation).images.map((image, i) => {
    const pixels = validation.images.subarray(i * validation.inputs, (i + 1) * validation.inputs);
    return [feedforward(textbook, image)[textbook.length], network.predict(pixels).activations] as const;
  });
  if (outputs[0][1].every((a, j) => Math.abs(a - before[j]) < 1e-2)) throw new Error("training changed no output");
  return Math.max(...outputs.map(([a, b]) => Math.max(...a.map((aj: number, j: number) => Math.abs(aj - b[j])))));
}

/** Images like MNIST's in number and size, the share `density` of whose pixels is not zero, without any meaning. */
export function syntheticDataset(density: number, { length, inputs }: Dataset): Dataset {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const images = Uint8Array.from({ length: length * inputs }, () => (random() < density ? 1 + 254 * random() : 0));
  return new Dataset({ images, labels: Uint8Array.from({ length }, (_, i) => i % 10), classes: 10 });
}

/** Samples as the textbook version wants them: one array of pixels from 0 to 1 per image. */
function samplesOf({ images, labels, inputs, length }: Dataset) {
  const image = (i: number) => Float64Array.from(images.subarray(i * inputs, (i + 1) * inputs), (pixel) => pixel / 255);
  return { images: Array.from({ length }, (_, i) => image(i)), labels: Uint8Array.from(labels) };
}
