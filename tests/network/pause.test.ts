// A training that onProgress pauses: what ends the pause, and what the training then does.

import { expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import type { TrainOptions } from "../../src/network/trainer.js";
import { randomDataset } from "../helpers.js";

const OPTIONS: TrainOptions = { epochs: 3, batchSize: 10, learningRate: 2 };

test.each(["before the pause", "during it", "by whoever pauses it"])(
  "aborting ends a pause at once, even one without an end: %s",
  async (when) => {
    const data = randomDataset(20, 12, 3);
    const network = await Network.create({ kernels: createReference(), layers: [12, 4, 3] });
    const hash = await network.hash();
    const controller = new AbortController();
    const abort = () => controller.abort(new Error("enough"));
    const onProgress = () => {
      if (when === "during it") setTimeout(abort, 20);
      else if (when === "before the pause") abort();
      return new Promise<void>((_, reject) => {
        if (when !== "by whoever pauses it") return;
        abort();
        // Nobody waits for the pause any more: what it ends with is of no interest.
        setTimeout(() => reject(new Error("late")), 5);
      });
    };
    const options = { ...OPTIONS, signal: controller.signal, onProgress };
    await expect(network.fit(data, options)).rejects.toThrow("enough");
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(network.epochs).toBe(0);
    expect(await network.hash()).toBe(hash);
  },
);

test("a pause that fails ends the training with its reason, and one that ends lets go of the signal", async () => {
  const data = randomDataset(20, 12, 3);
  const network = await Network.create({ kernels: createReference(), layers: [12, 4, 3] });
  const { signal } = new AbortController();
  let listeners = 0;
  const count = (by: number, method: "addEventListener" | "removeEventListener") => {
    const original = signal[method].bind(signal);
    signal[method] = (type: string, listener: EventListenerOrEventListenerObject) => {
      listeners += by;
      original(type, listener);
    };
  };
  count(1, "addEventListener");
  count(-1, "removeEventListener");
  const onProgress = async () => {
    if (network.epochs === 2) throw new Error("lost");
  };
  await expect(network.fit(data, { ...OPTIONS, signal, onProgress })).rejects.toThrow("lost");
  expect(network.epochs).toBe(2);
  expect(listeners).toBe(0);
});
