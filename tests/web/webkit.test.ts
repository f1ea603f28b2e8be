// The page of npm run web in WebKit, the engine of every iPhone's browsers, from the first section to the last.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DIGITS } from "../../apps/web/digits.js";
import { choicesIn, commandsOf } from "../../apps/web/train/choices.js";
import { startDuctus } from "../cli/command-line.js";
import { HAS_WEBKIT, WebKit } from "./web-driver.js";
import { serveWeb } from "./web-server.js";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

describe.skipIf(!HAS_WEBKIT)("in WebKit (skipped without Debian's webkit2gtk-driver, xvfb and xauth)", () => {
  test("reads what is written, trains to the hash of the command line, and goes back through the network", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ductus-web-"));
    const server = await serveWeb();
    const page = await WebKit.open();
    try {
      const choices = "hidden=30&epochs=2";
      await page.goTo(`${server.url}#${choices}`);
      const reader = () => page.run<string>("return document.querySelector('#network').value");
      await expect.poll(reader, { timeout: 30_000 }).toBe("pretrained");
      await page.run("window.problems = []; addEventListener('error', ({ message }) => problems.push(message))");

      const { x, y, width } = await page.run<Box>(
        "const pad = document.querySelector('#pad'); pad.scrollIntoView(); return pad.getBoundingClientRect().toJSON()",
      );
      for (const [digit, strokes] of DIGITS.entries()) {
        await page.draw(strokes.map((points) => points.map(([u, v]) => [x + u * width, y + v * width] as const)));
        // After the first of several strokes it may be read as another.
        await expect.poll(() => page.text("#read-aloud"), { timeout: 10_000 }).toMatch(new RegExp(`^Read as ${digit}`));
        await page.click("#clear");
        await expect.poll(() => page.text("#read-aloud"), { timeout: 10_000 }).toBe("Blank sheet");
      }

      await page.click("#go");
      const options = commandsOf(choicesIn(choices)).installed.split(" ").slice(1);
      const { stdout } = await startDuctus(folder, options).result;
      await expect.poll(() => page.text("#run-state"), { timeout: 120_000 }).toBe("Done");
      expect(stdout).toContain(`sha256 ${await page.text("#hash")}`);

      await page.click("#backprop-ten");
      await expect
        .poll(() => page.text("#backprop-status"), { timeout: 30_000 })
        .toMatch(/^Step 10: cost 0\.0.*read as 3$/s);
      // WebKit tells so when what is observed changes once more in the same frame: it is told of in the next.
      const late = "ResizeObserver loop completed with undelivered notifications.";
      const problems = await page.run<string[]>("return problems");
      expect(problems.filter((problem) => problem !== late)).toEqual([]);
    } finally {
      await page.close();
      server.close();
      await rm(folder, { recursive: true });
    }
  }, 240_000);
});
