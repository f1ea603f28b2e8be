// Training: the module on one thread and on all cores, the reference, and a textbook version in plain JavaScript.

import { countWeights, createReference, Dataset, Network } from "ductus";
import { Textbook } from "./textbook.js";
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

/** An epoch of training with these contenders, in turns; data are in place. */
export async function timeTraining(
  work: string,
  layers: readonly number[],
  batchSize: number,
  training: Dataset,
  contenders: readonly Contender[],
  { rounds, threads }: { readonly rounds: number; readonly threads: number },
): Promise<TrainingRow> {
  const closing: Network[] = [];
  const tasks = await Promise.all(
    contenders.map(async (name): Promise<Task & { readonly name: Contender }> => {
      const samples = Math.max(batchSize, Math.min(training.length, Math.round(WORK[name] / countWeights(layers))));
      const data = training.slice(0, samples);
      if (name === "textbook") {
        const textbook = new Textbook(layers);
        const images = pixels(data);
        return { name, samples, run: () => textbook.trainEpoch(images, data.labels, batchSize, ETA) };
      }
      const kernels = name === "reference" ? createReference() : undefined;
      const network = await Network.create({ kernels, layers, threads: name === "threads" ? threads : 1 });
      closing.push(network);
      const few = data.slice(0, Math.max(batchSize, Math.round(samples / 10)));
      const train = async (data: Dataset) => {
        for await (const _ of network.train(data, { epochs: 1, batchSize, learningRate: ETA }));
      };
      return { name, samples, warm: () => train(few), run: () => train(data) };
    }),
  );
  const rates = await inTurns(tasks, rounds);
  for (const network of closing) network.dispose();
  return { work, layers, batchSize, samples: training.length, threads, rates };
}

/**
 * Module, module with threads and reference end with the same bits; the textbook version, which draws its own random numbers,
 * learns as well.
 */
export async function verify(
  layers: readonly number[],
  batchSize: number,
  data: Dataset,
  validation: Dataset,
  { threads, tolerance }: { readonly threads: number; readonly tolerance: number },
): Promise<string> {
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
  const textbook = new Textbook(layers);
  const images = pixels(data);
  for (let epoch = 0; epoch < 2; epoch++) textbook.trainEpoch(images, data.labels, batchSize, ETA);
  const correct = pixels(validation).filter((image, i) => textbook.predict(image) === validation.labels[i]).length;
  if (Math.abs(correct - one.correct) > tolerance * validation.length) {
    throw new Error(
      `[${layers}]: the textbook version reads ${correct} of ${validation.length}, the module ${one.correct}`,
    );
  }
  return (
    `[${layers.join(", ")}], batches of ${batchSize}: module, ${threads} threads and reference all end with ` +
    `${one.hash.slice(0, 16)}..., reading ${one.correct} of ${validation.length}; textbook ${correct}`
  );
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

/** Pixels as the textbook version wants them: one array of numbers from 0 to 1 per image. */
function pixels({ images, inputs, length }: Dataset): Float64Array[] {
  return Array.from({ length }, (_, i) =>
    Float64Array.from(images.subarray(i * inputs, (i + 1) * inputs), (pixel) => pixel / 255),
  );
}
