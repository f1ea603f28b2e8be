// The search while it runs, on a terminal only: how far the rung is, what runs, and the best trials, in lines that are
// drawn anew.

import { formatSeconds, printLine } from "../terminal.js";
import { type Outcome, type Rung, ranked } from "./halving.js";
import type { TrialTable } from "./table.js";

/** The best trials that are shown. */
const BEST = 5;
const BAR = 20;
/** Milliseconds between two drawings. */
const PAUSE = 100;

export class LiveTable {
  readonly #start = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #title = "";
  #rung: Rung = { trials: 0, epochs: 0 };
  #outcomes: Outcome[] = [];
  /** The epoch of each running trial. */
  readonly #running = new Map<number, number>();
  #lines = 0;

  constructor(readonly table: TrialTable) {
    if (process.stderr.isTTY) this.#timer = setInterval(() => this.#draw(), PAUSE).unref();
  }

  /** Begins a rung, of which some trials may be done. */
  begin(title: string, rung: Rung, outcomes: readonly Outcome[]): void {
    this.#title = title;
    this.#rung = rung;
    this.#outcomes = [...outcomes];
    this.#running.clear();
  }

  onEpoch(trial: number, epoch: number): void {
    this.#running.set(trial, epoch);
  }

  onOutcome(outcome: Outcome): void {
    this.#running.delete(outcome.trial);
    this.#outcomes.push(outcome);
  }

  /** Prints lines of results above the table. */
  printLines(lines: readonly string[]): void {
    this.#erase();
    for (const line of lines) printLine(line);
  }

  /** Removes the table. */
  stop(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #draw(): void {
    const { trials, epochs } = this.#rung;
    if (trials === 0) return;
    const done = this.#outcomes.length;
    const filled = Math.round((BAR * done) / trials);
    const time = formatSeconds((performance.now() - this.#start) / 1000);
    const running = [...this.#running].map(([trial, epoch]) => `${trial} (${epoch}/${epochs})`);
    const lines = [
      `${this.#title}  [${"=".repeat(filled)}${" ".repeat(BAR - filled)}] ${done} / ${trials}, ${time}`,
      `running: ${running.join(", ") || "none"}`,
      ...(done === 0 ? [] : [this.table.header]),
      ...ranked(this.#outcomes)
        .slice(0, BEST)
        .map((outcome) => this.table.line(outcome)),
    ];
    const { columns = 80, rows = 24 } = process.stderr;
    // A line that would wrap, or more than the terminal has, could not be erased.
    const fitting = lines.slice(0, rows - 1).map((line) => line.slice(0, columns - 1));
    this.#erase();
    process.stderr.write(fitting.map((line) => `${line}\n`).join(""));
    this.#lines = fitting.length;
  }

  /** Back up to where the table began, and nothing below. */
  #erase(): void {
    if (this.#lines > 0) process.stderr.write(`\r\u001b[${this.#lines}A\u001b[J`);
    this.#lines = 0;
  }
}
