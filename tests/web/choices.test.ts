// What a visitor chooses for a training, as a link, as a command and as a recipe.

import { describe, expect, test } from "vitest";
import { choicesIn, choicesOf, commandsOf, fragmentOf, planOf } from "../../apps/web/train/choices.js";

describe("choices", () => {
  test("are the options that differ from the preset's, in link and command", () => {
    const texts = new Map(
      Object.entries({ preset: "notes", hidden: "64,32", eta: "2.5", epochs: " 30 ", seed: "3", momentum: "" }),
    );
    const choices = choicesOf(texts);
    expect(choices).toEqual({ hidden: "64,32", seed: "3" });
    expect(fragmentOf(choices)).toBe("hidden=64,32&seed=3");
    expect(choicesIn("#hidden=64,32&seed=3")).toEqual(choices);
    expect(choicesIn("#learning-rate=3&hidden=30")).toEqual({ eta: "3", hidden: "30" });
    expect(commandsOf(choices)).toEqual({
      clone: "npm run train -- --hidden 64,32 --seed 3",
      installed: "ductus train --hidden 64,32 --seed 3",
    });
    expect(commandsOf({})).toEqual({ clone: "npm run train", installed: "ductus train" });
    expect(
      choicesOf(
        new Map([
          ["preset", "best"],
          ["rotation", "12.5"],
          ["eta", "0.1"],
        ]),
      ),
    ).toEqual({ preset: "best", eta: "0.1" });
  });

  test("become the recipe of the command line, or a sentence", () => {
    const { recipe, hidden } = planOf({ hidden: "30", eta: "3", rotation: "10" });
    expect(hidden).toEqual([30]);
    expect(recipe).toMatchObject({ learningRate: 3, batchSize: 10, epochs: 30, distortions: { rotation: 10 } });
    for (const [choices, message] of [
      [{ eta: "-1" }, /^--eta: expected a number above 0.*, got "-1"$/],
      [{ hidden: "3000" }, /^--hidden: expected at most 2000 neurons in a layer on this page, got 3000: /],
      [{ hidden: "9,9,9,9,9,9" }, /^--hidden: expected at most 5 layers on this page, got 6: /],
      [{ epochs: "1001" }, /^--epochs: expected at most 1000 on this page, got 1001: /],
      [{ colour: "red" }, /^link: expected options of a training, got one called "colour"$/],
      [{ preset: "none" }, /^--preset: expected notes, book, best or hand, got "none"$/],
    ] as const) {
      expect(() => planOf(choices)).toThrow(message);
    }
  });
});
