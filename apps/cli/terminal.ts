// Standard output carries results, line by line; standard error a progress bar, on a terminal only.

import { styleText } from "node:util";
import { SingleBar } from "cli-progress";

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

/** A bar over all samples of a training, with speed and time left, below the lines printed so far. */
export class TrainingProgress {
  readonly #bar: SingleBar;
  readonly #total: number;
  readonly #start = performance.now();
  #done = 0;

  constructor(epochs: number, samplesPerEpoch: number) {
    this.#total = epochs * samplesPerEpoch;
    this.#bar = new SingleBar({
      stream: process.stderr,
      format: "[{bar}] {percentage} % | {rate} samples/s | {left} left",
      barsize: Math.max(4, Math.min(30, (process.stderr.columns ?? 80) - 50)), // the whole line fits in the terminal
      barCompleteChar: "=",
      barIncompleteChar: " ",
      clearOnComplete: true,
      // Left as they are, cursor and line wrap need no repair when a signal ends the program.
      hideCursor: false,
      linewrap: true,
    });
    this.#show();
  }

  /** Moves the bar to `done` of all samples. */
  update(done: number): void {
    this.#done = done;
    this.#bar.update(done, this.#figures());
  }

  /** Prints one line of results above the bar. */
  printLine(line: string): void {
    this.stop();
    printLine(line);
    if (this.#done < this.#total) this.#show();
  }

  /** Prints one line to standard error above the bar. */
  printError(line: string): void {
    this.stop();
    console.error(line);
    if (this.#done < this.#total) this.#show();
  }

  /** Removes the bar. */
  stop(): void {
    this.#bar.stop();
  }

  #show(): void {
    this.#bar.start(this.#total, this.#done, this.#figures());
  }

  #figures(): { rate: string; left: string } {
    const rate = this.#done / ((performance.now() - this.#start) / 1000);
    const left = this.#done === 0 ? "..." : formatSeconds((this.#total - this.#done) / rate);
    return { rate: formatCount(rate), left };
  }
}
