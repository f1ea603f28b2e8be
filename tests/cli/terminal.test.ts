// What a terminal shows: standard streams that claim to be one, and what is written to them.

import { WriteStream } from "node:tty";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bold, formatCount, formatSeconds, TrainingProgress } from "../../apps/cli/terminal.js";
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

  // What a terminal's stream has and a pipe's has not; Node asks it about NO_COLOR.
  test("text is bold, unless NO_COLOR is set", () => {
    Object.assign(process.stdout, {
      getColorDepth: process.stdout.getColorDepth ?? WriteStream.prototype.getColorDepth,
    });
    for (const name of ["NO_COLOR", "NODE_DISABLE_COLORS", "FORCE_COLOR", "CI", "TEAMCITY_VERSION"]) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv("TERM", "xterm-256color");
    expect(bold("result")).toBe("\u001b[1mresult\u001b[22m");
    vi.stubEnv("NO_COLOR", "1");
    expect(bold("result")).toBe("result");
  });
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
