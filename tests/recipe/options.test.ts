// The table of options: an option that is added to it is found wherever options are parsed, checked, kept, printed and
// searched.

import { describe, expect, test } from "vitest";
import { parseSpace } from "../../apps/cli/tune/space.js";
import { fieldsOf } from "../../apps/web/train/form.js";
import { boundsOf, type Distortions } from "../../src/data/distortions.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { type MethodOptions, methodOf } from "../../src/network/method.js";
import { Network } from "../../src/network/network.js";
import { checkRecipe, type TrainOptions } from "../../src/network/trainer.js";
import { DISTORTIONS } from "../../src/options/distortions.js";
import { METHOD } from "../../src/options/method.js";
import type { OptionTable, TrainingOption } from "../../src/options/option.js";
import { TRAINING } from "../../src/options/training.js";
import { describeRecipe, recipeRows, trainCommand } from "../../src/recipe/command.js";
import { recipeMetadata, recipeOf } from "../../src/recipe/metadata.js";
import { OPTIONS } from "../../src/recipe/options.js";
import { commandOptions, distortionsFrom, recipeFrom } from "../../src/recipe/parse.js";
import { PRESETS } from "../../src/recipe/presets.js";
import type { Recipe } from "../../src/recipe/recipe.js";
import { parseValue, UsageError, Values } from "../../src/recipe/values.js";
import { randomDataset } from "../helpers.js";

const LAYERS = [784, 30, 10];
const RANGE = { min: 0, max: 9, whole: false, description: "a number from 0 to 9" };
const BASE = { kind: { type: "number", range: RANGE }, value: "X", help: "how it wobbles", search: "uniform" } as const;

function parse(given: Readonly<Record<string, string | boolean>>, table: OptionTable = OPTIONS): Recipe {
  return recipeFrom(new Values(given, [], commandOptions(table)), table).recipe;
}

/** Written to metadata, and read back. */
function throughMetadata(recipe: Recipe, table: OptionTable = OPTIONS): Recipe {
  return recipeOf(new Map(Object.entries(recipeMetadata(recipe, [], table))), recipe, "model", table);
}

const MADE_UP = {
  method: { ...BASE, belongs: "method", default: 2, flag: "wobble-rate", form: { group: "method", label: "Wobble" } },
  distortions: {
    ...BASE,
    belongs: "distortions",
    default: 0,
    flag: "wobble-rate",
    form: { group: "distortion", label: "Wobble" },
  },
  training: {
    ...BASE,
    belongs: "training",
    default: 2,
    flag: "wobble-rate",
    metadata: "wobble_rate",
    form: { group: "basic", label: "Wobble" },
  },
  data: { ...BASE, belongs: "data", flag: "wobble-rate", metadata: "wobble_rate", unset: "no wobble" },
} as const satisfies Record<string, TrainingOption>;

describe.each(Object.entries<TrainingOption>(MADE_UP))("a made-up option of %s", (belongs, option) => {
  const table: OptionTable = { ...OPTIONS, wobbleRate: option };
  const recipe = parse({ "wobble-rate": "3.5" }, table);

  test("is parsed", () => {
    const fields = recipe as unknown as Record<string, unknown>;
    const nested = belongs === "method" || belongs === "distortions";
    expect(nested ? fields[belongs] : recipe).toMatchObject({ wobbleRate: 3.5 });
    expect(() => parse({ "wobble-rate": "10" }, table)).toThrow(
      new UsageError('--wobble-rate: expected a number from 0 to 9, got "10"'),
    );
  });

  test("is explained", () => {
    const { "wobble-rate": explained } = commandOptions(table);
    expect(explained.value).toBe("X");
    expect(`${explained.help} (default ${explained.default})`).toContain("how it wobbles");
    if (option.default !== undefined) {
      expect(`${explained.help} (default ${explained.default})`).toContain(`(default ${option.default})`);
    }
  });

  test("is kept in metadata, and read back", () => {
    expect(Object.values(recipeMetadata(recipe, [], table)).join()).toContain("3.5");
    expect(throughMetadata(recipe, table)).toEqual(recipe);
    expect(throughMetadata(parse({}, table), table)).toEqual(parse({}, table));
  });

  test("is printed where it is given", () => {
    expect(trainCommand(recipe, LAYERS, table)).toContain(" --wobble-rate 3.5");
    expect(trainCommand(parse({}, table), LAYERS, table)).toBe(trainCommand(parse({}), LAYERS));
    if (belongs !== "data") expect(describeRecipe(recipe, table)).toEqual(["wobble-rate 3.5"]);
    expect(recipeRows(recipe, LAYERS, table)).toContainEqual(["wobble-rate", "3.5"]);
  });

  test("is searched", () => {
    const { parameters } = parseSpace({ "wobble-rate": "1..5" }, table);
    expect(parameters).toContainEqual(expect.objectContaining({ name: "wobble-rate", scale: "uniform" }));
    expect(parseSpace({ "wobble-rate": "1|5" }, table).parameters).toContainEqual({
      name: "wobble-rate",
      choices: ["1", "5"],
    });
    expect(() => parseSpace({ "wobble-rate": "1..50" }, table)).toThrow(
      /^--wobble-rate: expected a number from 0 to 9/,
    );
  });

  test("has its field on the page", () => {
    const field = fieldsOf(table).find(({ name }) => name === "wobble-rate");
    if (option.form === undefined) expect(field).toBeUndefined();
    else expect(field).toMatchObject({ ...option.form, kind: "decimal" });
  });
});

describe("the library's own checks", () => {
  test("of a method find a made-up option", () => {
    const table = { ...METHOD, wobbleRate: MADE_UP.method };
    expect(() => methodOf({ wobbleRate: 10 } as MethodOptions, table)).toThrow(
      new RangeError("wobble rate: expected a number from 0 to 9, got 10"),
    );
    expect(() => methodOf({ wobbleRate: "1" } as unknown as MethodOptions, table)).toThrow(TypeError);
    expect(methodOf({ wobbleRate: 1 } as MethodOptions, table)).toEqual(methodOf({}));
  });

  test("of a training find a made-up option, beside those of epochs, batch size and learning rate", async () => {
    const table = { ...TRAINING, wobbleRate: MADE_UP.training };
    const network = await Network.create({ layers: [12, 3], kernels: createReference() });
    const data = randomDataset(40, 12, 3);
    const check = (options: object) => () =>
      checkRecipe({ epochs: 1, batchSize: 10, ...options } as TrainOptions, data, network, table);
    expect(check({ wobbleRate: 10 })).toThrow(new RangeError("wobble rate: expected a number from 0 to 9, got 10"));
    expect(check({ wobbleRate: "1" })).toThrow(TypeError);
    expect(check({ wobbleRate: 1 })()).toMatchObject({ epochs: 1, batchSize: 10 });
    for (const [key, option] of Object.entries<TrainingOption>(TRAINING)) {
      const { kind } = option;
      if (kind.type !== "number") throw new Error(`${key}: expected a number`);
      const name = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
      expect(check({ wobbleRate: 1, [key]: 0 }), key).toThrow(
        new RangeError(`${name}: expected ${kind.range.description}, got 0`),
      );
      expect(check({ wobbleRate: 1, [key]: "1" }), key).toThrow(TypeError);
      // Another range in the table is another check.
      const narrow = { ...option, kind: { type: "number", range: RANGE } } as const;
      const other = () =>
        checkRecipe({ epochs: 1, batchSize: 10, [key]: 9.5 }, data, network, { ...TRAINING, [key]: narrow });
      expect(other, key).toThrow(new RangeError(`${name}: expected a number from 0 to 9, got 9.5`));
    }
  });

  test("of distortions find a made-up option, which distorts", () => {
    const table = { ...DISTORTIONS, wobbleRate: MADE_UP.distortions };
    expect(() => boundsOf({ wobbleRate: 10 } as Distortions, table)).toThrow(
      new RangeError("wobble rate: expected a number from 0 to 9, got 10"),
    );
    expect(boundsOf({ wobbleRate: 1 } as Distortions, table)).toMatchObject({ wobbleRate: 1, shift: 0, sigma: 4 });
    expect(boundsOf({}, table)).toBeUndefined();
    expect(distortionsFrom(new Values({ "wobble-rate": "1" }, [], commandOptions(table)), table)).toEqual({
      wobbleRate: 1,
    });
  });
});

describe("the table", () => {
  test("cannot be changed, nor can anything in it", () => {
    let checked = 0;
    const check = (value: unknown, path: string) => {
      if (typeof value !== "object" || value === null) return;
      expect(Object.isFrozen(value), path).toBe(true);
      checked++;
      for (const [key, part] of Object.entries(value)) check(part, `${path}.${key}`);
    };
    check(OPTIONS, "OPTIONS");
    check(PRESETS, "PRESETS");
    expect(checked).toBeGreaterThan(100);
    expect(() => Object.assign(OPTIONS.epochs, { default: 1 })).toThrow(TypeError);
  });

  test("without the option that chooses a preset, gives the recipe of the notes", () => {
    const { preset, ...table } = OPTIONS;
    expect(parse({}, table)).toEqual(parse({}));
  });

  test.each(Object.keys(PRESETS.best))("without --%s, refuses a preset that sets it, and no other", (flag) => {
    const table = Object.fromEntries(Object.entries(OPTIONS).filter(([, option]) => option.flag !== flag));
    expect(() => parse({ preset: "best" }, table)).toThrow(
      new UsageError(`--preset: expected a preset without --${flag}, which cannot be set here, got "best"`),
    );
    expect(() => parse({ preset: "notes" }, table)).not.toThrow();
  });

  test("has every option of the library and every field of a recipe", () => {
    // The types see to it that these are all.
    const method: Record<keyof MethodOptions, true> = {
      optimizer: true,
      momentum: true,
      beta2: true,
      epsilon: true,
      weightDecay: true,
      averaging: true,
      labelSmoothing: true,
      dropout: true,
      frozen: true,
      patience: true,
    };
    const distortions: Record<keyof Distortions, true> = {
      shift: true,
      rotation: true,
      scale: true,
      shear: true,
      elastic: true,
      sigma: true,
    };
    const fields: Record<Exclude<keyof Recipe, "method" | "distortions" | "dataHash">, true> = {
      epochs: true,
      batchSize: true,
      learningRate: true,
      schedule: true,
      warmUp: true,
      seed: true,
      from: true,
      initialWeights: true,
      activation: true,
      cost: true,
      data: true,
      split: true,
      label: true,
      validation: true,
      limit: true,
      pixelMax: true,
      invert: true,
      transpose: true,
      made: true,
    };
    const keysOf = (...parts: string[]) =>
      Object.keys(OPTIONS)
        .filter((key) => parts.includes(OPTIONS[key].belongs))
        .sort();
    expect(keysOf("method")).toEqual(Object.keys(method).sort());
    expect(keysOf("distortions")).toEqual(Object.keys(distortions).sort());
    expect(keysOf("training", "network", "start", "data")).toEqual(Object.keys(fields).sort());
    expect(keysOf("layers", "preset")).toEqual(["hidden", "preset"]);
    expect(Object.keys(parse({}))).toEqual(expect.arrayContaining(Object.keys(fields)));
  });

  test("has no two options of one name", () => {
    const options = Object.values(OPTIONS);
    for (const names of [
      options.flatMap(({ flag, alias }) => [flag, alias ?? []].flat()),
      options.flatMap(({ metadata }) => metadata ?? []),
      options.flatMap(({ form }) => form?.label ?? []),
      options.flatMap(({ form }) => (form?.place === undefined ? [] : `${form.group} ${form.place}`)),
    ]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test.each(Object.entries(OPTIONS))("the default of %s is one of its values", (key, option) => {
    if (option.default === undefined) return;
    expect(() => parseValue(key, String(option.default), option.kind)).not.toThrow();
    if (option.kind.type === "number") expect(typeof option.default).toBe("number");
  });

  test.each(Object.keys(PRESETS))("the preset %s names options", (preset) => {
    const flags = Object.values(OPTIONS).map(({ flag }) => flag);
    expect(flags).toEqual(expect.arrayContaining(Object.keys(PRESETS[preset as keyof typeof PRESETS])));
    expect(() => parse({ preset })).not.toThrow();
  });
});

/** A value of each option that is not its default. */
const OTHERS: Readonly<Record<string, string>> = {
  epochs: "3",
  "batch-size": "7",
  "learning-rate": "0.5",
  hidden: "30",
  init: "he",
  preset: "notes",
  activation: "tanh",
  cost: "cross-entropy",
  optimizer: "adamw",
  momentum: "0.8",
  beta2: "0.99",
  epsilon: "1e-7",
  "weight-decay": "0.01",
  averaging: "0.9",
  "label-smoothing": "0.1",
  dropout: "0.2",
  shift: "1",
  rotation: "10",
  scale: "0.1",
  shear: "0.2",
  elastic: "20",
  sigma: "5",
  schedule: "step:5:0.5",
  "warm-up": "2",
  freeze: "1",
  from: "/a model",
  patience: "4",
  validation: "100",
  seed: "9",
  limit: "50",
  made: "1.5",
  data: "/a folder",
  split: "letters",
  "csv-label": "last",
  "pixel-max": "16",
  invert: "true",
  transpose: "true",
};

describe("a recipe with every option", () => {
  const recipe = parse(OTHERS);

  test("knows each of them", () => {
    expect(Object.keys(OTHERS).sort()).toEqual(
      Object.values(OPTIONS)
        .map(({ flag }) => flag)
        .sort(),
    );
  });

  test("comes back from metadata, whose keys are those of all versions", () => {
    expect(throughMetadata(recipe)).toEqual(recipe);
    expect(recipeMetadata({ ...recipe, dataHash: "abc" }, [])).toEqual({
      target_epochs: "3",
      batch_size: "7",
      learning_rate: "0.5",
      schedule: "step:5:0.5",
      warm_up: "2",
      method_options:
        '{"optimizer":"adamw","momentum":0.8,"beta2":0.99,"epsilon":1e-7,"weightDecay":0.01,"averaging":0.9,' +
        '"labelSmoothing":0.1,"dropout":0.2,"frozen":1,"patience":4}',
      distortions: '{"shift":1,"rotation":10,"scale":0.1,"shear":0.2,"elastic":20,"sigma":5}',
      validation: "100",
      from: "/a model",
      limit: "50",
      made: "1.5",
      data: "/a folder",
      split: "letters",
      csv_label: "last",
      pixel_max: "16",
      invert: "true",
      transpose: "true",
      data_sha256: "abc",
      history: "[]",
    });
  });

  test("is printed as a command, which makes the same recipe", () => {
    const command = trainCommand(recipe, LAYERS);
    expect(command).toBe(
      "ductus train --hidden 30 --epochs 3 --batch-size 7 --eta 0.5 --schedule step:5:0.5 --warm-up 2 " +
        "--activation tanh " +
        "--cost cross-entropy --optimizer adamw --momentum 0.8 --beta2 0.99 --epsilon 1e-7 --weight-decay 0.01 " +
        "--averaging 0.9 --label-smoothing 0.1 --dropout 0.2 --freeze 1 --patience 4 --shift 1 --rotation 10 " +
        "--scale 0.1 --shear 0.2 --elastic 20 --sigma 5 --init he --seed 9 --from '/a model' --validation 100 " +
        "--limit 50 --made 1.5 --data '/a folder' --split letters --csv-label last --pixel-max 16 --invert --transpose",
    );
    // A flag has no value.
    const words = command.matchAll(/ --(\S+)(?: (?!--)(?:'([^']*)'|(\S+)))?/g);
    const given = [...words].map(([, name, a, b]) => [name, a ?? b ?? true]);
    expect(parse(Object.fromEntries(given))).toEqual(recipe);
  });

  test("is shown whole in a report, by the same names", () => {
    const { preset, ...shown } = OTHERS;
    expect(Object.fromEntries(recipeRows(recipe, LAYERS))).toEqual(shown);
  });
});

test("the command of the plain recipe has what it always has", () => {
  expect(trainCommand(parse({}), [784, 10])).toBe(
    "ductus train --hidden none --epochs 30 --batch-size 10 --eta 2.5 --init scaled --seed 1",
  );
});

test("models of older versions, without schedule and warm-up, have the defaults; others are refused", () => {
  const { schedule, warm_up, ...old } = recipeMetadata(parse({}), []);
  const network = parse({});
  expect(recipeOf(new Map(Object.entries(old)), network, "model")).toEqual(parse({}));
  expect(() => recipeOf(new Map(Object.entries({ ...old, batch_size: "x" })), network, "model")).toThrow(
    'model: metadata batch_size: expected a whole number from 1 to 1000000, got "x": was it made by ductus train?',
  );
  expect(() => recipeOf(new Map(Object.entries({ ...old, schedule: "never" })), network, "model")).toThrow(
    /^model: metadata schedule: expected constant, cosine, or step:N:F/,
  );
});

test("an option by both its names is refused", () => {
  expect(() => parse({ eta: "1", "learning-rate": "1" })).toThrow(
    new UsageError("--eta and --learning-rate are the same option: give one of them"),
  );
  expect(parse({ eta: "1" }).learningRate).toBe(1);
});
