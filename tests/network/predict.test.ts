// What predict() says of one image and of many, of bytes and of floats, on each kind of kernels.

import { describe, expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { trained } from "./networks.js";

describe.each([
  ["module", {}],
  ["module on one thread", { threads: 1 }],
  ["reference", { kernels: createReference() }],
])("predict on the %s", (_, options) => {
  test("says what evaluate says, with the activations", async () => {
    const data = loadMnist().test.slice(0, 200);
    const network = await trained(loadMnist().training.slice(0, 3000), options, [784, 30, 10]);
    const { predictions } = await network.evaluate(data);
    const images = Array.from(predictions, (_, i) => data.images.subarray(784 * i, 784 * (i + 1)));
    const all = network.predict(images);
    expect(all.map(({ label }) => label)).toEqual([...predictions]);
    for (const { label, activations } of all) {
      expect(activations).toHaveLength(10);
      expect(activations[label]).toBe(Math.max(...activations));
      expect(Math.min(...activations)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...activations)).toBeLessThanOrEqual(1);
    }
    expect(network.predict(images[7])).toEqual(all[7]);
    expect(network.predict(new Uint8ClampedArray(images[7]))).toEqual(all[7]);
    expect(network.predict([])).toEqual([]);
    network.dispose();
  });

  test("gives each of many images the bits that it has alone, whatever it stands beside", async () => {
    const { images } = loadMnist().test.slice(0, 30);
    const network = await Network.create({ ...options, layers: [784, 30, 10] });
    const all = Array.from({ length: 1100 }, (_, i) => {
      const image = images.subarray(784 * (i % 30), 784 * (i % 30) + 784);
      if (i % 7 === 3) return Float32Array.from(image, (pixel) => pixel / 255);
      if (i % 7 === 4) return Float32Array.from(image, (pixel) => pixel / 200 - 0.1);
      return i % 7 === 5 ? new Uint8ClampedArray(image) : (image as Uint8Array);
    });
    expect(network.predict(all)).toEqual(all.map((image) => network.predict(image)));
    network.dispose();
  });

  test("gives floats that are 255ths the bits of their bytes, and no others", async () => {
    const { images } = loadMnist().test.slice(0, 30);
    const network = await Network.create({ ...options, layers: [784, 30, 10] });
    const bytes = Array.from({ length: 30 }, (_, i) => images.subarray(784 * i, 784 * i + 784) as Uint8Array);
    const floats = bytes.map((image) => Float32Array.from(image, (pixel) => (pixel === 0 ? -0 : pixel / 255)));
    expect(network.predict(floats)).toEqual(network.predict(bytes));
    for (const other of [256 / 255, -1 / 255, 0.5 / 255, 1.0001, 1e9]) {
      const [image] = floats.map((all) => all.slice());
      image[700] = other;
      expect(network.predict(image)).not.toEqual(network.predict(bytes[0]));
      expect(network.predict([bytes[0], image])).toEqual([network.predict(bytes[0]), network.predict(image)]);
    }
    network.dispose();
  });

  test("refuses what is no image", async () => {
    const network = await Network.create({ ...options, layers: [784, 10] });
    expect(() => network.predict(new Uint8Array(783))).toThrow(/^image: expected 784 pixels, got 783$/);
    expect(() => network.predict([new Uint8Array(784), new Uint8Array(1)])).toThrow(
      /^images\[1\]: expected 784 pixels, got 1$/,
    );
    expect(() => network.predict("3" as never)).toThrow(TypeError);
    expect(() => network.predict(new Float32Array(784).fill(Number.NaN))).toThrow(
      /finite numbers, got NaN for pixel 0/,
    );
    const hidden = new Float32Array(784);
    hidden[700] = Number.POSITIVE_INFINITY;
    expect(() => network.predict([new Uint8Array(784), hidden])).toThrow(
      /^images\[1\]: expected finite numbers, got Infinity for pixel 700$/,
    );
    expect(() => network.predict(undefined as never)).toThrow(/^image: expected a Uint8Array.*, got undefined$/);
    network.dispose();
  });
});
