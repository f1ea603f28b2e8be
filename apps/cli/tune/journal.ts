// The state of a search in its folder: what was asked for and every result in search.json, and a checkpoint for each
// trial that may continue. A checkpoint is written before its result, and the one before it is removed after: whenever
// the program is killed, the results on disk have their checkpoints.

import { existsSync } from "node:fs";
import { mkdir, open, readdir, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { FormatError } from "ductus";
import { type HistoryEntry, isEntry, UsageError } from "ductus/recipe";
import { KINDS } from "../kinds.js";
import { Output } from "../output.js";
import { reasonOf } from "../reasons.js";
import { STANDARD_OUTPUT } from "../targets.js";
import { type Outcome, rungsOf, sameOutcome } from "./halving.js";
import type { Settings } from "./space.js";

/** What decides a search. */
export interface SearchSettings {
  /** The version of the package. */
  readonly version: string;
  /** As given, by name. */
  readonly options: Settings;
  readonly trials: number;
  readonly epochs: number;
  readonly reduction: number;
  readonly seed: number;
  /** How trials are proposed, if not at random. */
  readonly proposals?: string;
  /** SHA-256 of the training and the validation data; undefined for MNIST. */
  readonly hashes?: readonly string[];
}

const FORMAT = "ductus search 1";
const FILE = "search.json";
const BEST = "best.safetensors";

export class Journal {
  #saving: Promise<void> = Promise.resolve();
  readonly #lines = new WeakMap<Outcome, string>();
  /** A save that did not begin yet. */
  #next: Promise<void> | undefined;
  /** Folders whose results were taken. */
  readonly #others: string[] = [];

  private constructor(
    readonly folder: string,
    readonly settings: SearchSettings,
    /** By rung, then trial. */
    readonly outcomes: Outcome[],
    /** Whether the best model is saved. */
    public finished: boolean,
    readonly out: Output,
    /** Where the best model goes: nobody else writes there meanwhile. */
    readonly best: Output,
  ) {}

  /**
   * The search in a folder, which is made if there is none.
   * @param validation how many images there are to validate by
   * @throws {FormatError} if what is there is not one
   * @throws {Error} if it is another search, or the folder cannot be written to
   */
  static async open(folder: string, settings: SearchSettings, validation: number): Promise<Journal> {
    if (folder === STANDARD_OUTPUT) throw new UsageError("--out: expected a folder, got -, standard output");
    await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      // A file of that name is named as such below.
      if (error.code === "EEXIST" || error.code === "ENOTDIR") return;
      const got = reasonOf(error);
      throw new Error(`${folder}: expected a folder that can be made, got ${got}: give another one with --out`);
    });
    const path = join(folder, FILE);
    const out = await Output.open(path, { exclusive: true });
    const best = await Output.open(join(folder, BEST), { kind: KINDS.model, keepOthers: true, exclusive: true });
    const text = await readJournal(path);
    if (text === undefined) return Journal.#begin(folder, settings, out, best);
    const saved = parseJournal(text, path);
    const different = differenceOf(saved.settings, settings);
    if (different !== undefined) {
      throw new Error(
        `${folder}: expected a new folder or one with this search, got one with ${different}: ` +
          "give another one with --out, or remove it",
      );
    }
    if (!areOutcomes(saved.outcomes, settings, validation)) throw noSearch(path);
    return new Journal(folder, settings, [...saved.outcomes], saved.finished, out, best);
  }

  /**
   * A new search. Its journal is there before any model: without one, models in the folder are somebody else's.
   * @throws {Error} if there are files that are not hidden: they are somebody else's
   */
  static async #begin(folder: string, settings: SearchSettings, out: Output, best: Output): Promise<Journal> {
    const other = (await readdir(folder)).find((name) => !name.startsWith(".") && !OWN_NAME.test(name));
    if (other !== undefined) {
      throw new Error(
        `${folder}: expected a new folder or one with this search, got ${other} of no search: ` +
          "give another one with --out, or move the file",
      );
    }
    const journal = new Journal(folder, settings, [], false, out, best);
    await journal.#save();
    return journal;
  }

  /** Where a trial is saved at the end of a rung. */
  checkpoint(trial: number, rung: number): string {
    return join(this.folder, `trial-${trial}.rung-${rung}.safetensors`);
  }

  /** Where a trial is saved as it was after its best epoch so far. */
  snapshot(trial: number): string {
    return join(this.folder, `trial-${trial}.best.safetensors`);
  }

  of(trial: number, rung: number): Outcome | undefined {
    return this.outcomes.find((outcome) => outcome.trial === trial && outcome.rung === rung);
  }

  /** Where a trial was saved at the end of a rung: here, or in a folder whose results were taken. */
  findCheckpoint(trial: number, rung: number): string {
    const name = basename(this.checkpoint(trial, rung));
    return (
      [this.folder, ...this.#others].map((folder) => join(folder, name)).find(existsSync) ?? join(this.folder, name)
    );
  }

  /**
   * Takes the results that another folder has of this search.
   * @param mayLack whether there may be none yet
   * @throws {FormatError} if what is there is no search
   * @throws {Error} if it is another search, or has another result of a trial
   */
  async take(folder: string, validation: number, mayLack: boolean): Promise<void> {
    const path = join(folder, FILE);
    const text = await readJournal(path);
    if (text === undefined) {
      if (mayLack) return;
      throw new Error(`${folder}: expected the folder of a search, got none: name folders that tune --shard wrote`);
    }
    const saved = parseJournal(text, path);
    const different = differenceOf(saved.settings, this.settings);
    if (different !== undefined) {
      throw new Error(`${folder}: expected results of this search, got those of one with ${different}`);
    }
    if (!areOutcomes(saved.outcomes, this.settings, validation)) throw noSearch(path);
    if (!this.#others.includes(folder)) this.#others.push(folder);
    let taken = 0;
    for (const outcome of saved.outcomes) {
      const own = this.of(outcome.trial, outcome.rung);
      if (own !== undefined && !sameOutcome(own, outcome)) throw conflict(outcome, folder, this.folder);
      if (own !== undefined) continue;
      this.outcomes.push(outcome);
      taken++;
    }
    if (taken === 0) return;
    this.outcomes.sort(inOrder);
    await this.#save();
  }

  /** All epochs of a trial up to a rung. */
  historyOf(trial: number, rung: number): HistoryEntry[] {
    return this.outcomes.filter((one) => one.trial === trial && one.rung <= rung).flatMap(({ history }) => history);
  }

  /** Keeps a result. */
  async add(outcome: Outcome): Promise<void> {
    if (this.of(outcome.trial, outcome.rung) !== undefined) return;
    this.outcomes.push(outcome);
    this.outcomes.sort(inOrder);
    await this.#save();
    // What cannot be removed now is removed by clean().
    await unlink(this.checkpoint(outcome.trial, outcome.rung - 1)).catch(() => {});
  }

  /** Keeps that the best model is saved, and removes all others. */
  async finish(): Promise<void> {
    this.finished = true;
    await this.#save();
    await this.clean(() => false);
  }

  /**
   * Removes the models of trials that are of no use any more, and what killed programs left half written. A file that
   * is no model of ductus is somebody else's, whatever its name.
   */
  async clean(isNeeded: (trial: number, rung: number) => boolean): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      const [, trial, rung, temporary] = MODEL_NAME.exec(name) ?? [];
      if (trial === undefined) continue;
      // A snapshot goes with every rung.
      const needed = isNeeded(Number(trial), Number(rung ?? Number.POSITIVE_INFINITY)) && temporary === undefined;
      const path = join(this.folder, name);
      const isOurs = temporary !== undefined || (await KINDS.model.matches(path).catch(() => false));
      if (!needed && isOurs) await unlink(path).catch(() => {});
    }
  }

  /** One save at a time, each with all that is known when it begins: who asks meanwhile shares the next one. */
  #save(): Promise<void> {
    this.#next ??= this.#saving.then(() => {
      this.#next = undefined;
      return this.#write();
    });
    this.#saving = this.#next;
    return this.#next;
  }

  /** The line of a result, made once: there may be thousands. */
  #lineOf(outcome: Outcome): string {
    const line = this.#lines.get(outcome) ?? `    ${JSON.stringify(outcome)}`;
    this.#lines.set(outcome, line);
    return line;
  }

  async #write(): Promise<void> {
    const { settings, finished, outcomes } = this;
    const lines = outcomes.map((outcome) => this.#lineOf(outcome)).join(",\n");
    const head = Object.entries({ format: FORMAT, settings, finished })
      .map(([key, value]) => `  "${key}": ${JSON.stringify(value)},\n`)
      .join("");
    await this.out.save(`{\n${head}  "outcomes": [\n${lines}\n  ]\n}\n`);
  }
}

/** What a search may have in its folder before its journal: locks, what is half written. */
const OWN_NAME = /^(?:search\.json|best\.safetensors)\.(?:lock(?:\..*)?|.*\.tmp)$/;
const MODEL_NAME = /^trial-(\d+)\.(?:rung-(\d+)|best)\.safetensors(\.[\da-f]{8}-\d+-[\da-f]{8}\.tmp)?$/;

/** Bytes: many times what the largest search needs. */
const MOST = 2 ** 28;
/** Bytes in which a journal says what it is. */
const START = 1024;

/**
 * The text of a journal; undefined if there is none. Its size and beginning are looked at before it is read.
 * @throws {FormatError} if it is something else
 */
async function readJournal(path: string): Promise<string | undefined> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read(Buffer.alloc(START), 0, START, 0);
      if (size > MOST || !buffer.includes(FORMAT)) throw noSearch(path);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${path}: expected a search that can be read, got ${reasonOf(error)}`);
  }
}

/**
 * What the search in a folder was asked for.
 * @throws {FormatError} if there is none
 */
export async function settingsIn(folder: string): Promise<SearchSettings> {
  const path = join(folder, FILE);
  const text = await readJournal(path);
  if (text === undefined) throw new Error(`${folder}: expected the folder of a search, got none`);
  const { settings } = parseJournal(text, path);
  const numbers = [settings.trials, settings.epochs, settings.reduction, settings.seed];
  const texts = Object.values(settings.options ?? {});
  if (!numbers.every(Number.isSafeInteger) || !texts.every((text) => typeof text === "string")) throw noSearch(path);
  return settings;
}

function inOrder(a: Outcome, b: Outcome): number {
  return a.rung - b.rung || a.trial - b.trial;
}

function conflict({ trial, rung }: Outcome, ...folders: readonly string[]): Error {
  return new Error(
    `trial ${trial}, rung ${rung}: expected one result, got different ones in ${folders.join(" and ")}: ` +
      "one of the two machines computes wrongly",
  );
}

function noSearch(file: string): FormatError {
  return new FormatError(
    file,
    "expected the search of ductus tune, got something else: give another folder with --out",
  );
}

interface Saved {
  readonly settings: SearchSettings;
  readonly finished: boolean;
  /** To be checked with areOutcomes(). */
  readonly outcomes: readonly Outcome[];
}

/**
 * What the text of a journal holds.
 * @throws {FormatError} if it is something else
 */
export function parseJournal(text: string, file: string): Saved {
  try {
    const saved = JSON.parse(text);
    const { format, settings, finished, outcomes } = saved;
    const whole = typeof settings.options === "object" && typeof finished === "boolean" && Array.isArray(outcomes);
    if (format === FORMAT && whole) return saved;
  } catch {
    // It is refused below.
  }
  throw noSearch(file);
}

/** Whether what a journal holds can be the results of a search with these settings, each of them once. */
export function areOutcomes(outcomes: readonly unknown[], settings: SearchSettings, validation: number): boolean {
  const rungs = rungsOf(settings.trials, settings.epochs, settings.reduction);
  const seen = new Set<string>();
  return outcomes.every((value) => {
    if (typeof value !== "object" || value === null) return false;
    const { trial, rung, correct, count, cost, history, error } = value as Partial<Outcome>;
    if (!isWithin(trial, 1, settings.trials) || !isWithin(rung, 1, rungs.length)) return false;
    const key = `${trial} ${rung}`;
    if (seen.has(key)) return false;
    seen.add(key);
    if (!Array.isArray(history) || !history.every(isEntry) || !Number.isFinite(cost)) return false;
    if (error !== undefined) return typeof error === "string" && correct === 0 && count === 0 && history.length === 0;
    const { epochs } = rungs[rung - 1];
    const areInOrder = history.every(({ epoch }, i) => isWithin(epoch, i === 0 ? 1 : history[i - 1].epoch + 1, epochs));
    // A training that patience ended in an earlier rung has no epochs in this one.
    const isIdle = history.length === 0 && rung > 1 && correct === 0 && count === 0;
    return areInOrder && (isIdle || (history.length > 0 && count === validation && isWithin(correct, 0, validation)));
  });
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}

/** The first setting in which a search differs from another, in words; undefined if they are the same. */
export function differenceOf(saved: SearchSettings, settings: SearchSettings): string | undefined {
  const flat = ({ options, hashes, ...rest }: SearchSettings) =>
    new Map(Object.entries({ ...options, ...rest, "hash of the data": hashes }));
  const [before, now] = [flat(saved), flat(settings)];
  // What a journal from elsewhere has for a setting may be anything.
  const text = (value: unknown) => (typeof value === "string" ? value : (JSON.stringify(value) ?? "not given"));
  const name = [...before.keys(), ...now.keys()].find((name) => text(before.get(name)) !== text(now.get(name)));
  if (name === undefined) return undefined;
  return `${name} ${text(before.get(name))} instead of ${text(now.get(name))}`;
}
