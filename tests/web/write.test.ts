// The page's first section in Chromium: what is written, by hand or by itself, dropped, opened and saved, and how it is read.

import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import axe, { type AxeResults } from "axe-core";
import { encode } from "fast-png";
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { type Browser, type BrowserContextOptions, type CDPSession, chromium, type Page } from "playwright-core";
import { rolldown } from "rolldown";
import { afterAll, afterEach, beforeAll, describe, type ExpectPollOptions, expect, test } from "vitest";
import { DIGITS, type Stroke } from "../../apps/web/digits.js";
import { toDigit } from "../../src/formats/digit.js";
import { decodePng } from "../../src/formats/png.js";
import { Network } from "../../src/index.js";
import { loadMnist } from "../../src/node/index.js";
import { CHROMIUM, serveWeb } from "./web-server.js";

// On some machines it would warn that it finds no GPU (microsoft/onnxruntime#26763).
env.logLevel = "error";

const PRETRAINED = gunzipSync(readFileSync(new URL("../../apps/web/pretrained.bin", import.meta.url)));
const SIDE = 28;

/** A file to drop. */
interface Dropped {
  readonly name: string;
  readonly bytes: Uint8Array;
}

describe.skipIf(!existsSync(CHROMIUM))(`in Chromium (skipped without ${CHROMIUM}; CHROMIUM names another)`, () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serveWeb>>;
  let pretrained: Network;
  const problems: string[] = [];
  beforeAll(async () => {
    [browser, server, pretrained] = await Promise.all([
      chromium.launch({ executablePath: CHROMIUM }),
      serveWeb(),
      Network.load(PRETRAINED, { threads: 1 }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    pretrained?.dispose();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(problems.splice(0)).toEqual([]);
  });

  /** Opens the page; whatever it says on the console or asks of another server fails the test. */
  async function open(options: BrowserContextOptions = {}, before?: (page: Page) => Promise<unknown>): Promise<Page> {
    const context = await browser.newContext({ reducedMotion: "reduce", ...options });
    const page = await context.newPage();
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url)) problems.push(request.url());
    });
    await before?.(page);
    await page.goto(server.url);
    if (before === undefined) await page.locator("#network option[value=pretrained]").waitFor({ state: "attached" });
    return page;
  }

  test.each(["mouse", "pen", "touch"] as const)("reads the ten digits written by %s", async (device) => {
    const page = await open({ hasTouch: device === "touch" });
    const client = await page.context().newCDPSession(page);
    let read = 0;
    for (const [digit, strokes] of DIGITS.entries()) {
      for (const stroke of strokes) await write(page, client, stroke, device);
      await poll(() => spoken(page)).toMatch(new RegExp(`^Read as ${digit}, activation (0\\.9\\d|1\\.00)$`));
      expect(await answer(page)).toBe(String(digit));
      expect(await page.locator("#pad").getAttribute("aria-label")).toMatch(
        strokes.length === 1 ? /with 1 stroke$/ : /with 2 strokes$/,
      );
      await page.locator("#clear").dispatchEvent("click");
      await poll(() => spoken(page)).toBe("Blank sheet");
      expect(await answer(page)).toBe("?");
      read++;
    }
    expect(read).toBe(10);
  });

  test("follows the stroke, and speaks when it ends", async () => {
    const page = await open();
    const [x, y, side] = await padOf(page);
    await page.mouse.move(x + 0.6 * side, y + 0.1 * side);
    await page.mouse.down();
    await page.mouse.move(x + 0.4 * side, y + 0.9 * side, { steps: 5 });
    await poll(() => answer(page)).toBe("1");
    expect(await spoken(page)).toBe("");
    // Beyond the edge the stroke goes on.
    await page.mouse.move(x - 20, y + 0.9 * side);
    await page.mouse.up();
    await poll(() => spoken(page)).toMatch(/^Read as \d, /);
    await page.keyboard.press("Control+z");
    await poll(() => spoken(page)).toBe("Blank sheet");
  });

  test("one pointer writes, and the mouse with its first button only", async () => {
    const page = await open({ hasTouch: true });
    const client = await page.context().newCDPSession(page);
    const [x, y, side] = await padOf(page);
    await page.mouse.move(x + 0.5 * side, y + 0.5 * side);
    await page.mouse.down({ button: "right" });
    await page.mouse.move(x + 0.7 * side, y + 0.7 * side);
    await page.mouse.up({ button: "right" });
    const at = (id: number, share: number) => ({ id, x: x + share * side, y: y + share * side });
    await touch(client, "touchStart", [at(1, 0.2)]);
    await touch(client, "touchStart", [at(1, 0.2), at(2, 0.8)]);
    await touch(client, "touchMove", [at(1, 0.4), at(2, 0.6)]);
    await touch(client, "touchEnd", []);
    await poll(() => page.locator("#pad").getAttribute("aria-label")).toMatch(/with 1 stroke$/);
  });

  test("undo takes back a stroke, a written digit, and even clear", async () => {
    const page = await open();
    const client = await page.context().newCDPSession(page);
    const [first, second] = DIGITS[4];
    const label = () => page.locator("#pad").getAttribute("aria-label");
    await write(page, client, first, "mouse");
    await poll(() => spoken(page)).not.toBe("");
    const [image, activations] = [await seen(page), await activationsOf(page)];
    await write(page, client, second, "mouse");
    await poll(() => answer(page)).toBe("4");
    const four = await seen(page);
    expect(four).not.toEqual(image);
    await page.locator("#undo").click();
    await poll(() => seen(page)).toEqual(image);
    expect(await activationsOf(page)).toEqual(activations);

    await page.getByRole("button", { name: "Write 8" }).click();
    await poll(() => answer(page)).toBe("8");
    await page.locator("#clear").click();
    await poll(() => answer(page)).toBe("?");
    expect(await page.locator("#clear").getAttribute("aria-disabled")).toBe("true");
    await page.keyboard.press("Control+z");
    await poll(() => answer(page)).toBe("8");
    await page.keyboard.press("Control+z");
    await poll(() => seen(page)).toEqual(image);
    await page.keyboard.press("Control+z");
    expect(await label()).toBe("Sheet to write on, blank");
    expect(await page.locator("#undo").getAttribute("aria-disabled")).toBe("true");
    await page.keyboard.press("Control+z");
    expect(await label()).toBe("Sheet to write on, blank");
  });

  test("shows what digitOf() makes of strokes, and the activations of the library, bit for bit", async () => {
    const page = await open();
    // In a page of its own.
    const bundle = await rolldown({ input: fileURLToPath(new URL("../../apps/web/digits.ts", import.meta.url)) });
    const { output } = await bundle.generate({ format: "iife", name: "digits" });
    const other = await browser.newPage();
    const expected = (await other.evaluate(
      `${output[0].code}; digits.DIGITS.map((strokes) => Array.from(digits.digitOf(strokes)))`,
    )) as number[][];
    for (const [digit, pixels] of expected.entries()) {
      await page.getByRole("button", { name: `Write ${digit}` }).click();
      await poll(() => seen(page)).toEqual(pixels);
      const { label, activations } = pretrained.predict(Uint8Array.from(pixels));
      expect(label).toBe(digit);
      expect(activations[label]).toBeGreaterThan(0.9);
      expect(await activationsOf(page)).toEqual(Array.from(activations));
    }
    expect(expected).toHaveLength(10);
  });

  test("writes a digit stroke by stroke, and a pen can go on in between", async () => {
    const page = await open({ reducedMotion: "no-preference" });
    await page.getByRole("button", { name: "Write 4" }).click();
    const label = () => page.locator("#pad").getAttribute("aria-label");
    await poll(label).toMatch(/with 1 stroke$/);
    await poll(label).toMatch(/with 2 strokes$/);
    await poll(() => spoken(page)).toMatch(/^Read as 4, /);
    await page.getByRole("button", { name: "Write 0" }).click();
    const client = await page.context().newCDPSession(page);
    await write(page, client, [[0.5, 0.5]], "mouse");
    await poll(label).toMatch(/with 2 strokes$/);
  });

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
      const { label, activations } = pretrained.predict(pixels);
      await drop(page, [picture]);
      await poll(() => spoken(page)).toBe(`Read as ${label}, activation ${activations[label].toFixed(2)}`);
      expect(await seen(page)).toEqual(Array.from(pixels));
      expect(await activationsOf(page)).toEqual(Array.from(activations));
      expect(await page.locator("#pad").getAttribute("aria-label")).toContain(picture.name);
      expect(await page.locator("#write-note").textContent()).toBe(`Opened ${picture.name}`);
      read.add(await answer(page));
    }
    expect([...read]).toEqual(["7", "2", "1", "0"]);
    await page.locator("#clear").click();
    await poll(() => spoken(page)).toBe("Blank sheet");
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
    const before = [await seen(page), await activationsOf(page), await page.locator("#network").inputValue()];

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
      [{ name: "notes.png", bytes: text("not a picture") }, /^notes\.png: expected a picture .* got something else/],
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
    expect(refused).toBe(9);
    expect([await seen(page), await activationsOf(page), await page.locator("#network").inputValue()]).toEqual(before);

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
      const expected = pretrained.predict(image).activations;
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
    const before = await activationsOf(page);
    const small = await Network.create({ layers: [784, 16, 10], seed: 3, threads: 1 });
    const many = await Network.create({ layers: [784, 47], seed: 4, threads: 1 });
    const pixels = Uint8Array.from(await seen(page));
    // By what is in it, not by its name.
    await drop(page, [{ name: "mine.png", bytes: small.save() }]);
    await poll(() => page.locator("#network").inputValue()).toBe("opened");
    expect(await page.locator("#network option:checked").textContent()).toBe("mine.png: [784, 16, 10], 0 epochs");
    await poll(() => activationsOf(page)).toEqual(Array.from(small.predict(pixels).activations));
    const saved = await download(page, "#save-model");
    expect(saved.name).toBe("digits-784-16-10.safetensors");
    expect(Buffer.compare(saved.bytes, small.save())).toBe(0);

    await drop(page, [{ name: "many.safetensors", bytes: many.save() }]);
    const { activations } = many.predict(pixels);
    const strongest = Array.from(activations).sort((a, b) => b - a);
    await poll(async () => (await activationsOf(page)).sort((a, b) => b - a)).toEqual(strongest.slice(0, 10));
    expect(await page.locator("#activations-count").textContent()).toBe("the strongest 10 of 47");
    expect(await answer(page)).toBe(String(activations.indexOf(strongest[0])));

    await page.locator("#network").selectOption("pretrained");
    await poll(() => activationsOf(page)).toEqual(before);
    expect(await page.locator("#network option").count()).toBe(2);
    small.dispose();
    many.dispose();
  });

  test("works without its network: it says so, and others can be opened", async () => {
    const page = await open({}, (page) => page.route("**/pretrained.bin", (route) => route.fulfill({ status: 404 })));
    await poll(() => page.locator("#write-alert").textContent()).toMatch(
      /^pretrained\.bin: expected .* got status 404 \(try again/,
    );
    expect(problems.splice(0)).toEqual([expect.stringContaining("404")]);
    expect(await page.locator("#network").inputValue()).toBe("None: open or train one");
    await page.locator("#save-model").dispatchEvent("click");
    await page.getByRole("button", { name: "Write 6" }).click();
    await poll(() => spoken(page)).toBe("There is no network yet that reads");
    expect(await answer(page)).toBe("?");
    await drop(page, [{ name: "again.safetensors", bytes: PRETRAINED }]);
    await poll(() => spoken(page)).toMatch(/^Read as 6, /);
    expect(await page.locator("#network option").count()).toBe(1);
    expect(await page.locator("#write-alert").textContent()).toBe("");
  });

  test("can be used by keyboard alone", async () => {
    const page = await open();
    const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).innerText.split("\n")[0]);
    const reached: string[] = [];
    for (let i = 0; i < 16; i++) {
      await page.keyboard.press("Tab");
      reached.push(await focused());
      if (reached[i] === "7") {
        await page.keyboard.press("Enter");
        await poll(() => spoken(page)).toBe("Read as 7, activation 1.00");
      }
    }
    expect(reached.slice(0, 12)).toEqual(["Undo", "Clear", ..."0123456789"]);
    expect(reached[12]).toMatch(/^Trained before/);
    expect(reached.slice(13)).toEqual(["Open a model or picture …", "Save model", "Export ONNX"]);
    await page.locator("#network").focus();
    await page.keyboard.press("Control+z");
    await poll(() => spoken(page)).toBe("Blank sheet");
    expect(await page.locator("#network").evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("shows where files can be dropped", async () => {
    const page = await open();
    const over = (type: string, file: boolean) =>
      page.evaluate(
        ([type, file]) => {
          const transfer = new DataTransfer();
          if (file) transfer.items.add(new File(["x"], "x"));
          else transfer.setData("text/plain", "x");
          return dispatchEvent(new DragEvent(type as string, { dataTransfer: transfer, cancelable: true }));
        },
        [type, file] as const,
      );
    const marked = () => page.evaluate(() => document.body.classList.contains("dropping"));
    expect(await over("dragover", false)).toBe(true);
    expect(await marked()).toBe(false);
    // Not left to the browser, which would open the file in the page's place.
    expect(await over("dragover", true)).toBe(false);
    expect(await marked()).toBe(true);
    await over("dragleave", true);
    expect(await marked()).toBe(false);
    await over("dragover", true);
    expect(await over("drop", true)).toBe(false);
    expect(await marked()).toBe(false);
  });

  test("draws as sharp as the screen, in the colours of the scheme", async () => {
    const page = await open({ deviceScaleFactor: 2.5, viewport: { width: 360, height: 800 } });
    await page.getByRole("button", { name: "Write 1" }).click();
    const drawn = () =>
      page.locator("#pad").evaluate((element) => {
        const { width, height } = element as HTMLCanvasElement;
        const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
        context?.drawImage(element as HTMLCanvasElement, 0, 0);
        const data = context?.getImageData(0, 0, width, height).data ?? [];
        const ink = data.findIndex((alpha: number, i: number) => i % 4 === 3 && alpha === 255) - 3;
        return { width, height, red: data[ink] };
      });
    const { width: side } = (await page.locator("#pad").boundingBox()) ?? { width: 0 };
    expect(side).toBe(328);
    await poll(drawn).toEqual({ width: 820, height: 820, red: 0x1c });
    await page.emulateMedia({ colorScheme: "dark" });
    await poll(drawn).toEqual({ width: 820, height: 820, red: 0xe9 });
    await page.setViewportSize({ width: 340, height: 800 });
    await poll(drawn).toEqual({ width: 770, height: 770, red: 0xe9 });
  });

  test.each([360, 800, 1280])(
    "%d px: accessible, large enough for fingers, no wider than the screen",
    async (width) => {
      const page = await open({ viewport: { width, height: 800 } });
      await page.evaluate(axe.source);
      const check = async (colorScheme: "light" | "dark") => {
        await page.emulateMedia({ colorScheme });
        const { violations, passes } = (await page.evaluate(
          "axe.run('#write-section', { resultTypes: ['violations'] })",
        )) as AxeResults;
        expect(passes.length).toBeGreaterThan(15);
        expect(violations.map(({ id, impact, nodes }) => `${impact}: ${id} at ${nodes[0].target}`)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      };
      await check("light");
      await check("dark");
      await page.getByRole("button", { name: "Write 9" }).click();
      await poll(() => answer(page)).toBe("9");
      await drop(page, [{ name: `${"long".repeat(40)}.txt`, bytes: new Uint8Array() }]);
      await poll(() => page.locator("#write-alert").textContent()).toMatch(/empty file/);
      await check("dark");
      await check("light");
      const sizes = await page
        .locator("#write-section :is(button, select)")
        .evaluateAll((all) => all.map((element) => element.getBoundingClientRect()).map((r) => [r.width, r.height]));
      expect(sizes).toHaveLength(16);
      expect(sizes.filter(([width, height]) => width < 24 || height < 40)).toEqual([]);
    },
  );
});

/** Waits until it is so, seconds at most. */
function poll<T>(actual: () => T, options?: ExpectPollOptions) {
  return expect.poll(actual, { interval: 15, timeout: 10_000, ...options });
}

function answer(page: Page): Promise<string> {
  return page.locator("#digit").innerText();
}

function spoken(page: Page): Promise<string | null> {
  return page.locator("#read-aloud").textContent();
}

/** The 784 pixels of the image that the network sees. */
function seen(page: Page): Promise<number[]> {
  return page.locator("#seen canvas").evaluate((canvas, side) => {
    // A copy: a canvas that is read from becomes another kind of canvas.
    const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
    context?.drawImage(canvas as HTMLCanvasElement, 0, 0);
    return Array.from(context?.getImageData(0, 0, side, side).data ?? []).filter((_, i) => i % 4 === 3);
  }, SIDE);
}

/** The bars' lengths, which are the activations in all their digits. */
async function activationsOf(page: Page): Promise<number[]> {
  const shown = await page
    .locator("#activations li")
    .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).style.getPropertyValue("--activation")));
  expect(shown).toHaveLength(10);
  return shown.map(Number);
}

async function padOf(page: Page): Promise<[x: number, y: number, side: number]> {
  const box = await page.locator("#pad").boundingBox();
  if (box === null) throw new Error("the pad is not to be seen");
  expect(box.height).toBe(box.width);
  return [box.x, box.y, box.width];
}

/** Writes a stroke with events as the browser gets them from the device. */
async function write(page: Page, client: CDPSession, stroke: Stroke, device: "mouse" | "pen" | "touch"): Promise<void> {
  const [left, top, side] = await padOf(page);
  const points = stroke.map(([x, y]) => ({ x: left + x * side, y: top + y * side }));
  // Not one after the other: some come together, as those of a fast hand do.
  if (device === "touch") {
    const moves = () => points.slice(1).map((point) => touch(client, "touchMove", [point]));
    await Promise.all([touch(client, "touchStart", [points[0]]), ...moves(), touch(client, "touchEnd", [])]);
    return;
  }
  const send = (type: "mousePressed" | "mouseMoved" | "mouseReleased", point: { x: number; y: number }) =>
    client.send("Input.dispatchMouseEvent", { type, ...point, button: "left", pointerType: device, clickCount: 1 });
  const moves = () => points.slice(1).map((point) => send("mouseMoved", point));
  await Promise.all([send("mousePressed", points[0]), ...moves(), send("mouseReleased", points[points.length - 1])]);
}

async function touch(
  client: CDPSession,
  type: "touchStart" | "touchMove" | "touchEnd",
  touchPoints: { x: number; y: number; id?: number }[],
): Promise<void> {
  await client.send("Input.dispatchTouchEvent", { type, touchPoints });
}

/** Drops files onto the page, or pastes them. */
async function drop(page: Page, files: readonly Dropped[], how: "drop" | "paste" = "drop"): Promise<void> {
  await page.evaluate(
    ([all, how]) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of all) {
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      }
      dispatchEvent(
        how === "drop"
          ? new DragEvent("drop", { dataTransfer: transfer, cancelable: true })
          : new ClipboardEvent("paste", { clipboardData: transfer }),
      );
    },
    [files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString("base64") })), how] as const,
  );
}

/** Presses a button that saves a file. */
async function download(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [saved] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) };
}

/** A PNG of an image of 28 x 28 pixels, each as a square of `scale` pixels, off the middle of a larger sheet. */
function pngOf(
  image: ArrayLike<number>,
  scale: number,
  colour: (ink: number) => readonly number[],
  depth: 8 | 16 = 8,
): Uint8Array {
  const [width, height] = [40 * scale, 33 * scale];
  const inkAt = (x: number, y: number) => (x >= 0 && x < SIDE && y >= 0 && y < SIDE ? image[y * SIDE + x] : 0);
  const samples = Array.from({ length: width * height }, (_, p) =>
    colour(inkAt(Math.floor((p % width) / scale) - 9, Math.floor(p / width / scale) - 3)),
  );
  const channels = samples[0].length as 1 | 3 | 4;
  const data = (depth === 8 ? Uint8Array : Uint16Array).from(samples.flat());
  return encode({ width, height, channels, depth, data });
}
