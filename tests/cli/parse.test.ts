// How a command line is taken apart: options with two names, arguments.

import { describe, expect, test } from "vitest";
import { type Command, helpOf, parseCommand } from "../../apps/cli/usage.js";

describe("an option with a second name", () => {
  const command: Command = {
    usage: "do [FILE] [options]",
    summary: "Does it.",
    arguments: 1,
    options: { rate: { value: "R", help: "how fast", default: "1", alias: "speed" }, loud: { help: "say so" } },
  };

  test("has one value, under its first name", () => {
    expect(parseCommand(command, ["--speed", "-2"])?.text("rate")).toBe("-2");
    expect(parseCommand(command, ["--rate=3", "file", "--loud"])).toMatchObject({
      given: { rate: "3", loud: true },
      args: ["file"],
    });
    expect(helpOf(command)).toContain("  --rate R   how fast (default 1)\n  --speed R  the same as --rate\n");
  });

  test("takes one of both", () => {
    expect(() => parseCommand(command, ["--rate", "1", "--speed", "1"])).toThrow(
      "--rate and --speed are the same option: give one of them",
    );
    expect(parseCommand(command, ["--rate", "1", "--rate", "2"])?.text("rate")).toBe("2");
  });

  test("words after -- are arguments, and - is one", () => {
    expect(parseCommand(command, ["--", "--loud"])).toMatchObject({ given: {}, args: ["--loud"] });
    expect(parseCommand(command, ["-"])).toMatchObject({ given: {}, args: ["-"] });
    expect(parseCommand(command, ["--", "-h"])?.args).toEqual(["-h"]);
  });
});
