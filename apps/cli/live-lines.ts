// Lines on standard error that are updated in place, below all earlier output: on a terminal only.

import { clearLine, clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { escapeControls } from "ductus/recipe";

/** Least time between two updates, in milliseconds. */
export const PAUSE = 100;

export class LiveLines {
  /** Number of lines on the screen. The cursor is below the last one. */
  #shown = 0;

  /** Replaces the lines on the screen. What does not fit in the terminal is cut off. */
  draw(lines: readonly string[]): void {
    const { stderr } = process;
    if (!stderr.isTTY) return;
    const { columns = 80, rows = 24 } = stderr;
    this.#goToTop();
    // Lines that wrap or scroll out of the screen could not be replaced.
    const fitting = lines.slice(0, rows - 1).map((line) => escapeControls(line).slice(0, columns - 1));
    for (const line of fitting) {
      // Overwriting first and erasing only the rest of the old line avoids flicker.
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

/** A bar such as "[====    ]". `share` is from 0 to 1; `width` counts the characters inside. */
export function bar(share: number, width: number): string {
  const filled = Math.round(share * width);
  return `[${"=".repeat(filled)}${" ".repeat(width - filled)}]`;
}
