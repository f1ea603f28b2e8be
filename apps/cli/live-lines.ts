// Lines on standard error that change in place, below all that was printed before: on a terminal only.

import { clearLine, clearScreenDown, cursorTo, moveCursor } from "node:readline";

/** Milliseconds between two drawings that nobody would tell from one. */
export const PAUSE = 100;

export class LiveLines {
  /** How many are on the screen, the cursor being below them. */
  #shown = 0;

  /** Draws lines in place of those that are there. What does not fit in the terminal is left out. */
  draw(lines: readonly string[]): void {
    const { stderr } = process;
    if (!stderr.isTTY) return;
    const { columns = 80, rows = 24 } = stderr;
    this.#goToTop();
    // A line that wraps, or more lines than rows, could not be drawn over.
    const fitting = lines.slice(0, rows - 1).map((line) => line.slice(0, columns - 1));
    for (const line of fitting) {
      // The rest of the old line goes after the new one is there: nothing flickers.
      stderr.write(line);
      clearLine(stderr, 1);
      stderr.write("\n");
    }
    clearScreenDown(stderr);
    this.#shown = fitting.length;
  }

  /** Removes the lines. */
  clear(): void {
    if (this.#shown === 0) return;
    this.#goToTop();
    clearScreenDown(process.stderr);
    this.#shown = 0;
  }

  #goToTop(): void {
    cursorTo(process.stderr, 0);
    moveCursor(process.stderr, 0, -this.#shown);
  }
}

/** "[====    ]" for a share from 0 to 1. */
export function bar(share: number, width: number): string {
  const filled = Math.round(share * width);
  return `[${"=".repeat(filled)}${" ".repeat(width - filled)}]`;
}
