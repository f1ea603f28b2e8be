// ductus distort: the sheet of distorted training images.

import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distort as distortDataset } from "../../src/network/augment.js";
import { loadDirectory } from "../../src/node/index.js";
import { writeIdxFolder } from "../idx-files.js";
import { type Result, startDuctus } from "./command-line.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-distort-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 120, test: 21, rows: 4, columns: 6, classes: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

function ductus(...args: string[]): Promise<Result> {
  return startDuctus(folder, args).result;
}

describe("distort", () => {
  test("draws one image of each class as it is, and as each epoch of a training sees it", async () => {
    const { stdout, code } = await ductus(
      "distort",
      "--data",
      "data",
      "--epochs",
      "3",
      "--shear",
      "0.4",
      "--out",
      "sheet.png",
    );
    expect({ stdout, code }).toEqual({
      stdout: "sheet.png: 4 images as they are, then as epochs 1 to 3 with seed 1 see them\n",
      code: 0,
    });
    const { width, height, data } = decode(await readFile(join(folder, "sheet.png")));
    // Each pixel twice as large, 4 between images: 4 columns of 6 pixels, 4 rows of 4.
    expect([width, height]).toEqual([4 * (2 * 6 + 4), 4 * (2 * 4 + 4)]);
    const { training: all } = loadDirectory(join(folder, "data"), { validation: 0 });
    for (let label = 0; label < 4; label++) {
      const i = all.labels.indexOf(label);
      const image = all.slice(i, i + 1);
      const columns = [image];
      for (const epoch of [1, 2, 3]) columns.push(await distortDataset(image, { shear: 0.4, epoch, numbers: [i] }));
      for (const [column, { images }] of columns.entries()) {
        const drawn = Uint8Array.from(images, (_, k) => {
          const [x, y] = [column * 16 + 2 * (k % 6), label * 12 + 2 * Math.floor(k / 6)];
          return 255 - data[y * width + x];
        });
        expect(drawn).toEqual(Uint8Array.from(images));
      }
    }
    const other = await ductus(
      "distort",
      "--data",
      "data",
      "--epochs",
      "3",
      "--shear",
      "0.4",
      "--seed",
      "2",
      "--out",
      "other.png",
    );
    expect(other.code).toBe(0);
    expect(await readFile(join(folder, "other.png"))).not.toEqual(await readFile(join(folder, "sheet.png")));
  });

  test("draws the images as the options of the data make them", async () => {
    const options = [
      "--data",
      "data",
      "--invert",
      "--transpose",
      "--pixel-max",
      "510",
      "--epochs",
      "1",
      "--shift",
      "1",
    ];
    expect(await ductus("distort", ...options, "--out", "made.png")).toMatchObject({ code: 0 });
    const { width, height, data } = decode(await readFile(join(folder, "made.png")));
    // Rows of 4 pixels, now, and 6 of them.
    expect([width, height]).toEqual([2 * (2 * 4 + 4), 4 * (2 * 6 + 4)]);
    const { training } = loadDirectory(join(folder, "data"), { validation: 0 });
    const first = training.images.subarray(24 * training.labels.indexOf(0), 24 * training.labels.indexOf(0) + 24);
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 4; x++) {
        // Full ink of 510 halves what 255 was; black on white, inverted twice.
        expect(data[2 * y * width + 2 * x], `${x}, ${y}`).toBe(Math.floor(first[x * 6 + y] / 2));
      }
    }
    expect(await ductus("distort", "--data", "data", "--pixel-max", "0")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^ductus: --pixel-max: expected a number/),
    });
  });

  test("of MNIST it shows the preset's distortions", async () => {
    const { stdout } = await ductus("distort", "--epochs", "2");
    expect(stdout).toBe("distortions.png: 10 images as they are, then as epochs 1 to 2 with seed 1 see them\n");
    expect(decode(await readFile(join(folder, "distortions.png")))).toMatchObject({ width: 180, height: 600 });
    const preset = await ductus("distort", "--out", "preset.png");
    expect(preset).toMatchObject({ code: 0, stderr: "" });
    expect(decode(await readFile(join(folder, "preset.png")))).toMatchObject({ width: 16 * 60, height: 600 });
    // Another sigma of the preset's noise; no noise at all.
    const sheets = [["--sigma", "9"], ["--shift", "0"], []].map(async (options, i) => {
      await ductus("distort", "--epochs", "2", "--out", `sheet${i}.png`, ...options);
      return (await readFile(join(folder, `sheet${i}.png`))).toString("base64");
    });
    expect(new Set(await Promise.all(sheets)).size).toBe(3);
  });
});
