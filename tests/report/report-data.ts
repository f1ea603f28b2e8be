// Reports to show and to test: one of a small network on MNIST, and made-up ones of any shape from a seed.

import { encode } from "fast-png";
import { MOST_MATRIX_CLASSES, type ReportData, type SearchResult, type TestResult } from "../../apps/report/data.js";
import type { Epoch } from "../../apps/ui/curves.js";
import type { Sprite } from "../../apps/ui/images.js";
import type { TestMistake } from "../../apps/ui/mistakes.js";
import type { Dataset } from "../../src/data/dataset.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { kernelsOf } from "../../src/kernels/wasm/wasm.js";
import { accuracyOf, classFigures } from "../../src/network/metrics.js";
import { loadMnist } from "../../src/node/index.js";
import { instance, randomDataset } from "../helpers.js";

/** [784, 30, 10] on the first 5,000 images of MNIST: about 91 % after five epochs. */
export async function mnistReport(): Promise<ReportData> {
  const { training, validation, test } = loadMnist();
  const kernels = kernelsOf(await instance());
  const layers = [784, 30, 10];
  const network = kernels.createNetwork(layers);
  network.initialise("scaled", 1);
  const data = kernels.createDataset(training.slice(0, 5000));
  const held = kernels.createDataset(validation.slice(0, 2000));
  const history: Epoch[] = [];
  for (let epoch = 1; epoch <= 5; epoch++) {
    data.shuffle(1, epoch);
    await network.trainBatches(data, 0, 500, 3, 10);
    const [cost, accuracy] = [data.meanCost(), data.countCorrect() / 5000];
    const { correct, cost: validationCost } = await network.evaluate(held);
    history.push({ epoch, cost, accuracy, validationCost, validationAccuracy: correct / 2000, seconds: 0.015 });
  }
  const { cost } = await network.evaluate(kernels.createDataset(test));
  const { weights } = network.readLayer(1);
  const largest = Array.from(weights, Math.abs).reduce((a, b) => Math.max(a, b));
  const grey = Uint8Array.from(weights, (w) => 128 + Math.round((127 * w) / largest));
  return {
    title: "model.safetensors",
    version: "0.1.0",
    command: "ductus train --hidden 30 --epochs 5 --limit 5000 --eta 3",
    network: { layers, parameters: 784 * 30 + 30 + 30 * 10 + 10 },
    configuration: [
      ["epochs", "5"],
      ["batch size", "10"],
      ["learning rate", "3"],
      ["initial weights", "scaled"],
      ["seed", "1"],
      ["training images", "5,000 of MNIST"],
    ],
    hash: "86e284f019aec98982014ad809c8b1c8592a2527f8e246393d01c8df6e1c2c8a",
    image: { rows: 28, columns: 28 },
    history,
    search: null,
    test: testResult(test, 28, 28, cost, (image) => Array.from(network.activations(image))),
    weights: { neurons: 30, sprite: makeSprite(grey, 28, 28) },
  };
}

export interface Shape {
  readonly classes: number;
  readonly rows: number;
  readonly columns: number;
  readonly epochs: number;
  readonly images: number;
  /** The share of the images that are misread. */
  readonly misread: number;
  /** 0: the report has no weights. */
  readonly neurons: number;
}

/** A report of this shape with made-up numbers: the same for the same shape. */
export function randomReport({ classes, rows, columns, epochs, images, misread, neurons }: Shape): ReportData {
  const random = new RandomStream(1, 1, 0);
  const share = () => random.nextBelow(1 << 20) / (1 << 20);
  const data = randomDataset(images, rows * columns, classes);
  let i = 0;
  const activationsOf = () => {
    const label = data.labels[i++];
    const answer = share() < misread ? (label + 1 + random.nextBelow(classes - 1)) % classes : label;
    return Array.from({ length: classes }, (_, k) => (k === answer ? 0.5 + share() / 2 : share() / 2));
  };
  const grey = Uint8Array.from({ length: neurons * rows * columns }, () => random.nextBelow(256));
  return {
    title: "a-model-with-a-rather-long-name-that-nobody-would-type-twice-0123456789.safetensors",
    version: "0.1.0",
    command: `ductus train --data "/a folder/of images" --hidden ${neurons} --epochs ${epochs}`,
    network: { layers: [rows * columns, neurons, classes], parameters: 123_456_789 },
    configuration: [
      ["batch size", "10"],
      ["seed", "4294967295"],
    ],
    hash: "0".repeat(64),
    image: { rows, columns },
    history: Array.from({ length: epochs }, (_, e) => ({
      epoch: e + 1,
      cost: 0.4 / (e + 1),
      validationAccuracy: 1 - 0.2 / (e + 1),
      seconds: 1.5,
    })),
    search: null,
    test: testResult(data, rows, columns, 0.01, activationsOf),
    weights: neurons === 0 ? null : { neurons, sprite: makeSprite(grey, rows, columns) },
  };
}

/** A made-up search of many trials over options of all kinds. */
export function randomSearch(trials: number, failures = 0): SearchResult {
  const random = new RandomStream(1, 2, 0);
  const share = () => random.nextBelow(1 << 20) / (1 << 20);
  const words = ["sigmoid", "a choice with a rather long name", "relu"];
  return {
    options: [
      { name: "learning-rate", scale: "log" },
      { name: "weight-decay", scale: "log" },
      { name: "momentum", scale: "linear" },
      { name: "activation", scale: "words" },
    ],
    trials: Array.from({ length: trials }, (_, i) => ({
      settings: [
        String(0.01 * 300 ** share()),
        String(1e-9 * 1e8 ** share()),
        String(0.9 + share() / 10),
        words[random.nextBelow(3)],
      ],
      points: Array.from({ length: i < failures ? 0 : 1 + (i % 9) * 4 }, (_, e) => ({
        epoch: e + 1,
        value: 1 - 0.9 ** (1 + e * share()),
      })),
    })),
    best: trials - 1,
  };
}

/** What a test set shows of a network that maps images to activations. */
function testResult(
  data: Dataset,
  rows: number,
  columns: number,
  cost: number,
  activationsOf: (image: Uint8Array) => number[],
): TestResult {
  const confusion = Array.from({ length: data.classes }, () => new Array<number>(data.classes).fill(0));
  const mistakes: TestMistake[] = [];
  for (let index = 0; index < data.length; index++) {
    const activations = activationsOf(imageOf(data, index)).map((a) => Number(a.toFixed(4)));
    const prediction = activations.indexOf(Math.max(...activations));
    const label = data.labels[index];
    confusion[label][prediction]++;
    if (prediction !== label) mistakes.push({ index, label, prediction, activations });
  }
  mistakes.sort((a, b) => b.activations[b.prediction] - a.activations[a.prediction]);
  const pixels = new Uint8Array(mistakes.length * rows * columns);
  mistakes.forEach(({ index }, i) => {
    pixels.set(imageOf(data, index), i * rows * columns);
  });
  const correct = data.length - mistakes.length;
  return {
    count: data.length,
    correct,
    cost,
    standardError: accuracyOf(correct, data.length).standardError,
    names: null,
    confusion: data.classes > MOST_MATRIX_CLASSES ? null : confusion,
    classes: classFigures(confusion),
    mistakes,
    sprite: makeSprite(pixels, rows, columns),
  };
}

function imageOf({ images, inputs }: Dataset, i: number): Uint8Array {
  return Uint8Array.from(images.subarray(i * inputs, (i + 1) * inputs));
}

/** Images one after the other as one PNG, up to 32 in a row. */
function makeSprite(pixels: Uint8Array, rows: number, columns: number): Sprite {
  const count = pixels.length / (rows * columns);
  const perRow = Math.max(1, Math.min(32, count));
  const width = perRow * columns;
  const height = Math.max(1, Math.ceil(count / perRow)) * rows;
  const sheet = new Uint8Array(width * height);
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < rows; y++) {
      const from = (i * rows + y) * columns;
      const to = (Math.floor(i / perRow) * rows + y) * width + (i % perRow) * columns;
      sheet.set(pixels.subarray(from, from + columns), to);
    }
  }
  const png = encode({ width, height, data: sheet, channels: 1, depth: 8 });
  return { source: `data:image/png;base64,${Buffer.from(png).toString("base64")}`, columns: perRow };
}
