// Pictures are made for a network as its training images were: a network reads the pictures of its own test images as
// well as their file, whatever form they have.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Dataset, type PixelOptions } from "../../src/data/dataset.js";
import { prepareDigit, prepareImage, preparePicture, transposePicture } from "../../src/data/pictures.js";
import { type Preparation, preparationOf } from "../../src/data/preparation.js";
import { FormatError } from "../../src/errors.js";
import { decodePng, encodePng } from "../../src/formats/png.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/index.js";
import { toDigit } from "../../src/reading/digit.js";
import type { Picture } from "../../src/reading/picture.js";
import { type Digit, enlarged, placed, swapped } from "./pictures.js";

const TRAINING = 700;
const TEST = 150;
const mnist = loadMnist();
const random = new RandomStream(3, 1004, 0);
const anywhere = () => (random.nextSigned() + 1) / 2;

interface Kind {
  readonly columns: number;
  readonly rows: number;
  readonly make: (digit: Digit, label: number) => Uint8Array;
  readonly options?: PixelOptions;
  readonly form: Preparation["form"];
  readonly ground: Preparation["ground"];
}

const square = (side: number) => ({ columns: side, rows: side });
const grey = (x: number, y: number, label: number) => {
  const wave = Math.sin((x * (label + 1) + y * (9 - label)) / 7 + random.nextSigned() / 2);
  return Math.min(255, Math.max(0, Math.round(128 + 100 * wave + 20 * random.nextSigned())));
};

const KINDS: Readonly<Record<string, Kind>> = {
  "MNIST's own": { ...square(28), make: (digit) => digit, form: "mnist", ground: "dark" },
  "bytes of 0 and 1": {
    ...square(28),
    make: (digit) => digit.map((byte) => byte >> 7),
    options: { pixelMax: 1 },
    form: "mnist",
    ground: "dark",
  },
  "dim, and not mended": {
    ...square(28),
    make: (digit) => digit.map((byte) => Math.round((byte * 90) / 255)),
    form: "mnist",
    ground: "dark",
  },
  "dark on bright": {
    ...square(28),
    make: (digit) => digit.map((byte) => 255 - byte),
    options: { invert: true },
    form: "mnist",
    ground: "bright",
  },
  "as scanned: grey paper, noise": {
    ...square(28),
    make: (digit) => digit.map((byte) => Math.round(205 - (byte * 150) / 255 + random.nextSigned() * 12)),
    options: { invert: true },
    form: "whole",
    ground: "bright",
  },
  "cut to their boxes": {
    ...square(20),
    make: (digit) => placed(digit, 20, 20, 20, 0.5, 0.5),
    form: "whole",
    ground: "dark",
  },
  "in a corner": { ...square(28), make: (digit) => placed(digit, 28, 28, 12, 0, 0), form: "whole", ground: "dark" },
  "larger and transposed, as letters of EMNIST": {
    ...square(28),
    make: (digit) => swapped(placed(digit, 28, 28, 24, 0.5, 0.5), 28, 28),
    form: "whole",
    ground: "dark",
  },
  "8 x 8, of 0 to 16": {
    ...square(8),
    make: (digit) => placed(digit, 8, 8, 8, 0.5, 0.5).map((byte) => Math.round(byte / 16)),
    options: { pixelMax: 16 },
    form: "whole",
    ground: "dark",
  },
  "higher than wide, anywhere on bright paper": {
    columns: 24,
    rows: 30,
    make: (digit) => placed(digit, 24, 30, 20, anywhere(), anywhere()).map((byte) => 255 - byte),
    options: { invert: true },
    form: "whole",
    ground: "bright",
  },
  "textures without a ground": {
    ...square(28),
    make: (digit, label) => digit.map((_, i) => grey(i % 28, Math.floor(i / 28), label)),
    form: "whole",
    ground: "mixed",
  },
};

function made({ columns, rows, make }: Kind, { images, labels }: Dataset, count: number) {
  const pixels = new Uint8Array(count * rows * columns);
  for (let i = 0; i < count; i++) {
    const digit = Uint8Array.from(images.subarray(i * 784, (i + 1) * 784));
    pixels.set(make(digit, labels[i]), i * rows * columns);
  }
  return { images: pixels, labels: Uint8Array.from(labels.subarray(0, count)), columns, classes: 10 };
}

const asPicture = (data: Uint8Array, width: number): Picture => ({
  width,
  height: data.length / width,
  channels: 1,
  depth: 8,
  data,
});

describe.each(Object.entries(KINDS))("pictures of %s", (_, kind) => {
  const { columns, rows, options, form, ground } = kind;
  const raw = made(kind, mnist.test, TEST);
  const top = raw.images.reduce((most, pixel) => Math.max(most, pixel), 0);
  const visible = (pixels: Uint8Array) => pixels.map((pixel) => Math.round((pixel * 255) / top));

  test("are read as well as their file, as they are, visible, inverted, and enlarged", async () => {
    const training = new Dataset({ ...made(kind, mnist.training, TRAINING), ...options });
    const test = new Dataset({ ...raw, ...options });
    using fresh = await Network.create({ layers: [rows * columns, 30, 10], threads: 1 });
    await fresh.fit(training, { epochs: 8, batchSize: 10, learningRate: 2.5 });
    using network = await Network.load(fresh.save());
    expect(network.preparation).toEqual(preparationOf(training));
    expect(network.preparation).toMatchObject({ form, ground, rows, columns, ...options });
    const { correct } = await network.evaluate(test);
    // It has learnt something that a wrong form would spoil.
    expect(correct).toBeGreaterThan(TEST * 0.3);
    const right = (picture: (pixels: Uint8Array) => Picture) => {
      const labels = Array.from({ length: TEST }, (_, i) => {
        const pixels = raw.images.slice(i * rows * columns, (i + 1) * rows * columns);
        return network.predict(preparePicture(picture(pixels), network.preparation)).label;
      });
      return labels.filter((label, i) => label === raw.labels[i]).length;
    };
    const own = right((pixels) => asPicture(pixels, columns));
    expect(own).toBe(correct);
    const png = (pixels: Uint8Array) => decodePng(encodePng(pixels, columns, rows), "picture");
    expect(right((pixels) => png(visible(pixels)))).toBeGreaterThanOrEqual(0.95 * correct);
    expect(right((pixels) => asPicture(enlarged(visible(pixels), columns, 5), 5 * columns))).toBeGreaterThanOrEqual(
      0.95 * correct,
    );
    if (ground === "mixed") return;
    const inverted = right((pixels) =>
      asPicture(
        visible(pixels).map((pixel) => 255 - pixel),
        columns,
      ),
    );
    expect(inverted).toBeGreaterThanOrEqual(0.93 * correct);
  });

  test("from a file are made as a data set makes them", () => {
    const dataset = new Dataset({ ...raw, ...options });
    const preparation = preparationOf(dataset);
    for (let i = 0; i < 20; i++) {
      const image = raw.images.subarray(i * dataset.inputs, (i + 1) * dataset.inputs);
      const expected = dataset.images.subarray(i * dataset.inputs, (i + 1) * dataset.inputs);
      expect(prepareImage(image, preparation)).toEqual(Uint8Array.from(expected));
    }
  });
});

describe("a picture", () => {
  const dataset = new Dataset({ images: Uint8Array.of(0, 255, 0, 0, 0, 0, 0, 0, 0), labels: Uint8Array.of(0) });
  const preparation = preparationOf(dataset);

  test("of colours, of 16 bits, with alpha gives the same image", () => {
    const digit = Uint8Array.from(mnist.test.images.subarray(0, 784));
    const to = preparationOf(mnist.test.slice(0, 400));
    const samples = (channels: number, of: (byte: number) => readonly number[]) =>
      Uint8Array.from({ length: 784 * channels }, (_, i) => of(digit[Math.floor(i / channels)])[i % channels]);
    const base = { width: 28, height: 28, depth: 8 } as const;
    const pictures: Picture[] = [
      { ...base, channels: 1, data: digit },
      { ...base, channels: 3, data: samples(3, (byte) => [byte, byte, byte]) },
      { ...base, channels: 2, data: samples(2, (byte) => [byte, 255]) },
      { ...base, channels: 4, data: samples(4, (byte) => [255, 255, 255, byte]) },
      { ...base, channels: 4, data: samples(4, (byte) => [0, 0, 0, byte]) },
      { ...base, channels: 1, depth: 16, data: Uint16Array.from(digit, (byte) => byte * 257) },
    ];
    for (const picture of pictures) expect(preparePicture(picture, to)).toEqual(digit);
  });

  test("of another size is resampled by area, and its ground fills what its sides lack", () => {
    const wide = asPicture(Uint8Array.of(0, 0, 255, 255, 0, 0, 0, 0, 255, 255, 0, 0), 6);
    expect([...preparePicture(wide, preparation)]).toEqual([0, 0, 0, 0, 255, 0, 0, 0, 0]);
    const larger = asPicture(
      Uint8Array.from({ length: 36 }, (_, i) => (i === 7 ? 255 : 0)),
      6,
    );
    expect([...preparePicture(larger, preparation)]).toEqual([64, 0, 0, 0, 0, 0, 0, 0, 0]);
    const smaller = preparePicture(asPicture(Uint8Array.of(0, 0, 0, 120), 2), preparation);
    expect([...smaller]).toEqual([0, 0, 0, 0, 30, 60, 0, 60, 120]);
  });

  test("for a network of floats becomes floats of their range", () => {
    const standardised = Float32Array.from(mnist.test.images.subarray(0, 784 * 50), (byte) => (byte / 255 - 0.2) * 2);
    const to = preparationOf(new Dataset({ images: standardised, labels: mnist.test.labels.subarray(0, 50) }));
    expect(to).toMatchObject({ form: "mnist", levels: [0, 1] });
    const digit = Uint8Array.from(mnist.test.images.subarray(784, 1568));
    const made = preparePicture(asPicture(digit, 28), to);
    expect(made).toBeInstanceOf(Float32Array);
    expect(Math.max(...made.map((value, i) => Math.abs(value - standardised[784 + i])))).toBeLessThan(1e-6);
    expect(prepareDigit(digit, to)).toEqual(made);
  });

  test("not in MNIST's form is looked through for its digit, which gets the training's ground", () => {
    const digit = placed(Uint8Array.from(mnist.test.images.subarray(0, 784)), 60, 60, 30, 0.1, 0.9);
    const sheet = asPicture(digit, 60);
    const dark = preparationOf(mnist.test.slice(0, 400));
    expect(preparePicture(sheet, dark)).toEqual(toDigit(sheet));
    const paper = Uint8Array.from(mnist.test.images.subarray(0, 784 * 400), (byte) => 255 - byte);
    const bright = preparationOf(new Dataset({ images: paper, labels: mnist.test.labels.subarray(0, 400) }));
    expect(preparePicture(sheet, bright)).toEqual(toDigit(sheet).map((byte) => 255 - byte));
    expect(() => preparePicture(asPicture(new Uint8Array(3600), 60), dark)).toThrow(/got a blank sheet/);
  });

  test("is transposed with all its channels, and back", () => {
    const picture: Picture = { width: 2, height: 3, channels: 2, depth: 8, data: Buffer.from("a1b2c3d4e5f6") };
    const turned = transposePicture(picture);
    expect([turned.width, turned.height]).toEqual([3, 2]);
    expect(Buffer.from(turned.data).toString()).toBe("a1c3e5b2d4f6");
    expect(Buffer.from(transposePicture(turned).data)).toEqual(picture.data);
  });

  test("of any size makes an image of the right size, of the training's range", () => {
    const side = fc.integer({ min: 1, max: 40 });
    const bytes = fc.infiniteStream(fc.nat(255));
    const level = fc.double({ min: -4, max: 4, noNaN: true });
    const ground = fc.constantFrom("dark", "bright", "mixed") as fc.Arbitrary<Preparation["ground"]>;
    let floats = 0;
    const check = (
      sizes: readonly number[],
      stream: Iterator<number>,
      bright: number,
      ends: readonly [number, number],
      ground: Preparation["ground"],
    ) => {
      const [width, height, columns, rows] = sizes;
      const data = Uint8Array.from({ length: width * height }, () => stream.next().value as number);
      const to: Preparation = { form: "whole", rows, columns, levels: [0, bright], inputs: ends, ground };
      const made = preparePicture(asPicture(data, width), to);
      expect(made).toHaveLength(rows * columns);
      const unit = made instanceof Float32Array ? 1 : 255;
      if (unit === 1) floats++;
      const [least, most] = unit === 1 ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
      for (const pixel of made) {
        expect(pixel / unit).toBeGreaterThanOrEqual(Math.fround(least));
        expect(pixel / unit).toBeLessThanOrEqual(Math.fround(most));
      }
    };
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    const ends = fc.oneof(fc.tuple(level, level), fc.constant([0, 1] as [number, number]));
    fc.assert(fc.property(fc.tuple(side, side, side, side), bytes, share, ends, ground, check), {
      seed: 1,
      numRuns: 200,
    });
    expect(floats).toBeGreaterThan(20);
    expect(floats).toBeLessThan(180);
  });

  test("whose parts disagree is refused", () => {
    expect(() => preparePicture(asPicture(new Uint8Array(10), 3), preparation)).toThrow(RangeError);
    expect(() => transposePicture({ ...asPicture(new Uint8Array(9), 3), depth: 16 })).toThrow(TypeError);
  });
});

describe("the preparation in a file", () => {
  const data = new Dataset({
    images: Uint8Array.from({ length: 24 }, (_, i) => i),
    labels: Uint8Array.of(0, 1),
    columns: 4,
    pixelMax: 23,
    transpose: true,
  });

  async function saved(changed?: string) {
    using network = await Network.create({ layers: [12, 2], threads: 1 });
    await network.fit(data, { epochs: 1, batchSize: 1, learningRate: 1 });
    const { tensors, metadata } = decodeSafetensors(network.save());
    const text = metadata.get("preparation") as string;
    return encodeSafetensors({ tensors, metadata: new Map([...metadata, ["preparation", changed ?? text]]) });
  }

  test("comes back, and is saved again", async () => {
    using network = await Network.load(await saved());
    const expected = preparationOf(data);
    expect(expected).toMatchObject({ form: "whole", rows: 4, columns: 3, pixelMax: 23, transpose: true });
    expect(network.preparation).toEqual(expected);
    using again = await Network.load(network.save());
    expect(again.preparation).toEqual(expected);
  });

  test("is usual if nothing is known, and is not saved then", async () => {
    for (const [inputs, form, rows, columns] of [
      [784, "mnist", 28, 28],
      [64, "whole", 8, 8],
      [12, "whole", 1, 12],
    ] as const) {
      using network = await Network.create({ layers: [inputs, 2], threads: 1 });
      const usual = { form, rows, columns, levels: [0, 1], inputs: [0, 1], ground: "dark" };
      expect(network.preparation).toEqual(usual);
      expect(decodeSafetensors(network.save()).metadata.has("preparation")).toBe(false);
    }
  });

  const right = '"form":"whole","rows":4,"columns":3,"levels":[0,1],"inputs":[0,1],"ground":"dark"';
  test("with nothing changed is taken", async () => {
    using network = await Network.load(await saved(`{${right}}`));
    expect(network.preparation).toMatchObject({ rows: 4, columns: 3 });
  });

  test.each([
    "",
    "null",
    "[]",
    "{}",
    `{${right},"invert":1}`,
    `{${right},"pixelMax":-1}`,
    `{${right},"colour":"red"}`,
    `{${right},"__proto__":{"invert":true}}`,
    `{${right}${" ".repeat(2000)}}`,
    `{${right.replace("whole", "mnist")}}`,
    `{${right.replace("whole", "half")}}`,
    `{${right.replace('"rows":4', '"rows":3')}}`,
    `{${right.replace('"rows":4,"columns":3', '"rows":0.5,"columns":24')}}`,
    `{${right.replace('"rows":4,"columns":3', '"rows":-4,"columns":-3')}}`,
    `{${right.replace('"levels":[0,1]', '"levels":[0,0]')}}`,
    `{${right.replace('"levels":[0,1]', '"levels":[0,1e999]')}}`,
    `{${right.replace('"levels":[0,1]', '"levels":"01"')}}`,
    `{${right.replace('"inputs":[0,1]', '"inputs":[0]')}}`,
    `{${right.replace('"inputs":[0,1]', '"inputs":[null,1]')}}`,
    `{${right.replace("dark", "pink")}}`,
  ])("as %.60s is refused", async (text) => {
    const bytes = await saved(text);
    await expect(Network.load(bytes, { file: "model.safetensors" })).rejects.toThrow(FormatError);
    await expect(Network.load(bytes, { file: "model.safetensors" })).rejects.toThrow(
      /^model.safetensors: metadata preparation: expected that of images of 12 pixels, got ".{0,60}$/,
    );
  });
});
