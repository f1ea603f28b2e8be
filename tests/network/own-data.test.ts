// Data of the user's own: any numbers, any number of classes, images of any form.

import { describe, expect, test } from "vitest";
import { Dataset, type Pixels } from "../../src/data/dataset.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { kernelsOf } from "../../src/kernels/wasm/wasm.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { instance } from "../helpers.js";
import { standardised, trained } from "./networks.js";

describe("own data", () => {
  test.each([1, 2])("any finite numbers, to the reference's bits on %i threads", async (threads) => {
    const data = standardised(150, 21, 5);
    const layers = [21, 33, 5];
    const [wasm, reference] = await Promise.all([
      trained(data, { threads }, layers),
      trained(data, { kernels: createReference() }, layers),
    ]);
    expect(await wasm.hash()).toBe(await reference.hash());
    expect(await wasm.evaluate(data)).toEqual(await reference.evaluate(data));
    const image = data.images.subarray(0, 21);
    expect(wasm.predict(image)).toEqual(reference.predict(image));
    wasm.dispose();
  });

  test("numbers that are bytes divided by 255 give the bits of those bytes, and take as little memory", async () => {
    const { images, labels } = loadMnist().training.slice(0, 2000);
    const floats = Float32Array.from(images, (pixel) => pixel / 255);
    const layers = [784, 30, 10];
    const bytes = await trained(new Dataset({ images, labels }), { threads: 1 }, layers);
    const same = await trained(new Dataset({ images: floats, labels }), { threads: 1 }, layers);
    expect(await same.hash()).toBe(await bytes.hash());
    expect(same.predict(floats.subarray(0, 784))).toEqual(bytes.predict(images.subarray(0, 784)));
    const memory = async (images: Pixels) => {
      const exports = await instance();
      kernelsOf(exports).createDataset(new Dataset({ images, labels }));
      return exports.memory.buffer.byteLength;
    };
    expect(await memory(floats)).toBe(await memory(images));
    // About 300 bytes a digit, and what they need on their way in.
    expect(await memory(images)).toBeLessThan(2000 * 400 + 2 ** 21);
  });

  test("a data set of which a part are such numbers", async () => {
    const { images, labels } = loadMnist().training.slice(0, 1000);
    const mixed = Float32Array.from(images, (pixel) => pixel / 255);
    mixed.fill(0.1234, 784 * 900 + 300, 784 * 900 + 310);
    const data = new Dataset({ images: mixed, labels });
    const [wasm, reference] = await Promise.all([
      trained(data, { threads: 1 }, [784, 12, 10]),
      trained(data, { kernels: createReference() }, [784, 12, 10]),
    ]);
    expect(await wasm.hash()).toBe(await reference.hash());
  });

  test("more classes than a byte can say", async () => {
    const random = new RandomStream(6, 1003, 0);
    const length = 700;
    const labels = Uint16Array.from({ length }, (_, i) => (i % 350) * 2 + 1);
    const images = Uint8Array.from({ length: length * 40 }, () => random.nextBelow(256));
    const data = new Dataset({ images, labels });
    expect(data.classes).toBe(700);
    const [wasm, reference] = await Promise.all([
      trained(data, { threads: 1 }, [40, 17, 700]),
      trained(data, { kernels: createReference() }, [40, 17, 700]),
    ]);
    expect(await wasm.hash()).toBe(await reference.hash());
    expect(await wasm.evaluate(data)).toEqual(await reference.evaluate(data));
    // With a bias that lights up one output, that one is read, and it is right where it is the label.
    const { tensors, metadata } = decodeSafetensors(wasm.save());
    tensors.get("2.bias")?.data.fill(100, 699);
    using loaded = await Network.load(encodeSafetensors({ tensors, metadata }));
    const { predictions, correct } = await loaded.evaluate(data);
    expect(new Set(predictions)).toEqual(new Set([699]));
    expect(correct).toBe(2);
  });

  test("rows of images come from the options, the square, or nothing", () => {
    const labels = new Uint8Array(2);
    const columns = (pixels: number, columns?: number) =>
      new Dataset({ images: new Uint8Array(2 * pixels), labels, columns }).columns;
    expect([columns(784), columns(15), columns(15, 5)]).toEqual([28, 15, 5]);
    expect(new Dataset({ images: new Uint8Array(30), labels, columns: 5 }).slice(0, 1).columns).toBe(5);
  });
});
