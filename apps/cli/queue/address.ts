// Where a queue is, as its URL says. The URL may hold a password: it is taken out of all that is printed.

import { UsageError } from "ductus/recipe";

/** The packages that a server of a kind needs beside BullMQ. */
const DRIVERS = { redis: "ioredis", postgres: "pg" } as const;
const SCHEMES: Readonly<Record<string, keyof typeof DRIVERS>> = {
  "redis:": "redis",
  "rediss:": "redis",
  "postgres:": "postgres",
  "postgresql:": "postgres",
};

export class Address {
  private constructor(
    readonly kind: keyof typeof DRIVERS,
    /** The whole URL, with its password: never printed. */
    readonly url: string,
    /** Without user, password and settings: as it is printed. */
    readonly shown: string,
    readonly secrets: readonly string[],
  ) {}

  /** @throws {UsageError} for another kind of URL; it is not repeated, as it may hold a password */
  static parse(text: string): Address {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const kind = SCHEMES[url?.protocol ?? ""];
    if (url === undefined || kind === undefined || url.hostname === "") {
      throw new UsageError(
        "--queue: expected the URL of a server, as redis://host:6379 or postgres://user@host:5432/database " +
          "(rediss:// for TLS), got something else",
      );
    }
    const password = url.password || (kind === "redis" ? process.env.REDISCLI_AUTH : process.env.PGPASSWORD) || "";
    const secrets = [password, decoded(password), url.searchParams.get("password") ?? ""];
    if (kind === "redis" && url.password === "" && password !== "") url.password = password;
    return new Address(kind, url.href, `${url.protocol}//${url.host}`, [...new Set(secrets)].filter(Boolean));
  }

  get driver(): string {
    return DRIVERS[this.kind];
  }

  /** A text of somebody else, as an error's message, without the password. */
  redact(text: string): string {
    const [line] = text.split("\n");
    return this.secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), line);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
