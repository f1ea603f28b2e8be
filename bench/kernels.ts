// Where the time of a mini-batch goes: each step by itself, over and over, on data in the cache, and its share of the peak, the
// multiplications and additions of four f32 that this machine does in WebAssembly when it does nothing else.

import { readFile } from "node:fs/promises";
import type { Dataset } from "ductus";
import { inTurns, type Task } from "./timing.js";

export interface Step {
  readonly name: string;
  /** Nanoseconds per sample, median. */
  readonly nanoseconds: number;
  /** Multiplications and additions per sample: what the step needs if it leaves out zeros. */
  readonly operations: number;
  /** operations / time / peak. */
  readonly share: number;
}

export interface KernelReport {
  readonly layers: readonly number[];
  readonly batchSize: number;
  /** GFLOP/s of the peak. */
  readonly peak: number;
  readonly steps: readonly Step[];
}

/** Functions of assembly/bench.ts, whose arguments are addresses and counts. */
interface Exports extends Record<string, (...args: readonly number[]) => number> {}

const MODULE = new URL("./ductus.wasm", import.meta.url);
/** Flops of a round of multiplyAdd. */
const ROUND_FLOPS = 192;
const ROUNDS = 200_000;
/** Those of the preset "best", rotation in radians. */
const DISTORTIONS = { shift: 0.5, rotation: 0.218, scale: 0.15, shear: 0.15, elastic: 30, sigma: 5 };
const DISTORTING = "distorting an image, if asked for";
/** Images that fit in the second-level cache together with a network. */
const IMAGES = 1000;

/** The steps of training `layers` in mini-batches of m on the first images of a data set. */
export async function timeKernels(
  layers: readonly number[],
  m: number,
  data: Dataset,
  rounds: number,
): Promise<KernelReport> {
  const { instance } = await WebAssembly.instantiate(await readFile(MODULE), {});
  const exports = instance.exports as unknown as Exports;
  const memory = instance.exports.memory as WebAssembly.Memory;
  const L = layers.length - 1;
  const sizes = exports.allocate(4 * layers.length);
  new Uint32Array(memory.buffer, sizes, layers.length).set(layers);
  const network = exports.createNetwork(sizes, layers.length, 0, 0);
  exports.reserveBatch(network, Math.max(64, m), 1);
  exports.initialise(network, 1, 1);
  const staged = exports.allocate(IMAGES * (data.inputs + 2) + 16);
  const load = ({ images, labels, inputs, length }: Dataset): number => {
    const dataset = exports.createDataset(length, inputs);
    const stagedLabels = staged + IMAGES * inputs + 16;
    for (let first = 0; first < length; first += IMAGES) {
      const count = Math.min(IMAGES, length - first);
      new Uint8Array(memory.buffer).set(images.subarray(first * inputs, (first + count) * inputs), staged);
      new Uint16Array(memory.buffer, stagedLabels, count).set(labels.subarray(first, first + count));
      exports.addImages(dataset, first, staged, stagedLabels, count);
    }
    return dataset;
  };
  const some = data.slice(0, IMAGES);
  const dataset = load(some);
  const all = load(data);
  const order = exports.orderOf(dataset);
  const costs = exports.allocate(4 * m);
  const layer = layers.map((_, l) => (l === 0 ? 0 : exports.layerOf(network, l)));
  const panels = exports.panelsOf(layer[1]);

  const batches = Math.floor(IMAGES / m);
  /** Over the images again and again, for some milliseconds. */
  const repeats = Math.max(1, Math.round(1e9 / (batches * m * layers[0] * layers[1])));
  const task = (name: string, step: (batch: number) => void): Task => ({
    name,
    samples: repeats * batches * m,
    run: () => {
      for (let i = 0; i < repeats; i++) for (let batch = 0; batch < batches; batch++) step(order + 4 * m * batch);
    },
  });
  const pixels = Array.from(some.images).filter((pixel) => pixel !== 0).length / IMAGES;
  const later = layers.slice(2).reduce((sum, outputs, i) => sum + layers[i + 1] * outputs, 0);
  const steps: (Task & { readonly operations: number })[] = [
    {
      operations: 2 * pixels * layers[1],
      ...task("layer 1 forward", (b) => exports.feedforwardFirst(network, b, 0, m, 0, panels)),
    },
    { operations: 2 * later, ...task("later layers forward", () => exports.feedforwardRest(network, 0, m, 0, 0)) },
    { operations: 3 * layers[L], ...task("costs", (b) => exports.outputErrors(network, b, 0, m, 0, costs)) },
    { operations: 2 * later, ...task("errors, back", () => exports.backprop(network, 0, m)) },
    { operations: 2 * pixels * layers[1], ...task("layer 1 update", (b) => exports.updateFirst(network, b, m, -1e-6)) },
    {
      operations: 2 * later,
      ...task("later layers update", () => {
        for (let l = 2; l <= L; l++) exports.updateLayer(layer[l - 1], layer[l], m);
      }),
    },
  ];
  const distorted = load(some);
  const { shift, rotation, scale, shear, elastic, sigma } = DISTORTIONS;
  exports.setDistortion(distorted, data.columns, shift, rotation, scale, shear, elastic, sigma);
  exports.reserveDistorted(distorted, m, 1);
  const distort = task(DISTORTING, (b) => exports.distortImages(distorted, exports.orderOf(distorted) + b - order, m));
  const whole: Task = task("mini-batch, images in the cache", (b) =>
    exports.trainBatches(network, dataset, (b - order) / (4 * m), 1, 1e-6, m),
  );
  let epochs = 0;
  const shuffle: Task = { name: "shuffle", samples: data.length, run: () => void exports.shuffle(all, 1, ++epochs) };
  const epoch: Task = {
    name: "mini-batch",
    samples: data.length,
    run: () => void exports.trainBatches(network, all, 0, Math.ceil(data.length / m), 1e-6, m),
  };
  const peakTask = { name: "peak", samples: ROUNDS * ROUND_FLOPS, run: () => void exports.multiplyAdd(ROUNDS, 1) };
  const rates = await inTurns([peakTask, ...steps, distort, whole, shuffle, epoch], rounds);
  const peak = rates.peak.median;
  const time = (name: string) => 1e9 / rates[name].median;
  const total = steps.reduce((sum, { operations }) => sum + operations, 0);
  const timed = steps.map(({ name, operations }) => ({ name, nanoseconds: time(name), operations }));
  const sum = timed.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0);
  return {
    layers,
    batchSize: m,
    peak: peak / 1e9,
    steps: [
      ...timed,
      { name: "between the steps of a mini-batch", nanoseconds: time(whole.name) - sum, operations: 0 },
      { name: "reading images from all of memory", nanoseconds: time(epoch.name) - time(whole.name), operations: 0 },
      { name: "shuffle", nanoseconds: time("shuffle"), operations: 0 },
      { name: "all", nanoseconds: time(epoch.name) + time("shuffle"), operations: total },
      { name: DISTORTING, nanoseconds: time(distort.name), operations: 0 },
    ].map((step) => ({ ...step, share: (1e9 * step.operations) / step.nanoseconds / peak })),
  };
}
