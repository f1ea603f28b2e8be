// Results go to standard output, line by line. On a terminal, standard error shows a progress bar.

import { randomBytes } from "node:crypto";
import { styleText } from "node:util";
import { escapeControls } from "ductus/recipe";
import { bar, LiveLines, PAUSE } from "./live-lines.js";

/** Where results go. */
let results: NodeJS.WriteStream = process.stdout;

/** Whether results go to standard output. */
export function printsToStandardOutput(): boolean {
  return results === process.stdout;
}

/** From now on results go to standard error, since standard output takes the file that a command writes. */
export function leaveStandardOutput(): void {
  results = process.stderr;
}

/** Begins and ends bold text within a line. No text of a file can have it, since it is random. */
const BOLD = randomBytes(16).toString("hex");

/** Text in bold where results go to a terminal and NO_COLOR is not set. */
export function bold(text: string): string {
  return `${BOLD}${text}${BOLD}`;
}

/** Prints results: one line, or more. Of what else a terminal would obey, nothing is left. */
export function printLine(text: string): void {
  const visible = text.split("\n").map(escapeControls).join("\n");
  const parts = visible
    .split(BOLD)
    .map((part, i) => (i % 2 === 0 ? part : styleText("bold", part, { stream: results })));
  results.write(`${parts.join("")}\n`);
}

/** Prints one line to standard error. */
export function printError(line: string): void {
  console.error(escapeControls(line));
}

/** 1234567.8 -> "1,234,568". */
export function formatCount(n: number): string {
  // toLocaleString() would load the tables of a language for it, 10 ms.
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** 0.97789 -> "97.79 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** 4.234 -> "4.23 s", 75.2 -> "1 min 15 s". */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** A progress bar over all samples of a training, with speed and time left, below the lines printed so far. */
export class TrainingProgress {
  readonly #lines = new LiveLines();
  readonly #total: number;
  readonly #start = performance.now();
  #done = 0;
  /** When the bar was drawn last, as performance.now(). */
  #drawn = 0;

  constructor(epochs: number, samplesPerEpoch: number) {
    this.#total = epochs * samplesPerEpoch;
    this.#draw();
  }

  /** Moves the bar to `done` of all samples. */
  update(done: number): void {
    this.#done = done;
    if (done === this.#total || performance.now() - this.#drawn >= PAUSE) this.#draw();
  }

  /** Prints one line of results above the bar. */
  printLine(line: string): void {
    this.stop();
    printLine(line);
    if (this.#done < this.#total) this.#draw();
  }

  /** Prints one line to standard error above the bar. */
  printError(line: string): void {
    this.stop();
    printError(line);
    if (this.#done < this.#total) this.#draw();
  }

  /** Removes the bar. */
  stop(): void {
    this.#lines.clear();
  }

  #draw(): void {
    this.#drawn = performance.now();
    const share = this.#done / this.#total;
    const rate = this.#done / ((this.#drawn - this.#start) / 1000);
    const left = this.#done === 0 ? "..." : formatSeconds((this.#total - this.#done) / rate);
    const width = Math.max(4, Math.min(30, (process.stderr.columns ?? 80) - 50)); // the whole line fits in the terminal
    const figures = `${Math.floor(100 * share)} % | ${formatCount(rate)} samples/s | ${left} left`;
    this.#lines.draw([`${bar(share, width)} ${figures}`]);
  }
}
