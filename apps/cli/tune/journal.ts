// The state of a search in its folder: what was asked for and every result in search.json, and a checkpoint for each
// trial that may go on. A checkpoint is written before its result, and the one before it is removed after: whenever the
// program is killed, the results on disk have their checkpoints.

import { mkdir, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "ductus";
import { type HistoryEntry, isEntry } from "ductus/recipe";
import { KINDS } from "../kinds.js";
import { Output, saveFile } from "../output.js";
import type { Outcome } from "./halving.js";
import type { Settings } from "./space.js";

/** What decides a search. */
export interface SearchSettings {
  /** Of ductus. */
  readonly version: string;
  /** As given, by name. */
  readonly options: Settings;
  readonly trials: number;
  readonly epochs: number;
  readonly reduction: number;
  readonly seed: number;
  /** Of training and validation data in a folder of their own. */
  readonly hashes?: readonly string[];
}

const FORMAT = "ductus search 1";
const FILE = "search.json";
const BEST = "best.safetensors";

export class Journal {
  #saving: Promise<void> = Promise.resolve();

  private constructor(
    readonly folder: string,
    readonly settings: SearchSettings,
    /** By rung, then trial. */
    readonly outcomes: Outcome[],
    /** Whether the best model is saved. */
    public finished: boolean,
  ) {}

  /**
   * The search in a folder, which is made if there is none.
   * @throws {FormatError} if what is there is not one
   * @throws {Error} if it is another search, or the folder cannot be written to
   */
  static async open(folder: string, settings: SearchSettings): Promise<Journal> {
    await mkdir(folder, { recursive: true }).catch(() => {});
    const path = join(folder, FILE);
    await Output.open(path);
    await Output.open(join(folder, BEST), { kind: KINDS.model });
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT")
        throw new Error(`${path}: expected a search that can be read, got ${error.code ?? "one too large"}`);
    });
    if (text === undefined) return new Journal(folder, settings, [], false);
    const saved = parse(text, path);
    const different = differenceOf(saved.settings, settings);
    if (different !== undefined) {
      throw new Error(
        `${folder}: expected a new folder or one with this search, got one with ${different}: ` +
          "give another one with --out, or remove it",
      );
    }
    return new Journal(folder, settings, [...saved.outcomes], saved.finished);
  }

  get best(): string {
    return join(this.folder, BEST);
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

  /** All epochs of a trial up to a rung. */
  historyOf(trial: number, rung: number): HistoryEntry[] {
    return this.outcomes.filter((one) => one.trial === trial && one.rung <= rung).flatMap(({ history }) => history);
  }

  /** Keeps a result. */
  async add(outcome: Outcome): Promise<void> {
    this.outcomes.push(outcome);
    this.outcomes.sort((a, b) => a.rung - b.rung || a.trial - b.trial);
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

  /** Removes the models of trials that are of no use any more, and what killed programs left half written. */
  async clean(isNeeded: (trial: number, rung: number) => boolean): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      const [, trial, rung, temporary] = MODEL_NAME.exec(name) ?? [];
      if (trial === undefined) continue;
      // A snapshot goes with every rung.
      const needed = isNeeded(Number(trial), Number(rung ?? Number.POSITIVE_INFINITY)) && temporary === undefined;
      if (!needed) await unlink(join(this.folder, name)).catch(() => {});
    }
  }

  /** One save at a time, each with all that is known by then. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => {
      const { settings, finished, outcomes } = this;
      const lines = outcomes.map((outcome) => `    ${JSON.stringify(outcome)}`).join(",\n");
      const head = Object.entries({ format: FORMAT, settings, finished })
        .map(([key, value]) => `  "${key}": ${JSON.stringify(value)},\n`)
        .join("");
      return saveFile(join(this.folder, FILE), `{\n${head}  "outcomes": [\n${lines}\n  ]\n}\n`);
    });
    return this.#saving;
  }
}

const MODEL_NAME = /^trial-(\d+)\.(?:rung-(\d+)|best)\.safetensors(\.[\w-]+\.tmp)?$/;

interface Saved {
  readonly settings: SearchSettings;
  readonly finished: boolean;
  readonly outcomes: readonly Outcome[];
}

function parse(text: string, file: string): Saved {
  try {
    const saved = JSON.parse(text);
    const { format, settings, finished, outcomes } = saved;
    const whole = typeof settings.options === "object" && typeof finished === "boolean" && outcomes.every(isOutcome);
    if (format === FORMAT && whole) return saved;
  } catch {
    // Told below.
  }
  throw new FormatError(file, "expected the search of ductus tune, got something else: give another folder with --out");
}

function isOutcome({ trial, rung, correct, count, cost, history, error }: Outcome): boolean {
  return (
    [trial, rung, correct, count, cost].every(Number.isFinite) &&
    history.every(isEntry) &&
    ["undefined", "string"].includes(typeof error)
  );
}

/** The first setting in which a search differs from another, in words. */
function differenceOf(saved: SearchSettings, settings: SearchSettings): string | undefined {
  const flat = ({ options, hashes, ...rest }: SearchSettings) =>
    new Map(Object.entries({ ...options, ...rest, "hash of the data": hashes }));
  const [before, now] = [flat(saved), flat(settings)];
  const name = [...before.keys(), ...now.keys()].find((name) => String(before.get(name)) !== String(now.get(name)));
  if (name === undefined) return undefined;
  return `${name} ${before.get(name) ?? "not given"} instead of ${now.get(name) ?? "not given"}`;
}
