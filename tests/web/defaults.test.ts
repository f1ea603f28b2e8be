// What the page fills in by itself, in Chromium: a learning rate that suits the other choices, until the visitor types
// one; and what it says of a training that learns nothing.

import { existsSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { defaultLearningRate } from "../../src/options/learning-rate.js";
import { CHROMIUM, openPage, setUp } from "./web-server.js";

describe.skipIf(!existsSync(CHROMIUM))(`in Chromium (skipped without ${CHROMIUM}; CHROMIUM names another)`, () => {
  const setup = setUp("--no-sandbox");
  const open = (fragment = "") => openPage(setup.browser, `${setup.server.url}#${fragment}`, setup.problems);
  const eta = (page: Page) => page.locator("#choice-eta").inputValue();
  const link = (page: Page) => page.evaluate(() => location.hash);

  test("the learning rate follows the other choices until it is typed", async () => {
    const page = await open();
    await page.locator("#method-choices").evaluate((choices) => choices.closest("details")?.setAttribute("open", ""));
    expect(await eta(page)).toBe("2.5");
    await page.selectOption("#choice-optimizer", "adam");
    expect(await eta(page)).toBe(String(defaultLearningRate({ optimizer: "adam" })));
    await page.selectOption("#choice-optimizer", "momentum");
    await page.fill("#choice-hidden", "50,");
    await page.fill("#choice-hidden", "50,20");
    expect(await eta(page)).toBe(String(defaultLearningRate({ optimizer: "momentum", hidden: [50, 20] })));
    await page.selectOption("#choice-cost", "cross-entropy");
    await page.fill("#choice-batch-size", "40");
    const suited = { optimizer: "momentum", cost: "cross-entropy", hidden: [50, 20], batchSize: 40 } as const;
    expect(await eta(page)).toBe(String(defaultLearningRate(suited)));
    // What nobody typed is in neither link nor command.
    expect(await link(page)).not.toContain("eta");
    expect(await page.locator("#installed-command").innerText()).not.toContain("--eta");
    await page.fill("#choice-eta", "0.7");
    await page.selectOption("#choice-optimizer", "adam");
    expect(await eta(page)).toBe("0.7");
    expect(await link(page)).toContain("eta=0.7");
    // Emptied, it is left to the others again.
    await page.fill("#choice-eta", "");
    await page.locator("#choice-eta").blur();
    expect(await eta(page)).toBe(String(defaultLearningRate({ ...suited, optimizer: "adam" })));
    expect(await link(page)).not.toContain("eta");
  });

  test("a preset has its own, until another optimiser, activation or cost is chosen", async () => {
    const page = await open("preset=book");
    expect(await eta(page)).toBe("0.1");
    await page.locator("#method-choices").evaluate((choices) => choices.closest("details")?.setAttribute("open", ""));
    await page.fill("#choice-hidden", "30");
    expect(await eta(page)).toBe("0.1");
    await page.selectOption("#choice-optimizer", "adamw");
    expect(await eta(page)).toBe(String(defaultLearningRate({ optimizer: "adamw", cost: "cross-entropy" })));
    expect(await link(page)).toBe("#preset=book&hidden=30&optimizer=adamw");
    await page.selectOption("#choice-preset", "notes");
    expect(await eta(page)).toBe("2.5");
  });

  test("what has no effect is said at its field", async () => {
    const page = await open("momentum=0.5");
    const problem = page.locator("#train-problem");
    await expect.poll(() => problem.innerText()).toMatch(/^Momentum μ: has no effect with --optimizer sgd: /);
    expect(await page.locator("#choice-momentum").getAttribute("aria-invalid")).toBe("true");
    await page.selectOption("#choice-optimizer", "nesterov");
    expect(await problem.innerText()).toBe("");
  });

  test("a training that learns nothing is warned of while it runs, and the next one is not", async () => {
    const page = await open("limit=1000&epochs=2&hidden=10&eta=100");
    await page.click("#go");
    await expect.poll(() => page.locator("#run-state").innerText(), { timeout: 60_000 }).toBe("Done");
    expect(await page.locator("#run-warning").innerText()).toMatch(
      /^Warning: epoch \d learnt nothing: .*; try a learning rate near 2\.5 instead of 100\.$/,
    );
    await page.fill("#choice-eta", "2");
    await page.click("#go");
    await expect.poll(() => page.locator("#run-state").innerText(), { timeout: 60_000 }).toBe("Done");
    expect(await page.locator("#run-warning").innerText()).toBe("");
  });
});
