// The jobs of a search, done by whoever takes them from a queue. Each has the name of what decides its result, so that
// it is there once, whoever asks for it and how often. Results come as rows of the search's log, which stays until the
// search is finished: a coordinator that is started again reads it from its beginning.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Queue } from "bullmq";
import type { Engine, Listener } from "../tune/engine.js";
import type { Outcome } from "../tune/halving.js";
import type { Job } from "../tune/job.js";
import { areOutcomes, type SearchSettings } from "../tune/journal.js";
import { hashOfText, type Task, taskId } from "../tune/task.js";
import type { Broker } from "./broker.js";
import { type Identity, MACHINE, nameOf } from "./identity.js";
import { BOARD, type Hello, jobsName, type Payload, parseRow, type Result, sameResult } from "./messages.js";

/** Milliseconds between two looks at the log, and without a result until the jobs are looked after. */
const LOOK_MS = 25;
const SILENCE_MS = 5000;
/** Rows that are read, and jobs that are added, at once. */
const CHUNK = 500;
/** How often a job is tried on machines that cannot do it. */
const ATTEMPTS = 10;

/** What a search is known by among machines. */
export interface Searched {
  readonly identity: Identity;
  readonly settings: SearchSettings;
  /** Images to validate by. */
  readonly validation: number;
  /** The last rung. */
  readonly rungs: number;
}

export class Coordinator implements Engine {
  readonly #search: string;
  readonly #name: string;
  readonly #session = randomBytes(16).toString("hex");
  readonly #board: Queue;
  readonly #jobs: Queue;
  /** The first result of each task. */
  readonly #results = new Map<string, Result>();
  /** Rows that were read. */
  #offset = 0;
  /** Whether this session's greeting was read: what comes later is said by somebody who runs now. */
  #isGreeted = false;
  readonly #others = new Set<string>();
  /** Whether two machines had different results of one task. */
  differs = false;

  constructor(
    readonly broker: Broker,
    readonly searched: Searched,
  ) {
    const { data: _, ...options } = searched.settings.options;
    this.#name = nameOf(searched.identity);
    this.#search = hashOfText(JSON.stringify([this.#name, { ...searched.settings, options }]));
    this.#board = broker.queue(BOARD);
    this.#jobs = broker.queue(jobsName(this.#name));
  }

  /**
   * @throws {Error} what `signal` is aborted with, or if no machine can do a job; a server that goes away is waited for
   */
  async run(jobs: readonly Job[], signal: AbortSignal, { onOutcome }: Listener): Promise<void> {
    // Trials of the same settings are one task.
    const open = new Map<string, Job[]>();
    for (const job of jobs) {
      const id = taskId(job.task, this.#name);
      open.set(id, [...(open.get(id) ?? []), job]);
    }
    const settle = async (result: Result) => {
      const settled = open.get(result.id) ?? [];
      open.delete(result.id);
      for (const { trial, rung } of settled) await onOutcome(outcomeOf(result, trial, rung), result.machine);
    };
    await this.#announce();
    await this.#read(open);
    for (const id of [...open.keys()]) {
      const result = this.#results.get(id);
      if (result !== undefined) await settle(result);
    }
    await this.#submit(open);
    let heard = performance.now();
    while (open.size > 0) {
      signal.throwIfAborted();
      const rows = await this.#read(open);
      await Promise.all(rows.map(settle));
      if (rows.length > 0) heard = performance.now();
      else await sleep(LOOK_MS);
      if (performance.now() - heard < SILENCE_MS) continue;
      await this.#refuseFailures();
      // A server that forgets is told again. Of a job that it has this changes nothing.
      await this.#announce();
      await this.#submit(open);
      heard = performance.now();
    }
  }

  /** Removes what the server has of the search. */
  async finish(): Promise<void> {
    await this.broker.patiently(() => this.#board.remove(this.#search));
  }

  /** Puts the search on the board, with the log of its results, unless it is there. */
  async #announce(): Promise<void> {
    const notice = { ...this.searched.identity, machine: MACHINE };
    await this.broker.patiently(() => this.#board.add("search", notice, { jobId: this.#search }));
    if (this.#isGreeted) return;
    await this.#greet();
  }

  async #greet(): Promise<void> {
    const hello = JSON.stringify({ hello: this.#session, machine: MACHINE } satisfies Hello);
    await this.broker.log(this.#board, this.#search, hello);
  }

  async #submit(open: ReadonlyMap<string, readonly Job[]>): Promise<void> {
    const all = [...open].map(([id, [job]]) => this.#payloadOf(id, job.task));
    for (let i = 0; i < all.length; i += CHUNK) {
      const added = all.slice(i, i + CHUNK).map((data) => ({
        name: "trial",
        data,
        opts: {
          jobId: `${this.#search}-${data.id}`,
          attempts: ATTEMPTS,
          backoff: { type: "fixed", delay: 1000 },
          removeOnComplete: true,
        },
      }));
      await this.broker.patiently(() => this.#jobs.addBulk(added));
    }
  }

  #payloadOf(id: string, { settings, epochs }: Task): Payload {
    return { search: this.#search, id, more: epochs.length < this.searched.rungs, settings, epochs };
  }

  /** New results of open tasks. */
  async #read(open: ReadonlyMap<string, readonly Job[]>): Promise<Result[]> {
    const found: Result[] = [];
    for (;;) {
      const { logs, count } = await this.broker.patiently(() =>
        this.#board.getJobLogs(this.#search, this.#offset, this.#offset + CHUNK - 1, true),
      );
      if (count < this.#offset) {
        // The server has forgotten the log, or another coordinator has finished the search.
        this.#offset = 0;
        continue;
      }
      this.#offset += logs.length;
      for (const log of logs) {
        const row = parseRow(log);
        if (row === undefined) continue;
        if ("hello" in row) await this.#meet(row);
        else if (this.#isNew(row, open.get(row.id)?.[0])) found.push(row);
      }
      if (logs.length < CHUNK) return found;
    }
  }

  /** Keeps the first result of a task, and compares others with it. Returns whether it is one of an open task. */
  #isNew(row: Result, job: Job | undefined): boolean {
    const first = this.#results.get(row.id);
    if (first !== undefined) {
      if (!sameResult(first, row)) this.#alarm(first, row);
      return false;
    }
    const { settings, validation } = this.searched;
    if (job !== undefined && !areOutcomes([outcomeOf(row, job.trial, job.rung)], settings, validation)) return false;
    this.#results.set(row.id, row);
    return job !== undefined;
  }

  #alarm(first: Result, second: Result): void {
    if (first.machine === second.machine && this.differs) return;
    this.differs = true;
    const figures = ({ machine, correct, count, cost, error }: Result) =>
      `${error ?? `${correct} of ${count}, cost ${cost}`} from ${machine}`;
    this.broker.say(
      `ductus: job ${first.id.slice(0, 12)}: expected one result, got ${figures(first)}, and ${figures(second)}: ` +
        "one of the two machines computes wrongly; the first result is used",
    );
  }

  async #meet({ hello, machine }: Hello): Promise<void> {
    if (hello === this.#session) this.#isGreeted = true;
    else if (this.#isGreeted && !this.#others.has(hello)) {
      this.#others.add(hello);
      this.broker.say(`ductus: ${machine} coordinates the same search: both get its results`);
      // So that the other one knows, too.
      await this.#greet();
    }
  }

  /** @throws {Error} if a job of this search cannot be done, with the reason of the machine that tried it last */
  async #refuseFailures(): Promise<void> {
    const failures = await this.broker.patiently(() => this.#jobs.getJobs(["failed"], 0, CHUNK));
    const own = failures.filter((job) => job?.id?.startsWith(`${this.#search}-`));
    // So that they are tried again when the search is.
    for (const job of own) await this.broker.patiently(() => job.remove());
    const [first] = own;
    if (first === undefined) return;
    const reason = this.broker.address.redact(String(first.failedReason)).slice(0, 500);
    throw new Error(
      `${this.broker.address.shown}: expected every job to be done, got one that no machine can: ${reason}`,
    );
  }
}

function outcomeOf({ correct, count, cost, history, error }: Result, trial: number, rung: number): Outcome {
  return { trial, rung, correct, count, cost, history, ...(error === undefined ? {} : { error }) };
}
