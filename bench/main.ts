// npm run bench: first verify, then time. Everything the README and docs/performance.md claim comes from here.
//   --json FILE  writes the numbers      --quick  a smoke run on a few images: its numbers mean nothing

import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { loadMnist } from "ductus/node";
import { type KernelReport, timeKernels } from "./kernels.js";
import { timeCommand, timeEvaluation, timeLoading } from "./other.js";
import { growthTable, kernelTable, otherTable, type Results, trainingTable } from "./tables.js";
import { type Contender, syntheticDataset, type TrainingRow, timeTraining, verify } from "./training.js";

const { json, quick = false } = parseArgs({ options: { json: { type: "string" }, quick: { type: "boolean" } } }).values;
const mnist = loadMnist();
const training = quick ? mnist.training.slice(0, 1500) : mnist.training;
const options = { rounds: quick ? 1 : 5, threads: Math.max(2, availableParallelism()) };

const processor = `${cpus()[0].model.trim()}, ${cpus().length} cores`;
const machine = `${processor}, Node ${process.version}, ${process.platform} ${process.arch}`;
const date = new Date().toISOString().slice(0, 10);
console.log(`${machine}, ${date}\n`);

const SHAPES: readonly (readonly [readonly number[], number])[] = [
  [[784, 30, 10], 10],
  [[784, 30, 10], 128],
  [[784, 100, 10], 10],
  [[784, 100, 10], 128],
  [[784, 800, 10], 100],
  [[784, 256, 128, 10], 64],
];
const verification = mnist.validation.slice(0, quick ? 100 : 1000);
for (const [layers, batchSize] of SHAPES.slice(0, quick ? 2 : 3)) {
  const data = training.slice(0, training.length / 10);
  console.log(await verify(layers, batchSize, data, verification, options.threads));
}

const ALL: readonly Contender[] = ["module", "threads", "reference", "textbook"];
const trainingRows: TrainingRow[] = [];
for (const [layers, batchSize] of SHAPES) {
  trainingRows.push(await timeTraining("MNIST", layers, batchSize, training, ALL, options));
}
for (const [work, density] of [
  ["half of the pixels", 0.5],
  ["all pixels", 1],
] as const) {
  const data = syntheticDataset(density, training.slice(0, 10_000));
  trainingRows.push(await timeTraining(work, [784, 100, 10], 10, data, ["module", "threads"], options));
}
console.log(`\nTraining, samples/s (medians of ${options.rounds} epochs in turns):\n\n${trainingTable(trainingRows)}`);

const growth: TrainingRow[] = [];
const grow = async (work: string, layers: readonly number[], batchSize: number, samples = training.length) => {
  const data = training.slice(0, samples);
  growth.push(
    await timeTraining(work, layers, batchSize, data, ["module", "threads"], { ...options, rounds: quick ? 1 : 3 }),
  );
};
for (const width of [8, 32, 64, 128, 256, 512, 1024]) await grow("width", [784, width, 10], 10);
for (const depth of [1, 2, 3, 4]) await grow("depth", [784, ...Array<number>(depth).fill(64), 10], 10);
for (const batchSize of [1, 3, 10, 32, 100, 1000]) await grow("batch", [784, 30, 10], batchSize);
for (const samples of [1000, 10_000, 50_000]) await grow("samples", [784, 30, 10], 10, samples);
console.log(`\nHow the time grows, microseconds per sample:\n\n${growthTable(growth)}`);

const kernels: KernelReport[] = [];
for (const [layers, m] of [SHAPES[0], SHAPES[3], SHAPES[4], SHAPES[5]]) {
  const report = await timeKernels(layers, m, training, quick ? 1 : 9);
  kernels.push(report);
  console.log(
    `\n[${layers.join(", ")}], batches of ${m}; peak ${report.peak.toFixed(1)} GFLOP/s:\n\n${kernelTable(report)}`,
  );
}

const other = [
  ...(await timeEvaluation([784, 30, 10], mnist.test, { ...options, rounds: quick ? 1 : 15 })),
  ...(await timeLoading(mnist, options)),
  ...(await timeCommand(["--hidden", "30", ...(quick ? ["--epochs", "1"] : [])], {
    ...options,
    rounds: quick ? 1 : 3,
  })),
];
console.log(`\n${otherTable(other)}`);

if (json !== undefined) {
  const results: Results = { machine, date, quick, training: trainingRows, growth, kernels, other };
  await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
}
