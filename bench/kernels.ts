// Where the time of a mini-batch goes: each step by itself, over and over, on data in the cache, and its share of the
// peak, the multiplications and additions of four f32 that this machine does in WebAssembly when it does nothing else.

import { readFile } from "node:fs/promises";
import type { Dataset } from "ductus";
import { inTurns, type Task } from "./timing.js";

interface Step {
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

/** A task, and what it needs if it leaves out zeros: multiplications and additions per sample. */
interface CountedTask extends Task {
  readonly operations: number;
}

/** What the tasks work on. */
interface Bench {
  readonly exports: Exports;
  readonly layers: readonly number[];
  /** Samples of a mini-batch. */
  readonly m: number;
  /** Addresses of a network, and of IMAGES images that stay in the cache. */
  readonly network: number;
  readonly some: number;
  readonly data: Dataset;
  /**
   * A task that does `step` for all mini-batches of the images, for some milliseconds; `first` is a batch's first
   * sample.
   */
  task(name: string, step: (first: number) => void): Task;
}

/** The steps of training `layers` in mini-batches of m on the first images of a data set. */
export async function timeKernels(
  layers: readonly number[],
  m: number,
  data: Dataset,
  rounds: number,
): Promise<KernelReport> {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(await readFile(MODULE)), {});
  const exports = instance.exports as unknown as Exports;
  const memory = instance.exports.memory as WebAssembly.Memory;
  const network = createNetwork(exports, memory, layers, m);
  const [some, all] = loadDatasets(exports, memory, [data.slice(0, IMAGES), data]);
  const batches = Math.floor(IMAGES / m);
  const repeats = Math.max(1, Math.round(1e9 / (batches * m * layers[0] * layers[1])));
  const task = (name: string, step: (first: number) => void): Task => ({
    name,
    samples: repeats * batches * m,
    run: () => {
      for (let i = 0; i < repeats; i++) for (let batch = 0; batch < batches; batch++) step(m * batch);
    },
  });
  const bench: Bench = { exports, layers, m, network, some, data, task };
  const steps = stepsOf(bench);
  const distort = distortionOf(bench, memory);
  const whole: Task = task("mini-batch, images in the cache", (first) =>
    exports.trainBatches(network, some, first / m, 1, 1e-6, m),
  );
  let epochs = 0;
  const shuffle: Task = { name: "shuffle", samples: data.length, run: () => void exports.shuffle(all, 1, ++epochs) };
  const epoch: Task = {
    name: "mini-batch",
    samples: data.length,
    run: () => void exports.trainBatches(network, all, 0, Math.ceil(data.length / m), 1e-6, m),
  };
  const peak: Task = {
    name: "peak",
    samples: ROUNDS * ROUND_FLOPS,
    run: () => void exports.multiplyAdd(ROUNDS, 1),
  };
  const rates = await inTurns([peak, ...steps, distort, whole, shuffle, epoch], rounds);
  const time = ({ name }: Task) => 1e9 / rates[name].median;
  const sum = steps.reduce((sum, step) => sum + time(step), 0);
  const rows = [
    ...steps.map((step) => ({ name: step.name, nanoseconds: time(step), operations: step.operations })),
    { name: "between the steps of a mini-batch", nanoseconds: time(whole) - sum, operations: 0 },
    { name: "reading images from all of memory", nanoseconds: time(epoch) - time(whole), operations: 0 },
    { name: "shuffle", nanoseconds: time(shuffle), operations: 0 },
    {
      name: "all",
      nanoseconds: time(epoch) + time(shuffle),
      operations: steps.reduce((sum, { operations }) => sum + operations, 0),
    },
    { name: DISTORTING, nanoseconds: time(distort), operations: 0 },
  ];
  const flops = rates.peak.median;
  const share = ({ operations, nanoseconds }: Omit<Step, "share">) => (1e9 * operations) / nanoseconds / flops;
  return { layers, batchSize: m, peak: flops / 1e9, steps: rows.map((row) => ({ ...row, share: share(row) })) };
}

/** The address of a network with scaled weights. */
function createNetwork(exports: Exports, memory: WebAssembly.Memory, layers: readonly number[], m: number): number {
  const sizes = exports.allocate(4 * layers.length);
  new Uint32Array(memory.buffer, sizes, layers.length).set(layers);
  const network = exports.createNetwork(sizes, layers.length, 0, 0);
  exports.reserveBatch(network, Math.max(64, m), 1);
  exports.initialise(network, 1, 1);
  return network;
}

/** The addresses of data sets in the module's memory. */
function loadDatasets(exports: Exports, memory: WebAssembly.Memory, datasets: readonly Dataset[]): number[] {
  const [{ inputs }] = datasets;
  const staged = exports.allocate(IMAGES * (inputs + 2) + 16);
  const stagedLabels = staged + IMAGES * inputs + 16;
  return datasets.map(({ images, labels, length }) => {
    const dataset = exports.createDataset(length, inputs);
    for (let first = 0; first < length; first += IMAGES) {
      const count = Math.min(IMAGES, length - first);
      new Uint8Array(memory.buffer).set(images.subarray(first * inputs, (first + count) * inputs), staged);
      new Uint16Array(memory.buffer, stagedLabels, count).set(labels.subarray(first, first + count));
      exports.addImages(dataset, first, staged, stagedLabels, count);
    }
    return dataset;
  });
}

/** The steps of a mini-batch, in their order. */
function stepsOf({ exports, layers, m, network, some, data, task }: Bench): CountedTask[] {
  const order = exports.orderOf(some);
  const costs = exports.allocate(4 * m);
  const L = layers.length - 1;
  const layer = layers.map((_, l) => (l === 0 ? 0 : exports.layerOf(network, l)));
  const panels = exports.panelsOf(layer[1]);
  const images = data.slice(0, IMAGES).images;
  const pixels = Array.from(images).filter((pixel) => pixel !== 0).length / IMAGES;
  const first = 2 * pixels * layers[1];
  const later = 2 * layers.slice(2).reduce((sum, outputs, i) => sum + layers[i + 1] * outputs, 0);
  const counted = (operations: number, name: string, step: (samples: number) => void): CountedTask => ({
    operations,
    ...task(name, (start) => step(order + 4 * start)),
  });
  return [
    counted(first, "layer 1 forward", (samples) => exports.feedforwardFirst(network, samples, 0, m, 0, panels)),
    counted(later, "later layers forward", () => exports.feedforwardRest(network, 0, m, 0, 0)),
    counted(3 * layers[L], "costs", (samples) => exports.outputErrors(network, samples, 0, m, 0, costs)),
    counted(later, "errors, back", () => exports.backprop(network, 0, m)),
    // It scales the errors in place: by a smaller step they would soon be too small for normal numbers.
    counted(first, "layer 1 update", (samples) => exports.updateFirst(network, samples, m, -1)),
    counted(later, "later layers update", () => {
      for (let l = 2; l <= L; l++) exports.updateLayer(layer[l - 1], layer[l], m);
    }),
  ];
}

/** Distorting the images of a mini-batch. */
function distortionOf({ exports, m, data, task }: Bench, memory: WebAssembly.Memory): Task {
  const [distorted] = loadDatasets(exports, memory, [data.slice(0, IMAGES)]);
  const { shift, rotation, scale, shear, elastic, sigma } = DISTORTIONS;
  exports.setDistortion(distorted, data.columns, shift, rotation, scale, shear, elastic, sigma);
  exports.reserveDistorted(distorted, m, 1);
  return task(DISTORTING, (first) => exports.distortImages(distorted, exports.orderOf(distorted) + 4 * first, m));
}
