// The page's first section in Chromium: what is written, by hand or by a button, and how it is read.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import axe, { type AxeResults } from "axe-core";
import { rolldown } from "rolldown";
import { describe, expect, test } from "vitest";
import { DIGITS } from "../../apps/web/digits.js";
import { Network } from "../../src/network/network.js";
import { CHROMIUM } from "./web-server.js";
import {
  answer,
  barsOf,
  drop,
  expectBars,
  expectSpoken,
  PRETRAINED,
  padOf,
  poll,
  seen,
  setUpWriting,
  spoken,
  touch,
  write,
} from "./write-page.js";

describe.skipIf(!existsSync(CHROMIUM))(`in Chromium (skipped without ${CHROMIUM}; CHROMIUM names another)`, () => {
  const { setup, open, sharesOf } = setUpWriting();

  test.each(["mouse", "pen", "touch"] as const)("reads the ten digits written by %s", async (device) => {
    const page = await open({ hasTouch: device === "touch" });
    const client = await page.context().newCDPSession(page);
    let read = 0;
    for (const [digit, strokes] of DIGITS.entries()) {
      for (const stroke of strokes) await write(page, client, stroke, device);
      await expectSpoken(page, new RegExp(`^Read as ${digit}, sure \\((0\\.9\\d|1\\.00)\\)$`));
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

  test("reads digits written side by side as a number, whatever their strokes", async () => {
    const page = await open();
    const client = await page.context().newCDPSession(page);
    for (const number of ["14", "72", "305"]) {
      for (const [i, digit] of [...number].entries()) {
        const size = 0.9 / number.length;
        for (const stroke of DIGITS[Number(digit)]) {
          const small = stroke.map(([x, y]) => [0.05 + size * (i + x), 0.5 + 1.2 * size * (y - 0.5)] as const);
          await write(page, client, small, "mouse");
        }
      }
      await expectSpoken(page, new RegExp(`^Read as ${number.length} digits: ${number}, `));
      expect(await answer(page)).toBe(number);
      await page.locator("#clear").dispatchEvent("click");
      await poll(() => spoken(page)).toBe("Blank sheet");
    }
  });

  test("follows the stroke, and speaks when it ends", async () => {
    const page = await open();
    const [x, y, side] = await padOf(page);
    await page.mouse.move(x + 0.6 * side, y + 0.1 * side);
    await page.mouse.down();
    await page.mouse.move(x + 0.4 * side, y + 0.9 * side, { steps: 5 });
    await poll(() => answer(page)).toBe("1");
    expect(await spoken(page)).toBe("");
    // Beyond the edge the stroke continues.
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
    const [image, activations] = [await seen(page), await barsOf(page)];
    await write(page, client, second, "mouse");
    // The first stroke alone may be read as a 4, too.
    await poll(() => seen(page)).not.toEqual(image);
    await poll(() => answer(page)).toBe("4");
    await page.locator("#undo").click();
    await poll(() => seen(page)).toEqual(image);
    expect(await barsOf(page)).toEqual(activations);

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

  test("shows what digitOf() makes of strokes, and the shares of the library", async () => {
    const page = await open();
    // In a page of its own.
    const bundle = await rolldown({ input: fileURLToPath(new URL("../../apps/web/digits.ts", import.meta.url)) });
    const { output } = await bundle.generate({ format: "iife", name: "digits" });
    const other = await setup.browser.newPage();
    const expected = (await other.evaluate(
      `${output[0].code}; digits.DIGITS.map((strokes) => Array.from(digits.digitOf(strokes)))`,
    )) as number[][];
    for (const [digit, pixels] of expected.entries()) {
      await page.getByRole("button", { name: `Write ${digit}` }).click();
      await poll(() => seen(page)).toEqual(pixels);
      const shares = sharesOf(Uint8Array.from(pixels));
      expect(shares.indexOf(Math.max(...shares))).toBe(digit);
      expect(shares[digit]).toBeGreaterThan(0.9);
      expectBars(await barsOf(page), shares);
    }
    expect(expected).toHaveLength(10);
  });

  test("writes a digit stroke by stroke, and a pen can continue in between", async () => {
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

  test("works without its network: it says so, and others can be opened", async () => {
    const page = await open({}, (page) => page.route("**/pretrained.bin", (route) => route.fulfill({ status: 404 })));
    await poll(() => page.locator("#write-alert").textContent()).toMatch(
      /^pretrained\.bin: expected .* got status 404 \(try again/,
    );
    expect(setup.problems.splice(0)).toEqual([expect.stringContaining("404")]);
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

  test("calls the classes of a network that has names for them by these", async () => {
    const page = await open();
    const network = await Network.load(PRETRAINED, { threads: 1 });
    const classes = JSON.stringify(["nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]);
    const kept = Object.fromEntries([...network.metadata].filter(([key]) => key === "calibration"));
    await drop(page, [{ name: "named.safetensors", bytes: network.save({ ...kept, classes }) }]);
    await page.getByRole("button", { name: "Write 6" }).click();
    await poll(() => spoken(page)).toMatch(/^Read as six, sure/);
    expect(await answer(page)).toBe("six");
    expect(await page.locator("#activations li b").allTextContents()).toContain("nought");
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
        await poll(() => spoken(page)).toMatch(/^Read as 7, sure \((0\.99|1\.00)\)$/);
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
