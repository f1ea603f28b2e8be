// Whether a server can hold queues: it is there, takes the password, and does not lose what it is given.

import type { Redis, RedisOptions } from "ioredis";
import type { Address } from "./address.js";

/** Milliseconds. */
const TIMEOUT = 5000;

/** What is used of the package pg. */
interface Pg {
  readonly Client: new (
    options: object,
  ) => {
    connect(): Promise<void>;
    query(text: string): Promise<unknown>;
    end(): Promise<void>;
    on(event: "error", listener: (error: Error) => void): void;
  };
}

/**
 * A client of PostgreSQL that ends no program. Of a client that a pool has handed out, nobody listens for errors, and
 * one between two queries, as when the server crashes, would be thrown; the next query fails with it anyway.
 */
export function calmClient(driver: unknown): Pg["Client"] {
  const { default: pg = driver } = driver as { default?: unknown };
  return class extends (pg as Pg).Client {
    constructor(options: object) {
      super(options);
      this.on("error", () => {});
    }
  };
}

/**
 * Connects once.
 * @param driver the package ioredis or pg
 * @returns warnings
 * @throws {Error} of the driver, if it cannot be reached or refuses
 */
export async function checkServer({ kind, url }: Address, driver: unknown): Promise<string[]> {
  if (kind === "redis") return checkRedis(url, driver as { Redis: new (url: string, options: RedisOptions) => Redis });
  const Client = calmClient(driver);
  const client = new Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT });
  try {
    await client.connect();
    await client.query("SELECT 1");
  } finally {
    await client.end().catch(() => {});
  }
  return [];
}

async function checkRedis(
  url: string,
  { Redis }: { Redis: new (url: string, options: RedisOptions) => Redis },
): Promise<string[]> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT,
    retryStrategy: () => null,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
  });
  // Of two errors the first one says why.
  let first: Error | undefined;
  client.on("error", (error) => {
    first ??= error;
  });
  try {
    await client.connect();
    return warningsOf(await client.info());
  } catch (error) {
    throw first ?? error;
  } finally {
    client.disconnect();
  }
}

/** What of the settings of a Redis loses jobs. */
export function warningsOf(info: string): string[] {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const [policy, aof, loading] = ["maxmemory_policy", "aof_enabled", "loading"].map(field);
  if (loading === "1") throw new Error("LOADING");
  const again = "they are then queued again, and work may be done twice";
  return [
    ...(policy === undefined || policy === "noeviction"
      ? []
      : [`expected maxmemory-policy noeviction, got ${policy}: jobs are lost when its memory is full; ${again}`]),
    ...(aof !== "0" ? [] : [`expected appendonly yes, got no: a restart of the server forgets jobs; ${again}`]),
  ];
}
