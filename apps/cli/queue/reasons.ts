// What servers of queues, and the way to them, say when they refuse: in words, and whether to try again.

import type { Address } from "./address.js";

/** Codes of errors after which the server may be there again. */
const AWAY: Readonly<Record<string, string>> = {
  ECONNREFUSED: "no server at this address",
  ECONNRESET: "a connection that was cut",
  EPIPE: "a connection that was cut",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "no way to this host",
  ENETUNREACH: "no way to this network",
  ENOTFOUND: "no host of this name",
  EAI_AGAIN: "no host of this name",
  // Of PostgreSQL: it starts, or ends.
  "57P01": "a server that is being stopped",
  "57P02": "a server that is being stopped",
  "57P03": "a server that is starting",
  "53300": "too many connections",
};

/** Whether to try again after an error, and what it says in words. */
export interface Reason {
  readonly again: boolean;
  readonly got: string;
}

/** What is behind an error of a server, or of its driver. */
export function reasonFor(error: unknown, address: Address): Reason {
  const { code = "", message = "", errors } = Object(error) as Partial<NodeJS.ErrnoException> & { errors?: unknown[] };
  // One for each address of a host name.
  if (Array.isArray(errors) && errors.length > 0) return reasonFor(errors[0], address);
  if (code in AWAY) return { again: true, got: AWAY[code] };
  if (/^(28P01|28000)$/.test(code) || /^(WRONGPASS|NOAUTH)|invalid password|password must be a string/.test(message)) {
    return { again: false, got: "a user or password that it refuses" };
  }
  if (/^LOADING/.test(message)) return { again: true, got: "a server that is starting" };
  // Those of drivers, which have no codes.
  if (
    /connection (is closed|terminated|ended|error)|closed the connection|connect timeout|timeout exceeded/i.test(
      message,
    )
  ) {
    return { again: true, got: AWAY.ECONNRESET };
  }
  return { again: false, got: `"${address.redact(message || code || "no reason")}"` };
}
