// Preparations that nobody can use are refused alike in a call and in a model's file.

import { describe, expect, test } from "vitest";
import { prepareDigit, prepareImage, preparePicture } from "../../src/data/pictures.js";
import type { Preparation } from "../../src/data/preparation.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.js";
import { Network } from "../../src/network/network.js";
import type { Picture } from "../../src/reading/picture.js";

describe("a preparation from JavaScript", () => {
  const right: Preparation = { form: "whole", rows: 4, columns: 6, levels: [0, 1], inputs: [0, 1], ground: "dark" };
  const picture: Picture = { width: 28, height: 28, channels: 1, depth: 8, data: new Uint8Array(784).fill(9) };
  const NOT_OBJECTS = [null, 5, "x", [right], undefined];
  const PARTS: readonly object[] = [
    {},
    { form: "whole" },
    { ...right, form: "round" },
    { ...right, form: undefined },
    { ...right, rows: 1e9, columns: 1e9 },
    { ...right, rows: 4096, columns: 4096 },
    { ...right, rows: 0 },
    { ...right, columns: 2.5 },
    { ...right, columns: "6" },
    { ...right, rows: Number.NaN },
    { ...right, form: "mnist" },
    { ...right, form: "mnist", rows: 28, columns: 28, ground: "mixed" },
    { ...right, levels: undefined },
    { ...right, levels: [0, 0] },
    { ...right, levels: [1, 0] },
    { ...right, levels: [-1, 1] },
    { ...right, levels: [0, Number.NaN] },
    { ...right, inputs: "01" },
    { ...right, inputs: [0, Number.POSITIVE_INFINITY] },
    { ...right, inputs: [0, 1, 2] },
    { ...right, ground: "red" },
    { ...right, invert: "yes" },
    { ...right, pixelMax: 0 },
    { ...right, turned: true },
  ];
  const calls: readonly ((preparation: Preparation) => unknown)[] = [
    (preparation) => preparePicture(picture, preparation),
    (preparation) => prepareDigit(new Uint8Array(784), preparation),
    (preparation) => prepareImage(new Uint8Array(24), preparation),
  ];

  test.each(NOT_OBJECTS)("%o is refused as none", (value) => {
    for (const call of calls) expect(() => call(value as never)).toThrow(/^preparation: expected an object, got /);
  });

  test.each(PARTS)("%o is refused, in a call and in a file", async (value) => {
    for (const call of calls) {
      expect(() => call(value as never)).toThrow(/^[\w ]+: (expected .*, got |unknown option turned)/);
    }
    using network = await Network.create({ layers: [24, 2], threads: 1 });
    const { tensors, metadata } = decodeSafetensors(network.save());
    const file = encodeSafetensors({
      tensors,
      metadata: new Map([...metadata, ["preparation", JSON.stringify(value)]]),
    });
    await expect(Network.load(file)).rejects.toThrow(/^model: metadata preparation: /);
  });

  test("is used where it is right, for pictures of its size only", () => {
    expect(preparePicture(picture, right)).toHaveLength(24);
    expect(() => prepareImage(new Uint8Array(25), right)).toThrow(/^pixels: expected 4 x 6 pixels, got 25$/);
    expect(() => prepareDigit(new Uint8Array(24), right)).toThrow(/^digit: expected 28 x 28 pixels, got 24$/);
  });
});
