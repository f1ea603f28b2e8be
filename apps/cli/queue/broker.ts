// A server with queues, spoken to by BullMQ, which is loaded when it is asked for. Where the server goes away, that is
// said once, and all goes on when it is there again.

import { setTimeout as sleep } from "node:timers/promises";
import type * as BullMQ from "bullmq";
import type { Processor, Queue, Worker, WorkerOptions } from "bullmq";
import { printError } from "../terminal.js";
import type { Address } from "./address.js";
import { reasonFor } from "./reasons.js";
import { calmClient, checkServer } from "./server.js";

/** Milliseconds between two attempts. */
const RETRY_MS = 500;
/** Of PostgreSQL. */
const UNIQUE_VIOLATION = "23505";
/** Before the names of all keys on a Redis. */
const PREFIX = "ductus";

export type Say = (line: string) => void;

export class Broker {
  /** What is open, the latest first. */
  readonly #open: (Queue | Worker)[] = [];
  #isAway = false;
  #logging: Promise<void> = Promise.resolve();

  private constructor(
    readonly address: Address,
    readonly bullmq: typeof BullMQ,
    /** The package ioredis or pg. */
    readonly driver: unknown,
    readonly signal: AbortSignal,
    readonly say: Say,
  ) {}

  /**
   * Waits for the server.
   * @param say prints a line about the server
   * @throws {Error} if a package is missing, the server refuses the password, or `signal` is aborted
   */
  static async connect(address: Address, signal: AbortSignal, say: Say = printError): Promise<Broker> {
    const bullmq = (await load("bullmq", address)) as typeof BullMQ;
    const driver = await load(address.driver, address);
    const broker = new Broker(address, bullmq, driver, signal, say);
    const warnings = await broker.patiently(() => checkServer(address, driver));
    for (const warning of warnings) say(`ductus: ${address.shown}: ${warning}`);
    return broker;
  }

  queue(name: string): Queue {
    const { Queue } = this.#classes();
    return this.#opened(new Queue(name, this.#options()));
  }

  worker(name: string, processor: Processor, options: Partial<WorkerOptions>): Worker {
    const { Worker } = this.#classes();
    return this.#opened(new Worker(name, processor, { ...options, ...this.#options(), autorun: false }));
  }

  /**
   * What an operation returns, however often it has to be tried.
   * @throws {Error} what `signal` is aborted with, or why it cannot be done
   */
  async patiently<T>(operation: () => Promise<T>): Promise<T> {
    for (;;) {
      this.signal.throwIfAborted();
      try {
        const result = await abortable(operation(), this.signal);
        this.#back();
        return result;
      } catch (error) {
        this.signal.throwIfAborted();
        if (!this.#lost(error)) throw this.errorOf(error);
        await sleep(RETRY_MS);
      }
    }
  }

  /** Adds a row to the log of a search, unless that is over. Of this program's rows one is added at a time. */
  log(board: Queue, search: string, row: string): Promise<void> {
    this.#logging = this.#logging.catch(() => {}).then(() => this.patiently(() => addRow(board, search, row)));
    return this.#logging;
  }

  /** An error of the server in a sentence, without the password. */
  errorOf(error: unknown): Error {
    return new Error(`${this.address.shown}: expected a server for the queue, got ${this.#got(error)}`);
  }

  async close(): Promise<void> {
    // A server that is away is not waited for.
    const closed = Promise.all(this.#open.splice(0).map((one) => one.close().catch(() => {})));
    await Promise.race([closed, sleep(2000, undefined, { ref: false })]);
  }

  #got(error: unknown): string {
    return reasonFor(error, this.address).got;
  }

  /** Says once that the server is away. Returns whether it is worth trying again. */
  #lost(error: unknown): boolean {
    const { again, got } = reasonFor(error, this.address);
    if (again && !this.#isAway) {
      this.#isAway = true;
      this.say(
        `ductus: ${this.address.shown}: expected a server for the queue, got ${got}: trying again until it is there`,
      );
    }
    return again;
  }

  #back(): void {
    if (this.#isAway) this.say(`ductus: ${this.address.shown}: the server is there again`);
    this.#isAway = false;
  }

  #opened<T extends Queue | Worker>(one: T): T {
    this.#open.unshift(one);
    const onError = (error: Error) => {
      if (!this.#lost(error)) this.say(`ductus: ${this.address.shown}: ${this.address.redact(error.message)}`);
    };
    (one as Queue).on("error", onError);
    if (one instanceof this.bullmq.Worker) one.on("active", () => this.#back());
    return one;
  }

  #classes() {
    const { bullmq, address } = this;
    if (address.kind === "redis") return bullmq;
    return bullmq.withBackend(bullmq.createPostgresBackend) as unknown as typeof BullMQ;
  }

  #options(): BullMQ.QueueOptions {
    const { kind, url } = this.address;
    if (kind === "postgres") {
      const Client = calmClient(this.driver);
      return { connection: { connectionString: url, migrate: true, max: 3, Client } as BullMQ.ConnectionOptions };
    }
    const retryStrategy = (attempt: number) => Math.min(100 * attempt, RETRY_MS);
    // The version was checked: the check of BullMQ prints.
    const connection = { url, maxRetriesPerRequest: null, retryStrategy };
    return { connection, prefix: PREFIX, skipVersionCheck: true };
  }
}

async function addRow(board: Queue, search: string, row: string): Promise<void> {
  for (;;) {
    try {
      await board.addJobLog(search, row);
      return;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (/missing key/i.test(message)) return;
      // On PostgreSQL rows are numbered before they are written: of two writers one has to do it again.
      if (code !== UNIQUE_VIOLATION) throw error;
      await sleep(50 * Math.random());
    }
  }
}

async function load(name: string, { shown, driver }: Address): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error(
      `${shown}: expected the packages bullmq and ${driver}, which a queue needs, got no ${name}: ` +
        `npm install bullmq@6 ${driver} (with -g if ductus is installed so)`,
    );
  }
}

/** A promise that ends early, with what `signal` is aborted with. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
