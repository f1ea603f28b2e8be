// What a terminal shows: standard streams that claim to be one, and what is written to them.

import { WriteStream } from "node:tty";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bar, LiveLines } from "../../apps/cli/live-lines.js";
import {
  bold,
  formatCount,
  formatSeconds,
  printLine,
  ReadingProgress,
  TrainingProgress,
} from "../../apps/cli/terminal.js";
import { accuracyOf } from "../../src/network/metrics.js";

test.each([
  [0, "0.00 s"],
  [4.236, "4.24 s"],
  [59.99, "59.99 s"],
  [60, "1 min 0 s"],
  [135.7, "2 min 15 s"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test("counts have separators", () => {
  expect(formatCount(1234567.8)).toBe("1,234,568");
});

test("the uncertainty is one standard error of a binomial share", () => {
  // sqrt(0.9 * 0.1 / 10000) = 0.003
  const { accuracy, standardError } = accuracyOf(9000, 10_000);
  expect(accuracy).toBe(0.9);
  expect(standardError).toBeCloseTo(0.003, 12);
});

/** The lines that a terminal shows after some output. */
function screen(output: string): string[] {
  const lines = [""];
  let [row, column] = [0, 0];
  for (const part of `0G${output}`.split("\u001b[")) {
    const [, count, code, text] = /^(\d+)([AGJK])(.*)$/s.exec(part) ?? [];
    if (code === "A") row -= Number(count);
    else if (code === "G") column = 0;
    else if (code === "J") lines.splice(row, lines.length, lines[row].slice(0, column));
    else if (code === "K") lines[row] = lines[row].slice(0, column);
    else throw new Error(`expected codes that are known, got ${JSON.stringify(part)}`);
    for (const character of text) {
      if (character === "\n") {
        [row, column] = [row + 1, 0];
        if (row === lines.length) lines.push("");
      } else {
        lines[row] = lines[row].slice(0, column).padEnd(column) + character + lines[row].slice(column + 1);
        column++;
      }
    }
  }
  expect(lines.at(-1), "where the cursor is").toBe("");
  return lines.slice(0, -1);
}

describe("on a terminal", () => {
  let written: { stdout: string; stderr: string };
  const isTTY = { stdout: process.stdout.isTTY, stderr: process.stderr.isTTY };
  beforeEach(() => {
    written = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      process[name].isTTY = true;
      vi.spyOn(process[name], "write").mockImplementation((text) => {
        written[name] += text;
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    process.stdout.isTTY = isTTY.stdout;
    process.stderr.isTTY = isTTY.stderr;
  });

  test("a bar shows share, speed and time left on standard error; lines go to standard output", () => {
    const progress = new TrainingProgress(2, 500);
    progress.update(250);
    progress.printLine("a line");
    progress.stop();
    expect(written.stdout).toBe("a line\n");
    expect(written.stderr).toMatch(/\[=+ +\] 25 % \| [\d,]+ samples\/s \| \d+\.\d\d s left/);
  });

  test("after the last sample the bar does not come back", () => {
    const progress = new TrainingProgress(1, 500);
    progress.update(500);
    progress.printLine("the last line");
    const before = written.stderr;
    progress.stop();
    expect(written.stderr).toBe(before);
    expect(before).toContain("100 %");
  });

  test("the bar is drawn at most ten times a second", () => {
    const progress = new TrainingProgress(1, 1_000_000);
    for (let done = 1; done < 1000; done++) progress.update(done);
    expect(written.stderr.split("samples/s").length).toBeLessThan(20);
    progress.stop();
  });

  test("errors go to standard error, above the bar", () => {
    const progress = new TrainingProgress(1, 500);
    vi.spyOn(console, "error").mockImplementation((line) => process.stderr.write(`${line}\n`));
    progress.printError("an error");
    expect(screen(written.stderr).slice(0, 1)).toEqual(["an error"]);
    expect(screen(written.stderr)[1]).toMatch(/^\[ +\] 0 % \| 0 samples\/s \| \.\.\. left$/);
    progress.stop();
    expect(screen(written.stderr)).toEqual(["an error"]);
  });

  test("reading that takes long has a bar, which goes when it is over", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const progress = new ReadingProgress();
      progress.update(1, 4);
      expect(written.stderr).toBe("");
      vi.advanceTimersByTime(600);
      progress.update(2, 4);
      progress.update(3, 4);
      expect(screen(written.stderr)).toEqual([`reading [${"=".repeat(15)}${" ".repeat(15)}] 50 %`]);
      vi.advanceTimersByTime(200);
      progress.update(3, 4);
      expect(screen(written.stderr)[0]).toMatch(/ 75 %$/);
      progress.stop();
      expect(screen(written.stderr)).toEqual([]);
      const quick = new ReadingProgress("writing");
      quick.update(4, 4);
      quick.stop();
      expect(screen(written.stderr)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  describe("live lines", () => {
    const size = { columns: process.stderr.columns, rows: process.stderr.rows };
    beforeEach(() => Object.assign(process.stderr, { columns: 20, rows: 5 }));
    afterEach(() => Object.assign(process.stderr, size));

    test("take the place of those before, be they more or fewer, longer or shorter", () => {
      const lines = new LiveLines();
      process.stderr.write("printed before\n");
      for (const shown of [["one"], ["a longer one", "two", "three"], ["a", "b"], [], ["c", "d", "e"]]) {
        lines.draw(shown);
        expect(screen(written.stderr)).toEqual(["printed before", ...shown]);
      }
      lines.clear();
      lines.clear();
      process.stderr.write("printed after\n");
      expect(screen(written.stderr)).toEqual(["printed before", "printed after"]);
    });

    test("are cut to what the terminal has room for", () => {
      const lines = new LiveLines();
      lines.draw(["x".repeat(50), "2", "3", "4", "5", "6"]);
      expect(screen(written.stderr)).toEqual(["x".repeat(19), "2", "3", "4"]);
    });

    test("cover what is typed meanwhile", () => {
      const lines = new LiveLines();
      lines.draw(["one", "two"]);
      process.stderr.write("^C");
      lines.draw(["three"]);
      expect(screen(written.stderr)).toEqual(["three"]);
    });
  });

  // What a terminal's stream has and a pipe's has not; Node asks it about NO_COLOR.
  test("text is bold, unless NO_COLOR is set", () => {
    Object.assign(process.stdout, {
      getColorDepth: process.stdout.getColorDepth ?? WriteStream.prototype.getColorDepth,
    });
    for (const name of ["NO_COLOR", "NODE_DISABLE_COLORS", "FORCE_COLOR", "CI", "TEAMCITY_VERSION"]) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv("TERM", "xterm-256color");
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    printLine(`the ${bold("result")}`);
    expect(write).toHaveBeenLastCalledWith("the \u001b[1mresult\u001b[22m\n");
    // Of another's text nothing becomes bold.
    printLine(`${bold("\u001b[1ma")}\u001b[1mb\u001b[22m`);
    expect(write).toHaveBeenLastCalledWith("\u001b[1m\\u001b[1ma\u001b[22m\\u001b[1mb\\u001b[22m\n");
    vi.stubEnv("NO_COLOR", "1");
    printLine(`the ${bold("result")}`);
    expect(write).toHaveBeenLastCalledWith("the result\n");
    write.mockRestore();
  });
});

test.each([
  [0, "[    ]"],
  [0.49, "[==  ]"],
  [1, "[====]"],
])("a bar of %d", (share, text) => {
  expect(bar(share, 4)).toBe(text);
});

test("in a pipe there is no bar and no bold text", () => {
  const { isTTY } = process.stderr;
  process.stderr.isTTY = false;
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const progress = new TrainingProgress(1, 500);
  progress.update(100);
  progress.stop();
  expect(write).not.toHaveBeenCalled();
  write.mockRestore();
  process.stderr.isTTY = isTTY;
});
