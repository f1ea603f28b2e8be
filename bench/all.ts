// The benchmark of the Node that runs it: training, how its time grows and where it goes, and what is not training.

import type { Dataset } from "ductus";
import { type DataSplit, loadMnist } from "ductus/node";
import { type KernelReport, timeKernels } from "./kernels.js";
import { type OtherRow, timeCommand, timeEvaluation, timeLoading } from "./other.js";
import { growthTable, kernelTable, otherTable, type Results, trainingTable } from "./tables.js";
import {
  type BenchOptions,
  type Contender,
  SHAPES,
  syntheticDataset,
  type TrainingRow,
  timeTraining,
  trainingImages,
  verifyAll,
} from "./training.js";

/** Prints its tables one after the other. */
export async function benchAll(
  options: BenchOptions,
): Promise<Pick<Results, "training" | "growth" | "kernels" | "other">> {
  const mnist = loadMnist();
  const images = trainingImages(mnist, options);
  for (const { line } of await verifyAll(mnist, options)) console.log(line);
  const training = await benchTraining(images, options);
  const growth = await benchGrowth(images, options);
  const kernels = await benchKernels(images, options);
  const other = await benchOther(mnist, options);
  return { training, growth, kernels, other };
}

async function benchTraining(images: Dataset, { quick, threads }: BenchOptions): Promise<TrainingRow[]> {
  const options = { rounds: quick ? 1 : 5, threads };
  const all: readonly Contender[] = ["module", "threads", "reference", "textbook"];
  const rows: TrainingRow[] = [];
  for (const [layers, batchSize] of SHAPES) {
    rows.push(await timeTraining("MNIST", layers, batchSize, images, all, options));
  }
  for (const [work, density] of [
    ["half of the pixels", 0.5],
    ["all pixels", 1],
  ] as const) {
    const data = syntheticDataset(density, images.slice(0, 10_000));
    rows.push(await timeTraining(work, [784, 100, 10], 10, data, ["module", "threads"], options));
  }
  console.log(`\nTraining, samples/s (medians of ${options.rounds} epochs in turns):\n\n${trainingTable(rows)}`);
  return rows;
}

async function benchGrowth(images: Dataset, { quick, threads }: BenchOptions): Promise<TrainingRow[]> {
  const options = { rounds: quick ? 1 : 3, threads };
  const rows: TrainingRow[] = [];
  const grow = async (work: string, layers: readonly number[], batchSize: number, samples = images.length) => {
    const data = images.slice(0, samples);
    rows.push(await timeTraining(work, layers, batchSize, data, ["module", "threads"], options));
  };
  for (const width of [8, 32, 64, 128, 256, 512, 1024]) await grow("width", [784, width, 10], 10);
  for (const depth of [1, 2, 3, 4]) await grow("depth", [784, ...Array<number>(depth).fill(64), 10], 10);
  for (const batchSize of [1, 3, 10, 32, 100, 1000]) await grow("batch", [784, 30, 10], batchSize);
  for (const samples of [1000, 10_000, 50_000]) await grow("samples", [784, 30, 10], 10, samples);
  console.log(`\nHow the time grows, microseconds per sample:\n\n${growthTable(rows)}`);
  return rows;
}

async function benchKernels(images: Dataset, { quick }: BenchOptions): Promise<KernelReport[]> {
  const reports: KernelReport[] = [];
  for (const [layers, m] of [SHAPES[0], SHAPES[3], SHAPES[4], SHAPES[5]]) {
    const report = await timeKernels(layers, m, images, quick ? 1 : 9);
    reports.push(report);
    console.log(
      `\n[${layers.join(", ")}], batches of ${m}; peak ${report.peak.toFixed(1)} GFLOP/s:\n\n${kernelTable(report)}`,
    );
  }
  return reports;
}

async function benchOther(mnist: DataSplit, { quick, threads }: BenchOptions): Promise<OtherRow[]> {
  const rows = [
    ...(await timeEvaluation([784, 30, 10], mnist.test, { rounds: quick ? 1 : 15, threads })),
    ...(await timeLoading(mnist, { rounds: quick ? 1 : 5, threads })),
    ...(await timeCommand(["--hidden", "30", ...(quick ? ["--epochs", "1"] : [])], { rounds: quick ? 1 : 3, threads })),
  ];
  console.log(`\n${otherTable(rows)}`);
  return rows;
}
