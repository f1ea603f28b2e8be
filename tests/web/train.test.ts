// Training on the page of npm run web, in Chromium: whatever happens to it, it ends with the bits of the command line.

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { choicesIn, commandsOf, fragmentOf } from "../../apps/web/train/choices.js";
import { startDuctus } from "../cli/command-line.js";
import { CHROMIUM, openPage, serveWeb, setUp } from "./web-server.js";

/** Long enough to be paused, stopped and left, short enough for a test; on 2 threads where there are as many. */
const CHOICES = "hidden=40&eta=2&batch-size=20&epochs=8&seed=7&rotation=5";

describe.skipIf(!existsSync(CHROMIUM))(`in Chromium (skipped without ${CHROMIUM}; CHROMIUM names another)`, () => {
  const setup = setUp("--no-sandbox");
  let folder: string;
  /** What the command line makes of CHOICES. */
  let hash: string;
  let tested: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ductus-web-"));
    const options = commandsOf(choicesIn(CHOICES)).installed.split(" ").slice(1);
    const { stdout } = await startDuctus(folder, options).result;
    hash = /sha256 ([0-9a-f]{64})/.exec(stdout)?.[1] as string;
    tested = /\((\d+) \/ 10000/.exec(stdout)?.[1] as string;
    expect(Number(tested)).toBeGreaterThan(9500);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  const open = (fragment = CHOICES, options: BrowserContextOptions = {}, url = setup.server.url) =>
    openPage(setup.browser, `${url}#${fragment}`, setup.problems, options);
  const state = (page: Page) => page.locator("#run-state").innerText();
  const button = (page: Page) => page.locator("#go").innerText();
  const epochOf = async (page: Page) => Number((await page.locator("#run-facts dd").first().innerText()).split(" ")[0]);
  /** Waits for the end, and compares it with the command line's. */
  async function expectResult(page: Page): Promise<void> {
    await expect.poll(() => state(page), { timeout: 120_000 }).toBe("Done");
    expect(await page.locator("#hash").innerText()).toBe(hash);
    expect(await page.locator("#test-note").innerText()).toContain(
      `${Number(tested).toLocaleString("en-US")} of 10,000`,
    );
    expect(await page.locator("#train-problem").innerText()).toBe("");
    expect(await button(page)).toBe("Train");
  }
  const reach = (page: Page, epoch: number) =>
    expect.poll(() => epochOf(page), { timeout: 60_000 }).toBeGreaterThanOrEqual(epoch);

  test("trains on several threads to the count and hash of the command that it shows", async () => {
    const page = await open();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await page.click("#go");
    await expectResult(page);
    const [epoch, , , , , , threads] = await page.locator("#run-facts dd").allInnerTexts();
    expect(epoch).toBe("8 of 8");
    expect(threads).toBe(String(await page.evaluate(() => Math.min(navigator.hardwareConcurrency, 6))));
    expect(await page.locator("#installed-command").innerText()).toBe(
      "ductus train --hidden 40 --eta 2 --batch-size 20 --epochs 8 --seed 7 --rotation 5",
    );
    expect(await page.locator("#clone-command").innerText()).toMatch(/^npm run train -- --hidden 40 --eta 2 /);
    // Curves, mistakes and weights are there, and drawn.
    await expect.poll(() => page.locator("#run-curves .plot").count()).toBe(2);
    expect(await page.locator("#run-history tbody tr").count()).toBe(8);
    expect(await page.locator("#wrong li:visible").count()).toBe(30);
    expect(await page.locator("#neurons li:visible").count()).toBe(40);
    const inked = await page.locator("#neurons canvas").evaluateAll((all) =>
      all.filter((canvas) => {
        const context = (canvas as HTMLCanvasElement).getContext("2d") as CanvasRenderingContext2D;
        return context.getImageData(0, 0, 28, 28).data.some((byte) => byte > 128);
      }),
    );
    expect(inked.length).toBe(40);
  });

  test("on one thread where the page is not isolated: the same bits", async () => {
    const plain = await serveWeb("--one-thread");
    try {
      const page = await open(CHOICES, {}, plain.url);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      await page.click("#go");
      await expectResult(page);
      expect((await page.locator("#run-facts dd").allInnerTexts()).at(-1)).toBe("1");
    } finally {
      plain.close();
    }
  });

  test("paused and resumed, within epochs: nothing moves meanwhile, and the same bits", async () => {
    const page = await open();
    await page.click("#go");
    for (const epoch of [1, 3, 4]) {
      await reach(page, epoch);
      await page.click("#go");
      await expect.poll(() => state(page)).toBe("Paused");
      expect(await button(page)).toBe("Continue");
      const before = await page.locator("#run-progress").evaluate((bar) => (bar as HTMLProgressElement).value);
      await page.waitForTimeout(300);
      expect(await page.locator("#run-progress").evaluate((bar) => (bar as HTMLProgressElement).value)).toBe(before);
      await page.click("#go");
    }
    await expectResult(page);
  });

  test("stopped, resumed, left by loading the page again, and resumed: the same bits", async () => {
    const page = await open();
    await page.click("#go");
    await reach(page, 2);
    await page.click("#stop");
    await expect.poll(() => state(page)).toMatch(/^Stopped after epoch \d$/);
    expect(await button(page)).toMatch(/^Continue after epoch \d of 8$/);
    await page.click("#go");
    await reach(page, 4);
    // Paused, it is kept: what was trained meanwhile is at most an epoch.
    await page.click("#go");
    await expect.poll(() => state(page)).toBe("Paused");
    await page.reload();
    await expect.poll(() => state(page)).toMatch(/^A run of 8 epochs stopped after epoch \d: it can continue$/);
    expect(Number(/epoch (\d)/.exec(await state(page))?.[1])).toBeGreaterThanOrEqual(2);
    await page.click("#go");
    await expectResult(page);
    // Done is done: nothing is left to resume.
    await page.reload();
    expect(await button(page)).toBe("Train");
    await page.waitForTimeout(300);
    expect(await button(page)).toBe("Train");
  });

  test("the network that learns reads what is written, and can be looked into as it is", async () => {
    const page = await open("hidden=20&epochs=3");
    await page.click("#written button:nth-child(4)");
    await page.click("#go");
    await expect.poll(() => state(page), { timeout: 60_000 }).toBe("Done");
    const title = "Trained here: [784, 20, 10], 3 epochs";
    await expect.poll(() => page.locator("#network option:checked").innerText()).toContain(title);
    await expect.poll(() => page.locator("#digit").innerText()).toBe("3");
    await page.locator("#backprop-section").scrollIntoViewIfNeeded();
    await page.selectOption("#backprop-network", "trained");
    await expect.poll(() => page.locator("#backprop-layers").innerText()).toContain("20 hidden neurons");
    expect(await page.locator("#backprop-later").isHidden()).toBe(true);
    // Trained once more, it is another one.
    await page.click("#go");
    await expect.poll(() => page.locator("#backprop-later").isHidden(), { timeout: 60_000 }).toBe(false);
    await page.click("#backprop-begin");
    await expect.poll(() => state(page), { timeout: 60_000 }).toBe("Done");
    await page.click("#backprop-begin");
    await expect.poll(() => page.locator("#backprop-later").isHidden()).toBe(true);
    // The choice of the visitor stays.
    await page.selectOption("#network", "pretrained");
    await page.click("#go");
    await expect.poll(() => state(page), { timeout: 60_000 }).toBe("Done");
    expect(await page.locator("#network").inputValue()).toBe("pretrained");
  });

  test("start over begins anew, with what is chosen then", async () => {
    const page = await open("hidden=30&epochs=100");
    await page.click("#go");
    await reach(page, 2);
    expect(await page.locator("#choice-hidden").isDisabled()).toBe(true);
    await page.click("#stop");
    await expect.poll(() => button(page)).toMatch(/^Continue after/);
    await page.click("#again");
    await expect.poll(() => epochOf(page), { timeout: 60_000 }).toBe(1);
    await page.click("#stop");
    await expect.poll(() => state(page)).toMatch(/^Stopped/);
    // What is chosen now is trained, unless one asks for what was left.
    await page.fill("#choice-epochs", "2");
    expect(await button(page)).toBe("Train");
    await page.click("#go");
    await expect.poll(() => state(page), { timeout: 60_000 }).toBe("Done");
    expect((await page.locator("#run-facts dd").allInnerTexts())[0]).toBe("2 of 2");
    expect(await page.locator("#result-command").innerText()).toBe("npm run train -- --hidden 30 --epochs 2");
    // In the middle of a training, too.
    await page.fill("#choice-epochs", "60");
    await page.click("#go");
    await reach(page, 2);
    await page.click("#again");
    await expect.poll(() => epochOf(page), { timeout: 60_000 }).toBeLessThan(2);
    await page.click("#stop");
  });

  test("what is chosen and what is trained are kept apart", async () => {
    const page = await open();
    await page.click("#go");
    await reach(page, 2);
    // A link, while another training is under way.
    await page.evaluate(() => {
      location.hash = "hidden=33&epochs=2";
    });
    await expect
      .poll(() => page.locator("#train-problem").innerText())
      .toMatch(/^link: expected no training under way/);
    expect(await page.evaluate(() => location.hash)).toBe(`#${fragmentOf(choicesIn(CHOICES))}`);
    expect(await page.locator("#choice-hidden").inputValue()).toBe("40");
    await page.click("#stop");
    await expect.poll(() => button(page)).toMatch(/^Continue after epoch \d of 8$/);
    await page.fill("#choice-seed", "99");
    expect(await button(page)).toBe("Train");
    expect(await page.locator("#again").innerText()).toMatch(/^Continue the one left after epoch \d of 8$/);
    await page.click("#again");
    expect(await page.locator("#choice-seed").inputValue()).toBe("7");
    await expectResult(page);
    // The hash stays beside the command that prints it.
    const command = commandsOf(choicesIn(CHOICES)).clone;
    expect(await page.locator("#result-command").innerText()).toBe(command);
    await page.fill("#choice-seed", "5; ls");
    expect(await page.locator("#commands").isHidden()).toBe(true);
    await page.fill("#choice-seed", "5");
    expect(await page.locator("#clone-command").innerText()).toBe(command.replace("--seed 7", "--seed 5"));
    expect(await page.locator("#result-command").innerText()).toBe(command);
  });

  test("whatever buttons are pressed, in whatever order: the same bits in the end", async () => {
    const page = await open();
    let [random, presses] = [1, 0];
    const kinds = new Set<string>();
    for (let i = 0; i < 40; i++) {
      random = (random * 48271) % 0x7fffffff;
      const id = ["#go", "#go", "#stop", "#again"][random % 4];
      // As fast as a visitor can, and faster.
      await page.waitForTimeout(random % 3 === 0 ? 150 : 0);
      const pressed = await page.locator(id).evaluate((element) => {
        const { disabled, textContent } = element as HTMLButtonElement;
        (element as HTMLButtonElement).click();
        return disabled ? "" : (textContent as string).replace(/ after.*/, "");
      });
      if (pressed === "") continue;
      presses++;
      kinds.add(pressed);
    }
    expect(presses).toBeGreaterThan(20);
    expect(kinds.size).toBeGreaterThanOrEqual(5);
    const end = async () => {
      if (/^(Train|Continue)/.test(await button(page)) && (await state(page)) !== "Done") await page.click("#go");
      return state(page);
    };
    await expect.poll(end, { timeout: 120_000, interval: 500 }).toBe("Done");
    await expectResult(page);
  });

  test("the page stays free while it trains", async () => {
    const page = await open("preset=best&validation=10000");
    await page.click("#go");
    await expect.poll(() => page.locator("#neurons li").count(), { timeout: 60_000 }).toBe(100);
    const client = await page.context().newCDPSession(page);
    await client.send("Performance.enable", { timeDomain: "threadTicks" });
    /** Seconds for which the page itself, not its workers, has computed: what else the machine does is not in them. */
    const computed = async () => {
      const { metrics } = await client.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
    };
    const during = async (work: () => Promise<void>) => {
      const [start, before] = [performance.now(), await computed()];
      await work();
      return { computed: (await computed()) - before, passed: (performance.now() - start) / 1000 };
    };
    const write = async () => {
      for (const digit of [3, 1, 4, 5, 9, 2]) {
        await page.click(`#written button:nth-child(${digit + 1})`);
        // Both strokes of a 4 are there some time after the first one.
        await expect.poll(() => page.locator("#read-aloud").innerText(), { timeout: 30_000 }).toMatch(/^Read as \d\b/);
        await expect.poll(() => page.locator("#digit").innerText(), { timeout: 30_000 }).toMatch(/^\d$/);
        await page.locator("#clear").dispatchEvent("click");
        await expect.poll(() => page.locator("#read-aloud").textContent(), { timeout: 30_000 }).toBe("Blank sheet");
      }
    };
    const alone = await during(() => page.waitForTimeout(3000));
    // Written meanwhile, and answered.
    const written = await during(write);
    expect(await state(page)).toBe("Training");
    await page.click("#stop");
    await expect.poll(() => state(page), { timeout: 60_000 }).toMatch(/^Stopped/);
    const after = await during(write);
    // A page that trained by itself would compute all the time; so it computes little more than for what is written.
    expect(alone.computed).toBeGreaterThan(0);
    expect(alone.computed).toBeLessThan(0.15 * alone.passed);
    expect(written.computed).toBeLessThan(2 * after.computed + 0.15 * written.passed);
    console.log(
      [alone, written, after].map((one) => `${one.computed.toFixed(3)} of ${one.passed.toFixed(3)} s`).join(),
    );
  });

  test.each([
    ["light", 1280],
    ["dark", 360],
  ] as const)("can be used by everybody: %s, %i pixels wide", async (colorScheme, width) => {
    const page = await open("hidden=20&epochs=2&limit=5000&rotation=10", {
      colorScheme,
      viewport: { width, height: 800 },
    });
    const check = async () => {
      const { violations } = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
        return axe.run({ exclude: [] } as never);
      });
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    };
    await page.evaluate(axe.source);
    await check();
    // By keyboard alone.
    await page.focus("#choice-seed");
    await page.keyboard.press("Enter");
    await expect.poll(() => state(page), { timeout: 60_000 }).toBe("Done");
    expect(await page.locator("#train-status").innerText()).toMatch(
      /^Done: \d+ of 10000 test images are read correctly\.$/,
    );
    for (const summary of await page.locator("#train-section summary").all()) await summary.press("Enter");
    await check();
  });
});
