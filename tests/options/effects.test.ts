// Options that need another to have an effect, over the whole table: given alone they are refused, but not in a preset.

import { describe, expect, test } from "vitest";
import { planOf } from "../../apps/web/train/choices.js";
import { methodOf } from "../../src/network/method.js";
import { METHOD } from "../../src/options/method.js";
import type { Need, OptionTable, TrainingOption } from "../../src/options/option.js";
import { trainCommand } from "../../src/recipe/command.js";
import { OPTIONS } from "../../src/recipe/options.js";
import { checkEffects, commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import { PRESETS } from "../../src/recipe/presets.js";
import { isNested, type Recipe, valueIn } from "../../src/recipe/recipe.js";
import { UsageError, Values } from "../../src/recipe/values.js";

type Given = Readonly<Record<string, string>>;
const NEEDY = Object.entries(OPTIONS).filter(([, { needs }]) => needs !== undefined);

const values = (given: Given, table: OptionTable = OPTIONS) => new Values(given, [], commandOptions(table));
const recipe = (given: Given) => recipeFrom(values(given)).recipe;
const check = (given: Given, table?: OptionTable) => () => checkEffects(values(given, table), table);

/** A value that is not the default. */
function someValue({ kind, default: defaultValue }: TrainingOption): string {
  if (kind.type === "choice") return kind.choices.find((choice) => choice !== defaultValue) as string;
  return "0.5";
}

/** The other option's values beside which this one has no effect, and those beside which it has one. */
function valuesOf(option: TrainingOption): readonly [without: readonly string[], withEffect: readonly string[]] {
  const needs = option.needs as Need;
  const { kind } = OPTIONS[needs.option];
  if (kind.type === "sizes") return [["none"], ["30", "30,20"]];
  if (kind.type === "number") return [["0"], ["0.1", "20"]];
  if (kind.type !== "choice") throw new Error(`expected no option that needs a ${kind.type}`);
  const named = needs.values as readonly string[];
  return [kind.choices.filter((choice) => !named.includes(choice)), named];
}

test("the table knows them", () => {
  expect(NEEDY.map(([key]) => key).sort()).toEqual(["activation", "beta2", "dropout", "epsilon", "momentum", "sigma"]);
});

describe.each(NEEDY)("%s", (key, option) => {
  const other = OPTIONS[(option.needs as Need).option].flag;
  const text = someValue(option);
  const [without, withEffect] = valuesOf(option);

  test("is refused where it has no effect, in a sentence with both options", () => {
    expect(without.length).toBeGreaterThan(0);
    for (const value of without) {
      const refused = check({ [option.flag]: text, [other]: value });
      expect(refused).toThrow(UsageError);
      expect(refused).toThrow(
        new RegExp(`^--${option.flag}: has no effect with --${other} ${value}: leave it out, or give --${other} `),
      );
      expect(() => planOf({ [option.flag]: text, [other]: value })).toThrow(/^--.*: has no effect with /);
    }
  });

  test("is taken where it has one", () => {
    for (const value of withEffect) {
      expect(check({ [option.flag]: text, [other]: value })).not.toThrow();
      const taken = recipeFrom(values({ [option.flag]: text, [other]: value })).recipe;
      expect(String(valueIn(taken, key, option))).toBe(text);
    }
    // A search has one beside some of the other's values.
    expect(check({ [option.flag]: text, [other]: [without[0], withEffect[0]].join("|") })).not.toThrow();
    expect(check({ [option.flag]: text, [other]: without.join("|") })).toThrow(UsageError);
  });

  test("of a preset is left out where it has none", () => {
    for (const preset of Object.keys(PRESETS)) {
      for (const value of without) {
        const given = { preset, [other]: value };
        expect(check(given)).not.toThrow();
        const made = recipe(given);
        expect(valueIn(made, key, option)).toBe(isNested(option) ? undefined : option.default);
        expect(trainCommand(made, [784, ...recipeFrom(values(given)).hidden, 10])).not.toContain(`--${option.flag} `);
      }
    }
  });

  test("in the recipe of an older model is left out of the command that repeats it", () => {
    for (const value of without) {
      const plain = recipeFrom(values({ [other]: value }));
      const old = isNested(option)
        ? { ...plain.recipe, [option.belongs]: { ...plain.recipe[option.belongs as "method"], [key]: 0.5 } }
        : { ...plain.recipe, [key]: text };
      const layers = [784, ...plain.hidden, 10];
      expect(trainCommand(old as Recipe, layers)).toBe(trainCommand(plain.recipe, layers));
    }
  });
});

test("a made-up option that needs another is found", () => {
  const wobble: TrainingOption = {
    flag: "wobble",
    belongs: "method",
    kind: { type: "number", range: { min: 0, max: 9, whole: false, description: "a number from 0 to 9" } },
    needs: { option: "cost", values: ["cross-entropy"] },
    value: "X",
    help: "how it wobbles",
  };
  const table: OptionTable = { ...OPTIONS, wobble };
  expect(check({ wobble: "3" }, table)).toThrow(
    new UsageError("--wobble: has no effect with --cost quadratic: leave it out, or give --cost cross-entropy"),
  );
  expect(check({ wobble: "3", preset: "book" }, table)).not.toThrow();
  expect(recipeFrom(values({ wobble: "3" }, table), table).recipe.method).toEqual({});
});

test("the library ignores what has no effect", () => {
  const checked = methodOf({ optimizer: "sgd", momentum: 0.5, beta2: 0.5, epsilon: 1 });
  expect(checked).toEqual(methodOf({}));
  expect(() => methodOf({ momentum: 2 })).toThrow(RangeError);
  expect(METHOD.momentum.needs?.option).toBe("optimizer");
});
