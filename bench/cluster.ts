// npm run bench:cluster: what a trial costs beside its training when it goes through a queue, measured with a Redis of
// its own, and from that what many machines would do: the tables of docs/cluster.md. --trials N and --rounds N change
// the measurement. The simulation is one of queues: a server and a coordinator, each of which does one thing at a time,
// and workers that train.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Network } from "ductus";
import { loadMnist } from "ductus/node";
import { RandomStream } from "ductus/recipe";
import { rungsOf } from "../apps/cli/tune/halving.js";

const MAIN = fileURLToPath(new URL("../cli/main.js", import.meta.url));
/** Ticks a second of /proc/PID/stat. */
const TICKS = 100;
const SHORT = "--hidden 10 --limit 500 --validation 100 --epochs 1".split(" ");
/** Seconds from one machine of a network to another and back. */
const ROUND_TRIP = 0.0005;
const PORT = 16_379;

interface Costs {
  /** Seconds of processor time for each trial. */
  readonly server: number;
  readonly coordinator: number;
}

const { values } = parseArgs({
  options: { trials: { type: "string", default: "1000" }, rounds: { type: "string", default: "3" } },
});
const [trials, rounds] = [Number(values.trials), Number(values.rounds)];
const costs = await measure();
simulate(costs, await epochTimes());

/** Times of searches of short trials, here and through a queue, in turns. */
async function measure(): Promise<Costs> {
  const folder = await mkdtemp(join(tmpdir(), "ductus-cluster-"));
  const started: ChildProcess[] = [];
  const begin = (program: string, ...args: readonly string[]) => {
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "ignore", "ignore"] });
    started.push(child);
    return child;
  };
  try {
    const redis = begin("redis-server", "--port", String(PORT), "--save", "", "--appendonly", "yes", "--dir", folder);
    await answers();
    const url = `redis://127.0.0.1:${PORT}`;
    begin(process.execPath, MAIN, "worker", "--queue", url, "--workers", "2");
    await sleep(5000);
    const [local, queued, server, coordinator]: number[][] = [[], [], [], []];
    // What it takes to start and to end, whatever is between.
    const rest = await timed(folder, [...SHORT, "--trials", "2", "--queue", url, "--out", "none"]);
    for (let round = 0; round < rounds; round++) {
      const args = [...SHORT, "--trials", String(trials), "--seed", String(round)];
      local.push((await timed(folder, [...args, "--workers", "2", "--out", `local ${round}`])).seconds);
      const before = processorTime(redis.pid);
      const through = await timed(folder, [...args, "--queue", url, "--out", `queue ${round}`]);
      queued.push(through.seconds);
      server.push((processorTime(redis.pid) - before) / trials);
      coordinator.push((through.processor - rest.processor) / trials);
    }
    const found = { server: median(server), coordinator: median(coordinator) };
    const ms = (seconds: number) => `${(1000 * seconds).toFixed(2)} ms`;
    console.log(`${trials} short trials, two at a time, median of ${rounds} rounds:`);
    console.log(`  on this machine alone      ${median(local).toFixed(2)} s`);
    console.log(`  through Redis              ${median(queued).toFixed(2)} s`);
    console.log(`  a trial more               ${ms((median(queued) - median(local)) / trials)}`);
    console.log(`  the server's processor     ${ms(found.server)} a trial`);
    console.log(`  the coordinator's          ${ms(found.coordinator)} a trial`);
    return found;
  } finally {
    for (const child of started) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(folder: string, args: readonly string[]) {
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN, "tune", ...args], { cwd: folder, stdio: "ignore" });
  let processor = 0;
  const timer = setInterval(() => {
    processor = Math.max(processor, processorTime(child.pid));
  }, 20);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`ductus tune ${args.join(" ")}: expected to end well, got exit code ${code}`);
  return { seconds: (performance.now() - start) / 1000, processor };
}

/** Seconds that a process and its threads have computed; 0 where the system does not say. */
function processorTime(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
}

async function answers(): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(PORT, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
    await sleep(50);
  }
  throw new Error("expected redis-server, which is to be installed, got no answer of it");
}

/** Seconds of an epoch on MNIST with 100 hidden neurons, for batch sizes that a search draws. */
async function epochTimes(): Promise<number[]> {
  const { training } = loadMnist();
  const times: number[] = [];
  for (const batchSize of [4, 6, 9, 13, 19, 28, 41, 60]) {
    using network = await Network.create({ layers: [784, 100, 10], threads: 1 });
    const start = performance.now();
    await network.fit(training, { epochs: 1, batchSize, learningRate: 1 });
    times.push((performance.now() - start) / 1000);
  }
  console.log(
    `\nan epoch of ${training.length} images, 100 hidden neurons: ${times.map((t) => t.toFixed(2)).join(", ")} s`,
  );
  return times;
}

/** A search on many workers. */
function simulate(costs: Costs, epochs: readonly number[]): void {
  console.log(
    "\n| workers | trials | epochs | time | workers idle | server busy | coordinator busy | trials a second |",
  );
  console.log("|--:|--:|--:|--:|--:|--:|--:|--:|");
  for (const [workers, count, last] of [
    [4, 243, 81],
    [100, 243, 81],
    [100, 2187, 81],
    [1000, 2187, 81],
    [1000, 10_000, 27],
    [1000, 10_000, 1],
  ] as const) {
    const { time, trained, served, coordinated, jobs } = run(workers, count, last, costs, epochs);
    const share = (part: number) => `${(100 * part).toFixed(1)} %`;
    const idle = share(1 - trained / (workers * time));
    const rate = (jobs / time).toFixed(jobs / time < 10 ? 1 : 0);
    const busy = `${share(served / time)} | ${share(coordinated / time)}`;
    console.log(`| ${workers} | ${count} | ${last} | ${time.toFixed(1)} s | ${idle} | ${busy} | ${rate} |`);
  }
}

function run(workers: number, count: number, last: number, costs: Costs, epochs: readonly number[]) {
  const random = new RandomStream(1, 1008, 0);
  let [time, server, coordinator, trained, served, coordinated, jobs] = [0, 0, 0, 0, 0, 0, 0];
  let before = 0;
  for (const rung of rungsOf(count, last, 3)) {
    // When each worker asks for its next job, the earliest first.
    const asks = Array.from({ length: workers }, () => time);
    let end = time;
    for (let job = 0; job < rung.trials; job++) {
      const now = asks.shift() as number;
      const taken = Math.max(now + ROUND_TRIP / 2, server) + costs.server / 2;
      // Nobody has to have what another machine trained: at worst it begins anew.
      const length = epochs[random.nextBelow(epochs.length)] * (rung.epochs - (workers === 1 ? before : 0));
      const done = taken + ROUND_TRIP + length;
      server = taken + costs.server / 2;
      coordinator = Math.max(done, coordinator) + costs.coordinator;
      insert(asks, done);
      end = Math.max(end, done, coordinator);
      trained += length;
      served += costs.server;
      coordinated += costs.coordinator;
      jobs++;
    }
    before = rung.epochs;
    time = end;
  }
  // The coordinator trains the best trial again.
  time += median(epochs) * last;
  return { time, trained, served, coordinated, jobs };
}

/** Into a list in rising order. */
function insert(list: number[], value: number): void {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, value);
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1];
}
