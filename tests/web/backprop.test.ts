// The page's section on backpropagation in Chromium: its numbers are those of the library, before and after steps.

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import axe, { type AxeResults } from "axe-core";
import { backpropagate, Dataset, Network } from "ductus";
import type { BrowserContextOptions } from "playwright-core";
import { describe, expect, test } from "vitest";
import { expectPass, expectShown, imageOf, openBackprop, poll, status } from "./backprop-page.js";
import { CHROMIUM, setUp } from "./web-server.js";

const NEW = { layers: [784, 30, 10], seed: 1, threads: 1 };

/** Makes steps as the page does, by the library's public names alone. */
async function step(network: Network, image: Uint8Array, label: number, eta: number, steps: number): Promise<void> {
  const sample = new Dataset({ images: image, labels: Uint8Array.of(label), classes: 10 });
  for (let i = 0; i < steps; i++) {
    for await (const { epoch } of network.train(sample, { epochs: 1, batchSize: 1, learningRate: eta }))
      expect(epoch).toBeGreaterThan(0);
  }
}

describe.skipIf(!existsSync(CHROMIUM))(`in Chromium (skipped without ${CHROMIUM}; CHROMIUM names another)`, () => {
  const setup = setUp();
  const open = (options: BrowserContextOptions = {}) => openBackprop(setup, options);

  test("computes nothing before it is about to be seen", async () => {
    const context = await setup.browser.newContext();
    const page = await context.newPage();
    // However much the sections above have to show.
    await page.addInitScript(() => {
      document.addEventListener("readystatechange", () => {
        (document.querySelector("#write-section") as HTMLElement).style.minHeight = "5000px";
      });
    });
    await page.goto(setup.server.url);
    // An observer has told by the second frame.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    expect(await page.locator("#backprop-section canvas").count()).toBe(0);
    await page.locator("#backprop-heading").scrollIntoViewIfNeeded();
    await page.locator("#backprop-section .output").waitFor();
    expect(await page.locator("#backprop-section canvas").count()).toBeGreaterThan(10);
  });

  test("shows z, a, delta and the cost of the library, for each image", async () => {
    const page = await open();
    using network = await Network.create(NEW);
    for (const digit of [3, 0, 7]) {
      await page.locator("#backprop-images label").nth(digit).click();
      expect(await page.locator("#backprop-label").inputValue()).toBe(String(digit));
      await expectPass(page, network, await imageOf(page, digit), digit);
    }
    const spoken = await page.locator("#backprop-layers .unseen").allTextContents();
    expect(spoken).toContain("z of layer 1 = w of layer 1 a of layer 0 + b of layer 1");
    expect(spoken).toContain(
      "delta of layer 1 = ((w of layer 2) transposed delta of layer 2) , " +
        "element by element times sigma prime (z of layer 1)",
    );
  });

  test("the first, and the eleventh step, are those of the library, and the cost falls", async () => {
    const page = await open();
    const image = await imageOf(page, 3);
    using network = await Network.create(NEW);
    const costs = [backpropagate(network, image, 3).cost];
    await page.locator("#backprop-one").click();
    await step(network, image, 3, 0.5, 1);
    await expectPass(page, network, image, 3);
    costs.push(backpropagate(network, image, 3).cost);
    expect(await status(page)).toBe(
      `Step 1: cost ${costs[1].toPrecision(4)}, was ${costs[0].toPrecision(4)}; read as 3`,
    );
    const change = (await page.locator("#backprop-change").innerText()).replace(" by the last step", "");
    expectShown(change, costs[1] - costs[0]);

    await page.locator("#backprop-ten").click();
    await poll(() => status(page)).toMatch(/^Step 11:/);
    await step(network, image, 3, 0.5, 10);
    await expectPass(page, network, image, 3);
    // The line goes down from point to point.
    const heights = await page
      .locator("#backprop-chart circle.training")
      .evaluateAll((all) => all.map((circle) => Number(circle.getAttribute("cy"))));
    expect(heights).toHaveLength(12);
    for (const [i, height] of heights.slice(1).entries()) expect(height).toBeGreaterThan(heights[i]);

    await page.locator("#backprop-begin").click();
    await poll(() => status(page)).toBe(`Step 0: cost ${costs[0].toPrecision(4)}; read as ${await answerAtFirst()}`);
    async function answerAtFirst() {
      using fresh = await Network.create(NEW);
      return fresh.predict(image).label;
    }
  });

  test("learns a wrong label, continues with another image, and begins anew with another seed", async () => {
    const page = await open();
    const image = await imageOf(page, 3);
    using network = await Network.create(NEW);
    expect(await page.locator("#backprop-wrong").isVisible()).toBe(false);
    await page.locator("#backprop-label").selectOption("8");
    expect(await page.locator("#backprop-wrong").isVisible()).toBe(true);
    await expectPass(page, network, image, 8);
    await page.locator("#backprop-ten").click();
    await poll(() => status(page)).toMatch(/^Step 10: .* read as 8$/);
    await step(network, image, 8, 0.5, 10);
    await expectPass(page, network, image, 8);

    await page.locator("#backprop-images label").nth(5).click();
    expect(await page.locator("#backprop-wrong").isVisible()).toBe(false);
    await expectPass(page, network, await imageOf(page, 5), 5);
    expect(await status(page)).toMatch(/^Step 10:/);

    await page.locator("#backprop-seed").fill("7");
    await page.locator("#backprop-seed").press("Enter");
    using seventh = await Network.create({ ...NEW, seed: 7 });
    await expectPass(page, seventh, await imageOf(page, 5), 5);
    expect(await status(page)).toMatch(/^Step 0:/);
  });

  test("one neuron: its weights, and a times delta as a picture", async () => {
    const page = await open();
    const image = await imageOf(page, 3);
    using network = await Network.create(NEW);
    const { z, a, delta } = backpropagate(network, image, 3);
    const picker = page.getByRole("slider", { name: "Neuron of layer 1" });
    // At first the one with the largest error.
    const sizes = Array.from(delta[1], Math.abs);
    expect(await picker.inputValue()).toBe(String(sizes.indexOf(Math.max(...sizes))));

    const cells = page.locator("#backprop-section .cells canvas").first();
    const { width = 0, height = 0 } = (await cells.boundingBox()) ?? {};
    expect(width / height).toBeCloseTo(30, 1);
    const fourth = { x: (width / 30) * 4.5, y: height / 2 };
    await cells.hover({ position: fourth });
    const reading = page.locator("#backprop-section .reading");
    const [name, ...shown] = (await reading.innerText()).split("\n");
    expect(name).toBe("neuron 4");
    for (const [q, values] of [z, a, delta].entries()) expectShown(shown[q].split(" ")[1], values[1][4]);
    await cells.click({ position: fourth });
    expect(await picker.inputValue()).toBe("4");
    expect(await page.locator(".neuron b").innerText()).toBe("Neuron 4");

    const { weights } = network.parameters(1);
    const [w, , gradient] = await page.locator(".product canvas").evaluateAll((all) =>
      all.map((canvas) => {
        const context = (canvas as HTMLCanvasElement).getContext("2d") as CanvasRenderingContext2D;
        const { data } = context.getImageData(0, 0, 28, 28);
        // Red above 0, blue below: as much as it covers.
        return Array.from({ length: 784 }, (_, k) => (data[4 * k] > data[4 * k + 2] ? 1 : -1) * data[4 * k + 3]);
      }),
    );
    const signed = (values: ArrayLike<number>) => {
      const limit = Math.max(...Array.from(values, Math.abs));
      return Array.from(values, (value) => (255 * value) / limit);
    };
    const far = (drawn: number[], exact: number[]) => Math.max(...drawn.map((value, k) => Math.abs(value - exact[k])));
    expect(far(w, signed(weights.subarray(4 * 784, 5 * 784)))).toBeLessThan(4);
    expect(far(gradient, signed(a[0].map((ak) => ak * delta[1][4])))).toBeLessThan(4);
    expect(gradient.filter((value) => value !== 0).length).toBeGreaterThan(30);
  });

  test("by keyboard alone: image, label, neuron, steps", async () => {
    const page = await open();
    const focused = () =>
      page.evaluate(() => {
        const { id, className } = document.activeElement as HTMLElement;
        return id || (document.activeElement as HTMLInputElement).name || className;
      });
    await page.locator("#backprop-images input:checked").focus();
    await page.keyboard.press("ArrowRight");
    const image = await imageOf(page, 4);
    using network = await Network.create(NEW);
    await expectPass(page, network, image, 4);
    const seen: string[] = [await focused()];
    await page.locator("#backprop-images input:checked").focus();
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press("Tab");
      seen.push(await focused());
    }
    expect(seen).toEqual([
      expect.anything(),
      "backprop-network",
      "backprop-seed",
      "backprop-label",
      "backprop-one",
      "backprop-ten",
      "backprop-eta",
    ]);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Space");
    await poll(() => status(page)).toMatch(/^Step 2:/);
    await step(network, image, 4, 0.5, 2);
    await expectPass(page, network, image, 4);

    const picker = page.getByRole("slider", { name: "Neuron of layer 1" });
    await picker.focus();
    for (const [key, neuron] of [
      ["Home", 0],
      ["ArrowRight", 1],
      ["ArrowUp", 1],
      ["End", 29],
      ["ArrowLeft", 28],
    ] as const) {
      await page.keyboard.press(key);
      expect([key, await picker.inputValue()]).toEqual([key, String(neuron)]);
      expect(await page.locator(".neuron b").innerText()).toBe(`Neuron ${neuron}`);
      expect(await picker.getAttribute("aria-valuetext")).toMatch(
        new RegExp(`^${neuron}: z −?\\d.*, a −?\\d.*, delta −?\\d`),
      );
    }
    // On a phone the cells are in rows of ten.
    await page.setViewportSize({ width: 360, height: 800 });
    await page.keyboard.press("Home");
    await poll(async () => {
      await page.keyboard.press("Home");
      await page.keyboard.press("ArrowDown");
      return picker.inputValue();
    }).toBe("10");
  });

  test("looks at the network that came with the page, on a copy", async () => {
    const page = await open();
    await page.locator("#backprop-network option[value='pretrained']").waitFor({ state: "attached" });
    await page.locator("#backprop-network").selectOption("pretrained");
    expect(await page.locator("#backprop-seed").isVisible()).toBe(false);
    const bytes = gunzipSync(readFileSync(new URL("../../src/pretrained/pretrained.bin", import.meta.url)));
    using network = await Network.load(bytes, { threads: 1 });
    const image = await imageOf(page, 3);
    await expectPass(page, network, image, 3);
    await page.locator("#backprop-label").selectOption("5");
    await expectPass(page, network, image, 5);
    const unlearnt = backpropagate(network, image, 5).cost.toPrecision(4);
    await page.locator("#backprop-eta").fill("0.01");
    await page.locator("#backprop-one").click();
    await poll(() => status(page)).toMatch(/^Step 1:/);
    await step(network, image, 5, 0.01, 1);
    await expectPass(page, network, image, 5);
    // The one that reads digits has learnt nothing.
    await page.locator("#backprop-begin").click();
    await poll(() => page.locator("#backprop-cost").innerText()).toBe(unlearnt);
    expect(await page.locator("#backprop-later").isVisible()).toBe(false);
    // Two hidden layers, too large for tables of their numbers.
    expect(await page.locator("#backprop-layers h3").allInnerTexts()).toEqual([
      expect.stringContaining("Layer 0"),
      "Layer 1: 1,000 hidden neurons, ReLU",
      "Layer 2: 300 hidden neurons, ReLU",
      "Layer 3: 10 outputs, one for each digit",
    ]);
    const picker = page.getByRole("slider", { name: "Neuron of layer 2" });
    await picker.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    expect(await picker.inputValue()).toBe("20");
  });

  test("what eta and seed cannot be gives a sentence, and loses nothing", async () => {
    const page = await open();
    await page.locator("#backprop-one").click();
    await poll(() => status(page)).toMatch(/^Step 1:/);
    const before = await status(page);
    const error = page.locator("#backprop-error");
    const words = { eta: "a number from 0.000001 to 100", seed: "a whole number from 0 to 4294967295" };
    for (const [name, value, got] of [
      ["eta", "", '""'],
      ["eta", "0,5", '"0,5"'],
      ["eta", "0", "0"],
      ["eta", "-1", "-1"],
      ["eta", "1e300", "1e+300"],
      ["seed", "1.5", "1.5"],
      ["seed", "-1", "-1"],
      ["seed", "one", '"one"'],
    ] as const) {
      const field = page.locator(`#backprop-${name}`);
      await field.fill(value);
      await field.press("Tab");
      if (name === "eta") await page.locator("#backprop-one").click();
      await poll(() => error.innerText()).toBe(`${name}: expected ${words[name]}, got ${got}`);
      expect(await field.getAttribute("aria-invalid")).toBe("true");
      expect(await status(page)).toBe(before);
      if (name === "eta") await field.fill("2");
    }
    await page.locator("#backprop-one").click();
    await poll(() => status(page)).toMatch(/^Step 2:/);
    expect(await page.locator("[aria-invalid]").count()).toBe(1);
    const image = await imageOf(page, 3);
    using network = await Network.create(NEW);
    await step(network, image, 3, 0.5, 1);
    await step(network, image, 3, 2, 1);
    await expectPass(page, network, image, 3);

    await page.locator("#backprop-seed").fill("2");
    await page.locator("#backprop-seed").press("Tab");
    await poll(() => status(page)).toMatch(/^Step 0:/);
    expect(await error.innerText()).toBe("");
    expect(await page.locator("[aria-invalid]").count()).toBe(0);
  });

  test("pressed fast, each press is a step", async () => {
    const page = await open();
    await page.evaluate(() => {
      const press = (id: string) => (document.querySelector(`#backprop-${id}`) as HTMLElement).click();
      for (let i = 0; i < 7; i++) press("one");
      press("ten");
      press("one");
    });
    await poll(() => status(page)).toMatch(/^Step 18:/);
    const image = await imageOf(page, 3);
    using network = await Network.create(NEW);
    await step(network, image, 3, 0.5, 18);
    await expectPass(page, network, image, 3);
    // Held down, not for ever.
    await page.evaluate(() => {
      for (let i = 0; i < 50; i++) (document.querySelector("#backprop-ten") as HTMLElement).click();
    });
    await poll(() => status(page)).toMatch(/^Step 68:/);
  });

  test("what is changed while steps are made ends them, and mixes nothing", async () => {
    const page = await open();
    await page.locator("#backprop-network option[value='pretrained']").waitFor({ state: "attached" });
    await page.evaluate(() => {
      const element = (id: string) => document.querySelector(`#backprop-${id}`) as HTMLInputElement;
      element("ten").click();
      setTimeout(() => (document.querySelectorAll("#backprop-images input")[6] as HTMLElement).click(), 5);
    });
    await page.locator("#backprop-images label").nth(6).locator(":checked").waitFor({ state: "attached" });
    const [image, other] = [await imageOf(page, 3), await imageOf(page, 6)];
    await poll(() => status(page)).toMatch(/^Step \d+: cost [^,]*; read/);
    const steps = Number((await status(page)).match(/\d+/)?.[0]);
    using network = await Network.create(NEW);
    await step(network, image, 3, 0.5, steps);
    await expectPass(page, network, other, 6);

    await page.evaluate(() => {
      const element = (id: string) => document.querySelector(`#backprop-${id}`) as HTMLInputElement;
      const choose = (id: string, value: string) => {
        element(id).value = value;
        element(id).dispatchEvent(new Event("change"));
      };
      element("ten").click();
      choose("network", "pretrained");
      element("ten").click();
      choose("label", "1");
      choose("network", "new");
      choose("seed", "5");
      element("begin").click();
      element("one").click();
    });
    await poll(() => status(page)).toMatch(/^Step 1:/);
    using fifth = await Network.create({ ...NEW, seed: 5 });
    await step(fifth, other, 1, 0.5, 1);
    await expectPass(page, fifth, other, 1);
    expect(await page.locator("#backprop-layers h3").count()).toBe(3);
  });

  test.each([
    ["light", 1280, "new"],
    ["dark", 1280, "pretrained"],
    ["light", 360, "pretrained"],
    ["dark", 360, "new"],
  ] as const)("%s, %d px, %s: accessible, and no wider than the screen", async (colorScheme, checked, network) => {
    const page = await open({ colorScheme, viewport: { width: 1280, height: 800 } });
    await page.locator(`#backprop-network option[value='${network}']`).waitFor({ state: "attached" });
    await page.locator("#backprop-network").selectOption(network);
    await page.locator("#backprop-label").selectOption("8");
    await page.locator("#backprop-one").click();
    await poll(() => status(page)).toMatch(/^Step 1:/);
    await page.locator("#backprop-eta").fill("-");
    await page.locator("#backprop-one").click();
    await poll(() => page.locator("#backprop-error").isVisible()).toBe(true);
    for (const summary of await page.locator("#backprop-section summary").all()) await summary.click();
    await page.evaluate(axe.source);
    for (const width of [1280, 768, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      const heights = await page
        .locator("#backprop-section :is(button, select, input:not(.unseen)):visible")
        .evaluateAll((all) => all.map((control) => control.getBoundingClientRect().height));
      expect(heights.length).toBeGreaterThanOrEqual(6);
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(40);
      if (width !== checked) continue;
      const { violations, passes } = (await page.evaluate(
        "axe.run('#backprop-section', { resultTypes: ['violations'] })",
      )) as AxeResults;
      expect(passes.length).toBeGreaterThan(15);
      expect(violations.map(({ id, impact, nodes }) => `${impact}: ${id} at ${nodes[0].target}`)).toEqual([]);
    }
  });
});
