// The page's first section in Chromium: pictures and models that are dropped, opened and saved.

import { existsSync } from "node:fs";
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { decodePng, toDigit } from "../../src/formats/index.js";
import { Network } from "../../src/index.js";
import { loadMnist } from "../../src/node/index.js";
import { CHROMIUM } from "./web-server.js";
import {
  answer,
  barsOf,
  type Dropped,
  download,
  drop,
  expectBars,
  PRETRAINED,
  pngOf,
  poll,
  rowOf,
  seen,
  setUpWriting,
  spoken,
} from "./write-page.js";

// On some machines it would warn that it finds no GPU (microsoft/onnxruntime#26763).
env.logLevel = "error";

describe.skipIf(!existsSync(CHROMIUM))(`in Chromium (skipped without ${CHROMIUM}; CHROMIUM names another)`, () => {
  const { open, predict, sharesOf } = setUpWriting();

  test("reads PNG files as the command line does, bit for bit", async () => {
    const page = await open();
    const { images } = loadMnist().test;
    const pictures = [
      { name: "grey.png", bytes: pngOf(images.subarray(0, 784), 7, (ink) => [255 - ink]) },
      { name: "light-on-dark.png", bytes: pngOf(images.subarray(784, 2 * 784), 5, (ink) => [ink, ink, 40]) },
      { name: "deep.png", bytes: pngOf(images.subarray(2 * 784, 3 * 784), 9, (ink) => [257 * (255 - ink)], 16) },
      { name: "alpha.png", bytes: pngOf(images.subarray(3 * 784, 4 * 784), 3, (ink) => [10, 90, 200, ink]) },
    ];
    const read = new Set<string>();
    for (const picture of pictures) {
      const pixels = toDigit(decodePng(picture.bytes));
      const shares = sharesOf(pixels);
      const label = shares.indexOf(Math.max(...shares));
      await drop(page, [picture]);
      await poll(() => spoken(page)).toBe(`Read as ${label}, sure (${shares[label].toFixed(2)})`);
      expect(await seen(page)).toEqual(Array.from(pixels));
      expectBars(await barsOf(page), shares);
      expect(await page.locator("#pad").getAttribute("aria-label")).toContain(picture.name);
      expect(await page.locator("#write-note").textContent()).toBe(`Opened ${picture.name}`);
      read.add(await answer(page));
    }
    expect([...read]).toEqual(["7", "2", "1", "0"]);
    await page.locator("#clear").click();
    await poll(() => spoken(page)).toBe("Blank sheet");
  });

  test("reads several digits as a number, and one digit as a digit", async () => {
    const page = await open();
    const { images, labels } = loadMnist().test;
    const rows: readonly (readonly number[])[] = [
      [0, 1, 2, 3, 4],
      [7, 5],
      [1, 2, 3],
    ];
    for (const scale of [3, 12]) {
      for (const row of rows) {
        const text = row.map((i) => labels[i]).join("");
        await drop(page, [{ name: "row.png", bytes: rowOf(images, row, scale) }]);
        await poll(() => spoken(page)).toMatch(
          new RegExp(`^Read as ${row.length} digits: ${text}, (sure|not sure of all)$`),
        );
        expect(await answer(page)).toBe(text);
        expect(Math.max(...(await barsOf(page)))).toBe(0);
        await page.locator("#clear").click();
        await poll(() => spoken(page)).toBe("Blank sheet");
      }
    }
    await drop(page, [{ name: "one.png", bytes: rowOf(images, [0], 6) }]);
    await poll(() => spoken(page)).toMatch(/^Read as 7, sure/);
    expect(Math.max(...(await barsOf(page)))).toBeGreaterThan(0.9);
  });

  test("takes pictures from the button and the clipboard, and JPEG; the first of several", async () => {
    const page = await open();
    const { images } = loadMnist().test;
    const [seven, two] = [0, 1].map((i) => pngOf(images.subarray(784 * i, 784 * (i + 1)), 6, (ink) => [255 - ink]));
    const chosen = page.waitForEvent("filechooser");
    await page.locator("#open-file").click();
    await (await chosen).setFiles({ name: "seven.png", mimeType: "image/png", buffer: Buffer.from(seven) });
    await poll(() => answer(page)).toBe("7");

    await drop(page, [{ name: "two.txt", bytes: two }], "paste");
    await poll(() => answer(page)).toBe("2");

    const jpeg = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(3000, 2500);
      const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
      context.fillStyle = "#eee";
      context.fillRect(0, 0, 3000, 2500);
      context.lineWidth = 120;
      context.beginPath();
      context.moveTo(1000, 400);
      context.lineTo(1900, 400);
      context.lineTo(1400, 2000);
      context.stroke();
      return Array.from(new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg" })).arrayBuffer()));
    });
    await drop(page, [
      { name: "seven.jpg", bytes: Uint8Array.from(jpeg) },
      { name: "two.png", bytes: two },
    ]);
    await poll(() => answer(page)).toBe("7");
    expect(await page.locator("#write-note").textContent()).toBe(
      "Opened seven.jpg (the first of 2 files: one is read at a time)",
    );
    expect(await page.locator("#pad").getAttribute("aria-label")).toContain("seven.jpg");
  });

  test("refuses other files in one sentence, and keeps what is there", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Write 3" }).click();
    await poll(() => answer(page)).toBe("3");
    const before = [await seen(page), await barsOf(page), await page.locator("#network").inputValue()];

    const png = pngOf(loadMnist().test.images.subarray(0, 784), 4, (ink) => [255 - ink]);
    const broken = png.slice();
    broken[broken.length - 20] ^= 1;
    const blank = pngOf(new Uint8Array(784), 4, () => [255]);
    const tiny = await Network.create({ layers: [784, 10], threads: 1 });
    const model = tiny.save();
    tiny.dispose();
    const notFinite = model.slice();
    new DataView(notFinite.buffer).setFloat32(notFinite.length - 4, Number.NaN, true);
    const other = await Network.create({ layers: [400, 10], threads: 1 });
    const otherSize = other.save();
    other.dispose();
    const text = (content: string) => new TextEncoder().encode(content);
    const cases: [Dropped, RegExp][] = [
      [{ name: "notes.png", bytes: text("not a picture") }, /^notes\.png: expected a picture .* got a text file/],
      [{ name: "noise.jpg", bytes: Uint8Array.of(200, 1, 2, 3) }, /^noise\.jpg: expected a picture .* something else/],
      [
        { name: "photo.heic", bytes: text("\0\0\0\x18ftypheic\0\0\0\0heicmif1") },
        /^photo\.heic: expected a picture .* got a HEIC picture: export it as JPEG/,
      ],
      [{ name: "form.pdf", bytes: text("%PDF-1.7") }, /^form\.pdf: expected a picture .* got a PDF document: export/],
      [{ name: "a.zip", bytes: Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0) }, /^a\.zip: expected a picture/],
      [{ name: "empty.txt", bytes: new Uint8Array() }, /^empty\.txt: .* got an empty file/],
      [{ name: "cut.png", bytes: png.subarray(0, 200) }, /^cut\.png: .*truncated/],
      [{ name: "broken.png", bytes: broken }, /^broken\.png: expected .*damaged/],
      [{ name: "blank.png", bytes: blank }, /^blank\.png: .* got a blank sheet/],
      [{ name: "cut.safetensors", bytes: model.subarray(0, 5000) }, /^cut\.safetensors: expected .*truncated/],
      [{ name: "nan.safetensors", bytes: notFinite }, /^nan\.safetensors: .*finite numbers/],
      [{ name: "small.safetensors", bytes: otherSize }, /^small\.safetensors: expected .*784 pixels, got one of 400/],
    ];
    const alert = page.locator("#write-alert");
    let refused = 0;
    for (const [file, sentence] of cases) {
      await drop(page, [file]);
      await poll(() => alert.textContent(), { message: file.name }).toMatch(sentence);
      expect(await alert.getAttribute("role")).toBe("alert");
      expect(await alert.isVisible()).toBe(true);
      refused++;
    }
    // 3 GB, of which each is the same.
    await page.evaluate(() => {
      const part = new Blob([new Uint8Array(2 ** 20)]);
      const transfer = new DataTransfer();
      transfer.items.add(new File(Array(3 * 2 ** 10).fill(part), "huge.bin"));
      dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
    });
    await poll(() => alert.textContent()).toMatch(/^huge\.bin: expected .* at most 256 MB, got 3,072 MB/);
    await drop(page, [cases[0][0], cases[1][0]]);
    await poll(() => alert.textContent()).toMatch(/^notes\.png: .*\(the first of 2 files/);
    expect(refused).toBe(12);
    expect([await seen(page), await barsOf(page), await page.locator("#network").inputValue()]).toEqual(before);

    await page.getByRole("button", { name: "Write 5" }).click();
    await poll(() => answer(page)).toBe("5");
    expect(await alert.textContent()).toBe("");
  });

  test("saves the model's own bytes, and exports an ONNX model that agrees", async () => {
    const page = await open();
    const saved = await download(page, "#save-model");
    expect(saved.name).toBe("digits-784-1000-300-10.safetensors");
    expect(Buffer.compare(saved.bytes, PRETRAINED)).toBe(0);

    const exported = await download(page, "#export-onnx");
    expect(exported.name).toBe("digits-784-1000-300-10.onnx");
    const session = await InferenceSession.create(exported.bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    const { images } = loadMnist().test;
    for (let i = 0; i < 5; i++) {
      const image = images.subarray(784 * i, 784 * (i + 1));
      const pixels = new Tensor(
        "float32",
        Float32Array.from(image, (pixel) => pixel / 255),
        [1, 784],
      );
      const { activations } = await session.run({ pixels });
      const expected = predict(image).activations;
      expect(activations.data).toHaveLength(10);
      for (const [j, activation] of (activations.data as Float32Array).entries()) {
        expect(Math.abs(activation - expected[j])).toBeLessThan(1e-5);
      }
    }
    await session.release();
  });

  test("opens a model, which then reads; another one can be chosen", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Write 2" }).click();
    await poll(() => answer(page)).toBe("2");
    const before = await barsOf(page);
    const small = await Network.create({ layers: [784, 16, 10], seed: 3, threads: 1 });
    const many = await Network.create({ layers: [784, 47], seed: 4, threads: 1 });
    const pixels = Uint8Array.from(await seen(page));
    // By what is in it, not by its name.
    await drop(page, [{ name: "mine.png", bytes: small.save() }]);
    await poll(() => page.locator("#network").inputValue()).toBe("opened");
    expect(await page.locator("#network option:checked").textContent()).toBe("mine.png: [784, 16, 10], 0 epochs");
    await poll(() => barsOf(page)).toEqual(Array.from(small.predict(pixels).activations));
    const saved = await download(page, "#save-model");
    expect(saved.name).toBe("digits-784-16-10.safetensors");
    expect(Buffer.compare(saved.bytes, small.save())).toBe(0);

    await drop(page, [{ name: "many.safetensors", bytes: many.save() }]);
    const { activations } = many.predict(pixels);
    const strongest = Array.from(activations).sort((a, b) => b - a);
    await poll(async () => (await barsOf(page)).sort((a, b) => b - a)).toEqual(strongest.slice(0, 10));
    expect(await page.locator("#activations-count").textContent()).toBe("the strongest 10 of 47");
    expect(await answer(page)).toBe(String(activations.indexOf(strongest[0])));

    await page.locator("#network").selectOption("pretrained");
    await poll(() => barsOf(page)).toEqual(before);
    expect(await page.locator("#network option").count()).toBe(2);
    small.dispose();
    many.dispose();
  });
});
