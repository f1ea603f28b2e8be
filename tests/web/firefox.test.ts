// The page of npm run web in Firefox, from the first section to the last.

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { describe, expect, test } from "vitest";
import { DIGITS } from "../../apps/web/digits.js";
import { choicesIn, commandsOf } from "../../apps/web/train/choices.js";
import { startDuctus } from "../cli/command-line.js";
import { serveWeb } from "./web-server.js";

const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

describe.skipIf(!existsSync(FIREFOX))(`in Firefox (skipped without ${FIREFOX}; FIREFOX names another)`, () => {
  test("reads what is written, trains to the hash of the command line, and goes back through the network", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ductus-web-"));
    const server = await serveWeb();
    const browser = await puppeteer.launch({ browser: "firefox", executablePath: FIREFOX, headless: true });
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("console", (message) => problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(String(error)));
      const choices = "hidden=30&epochs=2";
      await page.goto(`${server.url}#${choices}`);
      const text = (selector: string) => page.$eval(selector, (element) => (element as HTMLElement).innerText);

      const reader = () => page.$eval("#network", (list) => (list as HTMLSelectElement).value);
      await expect.poll(reader, { timeout: 30_000 }).toBe("pretrained");
      await page.$eval("#pad", (pad) => pad.scrollIntoView());
      const { x, y, width } = await page.$eval("#pad", (pad) => pad.getBoundingClientRect().toJSON());
      const read: string[] = [];
      for (const strokes of DIGITS) {
        for (const [[startX, startY], ...points] of strokes) {
          await page.mouse.move(x + startX * width, y + startY * width);
          await page.mouse.down();
          for (const [toX, toY] of points) await page.mouse.move(x + toX * width, y + toY * width);
          await page.mouse.up();
        }
        await expect.poll(() => text("#read-aloud")).toMatch(/^Read as \d/);
        read.push(await text("#digit"));
        await page.click("#clear");
        await expect.poll(() => text("#read-aloud")).toBe("Blank sheet");
      }
      expect(read.join("")).toBe("0123456789");

      await page.click("#go");
      const options = commandsOf(choicesIn(choices)).installed.split(" ").slice(1);
      const { stdout } = await startDuctus(folder, options).result;
      await expect.poll(() => text("#run-state"), { timeout: 120_000 }).toBe("Done");
      expect(stdout).toContain(`sha256 ${await text("#hash")}`);

      await page.click("#backprop-ten");
      await expect
        .poll(() => text("#backprop-status"), { timeout: 30_000 })
        .toMatch(/^Step 10: cost 0\.0.*read as 3$/s);
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});
