// What goes through a queue: jobs, results, and what is said of a search. Whatever comes out of a queue is checked like
// a file from elsewhere: it holds no path, no code, and nothing of any size.

import { type HistoryEntry, RANGES } from "ductus/recipe";
import { type Outcome, sameOutcome } from "../tune/halving.js";
import { type Settings, searchOptions } from "../tune/space.js";
import { type Task, taskId } from "../tune/task.js";
import type { Identity } from "./identity.js";

/** Queues on a server: one of all searches, and one of jobs for each identity. */
export const BOARD = "ductus-board";
export const jobsName = (identity: string) => `ductus-jobs-${identity}`;

/** Characters: the longest value of an option, job and result. */
const MAX_VALUE = 1000;
const MAX_JOB = 65_536;
const MAX_RESULT = 4_194_304;
const MAX_RUNGS = 32;
const HASH = /^[0-9a-f]{32}$/;
const SHA_256 = /^[0-9a-f]{64}$/;

/** A job in a queue. */
export interface Payload extends Task {
  readonly search: string;
  /** The task's name. */
  readonly id: string;
  /** Whether a later rung may continue from it. */
  readonly more: boolean;
}

/** What a job in a queue must be, which is said of one that is not. */
const EXPECTED = "a job of ductus tune";

/**
 * A job from a queue.
 * @param identity the name of this machine's identity
 * @throws {Error} if it is none, or one of another identity
 */
export function parsePayload(value: unknown, identity: string): Payload {
  const wrong = (got: string) => new Error(`expected ${EXPECTED}, got ${got}`);
  if (JSON.stringify(value ?? null).length > MAX_JOB) throw wrong(`one of more than ${MAX_JOB} characters`);
  const { search, id, more, settings, epochs } = Object(value) as Partial<Payload>;
  if (typeof search !== "string" || !HASH.test(search) || typeof more !== "boolean") throw wrong("another one");
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) throw wrong("one without settings");
  const known = searchOptions();
  for (const [name, text] of Object.entries(settings)) {
    if (!Object.hasOwn(known, name) || name === "data") throw wrong("one with another option than those of a search");
    if (typeof text !== "string" || text.length > MAX_VALUE) throw wrong(`one with no text for --${name}`);
  }
  const { min, max } = RANGES.epochs;
  const isEpoch = (epoch: unknown, i: number, all: readonly unknown[]) =>
    Number.isInteger(epoch) && Number(epoch) >= (i === 0 ? min : Number(all[i - 1]) + 1) && Number(epoch) <= max;
  if (!Array.isArray(epochs) || epochs.length < 1 || epochs.length > MAX_RUNGS || !epochs.every(isEpoch)) {
    throw wrong("one without epochs");
  }
  if (id !== taskId({ settings, epochs }, identity)) throw wrong("one whose name is not that of its settings");
  return { search, id, more, settings, epochs };
}

/** What a machine says of a task. */
export interface Result extends Pick<Outcome, "correct" | "count" | "cost" | "history" | "error"> {
  readonly id: string;
  readonly machine: string;
}

/** A coordinator says that it is there. */
export interface Hello {
  readonly hello: string;
  readonly machine: string;
}

export function rowOf(id: string, machine: string, { correct, count, cost, history, error }: Outcome): string {
  return JSON.stringify({ id, machine, correct, count, cost, history, error } satisfies Result);
}

/** A row of a search's log; undefined if it is none. Its figures are to be checked with the settings of the search. */
export function parseRow(text: unknown): Result | Hello | undefined {
  if (typeof text !== "string" || text.length > MAX_RESULT) return undefined;
  try {
    const row = JSON.parse(text) as Partial<Result & Hello>;
    const { id, machine, hello, history, correct, count, cost, error } = row;
    if (typeof machine !== "string" || machine.length > MAX_VALUE) return undefined;
    if (typeof hello === "string" && HASH.test(hello)) return { hello, machine };
    if (typeof id !== "string" || !HASH.test(id) || !Array.isArray(history)) return undefined;
    if (error !== undefined && (typeof error !== "string" || error.length > MAX_VALUE)) return undefined;
    const figures = { correct: Number(correct), count: Number(count), cost: Number(cost) };
    return { id, machine, ...figures, history: history as HistoryEntry[], error };
  } catch {
    return undefined;
  }
}

/** Whether two machines say the same of a task. */
export function sameResult(a: Result, b: Result): boolean {
  const outcome = (result: Result): Outcome => ({ trial: 1, rung: 1, ...result });
  return sameOutcome(outcome(a), outcome(b));
}

/** What is said of a search on the board; undefined if it is none. */
export function parseNotice(value: unknown): (Identity & { readonly machine: string }) | undefined {
  const { version, module, data, machine } = Object(value) as Record<string, unknown>;
  const isShort = (text: unknown): text is string => typeof text === "string" && text.length <= 100;
  if (![version, machine].every(isShort) || ![module, data].every((hash) => SHA_256.test(String(hash)))) {
    return undefined;
  }
  return { version, module, data, machine } as Identity & { readonly machine: string };
}

/** The settings of a trial as they are sent: nothing of this machine. */
export function portable({ data: _, ...settings }: Settings): Settings {
  return settings;
}
