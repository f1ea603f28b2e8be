// ductus train: data -> network -> epochs -> test -> file.

import { availableParallelism } from "node:os";
import type { Dataset } from "../dataset.js";
import type { Evaluation } from "../kernels.js";
import { accuracyOf } from "../metrics.js";
import { Network } from "../network.js";
import { loadDirectory, loadKernels, loadMnist } from "../node/index.js";
import { createReference } from "../reference.js";
import { chooseThreads } from "../threads.js";
import type { EpochReport } from "../trainer.js";
import { type CliTrainOptions, parseTrainOptions, trainHelp } from "./options.js";
import { checkWritable, saveFile } from "./output-file.js";
import { bold, formatCount, formatSeconds, printLine, TrainingProgress } from "./terminal.js";

export async function train(args: readonly string[]): Promise<void> {
  const options = parseTrainOptions(args);
  if (options === undefined) return printLine(trainHelp());
  const start = performance.now();
  await checkWritable(options.out);
  const { training, validation, test } = loadData(options);
  const layers = [training.inputs, ...options.hidden, training.classes];
  const threads = options.threads ?? chooseThreads(layers, options.batchSize, availableParallelism());
  const kernels = options.kernels === "wasm" ? await loadKernels({ threads }) : createReference();
  const network = Network.create(kernels, { ...options, layers });
  const onProgress = (epoch: number, samples: number) => progress.update((epoch - 1) * training.length + samples);
  const epochs = network.train(training, { ...options, validation, onProgress });
  printLine(describe(options, layers, training, threads));
  printLine(bold("epoch       cost            validation       time"));
  const progress = new TrainingProgress(options.epochs, training.length);
  let trainingSeconds = 0;
  try {
    for await (const report of epochs) {
      trainingSeconds += report.trainingSeconds;
      progress.printLine(epochLine(report, validation));
    }
  } finally {
    progress.stop();
  }
  const result = await network.evaluate(test);
  const hash = await network.hash();
  const { accuracy, standardError } = accuracyOf(result.correct, test.length);
  const rate = (options.epochs * training.length) / trainingSeconds;
  printLine(
    bold(`test accuracy  ${percent(accuracy)} ± ${percent(standardError)}`) +
      `  (${result.correct} / ${test.length}, ± one standard error)`,
  );
  printLine(
    `time           ${formatSeconds((performance.now() - start) / 1000)}, ${formatCount(rate)} samples/s in training`,
  );
  printLine(`seed           ${options.seed}`);
  printLine(`weights        sha256 ${hash}`);
  await saveFile(options.out, network.save(metadata(options, training, result, test)));
  printLine(`model          ${options.out}`);
}

function loadData({ data, limit }: CliTrainOptions): { training: Dataset; validation: Dataset; test: Dataset } {
  const split = data === undefined ? loadMnist() : loadDirectory(data);
  if (limit === undefined || limit >= split.training.length) return split;
  return { ...split, training: split.training.slice(0, limit) };
}

function describe(options: CliTrainOptions, layers: readonly number[], training: Dataset, threads: number): string {
  const batches = Math.ceil(training.length / options.batchSize);
  return (
    `[${layers.join(", ")}], ${options.initialWeights} weights, seed ${options.seed}: ` +
    `${options.epochs} ${options.epochs === 1 ? "epoch" : "epochs"} of ${formatCount(batches)} batches of ${options.batchSize}, eta ${options.learningRate}` +
    (options.kernels === "wasm" && threads > 1 ? `, ${threads} threads` : "")
  );
}

function epochLine({ epoch, cost, validation, seconds }: EpochReport, { length }: Dataset): string {
  const correct = validation?.correct ?? 0;
  const score = `${correct} / ${length}  ${percent(correct / length)}`;
  return `${String(epoch).padStart(5)}   ${cost.toFixed(6)}   ${score.padStart(21)}   ${formatSeconds(seconds)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** What the file needs beside the network itself to repeat the run. */
function metadata(
  options: CliTrainOptions,
  training: Dataset,
  result: Evaluation,
  test: Dataset,
): Record<string, string> {
  return {
    batch_size: String(options.batchSize),
    learning_rate: String(options.learningRate),
    data: options.data ?? "MNIST",
    training_samples: String(training.length),
    test_correct: `${result.correct} / ${test.length}`,
  };
}
