// What the programs of peers in JavaScript have in common: the task, images, and an epoch after the other.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What bench/peers.ts asks for (Task), as JSON. */
export const task = JSON.parse(process.argv[2]);

const require = createRequire(join(process.env.PEERS_FOLDER, "package.json"));

/** A package of the scratch folder, and its version. */
export async function load(name) {
  const { version } = JSON.parse(readFileSync(join(process.env.PEERS_FOLDER, "node_modules", name, "package.json")));
  const module = await import(pathToFileURL(require.resolve(name)).href);
  return { module: module.default ?? module, version };
}

const bytesOf = (name, header) => readFileSync(join(task.data, name)).subarray(header);
const TRAINING = 50_000;

const allImages = bytesOf("train-images-idx3-ubyte", 16);
const allLabels = bytesOf("train-labels-idx1-ubyte", 8);
export const PIXELS = 784;

/** Images from `first` on as inputs from 0 to 1, and their labels. */
function part(images, labels, first, count) {
  const pixels = images.subarray(first * PIXELS, (first + count) * PIXELS);
  return {
    count,
    bytes: pixels,
    images: new Float32Array(pixels).map((p) => p / 255),
    labels: labels.subarray(first, first + count),
  };
}

/** The training images of an epoch, counted from 1: always the same, or distorted ones. */
export function training(epoch) {
  const images = task.distorted === undefined ? allImages : readFileSync(join(task.distorted, `epoch-${epoch}`));
  return part(images, allLabels, 0, task.samples);
}

export const validation = part(allImages, allLabels, TRAINING, 10_000);

/** Places 0 to count - 1 in a random order. */
export function shuffled(count) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Mini-batches in a random order: pixels, and y as one-hot rows. A last one that is not full is left out. */
export function* batches({ images, labels, count }, m = task.batchSize) {
  const order = shuffled(count);
  for (let first = 0; first + m <= count; first += m) {
    const x = new Float32Array(m * PIXELS);
    const y = new Float32Array(m * 10);
    for (let i = 0; i < m; i++) {
      const from = order[first + i];
      x.set(images.subarray(from * PIXELS, (from + 1) * PIXELS), i * PIXELS);
      y[i * 10 + labels[from]] = 1;
    }
    yield { x, y };
  }
}

/** How many rows of ten outputs have their largest at the label. */
export function countCorrect(outputs, labels) {
  let correct = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = outputs.subarray(i * 10, (i + 1) * 10);
    if (row.indexOf(Math.max(...row)) === labels[i]) correct++;
  }
  return correct;
}

/** A line for peers.ts. */
export const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/**
 * Trains an epoch after the other, and says after each how long all took, without evaluation, and how many validation
 * images are read.
 */
export async function run(name, { train, correct }) {
  say({ name });
  let seconds = 0;
  let data = training(1);
  for (const [i, rate] of task.rates.entries()) {
    const epoch = i + 1;
    if (task.distorted !== undefined && epoch > 1) data = training(epoch);
    const start = performance.now();
    await train(data, rate);
    seconds += (performance.now() - start) / 1000;
    say({ epoch, seconds, correct: await correct(validation) });
  }
  process.exit();
}
