// Options without a value: a made-up one is found wherever the table of options is used.

import { describe, expect, test } from "vitest";
import { parseSpace } from "../../apps/cli/tune/space.js";
import type { OptionTable, TrainingOption } from "../../src/options/option.js";
import { trainCommand } from "../../src/recipe/command.js";
import { recipeMetadata, recipeOf } from "../../src/recipe/metadata.js";
import { OPTIONS } from "../../src/recipe/options.js";
import { commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import type { Recipe } from "../../src/recipe/recipe.js";
import { Values } from "../../src/recipe/values.js";

const LAYERS = [784, 30, 10];

function parse(given: Readonly<Record<string, string | boolean>>, table: OptionTable = OPTIONS): Recipe {
  return recipeFrom(new Values(given, [], commandOptions(table)), table).recipe;
}

/** Written to metadata, and read back. */
function throughMetadata(recipe: Recipe, table: OptionTable = OPTIONS): Recipe {
  return recipeOf(new Map(Object.entries(recipeMetadata(recipe, [], table))), recipe, "model", table);
}

describe("a made-up flag", () => {
  const flag: TrainingOption = {
    flag: "wobbles",
    belongs: "data",
    kind: { type: "flag" },
    help: "whether it wobbles",
    metadata: "wobbles",
    search: "fixed",
  };
  const table: OptionTable = { ...OPTIONS, wobbles: flag };

  test("takes no value, and is printed without one", () => {
    expect(commandOptions(table).wobbles).toEqual({ help: "whether it wobbles", value: undefined, default: undefined });
    const recipe = parse({ wobbles: true }, table);
    expect(recipe).toMatchObject({ wobbles: true });
    expect(trainCommand(recipe, LAYERS, table)).toMatch(/ --wobbles$/);
    expect(parseSpace({ wobbles: true } as unknown as Record<string, string>, table).fixed).toEqual({ wobbles: true });
  });

  test("is kept in metadata, given or not, and false is as good as not given", () => {
    for (const wobbles of [true, false]) {
      const recipe = { ...parse({}, table), wobbles };
      expect(throughMetadata(recipe, table)).toEqual(recipe);
      expect(trainCommand(recipe, LAYERS, table).includes("wobbles")).toBe(wobbles);
    }
    expect(throughMetadata(parse({}, table), table)).toEqual(parse({}, table));
    expect(() => parse({ wobbles: "maybe" }, table)).toThrow('--wobbles: expected true or false, got "maybe"');
  });
});
