// Results go to standard output, line by line. On a terminal, standard error shows a progress bar.

import { styleText } from "node:util";
import { bar, LiveLines, PAUSE } from "./live-lines.js";

/** Text in bold where standard output is a terminal and NO_COLOR is not set. */
export function bold(text: string): string {
  return styleText("bold", text, { stream: process.stdout });
}

/** Prints one line of results. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** 1234567.8 -> "1,234,568". */
export function formatCount(n: number): string {
  return Math.round(n).toLocaleString("en-US");
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
    console.error(line);
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
