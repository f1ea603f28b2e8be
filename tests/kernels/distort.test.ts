// Distorted images: the module's are the reference's, bit for bit, whatever the size of the images; they are what the
// options say; and a training on them gives the same weights on any number of threads, and after an interruption.

import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { Dataset, type Pixels } from "../../src/data/dataset.js";
import { boundsOf, type Distortions } from "../../src/data/distortions.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { series } from "../../src/kernels/reference/series.js";
import { startThread } from "../../src/kernels/threads/platform.js";
import { createWasmKernels } from "../../src/kernels/wasm/wasm.js";
import { distort } from "../../src/network/augment.js";
import { Network } from "../../src/network/network.js";
import { loadMnist } from "../../src/node/data.js";
import { differences, instance, MODULE, poison, randomDataset, trainOn } from "../helpers.js";

const THREADS_MODULE = new URL("../../build/ductus-threads.wasm", import.meta.url);
const teams = await Promise.all(
  [1, 2, 3].map((count) => createWasmKernels(readFileSync(THREADS_MODULE), { count, cores: 4, start: startThread })),
);
const single = await createWasmKernels(readFileSync(MODULE));
const reference = createReference();
afterAll(() => {
  for (const team of teams) team.close();
});

const ALL: Distortions = { shift: 1, rotation: 20, scale: 0.2, shear: 0.2, elastic: 30, sigma: 4 };
const KINDS: Record<string, Distortions> = {
  shift: { shift: 2.5 },
  rotation: { rotation: 180 },
  scale: { scale: 0.5 },
  shear: { shear: 1 },
  elastic: { elastic: 34 },
  "a little": { elastic: 5, sigma: 0.3 },
  "so much that pixels come from far outside": { shift: 1000, shear: 10, elastic: 1000, sigma: 1 },
  "more smoothing than the image is large": { elastic: 300, sigma: 30 },
  "all at once": ALL,
};

/** Images of random blots, as digits are: neighbours resemble each other. */
function blots(length: number, rows: number, columns: number): Dataset {
  const { images, labels } = randomDataset(length, rows * columns, 3, 7, 0.4);
  return new Dataset({ images, labels, columns });
}

const floats = ({ images, labels, columns }: Dataset, scale: number) =>
  new Dataset({ images: Float32Array.from(images, (pixel) => pixel / scale - 0.25), labels, columns });

describe.each(Object.entries(KINDS))("%s", (_, distortions) => {
  test.each([
    ["28 x 28", blots(4, 28, 28)],
    ["6 x 5", blots(4, 6, 5)],
    ["1 x 7", blots(4, 1, 7)],
    ["9 x 1", blots(4, 9, 1)],
    ["one pixel", blots(4, 1, 1)],
    ["20 x 31", blots(4, 20, 31)],
    ["any numbers", floats(blots(4, 12, 13), 100)],
  ])("%s: the module's pixels are the reference's", async (_, data) => {
    const options = { ...distortions, seed: 3, epoch: 5 };
    const [module, expected] = await Promise.all(
      [single, reference].map((kernels) => distort(data, { ...options, kernels })),
    );
    expect(module.images).toEqual(expected.images);
    expect(module.labels).toEqual(data.labels);
    expect(module.columns).toBe(data.columns);
  });
});

test("leaves the data as they are, in a Buffer too", async () => {
  const { images, labels } = blots(3, 10, 10);
  for (const own of [
    images,
    Buffer.from(images),
    new Uint8ClampedArray(images),
    Float32Array.from(images, (x) => x / 255),
  ]) {
    const data = new Dataset({ images: own as Pixels, labels });
    const before = Array.from(own);
    for (const kernels of [single, reference]) {
      const { images: distorted } = await distort(data, { ...ALL, kernels });
      expect(distorted).toBeInstanceOf(Uint8Array);
      expect(Array.from(distorted)).not.toEqual(Array.from(images));
      expect(Array.from(own)).toEqual(before);
    }
  }
});

test("the module reads nothing that it has not written", async () => {
  const exports = await instance();
  poison(exports, 1 << 20);
  const { kernelsOf } = await import("../../src/kernels/wasm/wasm.js");
  const data = blots(3, 10, 11);
  const [poisoned, expected] = await Promise.all(
    [kernelsOf(exports), reference].map((kernels) => distort(data, { ...ALL, kernels })),
  );
  expect(poisoned.images).toEqual(expected.images);
});

describe("what the options say", () => {
  const one = (images: Pixels, columns: number) => new Dataset({ images, labels: Uint8Array.of(0), columns });
  /** A dot of 3 x 3 in the middle of 21 x 21. */
  const dot = one(
    Uint8Array.from({ length: 441 }, (_, k) =>
      Math.abs((k % 21) - 10) < 2 && Math.abs(Math.floor(k / 21) - 10) < 2 ? 200 : 0,
    ),
    21,
  );
  const centre = ({ images, inputs, columns }: Dataset) => {
    let [sum, x, y] = [0, 0, 0];
    for (let k = 0; k < inputs; k++) {
      sum += images[k];
      x += images[k] * (k % columns);
      y += images[k] * Math.floor(k / columns);
    }
    return { sum, x: x / sum - 10, y: y / sum - 10 };
  };
  const epochs = Array.from({ length: 400 }, (_, i) => i + 1);
  const distorted = (distortions: Distortions, data = dot) =>
    Promise.all(epochs.map((epoch) => distort(data, { ...distortions, epoch, kernels: single })));

  test("none gives the data themselves", async () => {
    expect(await distort(dot, { seed: 9 })).toBe(dot);
    expect(await distort(dot, { elastic: 0, rotation: 0, sigma: 3 })).toBe(dot);
  });

  test("shifts are uniform within their bound, in both directions apart, and keep the ink", async () => {
    const centres = (await distorted({ shift: 3 })).map(centre);
    for (const axis of ["x", "y"] as const) {
      const shifts = centres.map((c) => c[axis]).sort((a, b) => a - b);
      expect(shifts[0]).toBeGreaterThan(-3.03);
      expect(shifts[399]).toBeLessThan(3.03);
      for (const quarter of [1, 2, 3]) expect(Math.abs(shifts[100 * quarter] - (quarter - 2) * 1.5)).toBeLessThan(0.5);
    }
    expect(Math.abs(centres.reduce((sum, { x, y }) => sum + x * y, 0) / 400)).toBeLessThan(0.5);
    for (const { sum } of centres) expect(Math.abs(sum / 1800 - 1)).toBeLessThan(0.01);
  });

  test("rotation, scale and shear keep the middle where it is", async () => {
    for (const distortions of [{ rotation: 45 }, { scale: 0.5 }, { shear: 0.5 }]) {
      for (const image of await distorted(distortions)) {
        const { x, y } = centre(image);
        expect(Math.hypot(x, y)).toBeLessThan(0.02);
      }
    }
  });

  test("rotation turns a line by at most its bound, to either side", async () => {
    const line = one(
      Uint8Array.from({ length: 441 }, (_, k) => (k % 21 === 10 ? 255 : 0)),
      21,
    );
    const angles = (await distorted({ rotation: 30 }, line)).map(({ images }) => {
      let [xy, yy] = [0, 0];
      for (let k = 0; k < 441; k++) {
        const [x, y] = [(k % 21) - 10, Math.floor(k / 21) - 10];
        xy += images[k] * x * y;
        yy += images[k] * y * y;
      }
      return (Math.atan(xy / yy) * 180) / Math.PI;
    });
    expect(Math.max(...angles)).toBeGreaterThan(27);
    expect(Math.max(...angles)).toBeLessThan(30.5);
    expect(Math.min(...angles)).toBeLessThan(-27);
    expect(Math.min(...angles)).toBeGreaterThan(-30.5);
  });

  test("elastic displacements have the deviation of smoothed noise", async () => {
    // Of uniform noise from -1 to 1, 1 / sqrt(3); a Gaussian of deviation sigma leaves 1 / (2 sigma sqrt(pi)) of it.
    const ramp = one(
      Float32Array.from({ length: 1681 }, (_, k) => k % 41),
      41,
    );
    let [sum, square, count] = [0, 0, 0];
    for (let epoch = 1; epoch <= 40; epoch++) {
      const { images } = await distort(ramp, { elastic: 34, sigma: 4, epoch, kernels: single });
      for (let k = 0; k < 1681; k++) {
        // On a ramp the displacement is the difference; far from the edge, where it ends.
        if (k % 41 < 8 || k % 41 > 32 || k < 8 * 41 || k >= 33 * 41) continue;
        const difference = images[k] - (k % 41);
        sum += difference;
        square += difference ** 2;
        count++;
      }
    }
    const expected = 34 / Math.sqrt(3) / (2 * 4 * Math.sqrt(Math.PI));
    expect(Math.abs(sum / count)).toBeLessThan(0.2);
    expect(Math.abs(Math.sqrt(square / count) / expected - 1)).toBeLessThan(0.1);
  });

  test("seed, epoch and image decide, and nothing else", async () => {
    const data = blots(6, 12, 12);
    const images = async (options: { seed?: number; epoch?: number }, d = data) =>
      (await distort(d, { ...ALL, ...options, kernels: single })).images;
    const first = await images({});
    expect(await images({})).toEqual(first);
    expect(await images({ seed: 2 })).not.toEqual(first);
    expect(await images({ epoch: 2 })).not.toEqual(first);
    expect((await images({}, data.slice(0, 3))).length).toBe(3 * 144);
    expect(await images({}, data.slice(0, 3))).toEqual(first.slice(0, 3 * 144));
    const same = new Dataset({
      images: new Uint8Array(288).fill(90).map((x, k) => x + (k % 144)),
      labels: new Uint8Array(2),
    });
    const [a, b] = [0, 144].map(async (k) => (await images({}, same)).slice(k, k + 144));
    expect(await a).not.toEqual(await b);
  });
});

describe("training on distorted images", () => {
  const recipe = {
    layers: [64, 33, 5],
    epochs: 2,
    eta: 0.2,
    initialWeights: "scaled",
    activation: "relu",
    cost: "log-likelihood",
    seed: 4,
    distortions: ALL,
    method: { dropout: 0.2 },
  } as const;

  test.each([1, 7, 50, 128, 129, 300])("mini-batches of %i: the same bits with any kernels", async (batchSize) => {
    const data = new Dataset({ ...randomDataset(300, 64, 5), columns: 8 });
    const expected = await trainOn(reference, data, { ...recipe, batchSize });
    const plain = await trainOn(reference, data, { ...recipe, batchSize, distortions: {} });
    expect(differences(plain.after, expected.after)).toBeGreaterThan(1000);
    for (const kernels of [single, ...teams]) {
      const result = await trainOn(kernels, data, { ...recipe, batchSize });
      expect(differences(result.after, expected.after)).toBe(0);
      expect(result.costs).toEqual(expected.costs);
      // Evaluated as they are.
      expect([result.cost, result.correct]).toEqual([expected.cost, expected.correct]);
    }
  });

  test("in the library: interrupted and saved it resumes to the same bits, less distorted to others", async () => {
    const { training } = loadMnist();
    const data = training.slice(0, 600);
    const options = { batchSize: 20, learningRate: 0.1, distortions: ALL, dropout: 0.1 };
    const layers = [784, 20, 10];
    const run = async (network: Network, epochs: number, more = {}) => {
      for await (const report of network.train(data, { ...options, ...more, epochs }))
        expect(report.cost).toBeGreaterThan(0);
      return network;
    };
    using whole = await run(await Network.create({ layers, threads: 1 }), 3);
    using half = await run(await Network.create({ layers, threads: 2 }), 1);
    using rest = await run(await Network.load(half.save()), 2);
    expect(await rest.hash()).toBe(await whole.hash());
    using other = await run(await Network.create({ layers, threads: 1 }), 3, { distortions: { shift: 1 } });
    expect(await other.hash()).not.toBe(await whole.hash());
    using none = await run(await Network.create({ layers, threads: 1 }), 3, { distortions: {} });
    using undefinedOnes = await run(await Network.create({ layers, threads: 1 }), 3, { distortions: undefined });
    expect(await none.hash()).toBe(await undefinedOnes.hash());
  });
});

test.each([
  [{ shift: -1 }, "shift: expected a number from 0 to 1000, got -1"],
  [{ rotation: 181 }, "rotation: expected a number from 0 to 180, got 181"],
  [{ scale: 1 }, "scale: expected a number from 0 to below 1, got 1"],
  [{ shear: Number.NaN }, "shear: expected a number from 0 to 10, got NaN"],
  [{ elastic: "3" }, 'elastic: expected a number from 0 to 1000, got "3"'],
  [{ sigma: 0 }, "sigma: expected a number from 0.01 to 100, got 0"],
  [null, "distortions: expected an object, got null"],
])("%j is refused", (distortions, message) => {
  expect(() => boundsOf(distortions as Distortions)).toThrow(message);
});

test("sine and cosine by their series", () => {
  for (let x = -Math.PI; x <= Math.PI; x += 0.01) {
    expect(series(x, x * x, 3)).toBeCloseTo(Math.sin(x), 8);
    expect(series(1, x * x, 2)).toBeCloseTo(Math.cos(x), 8);
  }
});
