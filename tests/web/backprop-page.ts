import { backpropagate, type Network } from "ductus";
import type { BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { openStrictly, type Setup } from "./web-server.js";

/** Other work may keep the machine busy. */
export const poll = <Value>(read: () => Promise<Value>) => expect.poll(read, { timeout: 30_000 });

/** Opens the page at the section. */
export async function openBackprop(setup: Setup, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await openStrictly(setup, options);
  await page.locator("#backprop-heading").scrollIntoViewIfNeeded();
  await page.locator("#backprop-section .output").waitFor();
  return page;
}

/** The pixels of a thumbnail: ink is what covers the paper. */
export async function imageOf(page: Page, digit: number): Promise<Uint8Array> {
  const pixels = await page
    .locator("#backprop-images canvas")
    .nth(digit)
    .evaluate((canvas) => {
      const copy = new OffscreenCanvas(28, 28).getContext("2d") as OffscreenCanvasRenderingContext2D;
      copy.drawImage(canvas as HTMLCanvasElement, 0, 0);
      return Array.from(copy.getImageData(0, 0, 28, 28).data).filter((_, k) => k % 4 === 3);
    });
  expect(pixels.filter((pixel) => pixel > 0).length).toBeGreaterThan(30);
  return Uint8Array.from(pixels);
}

export const status = (page: Page) => page.locator("#backprop-status").innerText();
const number = (text: string) => Number(text.replaceAll("−", "-"));

/** A shown number is the exact one rounded to the digits that it has. */
export function expectShown(shown: string, exact: number): void {
  const [, point = "", power = "0"] = shown.replaceAll("−", "-").match(/^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/) ?? [];
  const unit = 10 ** (Number(power) - point.length);
  expect(shown).toMatch(/\d/);
  expect(Math.abs(number(shown) - exact), `${shown} for ${exact}`).toBeLessThanOrEqual(
    0.5001 * (exact === 0 ? 0 : unit),
  );
}

/** All numbers that the page shows are those of this network, image and label. */
export async function expectPass(page: Page, network: Network, image: Uint8Array, label: number): Promise<void> {
  const { z, a, delta, cost } = backpropagate(network, image, label);
  const last = z.length - 1;
  await poll(() => page.locator("#backprop-cost").innerText()).toBe(cost.toPrecision(4));
  expect(await page.locator(".turn b").innerText()).toBe(cost.toPrecision(4));
  const rows = await page.locator(".output tbody tr").allInnerTexts();
  expect(rows).toHaveLength(10);
  const answer = a[last].indexOf(Math.max(...a[last]));
  for (const [j, row] of rows.entries()) {
    const [name, shownZ, shownA, y, shownDelta, ...what] = row.trim().split(/\s+/);
    expect([name, y]).toEqual([String(j), j === label ? "1" : "0"]);
    expectShown(shownZ, z[last][j]);
    expectShown(shownA, a[last][j]);
    expectShown(shownDelta, delta[last][j]);
    expect(what.join(" ")).toBe([...(j === answer ? ["answer"] : []), ...(j === label ? ["label"] : [])].join(", "));
  }
  const details = page.locator("#backprop-layers details");
  for (const summary of await details.locator("summary").all())
    if ((await details.getAttribute("open")) === null) await summary.click();
  const small = z.slice(1, last).reduce((sum, { length }) => sum + (length <= 100 ? length : 0), 0);
  await poll(() => details.locator("tbody tr").count()).toBe(small);
  const hidden = await details.locator("tbody tr").allInnerTexts();
  for (const [j, row] of hidden.entries()) {
    const [name, ...shown] = row.trim().split(/\s+/);
    expect([name, shown.length]).toEqual([String(j), 3]);
    for (const [q, values] of [z, a, delta].entries()) expectShown(shown[q], values[1][j]);
  }
  expect(await status(page)).toMatch(new RegExp(`; read as ${answer}$`));
}
