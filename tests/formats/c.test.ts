// Networks in C: compiled, they give the module's activations, bit for bit.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Dataset } from "../../src/data/dataset.js";
import { usualPreparation } from "../../src/data/preparation.js";
import { encodeC } from "../../src/formats/c/c.js";
import { hexFloat } from "../../src/formats/c/numbers.js";
import { quantize } from "../../src/formats/c/quantize.js";
import { ACTIVATIONS, COSTS, type Kernels, type LayerParameters } from "../../src/kernels/kernels.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { kernelsOf } from "../../src/kernels/wasm/wasm.js";
import { loadMnist } from "../../src/node/index.js";
import { instance, trainOn } from "../helpers.js";
import { activationsOf, EXACT, isHere, newFolder, run, STRICT, writeFiles } from "./c-programs.js";

const HAS_GCC = isHere("gcc");
const SANITIZED = ["-fsanitize=undefined,float-divide-by-zero,float-cast-overflow", "-fno-sanitize-recover=all"];

/** Thumb code without a system: linux.c stands in for it. */
const BARE = ["arm-none-eabi-gcc", "-O1", "-fomit-frame-pointer", "-mthumb", "-nostartfiles", "linux.c"];
/** Other processors: a compiler with its options, and what runs its programs. */
const OTHERS: readonly (readonly [string, readonly string[], string])[] = [
  ["32-bit ARM", ["arm-linux-gnueabihf-gcc", "-static", "-O2"], "qemu-arm"],
  ["RISC-V", ["riscv64-linux-gnu-gcc", "-static", "-O2"], "qemu-riscv64"],
  ["a Cortex-M4", [...BARE, "-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"], "qemu-arm"],
  ["a Cortex-M0, without floats of its own,", [...BARE, "-mcpu=cortex-m0"], "qemu-arm"],
];

let kernels: Kernels;
beforeAll(async () => {
  kernels = kernelsOf(await instance());
});

/** The module's activations. */
function moduleOf(
  layers: readonly LayerParameters[],
  images: Uint8Array | Float32Array,
  functions: { activation?: (typeof ACTIVATIONS)[number]; cost?: (typeof COSTS)[number] } = {},
): Float32Array {
  const sizes = [layers[0].weights.length / layers[0].biases.length, ...layers.map(({ biases }) => biases.length)];
  const network = kernels.createNetwork(sizes, functions.activation, functions.cost);
  layers.forEach((layer, i) => void network.writeLayer(i + 1, layer));
  const activations = Float32Array.from(network.activations(images));
  network.release();
  return activations;
}

function expectSameBits(actual: Float32Array, expected: Float32Array): void {
  const bits = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
  expect(actual.length).toBe(expected.length);
  expect(new Set(expected).size).toBeGreaterThan(1);
  expect(Buffer.compare(bits(actual), bits(expected))).toBe(0);
}

/** Random layers; `deviation` is that of a sum of all inputs. */
function randomLayers(sizes: readonly number[], deviation: number): LayerParameters[] {
  const random = new RandomStream(7, 1010, 0);
  const normals = (length: number, scale: number) => Float32Array.from({ length }, () => scale * random.nextNormal());
  return sizes.slice(1).map((outputs, i) => ({
    weights: normals(outputs * sizes[i], deviation / Math.sqrt(sizes[i])),
    biases: normals(outputs, deviation / 2),
  }));
}

function randomBytes(length: number): Uint8Array {
  const random = new RandomStream(8, 1011, 0);
  return Uint8Array.from({ length }, () => Math.max(0, random.nextBelow(511) - 255));
}

describe.skipIf(!HAS_GCC)("MNIST's test set, compiled by gcc:", () => {
  const { training, test: testSet } = loadMnist();
  const images = testSet.images as Uint8Array;
  const recipe = {
    layers: [784, 30, 10],
    epochs: 2,
    batchSize: 10,
    eta: 3,
    initialWeights: "scaled",
    seed: 1,
  } as const;
  let layers: LayerParameters[];
  beforeAll(async () => {
    const { network } = await trainOn(kernels, training, recipe);
    layers = [1, 2].map((l) => network.readLayer(l));
  });
  const accuracyOf = (activations: Float32Array) => {
    const dataset = new Dataset({ images, labels: testSet.labels });
    let correct = 0;
    for (let s = 0; s < dataset.length; s++) {
      const image = activations.subarray(10 * s, 10 * s + 10);
      if (image.indexOf(Math.max(...image)) === dataset.labels[s]) correct++;
    }
    return correct / dataset.length;
  };

  test("f32 gives the bits of the module, with warnings as errors and undefined behaviour caught", async () => {
    const folder = await newFolder();
    await writeFiles(folder, encodeC(layers));
    const expected = moduleOf(layers, images);
    expect(expected.length).toBe(100_000);
    const compiler = ["gcc", ...STRICT, ...EXACT, "-O2", ...SANITIZED];
    expectSameBits(await activationsOf(folder, compiler, [], images), expected);
  });

  test("so it does where the compiler would fuse products with sums, if it were allowed", async () => {
    const folder = await newFolder();
    await writeFiles(folder, encodeC(layers));
    const compiler = ["gcc", "-std=gnu11", "-O3", "-march=native"];
    expectSameBits(await activationsOf(folder, compiler, [], images), moduleOf(layers, images));
  });

  test("int8 gives the bits of the rounded weights, which read as well but for 0.3 %", async () => {
    const folder = await newFolder();
    await writeFiles(folder, encodeC(layers, { int8: true }));
    const rounded = quantize(layers);
    const activations = await activationsOf(folder, ["gcc", ...STRICT, ...EXACT, "-O2", ...SANITIZED], [], images);
    expectSameBits(activations, moduleOf(rounded, images));
    const [before, after] = [accuracyOf(moduleOf(layers, images)), accuracyOf(activations)];
    expect(before).toBeGreaterThan(0.9);
    expect(Math.abs(after - before)).toBeLessThan(0.003);
  });

  describe.each(OTHERS)("%s", (_, compiler, emulator) => {
    test.skipIf(![compiler[0], emulator].every(isHere))("gives the same bits", async () => {
      const folder = await newFolder();
      const some = images.subarray(0, 784 * 300);
      for (const int8 of [false, true]) {
        await writeFiles(folder, encodeC(layers, { int8 }));
        const actual = await activationsOf(folder, [...compiler, "-ffp-contract=off"], [emulator], some);
        expectSameBits(actual, moduleOf(int8 ? quantize(layers) : layers, some));
      }
    });
  });

  test.skipIf(!isHere("arm-none-eabi-size"))("int8 takes less than 32 KB of a Cortex-M0's flash", async () => {
    const folder = await newFolder();
    await writeFiles(folder, encodeC(layers, { int8: true }));
    const options = ["-std=c99", ...EXACT, "-mcpu=cortex-m0", "-mthumb", "-Os", "-nostartfiles", "--entry=main"];
    await run(folder, "arm-none-eabi-gcc", [...options, "digits.c", "firmware.c", "-o", "firmware"]);
    const table = String(await run(folder, "arm-none-eabi-size", ["firmware"]));
    const [text, data] = (table.split("\n")[1].match(/\d+/g) ?? []).map(Number);
    expect(text).toBeGreaterThan(784 * 30);
    expect(text + data).toBeLessThan(32 * 1024);
  });
});

describe.skipIf(!HAS_GCC).each(ACTIVATIONS)("%s", (activation) => {
  test.each(COSTS)("and %s have the module's bits, from bytes and from floats", async (cost) => {
    const folder = await newFolder();
    const sizes = [37, 11, 6, 5];
    const images = randomBytes(400 * 37);
    const floats = Float32Array.from(images, (byte, i) => (byte - 40) / (20 + (i % 7)));
    // From flat to saturated neurons.
    for (const deviation of [0.1, 3, 60]) {
      const layers = randomLayers(sizes, deviation);
      await writeFiles(folder, encodeC(layers, { activation, cost }));
      for (const pixels of [images, floats]) {
        const actual = await activationsOf(folder, ["gcc", ...STRICT, ...EXACT, "-O1"], [], pixels);
        expectSameBits(actual, moduleOf(layers, pixels, { activation, cost }));
      }
    }
  });
});

describe("the text", () => {
  const layers = randomLayers([9, 4, 3], 1);

  test.skipIf(!HAS_GCC)("keeps weights of every size, and class names of any characters", async () => {
    const folder = await newFolder();
    const values = [0, -0, 1e-45, -1.17e-38, 1.1754944e-38, 1 / 3, -255, 3.4028235e38, 0.1];
    const extreme = { weights: Float32Array.from(values), biases: Float32Array.of(-0.5) };
    const classNames = ['"??/\\é\n'];
    await writeFiles(folder, encodeC([extreme], { classNames, cost: "cross-entropy" }));
    const images = new Float32Array(81);
    for (let k = 0; k < 9; k++) images[k * 10] = k === 7 ? 1e-38 : 2 ** -k;
    const activations = await activationsOf(folder, ["gcc", ...STRICT, ...EXACT], [], images);
    expectSameBits(activations, moduleOf([extreme], images, { cost: "cross-entropy" }));
    await writeFile(
      join(folder, "names.c"),
      '#include <stdio.h>\n#include "digits.h"\nint main(void) { return fputs(digits_class_names[0], stdout) < 0; }\n',
    );
    await run(folder, "gcc", [...STRICT, "names.c", "digits.c", "-o", "names"]);
    expect(String(await run(folder, "./names", []))).toBe(classNames[0]);
  });

  test.skipIf(!HAS_GCC)("is not compiled where it would give other bits", async () => {
    const folder = await newFolder();
    await writeFiles(folder, encodeC(layers));
    await expect(run(folder, "gcc", ["-ffast-math", "-c", "digits.c"])).rejects.toThrow(/compile without -ffast-math/);
    await writeFile(join(folder, "digits.h"), encodeC(randomLayers([9, 3], 1)).header.replace("INPUTS 9", "INPUTS 8"));
    await expect(run(folder, "gcc", ["-c", "digits.c"])).rejects.toThrow(/expected the digits.h that was written/);
  });

  test("says how images have to be made", () => {
    const mnist = encodeC(randomLayers([784, 3], 1), { name: "my-net" }).header;
    expect(mnist).toContain(" * An image is 28 x 28 pixels, row by row");
    expect(mnist).toContain("void my_net_activations(const uint8_t *pixels, float *activations);\n");
    const whole = { form: "whole", rows: 3, columns: 3, levels: [0, 1], inputs: [-1, 2], ground: "bright" } as const;
    const { header } = encodeC(layers, { preparation: whole });
    expect(header).toContain(" * The ground is bright (255), the ink dark (0).\n");
    expect(header).toContain("call it with floats like these, not with bytes");
    for (const { length } of header.split("\n")) expect(length).toBeLessThanOrEqual(120);
  });

  test.each(["", "7", "_a", "a b", 'a"', "a\n", "é", "a/b", "../a", "x".repeat(41), "a*/"])(
    "refuses the name %j",
    (name) => {
      expect(() => encodeC(layers, { name })).toThrow(RangeError);
      expect(() => encodeC(layers, { name })).toThrow(/^name: expected 1 to 40 letters, .*, got "/);
    },
  );

  test.each([
    [{ classNames: ["a"] }, /^classNames: expected 3, got 1$/],
    [{ preparation: { ...usualPreparation(784) } }, /^preparation: expected that of images of 9 pixels, got 28 x 28$/],
  ])("refuses %j", (options, message) => {
    expect(() => encodeC(layers, options)).toThrow(message);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e39])("refuses %f", (x) => {
    const wrong = [{ weights: Float64Array.of(x), biases: Float64Array.of(0) }];
    for (const int8 of [false, true])
      expect(() => encodeC(wrong, { int8 })).toThrow(/^weights and biases: expected fin/);
  });

  test("has each f32 in a form that gives it back", () => {
    const random = new RandomStream(3, 1012, 0);
    const words = Uint32Array.from({ length: 5000 }, () => random.nextWord());
    const edges = Uint32Array.of(1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0x3f800000, 0xbf800001);
    const floats = [...new Float32Array(edges.buffer), ...new Float32Array(words.buffer)].filter(Number.isFinite);
    expect(floats.length).toBeGreaterThan(4900);
    for (const x of floats) {
      const [, sign, whole, fraction = "", power] =
        /^(-?)0x([0-9a-f]+)(?:\.([0-9a-f]+))?p(-?\d+)f$/.exec(hexFloat(x)) ?? [];
      const value = Number.parseInt(`${whole}${fraction}`, 16) * 2 ** (Number(power) - 4 * fraction.length);
      expect(sign === "-" ? -value : value).toBe(x);
    }
  });
});

test("weights in 8 bits move by half a step at most, and those that are 0 stay so", () => {
  const layers = [...randomLayers([50, 20, 10], 4), { weights: new Float32Array(10), biases: Float32Array.of(1) }];
  for (const [i, { weights, biases }] of quantize(layers).entries()) {
    const inputs = weights.length / biases.length;
    expect(biases).toEqual(layers[i].biases);
    for (let j = 0; j < biases.length; j++) {
      const row = layers[i].weights.subarray(j * inputs, (j + 1) * inputs);
      const step = Math.max(...row.map(Math.abs)) / 127;
      for (const [k, w] of row.entries()) {
        expect(Math.abs(weights[j * inputs + k] - w)).toBeLessThanOrEqual(step * 0.50001);
      }
      expect(new Set(weights.subarray(j * inputs, (j + 1) * inputs)).size).toBeGreaterThan(step === 0 ? 0 : inputs / 4);
    }
  }
});

test.skipIf(!HAS_GCC || !isHere("g++"))("a program in C++ calls it, too", async () => {
  const folder = await newFolder();
  await writeFiles(folder, encodeC(randomLayers([9, 3], 1), { classNames: ["a", "b", "c"] }));
  const program = '#include "digits.h"\nint main() { uint8_t p[9] = {}; return digits_selftest(p) - 1; }\n';
  await writeFile(join(folder, "main.cpp"), program);
  await run(folder, "gcc", [...STRICT, "-c", "digits.c"]);
  await run(folder, "g++", ["-Wall", "-Wextra", "-Werror", "-pedantic", "main.cpp", "digits.o", "-o", "program"]);
  expect(String(await run(folder, "./program", []))).toBe("");
});
