// What can go wrong with a training on the page of npm run web, in Chromium: choices, links, files and older versions.

import { existsSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, openPage, setUp } from "./web-server.js";

/** Long enough to be paused, stopped and left, short enough for a test; on 2 threads where there are as many. */
const CHOICES = "hidden=40&eta=2&batch-size=20&epochs=8&seed=7&rotation=5";

describe.skipIf(!existsSync(CHROMIUM))(`in Chromium (skipped without ${CHROMIUM}; CHROMIUM names another)`, () => {
  const setup = setUp("--no-sandbox");
  const open = (fragment = CHOICES, options: BrowserContextOptions = {}, url = setup.server.url) =>
    openPage(setup.browser, `${url}#${fragment}`, setup.problems, options);
  const state = (page: Page) => page.locator("#run-state").innerText();
  const button = (page: Page) => page.locator("#go").innerText();

  test("the link holds the choices", async () => {
    const page = await open("preset=book&hidden=50");
    expect(await page.locator("#choice-cost").inputValue()).toBe("cross-entropy");
    expect(await page.locator("#choice-epochs").inputValue()).toBe("60");
    expect(await page.locator("#choice-hidden").inputValue()).toBe("50");
    await page.fill("#choice-seed", "12");
    const link = () => page.evaluate(() => location.hash);
    expect(await link()).toBe("#preset=book&hidden=50&seed=12");
    await page.selectOption("#choice-preset", "notes");
    expect(await link()).toBe("");
    expect(await page.locator("#choice-hidden").inputValue()).toBe("100");
    // Another link into the same page.
    await page.evaluate(() => {
      location.hash = "epochs=3&elastic=20";
    });
    await expect.poll(() => page.locator("#choice-elastic").inputValue()).toBe("20");
    expect(await page.locator("#clone-command").innerText()).toBe("npm run train -- --epochs 3 --elastic 20");
  });

  test("a choice that cannot be used is named, and nothing is lost", async () => {
    const page = await open("epochs=2&limit=1000");
    await page.fill("#choice-eta", "fast");
    await page.click("#go");
    expect(await page.locator("#train-problem").innerText()).toBe(
      'Learning rate η: expected a number above 0, up to 3.4e38, got "fast"',
    );
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("choice-eta");
    expect(await page.locator("#choice-eta").getAttribute("aria-invalid")).toBe("true");
    expect(await page.locator("#choice-epochs").inputValue()).toBe("2");
    await page.fill("#choice-eta", "3");
    expect(await page.locator("#train-problem").innerText()).toBe("");
    await page.click("#go");
    await expect.poll(() => state(page), { timeout: 60_000 }).toBe("Done");
    // Further down, behind what is folded.
    await page.goto(`${setup.server.url}#shear=20`);
    await page.click("#go");
    expect(await page.locator("#train-problem").innerText()).toBe('Shear: expected a number from 0 to 10, got "20"');
    expect(await page.locator("#choice-shear").isVisible()).toBe(true);
    await page.goto(`${setup.server.url}#size=20`);
    const problem = page.locator("#train-problem");
    await expect.poll(() => problem.innerText()).toBe('link: expected options of a training, got one called "size"');
    await page.goto(`${setup.server.url}#epochs=0`);
    await expect.poll(() => problem.innerText()).toBe('Epochs: expected a whole number from 1 to 1000000, got "0"');
  });

  test("a second tab says that the first one trains, and trains when that has ended", async () => {
    const first = await open("epochs=1000&limit=1000&hidden=10");
    await first.click("#go");
    await expect.poll(() => state(first), { timeout: 60_000 }).toBe("Training");
    const second = await first.context().newPage();
    await second.goto(`${setup.server.url}#epochs=2&limit=1000&hidden=10`);
    const problem = () => second.locator("#train-problem").innerText();
    for (const _ of ["once", "twice"]) {
      await second.click("#go");
      await expect.poll(problem).toMatch(/^Another tab of this page is training: /);
      expect(await state(second)).toBe("Not started");
      expect(await button(second)).toMatch(/^(Train|Continue .*)$/);
    }
    expect(await state(first)).toBe("Training");
    await first.click("#stop");
    await expect.poll(() => state(first)).toMatch(/^Stopped/);
    // At once, and over again while it trains.
    await second.click("#go");
    await expect.poll(() => state(second), { timeout: 60_000 }).toBe("Done");
    expect(await problem()).toBe("");
    await first.click("#go");
    await expect.poll(() => state(first)).toBe("Training");
    await first.close();
    await second.click("#go");
    await expect.poll(() => state(second), { timeout: 60_000 }).toBe("Done");
  });

  test("a training that diverges says so", async () => {
    const page = await open("activation=relu&eta=1e30&epochs=2&limit=1000");
    await page.click("#go");
    await expect.poll(() => page.locator("#train-problem").innerText(), { timeout: 60_000 }).toMatch(/finite/);
    expect(await state(page)).toBe("Ended by an error");
    expect(await button(page)).toBe("Train");
  });

  test("MNIST that does not come is a sentence, and comes at the next try; then it is kept", async () => {
    const page = await open("epochs=1&limit=1000&hidden=10");
    const data = /\/data\//;
    const name = "t10k-images-idx3-ubyte";
    const train = async () => {
      // Which takes back what was said of the training before.
      await page.click("#go");
      await expect.poll(() => state(page), { timeout: 60_000 }).toMatch(/^(Done|Ended by an error)$/);
      return page.locator("#train-problem").innerText();
    };
    const answers = [
      [{ status: 404 }, `${name}.bin: expected a file beside the page, got status 404`],
      [{ body: "no gzip" }, `${name}.bin: expected gzip data, got something else`],
      [{ body: gzipSync("another file") }, `${name}: expected MNIST's file, got another one or a part of it`],
    ] as const;
    for (const [answer, message] of answers) {
      await page
        .context()
        .route(data, (route) => (route.request().url().includes(name) ? route.fulfill(answer) : route.continue()));
      expect(await train()).toContain(message);
      await page.context().unroute(data);
    }
    await page.context().setOffline(true);
    expect(await train()).toContain("expected an answer of the page's server, got none (offline? try again)");
    await page.context().setOffline(false);
    setup.problems.splice(0);
    expect(await train()).toBe("");
    expect(await state(page)).toBe("Done");
    // The next visit asks for none of it.
    const asked: string[] = [];
    page.context().on("request", (request) => asked.push(request.url()));
    await page.reload();
    expect(await train()).toBe("");
    expect(await state(page)).toBe("Done");
    expect(asked.filter((url) => data.test(url))).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
  });

  test("stopped while MNIST loads, and started again", async () => {
    const page = await open("epochs=1&limit=1000&hidden=10");
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.context().route(/train-images/, async (route) => {
      await released;
      await route.continue().catch(() => {});
    });
    await page.click("#go");
    await expect.poll(() => state(page)).toMatch(/^Loading MNIST: \d\.\d of 11\.3 MB$/);
    await page.click("#stop");
    await expect.poll(() => state(page)).toBe("Stopped before the first epoch was done");
    expect(await button(page)).toBe("Train");
    release();
    await page.click("#go");
    await expect.poll(() => state(page), { timeout: 60_000 }).toBe("Done");
    expect(await page.locator("#train-problem").innerText()).toBe("");
  });

  test("a training of another version of the page, and damaged files, are left behind", async () => {
    const page = await open("epochs=1&limit=1000&hidden=10");
    await page.click("#go");
    await expect.poll(() => state(page), { timeout: 60_000 }).toBe("Done");
    await page.evaluate(async () => {
      const training = await caches.open("ductus-training");
      await training.put("checkpoint", new Response("nothing", { headers: { "x-choices": "colour=red" } }));
      const mnist = await caches.open("ductus-mnist");
      for (const request of await mnist.keys()) await mnist.put(request, new Response("no gzip"));
    });
    await page.reload();
    await page.waitForTimeout(300);
    expect(await button(page)).toBe("Train");
    expect(
      await page.evaluate(async () => (await caches.open("ductus-training")).keys().then(({ length }) => length)),
    ).toBe(0);
    await page.click("#go");
    await expect.poll(() => state(page), { timeout: 60_000 }).toBe("Done");
    expect(await page.locator("#train-problem").innerText()).toBe("");
  });

  test("what the worker finds is said at its field", async () => {
    const page = await open("validation=70000");
    await page.click("#go");
    const problem = page.locator("#train-problem");
    await expect
      .poll(() => problem.innerText(), { timeout: 60_000 })
      .toMatch(/^Held back: expected fewer than the 60000/);
    expect(await page.locator("#choice-validation").isVisible()).toBe(true);
    await page.fill("#choice-validation", "");
    await page.fill("#choice-limit", "5");
    await page.click("#go");
    await expect.poll(() => problem.innerText(), { timeout: 60_000 }).toMatch(/^Mini-batch m: expected at most 5, /);
    expect(await page.locator("#choice-batch-size").getAttribute("aria-invalid")).toBe("true");
  });
});
