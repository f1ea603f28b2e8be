// The live view of a search, on a terminal only: progress of the rung, running trials, and the best trials so far.

import { bar, LiveLines, PAUSE } from "../live-lines.js";
import { formatSeconds, printError, printLine } from "../terminal.js";
import { type Outcome, type Rung, ranked } from "./halving.js";
import type { TrialTable } from "./table.js";

/** How many of the best trials are shown. */
const BEST = 5;
/** How many machines are shown, those with most trials. */
const MACHINES = 8;
/** Columns of the bar. */
const BAR = 20;

export class LiveTable {
  readonly #start = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #title = "";
  #rung: Rung = { trials: 0, epochs: 0 };
  #outcomes: Outcome[] = [];
  /** The epoch of each running trial. */
  readonly #running = new Map<number, number>();
  /** What machines have done, where others train. */
  readonly #machines = new Map<string, number>();
  readonly #lines = new LiveLines();

  constructor(readonly table: TrialTable) {
    if (process.stderr.isTTY) this.#timer = setInterval(() => this.#draw(), PAUSE).unref();
  }

  /** Starts a rung. `outcomes` are those of the trials that are done already. */
  begin(title: string, rung: Rung, outcomes: readonly Outcome[]): void {
    this.#title = title;
    this.#rung = rung;
    this.#outcomes = [...outcomes];
    this.#running.clear();
  }

  onEpoch(trial: number, epoch: number): void {
    this.#running.set(trial, epoch);
  }

  onOutcome(outcome: Outcome, machine?: string): void {
    this.#running.delete(outcome.trial);
    if (machine !== undefined) this.#machines.set(machine, (this.#machines.get(machine) ?? 0) + 1);
    this.#outcomes.push(outcome);
  }

  /** Prints lines of results above the table. */
  printLines(lines: readonly string[]): void {
    this.#lines.clear();
    for (const line of lines) printLine(line);
  }

  /** Prints a line to standard error above the table. */
  printError(line: string): void {
    this.#lines.clear();
    printError(line);
  }

  /** Removes the table. */
  stop(): void {
    clearInterval(this.#timer);
    this.#lines.clear();
  }

  #draw(): void {
    const { trials, epochs } = this.#rung;
    if (trials === 0) return;
    const done = this.#outcomes.length;
    const seconds = (performance.now() - this.#start) / 1000;
    const running = [...this.#running].map(([trial, epoch]) => `${trial} (${epoch}/${epochs})`);
    const machines = [...this.#machines]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MACHINES)
      .map(([name, trials]) => `${name.padEnd(24)} ${trials} trials, ${(trials / seconds).toFixed(2)} a second`);
    const who =
      this.#machines.size === 0
        ? [`running: ${running.join(", ") || "none"}`]
        : [`${this.#machines.size} machines have had trials:`, ...machines];
    this.#lines.draw([
      `${this.#title}  ${bar(done / trials, BAR)} ${done} / ${trials}, ${formatSeconds(seconds)}`,
      ...who,
      ...(done === 0 ? [] : [this.table.header]),
      ...ranked(this.#outcomes)
        .slice(0, BEST)
        .map((outcome) => this.table.line(outcome)),
    ]);
  }
}
