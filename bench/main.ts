// npm run bench: the module against pure JavaScript. First verify, then time.
//   --json FILE  writes the numbers      --quick  a smoke run on a few images: its numbers mean nothing

import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { createReference, type Dataset, type Kernels, Network } from "ductus";
import { loadKernels, loadMnist } from "ductus/node";
import { Bench } from "tinybench";
import { Textbook } from "./textbook.js";

interface Row {
  readonly work: string;
  readonly layers: readonly number[];
  readonly batchSize: number;
  /** Median samples per second. */
  readonly samplesPerSecond: Record<Contender, number>;
}

const CONTENDERS = ["module", "reference", "textbook"] as const;
type Contender = (typeof CONTENDERS)[number];

const ETA = 3;
const { json, quick } = parseArgs({ options: { json: { type: "string" }, quick: { type: "boolean" } } }).values;
const mnist = loadMnist();
const training = quick ? mnist.training.slice(0, 1500) : mnist.training;
/** For verification, and for the textbook version's epochs: it takes minutes over all images, at the same speed. */
const few = training.slice(0, training.length / 10);
const validation = mnist.validation.slice(0, quick ? 100 : 1000);
const wasm = await loadKernels();
const reference = createReference();

const rows: Row[] = [];
for (const layers of [
  [784, 30, 10],
  [784, 100, 10],
]) {
  for (const batchSize of [10, 128]) {
    await verify(layers, batchSize);
    rows.push(await timeEpoch(layers, batchSize));
  }
}
rows.push(await timeRun([784, 30, 10], 10));

const machine = `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}, ${process.platform} ${process.arch}`;
const date = new Date().toISOString().slice(0, 10);
console.log(`${machine}, ${date}\n`);
console.log(table());
console.log(
  "\nSamples/s, medians; ratio: how many times faster the module is. Textbook epochs are over a tenth of the images.",
);
if (json !== undefined)
  await writeFile(json, `${JSON.stringify({ machine, date, quick: quick === true, rows }, null, 2)}\n`);

/** Both kernels end with the same bits; the textbook version, which draws its own random numbers, learns as well. */
async function verify(layers: readonly number[], batchSize: number): Promise<void> {
  const [a, b] = await Promise.all(
    [wasm, reference].map(async (kernels) => {
      const network = Network.create(kernels, { layers });
      for await (const _ of network.train(few, { epochs: 2, batchSize, learningRate: ETA }));
      return { hash: await network.hash(), correct: (await network.evaluate(validation)).correct };
    }),
  );
  if (a.hash !== b.hash) throw new Error(`[${layers}]: the module gives ${a.hash}, the reference ${b.hash}`);
  const textbook = new Textbook(layers);
  const images = pixels(few);
  for (let epoch = 0; epoch < 2; epoch++) textbook.trainEpoch(images, few.labels, batchSize, ETA);
  const correct = pixels(validation).filter((image, i) => textbook.predict(image) === validation.labels[i]).length;
  const tolerance = quick ? validation.length : 0.15 * validation.length;
  if (Math.abs(correct - a.correct) > tolerance) {
    throw new Error(
      `[${layers}]: the textbook version reads ${correct} of ${validation.length}, the module ${a.correct}`,
    );
  }
  console.log(
    `[${layers.join(", ")}], batches of ${batchSize}: module and reference both end with ${a.hash.slice(0, 16)}..., ` +
      `reading ${a.correct} of ${validation.length}; textbook ${correct}`,
  );
}

/** One epoch of training, data in place; the textbook version's over a tenth of the images. */
function timeEpoch(layers: readonly number[], batchSize: number): Promise<Row> {
  const epochOf = (kernels: Kernels) => {
    const network = Network.create(kernels, { layers });
    return async () => {
      for await (const _ of network.train(training, { epochs: 1, batchSize, learningRate: ETA }));
    };
  };
  const textbook = new Textbook(layers);
  const images = pixels(few);
  return time("one epoch", layers, batchSize, {
    module: { samples: training.length, run: epochOf(wasm) },
    reference: { samples: training.length, run: epochOf(reference) },
    textbook: {
      samples: few.length,
      run: async () => textbook.trainEpoch(images, few.labels, batchSize, ETA),
    },
  });
}

/** A run from nothing: data brought in, 30 epochs of some of the images, each with validation. */
function timeRun(layers: readonly number[], batchSize: number): Promise<Row> {
  const epochs = quick ? 1 : 30;
  const images = few.slice(0, few.length / 2);
  const samples = epochs * images.length;
  const runOf = (create: () => Kernels | Promise<Kernels>) => async () => {
    const network = Network.create(await create(), { layers });
    for await (const _ of network.train(images, { epochs, batchSize, learningRate: ETA, validation }));
  };
  return time(`${epochs} epochs of ${images.length}`, layers, batchSize, {
    module: { samples, run: runOf(loadKernels) },
    reference: { samples, run: runOf(createReference) },
    textbook: {
      samples,
      run: async () => {
        const textbook = new Textbook(layers);
        const [trainingPixels, validationPixels] = [pixels(images), pixels(validation)];
        for (let epoch = 0; epoch < epochs; epoch++) {
          textbook.trainEpoch(trainingPixels, images.labels, batchSize, ETA);
          for (const image of validationPixels) textbook.predict(image);
        }
      },
    },
  });
}

async function time(
  work: string,
  layers: readonly number[],
  batchSize: number,
  tasks: Record<Contender, { samples: number; run: () => Promise<void> }>,
): Promise<Row> {
  // Medians of at least three runs after a warm-up; the module, being fast, gets many more in the same time.
  const bench = new Bench({ time: quick ? 1 : 2000, iterations: quick ? 1 : 3, warmupTime: 0, warmupIterations: 1 });
  for (const contender of CONTENDERS) bench.add(contender, tasks[contender].run);
  await bench.run();
  const rates = CONTENDERS.map((contender) => {
    const result = bench.getTask(contender)?.result;
    if (result === undefined || !("latency" in result)) throw new Error(`${work}, ${contender}: no result`);
    return [contender, tasks[contender].samples / (result.latency.p50 / 1000)];
  });
  return { work, layers, batchSize, samplesPerSecond: Object.fromEntries(rates) };
}

/** Pixels as the textbook version wants them: one array of numbers from 0 to 1 per image. */
function pixels({ images, inputs, length }: Dataset): Float64Array[] {
  return Array.from({ length }, (_, i) =>
    Float64Array.from(images.subarray(i * inputs, (i + 1) * inputs), (pixel) => pixel / 255),
  );
}

/** The rows as a Markdown table: samples/s, and how many times faster the module is. */
function table(): string {
  const count = (n: number) => Math.round(n).toLocaleString("en-US");
  const lines = rows.map(({ work, layers, batchSize, samplesPerSecond: { module, reference, textbook } }) => [
    work,
    `[${layers.join(", ")}]`,
    String(batchSize),
    count(module),
    count(reference),
    `${(module / reference).toFixed(1)} x`,
    count(textbook),
    `${(module / textbook).toFixed(1)} x`,
  ]);
  const head = ["work", "layers", "batch", "module", "reference", "ratio", "textbook", "ratio"];
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i].length)));
  const format = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
  const rule = `|${widths.map((width, i) => (i < 2 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [format(head), rule, ...lines.map(format)].join("\n");
}
