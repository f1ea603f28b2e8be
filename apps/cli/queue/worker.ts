// ductus worker: takes trials of searches from a queue, trains them, and says what came of them.

import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import type { Job, Worker } from "bullmq";
import { RANGES } from "ductus/recipe";
import { DATA, dataFrom } from "../measure.js";
import { reasonOf } from "../reasons.js";
import { Interrupted, listenForSignals } from "../signals.js";
import { printError, printLine } from "../terminal.js";
import { type Command, helpOf, parseCommand, usageError } from "../usage.js";
import { NO_WIDE, useWide } from "../wide.js";
import { Address } from "./address.js";
import { Broker } from "./broker.js";
import { type Identity, identityOf, lackOf, MACHINE, nameOf } from "./identity.js";
import { Lanes } from "./lanes.js";
import { BOARD, jobsName, parseNotice, parsePayload, rowOf } from "./messages.js";

const LEASE = { min: 2, max: 15, whole: true, description: "a whole number from 2 to 15" };
/** Milliseconds between two looks at the board. */
const BOARD_MS = 5000;
/** Searches on the board that are looked at. */
const MAX_SEARCHES = 100;

export const QUEUE = {
  value: "URL",
  help: "server of the queue: redis://host:6379 or postgres://user@host/database; rediss:// for TLS",
} as const;

export const WORKER: Command = {
  usage: "worker --queue URL [options]",
  summary: `Trains for \`ductus tune --queue URL\`, here or on other machines: takes one trial after the other from a
queue. Start any number, on any machines, at any time. What a worker that is killed had begun is done by another one; a
first SIGTERM or SIGINT gives it back.

Needs the package bullmq, and ioredis or pg.`,
  arguments: 0,
  options: {
    queue: QUEUE,
    workers: {
      value: "N",
      help: `trials that train at the same time: ${RANGES.threads.description} (default: as many as there are cores)`,
    },
    ...DATA,
    data: { value: "PATH", help: "file or folder with the data of the search (default: MNIST)" },
    cache: {
      value: "DIR",
      help:
        "folder where trials that may continue are kept; workers that share it continue each other's " +
        "(default: one of its own, until it ends)",
    },
    lease: {
      value: "SECONDS",
      help: `its trials are another's when it was silent for so long: ${LEASE.description}`,
      default: "10",
    },
    "no-wide": NO_WIDE,
  },
};

export async function worker(args: readonly string[]): Promise<void> {
  const values = parseCommand(WORKER, args);
  if (values === undefined) return printLine(helpOf(WORKER));
  const size = values.number("workers", RANGES.threads) ?? availableParallelism();
  const lease = 1000 * (values.number("lease", LEASE) as number);
  const folder = values.path("data");
  const place = { ...dataFrom(values), data: folder === undefined ? undefined : resolve(folder) };
  const cache = values.path("cache");
  const url = values.text("queue");
  if (url === undefined) throw usageError("worker", "--queue: expected the URL of a server, got none");
  const address = Address.parse(url);
  const wide = useWide(values);
  if (cache !== undefined) await makeFolder(cache);
  const identity = await identityOf(place);
  const name = nameOf(identity);
  const interrupt = listenForSignals();
  const lanes = await Lanes.open(size, place, name, cache);
  let broker: Broker | undefined;
  try {
    broker = await Broker.connect(address, interrupt.signal);
    const what = `${size} at a time${wide ? ", 256-bit" : ""}`;
    printLine(`worker ${MACHINE} takes trials on ${folder ?? "MNIST"} from ${address.shown}, ${what}`);
    await serve(broker, identity, lanes, lease);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.exitCode = error.exitCode;
    printError(`ductus: stopped by ${error.signal}; trials that were not done are given back`);
  } finally {
    interrupt.stop();
    await lanes.close();
    await broker?.close();
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error) => {
    throw new Error(`${path}: expected a folder that can be made, got ${reasonOf(error)}: give another --cache`);
  });
}

/** Takes jobs until the broker's signal is aborted, and throws what it is aborted with. */
async function serve(broker: Broker, identity: Identity, lanes: Lanes, lease: number): Promise<void> {
  const { bullmq, signal } = broker;
  const board = broker.queue(BOARD);
  const name = nameOf(identity);
  const process = async (job: Job, token?: string): Promise<void> => {
    let payload: ReturnType<typeof parsePayload>;
    try {
      payload = parsePayload(job.data, name);
    } catch (error) {
      broker.say(`ductus: ${broker.address.shown}: ${(error as Error).message}`);
      throw new bullmq.UnrecoverableError((error as Error).message);
    }
    try {
      const outcome = await lanes.run(payload, signal);
      await broker.log(board, payload.search, rowOf(payload.id, MACHINE, outcome));
    } catch (error) {
      if (!signal.aborted) {
        broker.say(`ductus: ${MACHINE}: a trial is given back: ${(error as Error).message}`);
        throw error;
      }
      await job.moveToWait(token);
      throw new bullmq.WaitingError();
    }
  };
  const taken: Worker = broker.worker(jobsName(name), process, {
    name: MACHINE,
    concurrency: lanes.size,
    lockDuration: lease,
    stalledInterval: lease / 2,
    maxStalledCount: 1_000_000,
    runRetryDelay: 500,
    drainDelay: 1,
  });
  const stop = watch(broker, board, identity);
  const isAborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  try {
    await Promise.race([isAborted, taken.run()]);
  } finally {
    stop();
    await taken.close();
  }
  signal.throwIfAborted();
}

/** Says once of each search on the board why this machine does not work for it. Returns what ends it. */
function watch(broker: Broker, board: ReturnType<Broker["queue"]>, identity: Identity): () => void {
  const said = new Set<string>();
  let isLooking = false;
  const look = async () => {
    // While the server is away, one look waits for it.
    if (isLooking) return;
    isLooking = true;
    const jobs = await board.getJobs(["waiting"], 0, MAX_SEARCHES).catch(() => []);
    isLooking = false;
    for (const job of jobs) {
      const notice = parseNotice(job?.data);
      const lack = notice && lackOf(identity, notice);
      if (notice === undefined || lack === undefined || said.has(`${job.id} ${lack}`)) continue;
      said.add(`${job.id} ${lack}`);
      broker.say(`ductus: takes no trials of the search on ${notice.machine}: expected ${lack}`);
    }
  };
  void look();
  const timer = setInterval(look, BOARD_MS);
  return () => clearInterval(timer);
}
