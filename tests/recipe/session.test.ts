// The training loop that command line, search and page share.

import { describe, expect, test } from "vitest";
import { parseTraining } from "../../src/data/split.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { historyOf } from "../../src/recipe/history.js";
import { recipeOf } from "../../src/recipe/metadata.js";
import { commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import { networkOptionsOf, trainOptionsOf } from "../../src/recipe/recipe.js";
import { trainByRecipe } from "../../src/recipe/session.js";
import { Values } from "../../src/recipe/values.js";
import { randomDataset } from "../helpers.js";
import { idxImages, idxLabels } from "../idx-files.js";

const { recipe } = recipeFrom(
  new Values({ epochs: "6", schedule: "cosine", "warm-up": "2", optimizer: "adam", eta: "0.01" }, [], commandOptions()),
);
const data = randomDataset(90, 12, 3);
const parts = { training: data.slice(0, 70), validation: data.slice(70, 90) };
const kernels = createReference();

function create(): Promise<Network> {
  return Network.create({ ...networkOptionsOf(recipe), layers: [12, 5, 3], kernels });
}

function load(bytes: Uint8Array): Promise<Network> {
  return Network.load(bytes, { kernels });
}

async function plain(): Promise<string> {
  const network = await create();
  for await (const _ of network.train(parts.training, { ...trainOptionsOf(recipe), epochs: 6 }));
  return network.hash();
}

describe("a session", () => {
  test("trains as the library does, and yields each epoch with the curves so far", async () => {
    const network = await create();
    const session = trainByRecipe(network, recipe, parts);
    const epochs: number[] = [];
    for await (const { report, history, save } of session) {
      epochs.push(report.epoch);
      expect(history.map(({ epoch }) => epoch)).toEqual(epochs);
      expect(history.at(-1)?.validationAccuracy).toBeCloseTo(report.validation?.accuracy as number, 5);
      expect((await load(save())).epochs).toBe(report.epoch);
    }
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(session.history).toHaveLength(6);
    expect(await network.hash()).toBe(await plain());
  });

  test("pauses where it is told to, and resumes from its file to the same bits", async () => {
    const first = trainByRecipe(await create(), recipe, parts, { until: 2 });
    for await (const _ of first);
    expect(first.network.epochs).toBe(2);
    const network = await load(first.save({ "my.note": "yes" }));
    expect(network.metadata.get("my.note")).toBe("yes");
    const saved = recipeOf(network.metadata, network, "model");
    expect(saved).toEqual(recipe);
    const session = trainByRecipe(network, saved, parts);
    expect(session.history.map(({ epoch }) => epoch)).toEqual([1, 2]);
    for await (const _ of session);
    expect(await network.hash()).toBe(await plain());
    const whole = await load(session.save());
    expect(historyOf(whole.metadata, "model").map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    for await (const _ of trainByRecipe(whole, recipe, parts)) expect.fail("a seventh epoch");
  });

  test("ends with the signal's reason, whole as after the last epoch", async () => {
    const controller = new AbortController();
    const network = await create();
    const session = trainByRecipe(network, recipe, parts, { signal: controller.signal });
    const run = async () => {
      for await (const { report } of session) if (report.epoch === 3) controller.abort(new Error("enough"));
    };
    await expect(run()).rejects.toThrow("enough");
    expect((await load(session.save())).epochs).toBe(3);
    // One that comes after the last epoch counts, too.
    const late = new AbortController();
    const last = async () => {
      for await (const { report } of trainByRecipe(network, recipe, parts, { signal: late.signal })) {
        if (report.epoch === 6) late.abort(new Error("late"));
      }
    };
    await expect(last()).rejects.toThrow("late");
    expect(network.epochs).toBe(6);
  });

  test("says how far it is, and refuses at once what cannot be trained", async () => {
    const seen: number[] = [];
    const network = await create();
    const onProgress = (epoch: number, samples: number) => void seen.push(100 * epoch + samples);
    for await (const _ of trainByRecipe(network, recipe, parts, { onProgress, until: 1 }));
    expect(seen.at(-1)).toBe(170);
    expect(() => trainByRecipe(network, { ...recipe, batchSize: 71 }, parts)).toThrow(
      /^batch size: expected at most 70/,
    );
  });
});

describe("a training file is cut once", () => {
  const images = { name: "images", bytes: idxImages(12, 2, 2) };
  const labels = { name: "labels", bytes: idxLabels(Array.from({ length: 12 }, (_, i) => i % 2)) };
  test.each([
    [undefined, 10, 2],
    [{}, 10, 2],
    [{ validation: 5 }, 7, 5],
    [{ validation: 0 }, 12, undefined],
    [{ validation: 3, limit: 4 }, 4, 3],
    [{ limit: 100 }, 10, 2],
  ])("%o", (division, training, validation) => {
    const parts = parseTraining(images, labels, division);
    expect([parts.training.length, parts.validation?.length]).toEqual([training, validation]);
  });

  test.each([{ validation: -1 }, { validation: 1.5 }, { limit: 0 }])("but not by %o", (division) => {
    expect(() => parseTraining(images, labels, division)).toThrow(/^(validation|limit): expected a whole number from /);
  });

  test("but not whole", () => {
    expect(() => parseTraining(images, labels, { validation: 12 })).toThrow(
      new RangeError("validation: expected fewer than the 12 training images there are, got 12"),
    );
  });
});
