// The section where digits are written as tests see it: opened, written on, given files, and read.

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { encode } from "fast-png";
import type { BrowserContextOptions, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, type ExpectPollOptions, expect } from "vitest";
import type { Stroke } from "../../apps/web/digits.js";
import type { Pixels } from "../../src/data/samples.js";
import { Network } from "../../src/network/network.js";
import { deciderOf } from "../../src/reading/variants.js";
import { calibrationOf, sharesOf } from "../../src/reading/verdict.js";
import { openStrictly, type Setup, setUp } from "./web-server.js";

export const PRETRAINED = gunzipSync(readFileSync(new URL("../../src/pretrained/pretrained.bin", import.meta.url)));
const SIDE = 28;

/** A file to drop. */
export interface Dropped {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Opens the page; unless something is done before, its network is there. */
async function openWriting(
  setup: Setup,
  options: BrowserContextOptions = {},
  before?: (page: Page) => Promise<unknown>,
): Promise<Page> {
  const page = await openStrictly(setup, { reducedMotion: "reduce", ...options }, before);
  if (before === undefined) await page.locator("#network option[value=pretrained]").waitFor({ state: "attached" });
  return page;
}

/** A browser and a server for all tests of a describe(), and the network of the package as the library loads it. */
export function setUpWriting() {
  const setup = setUp();
  let pretrained: Network;
  beforeAll(async () => {
    pretrained = await Network.load(PRETRAINED, { threads: 1 });
  });
  afterAll(() => pretrained?.dispose());
  return {
    setup,
    open: (options: BrowserContextOptions = {}, before?: (page: Page) => Promise<unknown>) =>
      openWriting(setup, options, before),
    predict: (pixels: Pixels) => pretrained.predict(pixels),
    /** How likely each digit is. */
    sharesOf: (pixels: Uint8Array): number[] =>
      Array.from(
        sharesOf(deciderOf(pretrained).predict(pixels).activations, calibrationOf(pretrained.metadata)).classes,
      ),
  };
}

/** Waits until it is so, seconds at most. */
export function poll<T>(actual: () => T, options?: ExpectPollOptions) {
  return expect.poll(actual, { interval: 15, timeout: 10_000, ...options });
}

export function answer(page: Page): Promise<string> {
  return page.locator("#digit").innerText();
}

export function spoken(page: Page): Promise<string | null> {
  return page.locator("#read-aloud").textContent();
}

/** Waits until the page says so of what is written; if it does not, the error shows the image that the network sees. */
export async function expectSpoken(page: Page, words: RegExp): Promise<void> {
  try {
    await poll(() => spoken(page)).toMatch(words);
  } catch (error) {
    const ink = (await seen(page)).map((value) => (value > 127 ? "#" : value > 0 ? "+" : "."));
    const rows = Array.from({ length: SIDE }, (_, y) => ink.slice(y * SIDE, (y + 1) * SIDE).join(""));
    throw new Error(`the network sees\n${rows.join("\n")}`, { cause: error });
  }
}

/** The 784 pixels of the image that the network sees. */
export function seen(page: Page): Promise<number[]> {
  return page.locator("#seen canvas").evaluate((canvas, side) => {
    // A copy: a canvas that is read from becomes another kind of canvas.
    const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
    context?.drawImage(canvas as HTMLCanvasElement, 0, 0);
    return Array.from(context?.getImageData(0, 0, side, side).data ?? []).filter((_, i) => i % 4 === 3);
  }, SIDE);
}

/** The bars' lengths, which are the shares of the classes, or their activations, in all their digits. */
export async function barsOf(page: Page): Promise<number[]> {
  const shown = await page
    .locator("#activations li")
    .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).style.getPropertyValue("--activation")));
  expect(shown).toHaveLength(10);
  return shown.map(Number);
}

/** Activations have the same bits everywhere. Shares are powers of them, which engines may round in their own ways. */
export function expectBars(shown: readonly number[], shares: readonly number[]): void {
  for (const [j, share] of shares.entries()) expect(shown[j]).toBeCloseTo(share, 12);
}

export async function padOf(page: Page): Promise<[x: number, y: number, side: number]> {
  const box = await page.locator("#pad").boundingBox();
  if (box === null) throw new Error("the pad is not to be seen");
  expect(box.height).toBe(box.width);
  return [box.x, box.y, box.width];
}

/** Writes a stroke with events as the browser gets them from the device. */
export async function write(
  page: Page,
  client: CDPSession,
  stroke: Stroke,
  device: "mouse" | "pen" | "touch",
): Promise<void> {
  const [left, top, side] = await padOf(page);
  const points = stroke.map(([x, y]) => ({ x: left + x * side, y: top + y * side }));
  // Not one after the other: some come together, as those of a fast hand do. Only the end waits for them.
  if (device === "touch") {
    const moves = () => points.slice(1).map((point) => touch(client, "touchMove", [point]));
    await Promise.all([touch(client, "touchStart", [points[0]]), ...moves()]);
    await touch(client, "touchEnd", []);
    return;
  }
  const send = (type: "mousePressed" | "mouseMoved" | "mouseReleased", point: { x: number; y: number }) =>
    client.send("Input.dispatchMouseEvent", { type, ...point, button: "left", pointerType: device, clickCount: 1 });
  const moves = () => points.slice(1).map((point) => send("mouseMoved", point));
  await Promise.all([send("mousePressed", points[0]), ...moves()]);
  await send("mouseReleased", points[points.length - 1]);
}

export async function touch(
  client: CDPSession,
  type: "touchStart" | "touchMove" | "touchEnd",
  touchPoints: { x: number; y: number; id?: number }[],
): Promise<void> {
  await client.send("Input.dispatchTouchEvent", { type, touchPoints });
}

/** Drops files onto the page, or pastes them. */
export async function drop(page: Page, files: readonly Dropped[], how: "drop" | "paste" = "drop"): Promise<void> {
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
export async function download(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [saved] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) };
}

/** A PNG of an image of 28 x 28 pixels, each as a square of `scale` pixels, off the middle of a larger sheet. */
export function pngOf(
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

/** A PNG of images side by side, dark on light, each as squares of `scale` pixels, with some paper around. */
export function rowOf(images: ArrayLike<number>, row: readonly number[], scale: number): Uint8Array {
  const [columns, rows] = [row.length * SIDE + 12, SIDE + 12];
  const inkAt = (x: number, y: number) => {
    const place = Math.floor(x / SIDE);
    if (x < 0 || place >= row.length || y < 0 || y >= SIDE) return 0;
    return images[(row[place] * SIDE + y) * SIDE + (x % SIDE)];
  };
  const [width, height] = [columns * scale, rows * scale];
  const data = Uint8Array.from(
    { length: width * height },
    (_, p) => 255 - inkAt(Math.floor((p % width) / scale) - 6, Math.floor(p / width / scale) - 6),
  );
  return encode({ width, height, channels: 1, depth: 8, data });
}
