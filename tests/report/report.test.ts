// The page of a report: what renderReport() puts into it, and what Chromium shows of it, opened from disk and offline.

import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe, { type AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ReportData, SearchResult } from "../../apps/report/data.js";
import { renderReport } from "../../apps/report/render.js";
import { loadMnist } from "../../src/node/index.js";
import { mnistReport, randomReport, randomSearch } from "./report-data.js";

const asset = (name: string) => readFileSync(new URL(`../../build/report/${name}`, import.meta.url), "utf8");
const ASSETS = { script: asset("report.js"), style: asset("report.css"), template: asset("report.html") };

const SMALL = { classes: 3, rows: 4, columns: 6, epochs: 3, images: 60, misread: 0.2, neurons: 5 };
const HOSTILE = "</script></title><img src=x onerror=alert(1)><!--<script> & \"quotes\" $& $` {{script}} \u2028 'end'";
const SHOWN = HOSTILE.replace("\u2028", "\\u2028");

describe("renderReport", () => {
  test("fills in every placeholder", () => {
    const html = renderReport(randomReport(SMALL), ASSETS);
    expect(html).not.toContain("{{");
    expect(html).toContain(ASSETS.style);
    expect(html).toContain(ASSETS.script);
  });

  test("keeps all content in its place", () => {
    const data = hostile();
    const html = renderReport(data, { ...ASSETS, script: "", style: "" });
    expect(html).not.toContain("<img");
    expect(html.match(/<\/?script/g)).toHaveLength(4);
    const [, json] = html.match(/<script type="application\/json" id="data">(.*?)<\/script>/s) ?? [];
    const shown = JSON.parse(JSON.stringify(data), (_, value) => (value === HOSTILE ? SHOWN : value));
    expect(JSON.parse(json)).toEqual(shown);
  });

  test("refers to nothing outside the file", () => {
    const html = renderReport(randomReport(SMALL), ASSETS);
    expect(html).not.toMatch(/(?:src|href)\s*=\s*["'`]?\s*(?:https?:)?\/\//i);
    expect(html).not.toMatch(/<link|@import/i);
    expect(ASSETS.style).not.toMatch(/url\(/i);
  });

  test("the bundle can stand in a script element", () => {
    expect(ASSETS.script).not.toMatch(/<\/script|<!--/i);
  });
});

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

describe.skipIf(!existsSync(CHROMIUM))(`in Chromium (skipped without ${CHROMIUM}; CHROMIUM names another)`, () => {
  let browser: Browser;
  let folder: string;
  let mnist: ReportData;
  const problems: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ductus-report-"));
    [browser, mnist] = await Promise.all([chromium.launch({ executablePath: CHROMIUM }), mnistReport()]);
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(problems.splice(0)).toEqual([]);
  });

  /** Opens a report; whatever it asks of the network or says on the console fails the test. */
  async function open(data: ReportData, options: BrowserContextOptions = {}): Promise<Page> {
    const path = join(folder, "report.html");
    await writeFile(path, renderReport(data, ASSETS));
    const context = await browser.newContext({ offline: true, ...options });
    const page = await context.newPage();
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) problems.push(request.url());
    });
    await page.goto(pathToFileURL(path).href);
    return page;
  }

  test("shows its sections and figures", async () => {
    const page = await open(mnist);
    expect(await page.title()).toBe("model.safetensors – Ductus report");
    expect(await page.locator("h1").innerText()).toBe("model.safetensors");
    const { correct, count, standardError, mistakes } = mnist.test;
    const shown = [correct / count, standardError].map((share) => `${(100 * share).toFixed(2)}\u00a0%`).join(" ± ");
    expect(await page.locator(".accuracy").innerText()).toBe(shown);
    expect(await page.locator("header").innerText()).toContain(mnist.hash);
    expect(await page.locator("h2").allInnerTexts()).toEqual([
      "Learning curves",
      "Confusion matrix",
      "The most confident mistakes",
      "Classes",
      "First-layer weights",
      "Configuration",
    ]);
    await expect.poll(() => page.locator(".plot").count()).toBe(2);
    expect(await page.locator("#history tbody tr").count()).toBe(5);
    expect(await page.locator(".confusion td").count()).toBe(100);
    expect(await page.locator("#mistakes li").count()).toBe(24);
    expect(mistakes.length).toBe(count - correct);
    expect(await page.locator("#classes tbody tr").count()).toBe(10);
    expect(await page.locator("#weights canvas").count()).toBe(30);
    expect(await page.locator("#configuration div").count()).toBe(mnist.configuration.length);
  });

  test("draws the images of the test set, pixel by pixel", async () => {
    const page = await open(mnist);
    const { images, inputs } = loadMnist().test;
    for (const i of [0, 23]) {
      const { index } = mnist.test.mistakes[i];
      const ink = () =>
        page
          .locator("#mistakes canvas")
          .nth(i)
          .evaluate((canvas) => {
            const context = (canvas as HTMLCanvasElement).getContext("2d") as CanvasRenderingContext2D;
            return Array.from(context.getImageData(0, 0, 28, 28).data).filter((_, k) => k % 4 === 3);
          });
      await expect.poll(ink).toEqual(Array.from(images.subarray(index * inputs, (index + 1) * inputs)));
    }
  });

  test("a count opens its images, by click and by keyboard", async () => {
    const page = await open(mnist);
    const confusion = mnist.test.confusion ?? [];
    const heading = page.locator("#opened-heading");
    const shown = page.locator("#opened canvas");
    const nameOf = (label: number, prediction: number) =>
      `${confusion[label][prediction]}: ${label} read as ${prediction}`;

    const [first, second] = confusion[5].flatMap((count, k) => (count > 0 && k !== 5 ? [k] : []));
    await page.getByRole("button", { name: nameOf(5, first), exact: true }).click();
    expect(await heading.innerText()).toMatch(new RegExp(`^5 read as ${first}: ${confusion[5][first]} image`));
    expect(await shown.count()).toBe(Math.min(12, confusion[5][first]));

    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    expect(await heading.innerText()).toMatch(new RegExp(`^5 read as ${second}: ${confusion[5][second]} image`));
    expect(await shown.count()).toBe(Math.min(12, confusion[5][second]));
    expect(await page.locator("#opened .index").allInnerTexts()).toEqual(
      mnist.test.mistakes
        .filter(({ label, prediction }) => label === 5 && prediction === second)
        .slice(0, 12)
        .map(({ index }) => `image ${index.toLocaleString("en-US")}`),
    );
    expect(await page.locator(".confusion [tabindex='0']").count()).toBe(1);
    expect(await page.locator(".confusion [aria-current]").getAttribute("aria-label")).toBe(nameOf(5, second));

    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Space");
    expect(await heading.innerText()).toBe(`0 read as 0: ${confusion[0][0]} images`);
    expect(await shown.count()).toBe(0);
  });

  test("shows more, and copies the command", async () => {
    const page = await open(mnist);
    await page.locator("#mistakes .more").click();
    expect(await page.locator("#mistakes li").count()).toBe(84);
    expect(await page.locator("#mistakes li").nth(24).evaluate(isFocused)).toBe(true);

    await page.locator("#copy").click();
    await expect.poll(() => page.locator("#copied").innerText()).not.toBe("");
    expect(await page.evaluate(() => String(getSelection()))).toBe(mnist.command);
  });

  test("reads the curves off at the pointer", async () => {
    const page = await open(mnist);
    const chart = page.locator(".chart").first();
    const reading = chart.locator(".reading");
    await chart.locator(".plot").waitFor();
    expect(await reading.isVisible()).toBe(false);
    const tick = await chart.locator(".below text", { hasText: /^4$/ }).boundingBox();
    const { x = 0, width = 0, y = 0 } = tick ?? {};
    // Nearer to 4 than to its neighbours.
    await page.mouse.move(x + width / 2 + 9, y - 40);
    const { cost, validationCost = 0 } = mnist.history[3];
    expect((await reading.innerText()).split("\n")).toEqual([
      "Epoch 4",
      `Training ${cost.toPrecision(3)}`,
      `Validation ${validationCost.toPrecision(3)}`,
    ]);
    expect(await chart.locator(".plot circle[r='4.5']").count()).toBe(2);
    await page.mouse.move(0, 0);
    expect(await reading.isVisible()).toBe(false);
    expect(await chart.locator(".plot circle[r='4.5']").count()).toBe(0);
  });

  test("draws the curves anew for another width", async () => {
    const page = await open(mnist, { viewport: { width: 1280, height: 800 } });
    const widths = () =>
      page.locator(".plot").evaluateAll((all) => all.map((svg) => svg.getBoundingClientRect().width));
    await expect.poll(widths).toEqual([512, 512]);
    await page.setViewportSize({ width: 360, height: 800 });
    await expect.poll(widths).toEqual([328, 328]);
  });

  const many = Array.from({ length: 1000 }, (_, i) => i + 1);
  const epoch = (epoch: number) => ({ epoch, cost: 0.5 / epoch, accuracy: 1 - 0.5 / epoch, seconds: 1 });
  const checked = (e: number) => ({ ...epoch(e), validationCost: 0.6 / e, validationAccuracy: 1 - 0.6 / e });
  // Then the number of charts, and how many points each has for training and for validation.
  test.each<[string, ReportData["history"], number, [number, number]]>([
    ["no epoch", [], 0, [0, 0]],
    ["one epoch", [checked(1)], 2, [1, 1]],
    ["two epochs", [1, 2].map(checked), 2, [2, 2]],
    ["cost alone", [{ epoch: 1, cost: 0.1, seconds: 1 }], 1, [1, 0]],
    ["no validation", [1, 2, 3].map(epoch), 2, [3, 0]],
    ["validation now and then", [1, 2, 3, 4, 5].map((e) => (e % 2 ? checked(e) : epoch(e))), 2, [5, 3]],
    ["nothing but 0", [1, 2].map((e) => ({ epoch: e, cost: 0, accuracy: 0, seconds: 1 })), 2, [2, 0]],
    ["close values", [{ ...checked(1), accuracy: 0.99999, validationAccuracy: 0.999989 }], 2, [1, 1]],
    ["1,000 epochs, too many for points", many.map(checked), 2, [0, 0]],
    ["a training resumed late", many.map((e) => epoch(e + 123_456)), 2, [0, 0]],
  ])("curves of %s: all within the chart, and no label on another", async (_, history, count, points) => {
    for (const width of [360, 1280]) {
      const page = await open({ ...randomReport(SMALL), history }, { viewport: { width, height: 800 } });
      await expect.poll(() => page.locator(".plot").count()).toBe(count);
      const charts = await page.locator(".plot").evaluateAll((all) =>
        all.map((svg) => {
          const place = (element: Element) => element.getBoundingClientRect();
          const { left, right, top, bottom } = place(svg);
          const texts = Array.from(svg.querySelectorAll("text"));
          return {
            points: ["training", "validation"].map((key) => svg.querySelectorAll(`circle.${key}`).length),
            labels: texts.map(({ textContent }) => textContent),
            outside: Array.from(svg.querySelectorAll("text, circle, path:not(.domain)"), place).filter(
              (r) => r.left < left || r.right > right || r.top < top || r.bottom > bottom,
            ),
            overlapping: texts.filter((a, i) =>
              texts.slice(i + 1).some((b) => {
                const [p, q] = [place(a), place(b)];
                return p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom;
              }),
            ).length,
            broken: svg.outerHTML.includes("NaN"),
          };
        }),
      );
      for (const { points: drawn, labels, outside, overlapping, broken } of charts) {
        expect({ outside, overlapping, broken }).toEqual({ outside: [], overlapping: 0, broken: false });
        expect(drawn).toEqual(points);
        expect(new Set(labels).size).toBeGreaterThanOrEqual(4);
      }
      for (const chart of await page.locator(".plot").all()) {
        await chart.hover();
        expect(await page.locator(".reading:visible").count()).toBe(1);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      }
    }
  });

  test("shows the search: a chart by epoch and one for each option, and the trials as a table", async () => {
    const search = randomSearch(27, 2);
    const page = await open({ ...randomReport(SMALL), search });
    expect(await page.locator("#search-section h2").innerText()).toBe("Search");
    expect(await page.locator("#search-note").innerText()).toMatch(
      /^The best of 27 trials of learning-rate, weight-decay, momentum, .* 2 trials failed\. .* explains: .* %\.$/,
    );
    const charts = page.locator("#search .plot");
    await expect.poll(() => charts.count()).toBe(5);
    expect(await charts.first().locator("path.trial, circle.trial").count()).toBe(24);
    expect(await charts.first().locator("path.best, circle.best").count()).toBe(1);
    for (const chart of (await charts.all()).slice(1)) {
      expect(await chart.locator("circle.trial").count()).toBe(24);
      expect(await chart.locator("circle.best").count()).toBe(1);
    }
    expect(await charts.nth(1).locator("circle.best title").textContent()).toMatch(/^Trial 27: .* after epoch 33, /);
    expect(await page.locator("#search [role='img']").first().getAttribute("aria-label")).toBe(
      "Validation accuracy by epoch, 25 trials; the table below has the numbers",
    );
    expect(await page.locator("#trials tbody tr").count()).toBe(27);
  });

  const trial = (settings: string[], values: number[]) => ({
    settings,
    points: values.map((value, i) => ({ epoch: i + 1, value })),
  });
  const eta = { name: "learning-rate", scale: "log" } as const;
  test.each<[string, SearchResult]>([
    ["many trials", randomSearch(200)],
    ["one trial", { options: [eta], trials: [trial(["2.5"], [0.5])], best: 0 }],
    ["all alike", { options: [eta], trials: [trial(["1"], [0.9, 0.9]), trial(["1"], [0.9, 0.9])], best: 1 }],
    ["all right", { options: [eta], trials: [trial(["1"], [1, 1]), trial(["1.02"], [1, 1])], best: 0 }],
    ["all wrong", { options: [eta], trials: [trial(["1e-30"], [0]), trial(["3e38"], [0])], best: 0 }],
    [
      "close values",
      {
        options: [eta, { name: "momentum", scale: "linear" }],
        trials: [trial(["2.51", "0.901"], [0.9791]), trial(["2.52", "0.902"], [0.9792])],
        best: 1,
      },
    ],
  ])("the search of %s: all within the charts, and no label on another", async (_, search) => {
    for (const width of [360, 1280]) {
      const page = await open({ ...randomReport(SMALL), search }, { viewport: { width, height: 800 } });
      await expect.poll(() => page.locator("#search .plot").count()).toBe(1 + search.options.length);
      const faults = await page.locator("#search .plot").evaluateAll((all) =>
        all.map((svg) => {
          const place = (element: Element) => element.getBoundingClientRect();
          const { left, right, top, bottom } = place(svg);
          const texts = Array.from(svg.querySelectorAll("text"));
          const outside = Array.from(svg.querySelectorAll("text, circle, path:not(.domain)")).filter((element) => {
            const r = place(element);
            return r.left < left || r.right > right || r.top < top || r.bottom > bottom;
          });
          const overlapping = texts.filter((a, i) =>
            texts.slice(i + 1).some((b) => {
              const [p, q] = [place(a), place(b)];
              return p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom;
            }),
          );
          const text = (elements: Element[]) => elements.map(({ outerHTML }) => outerHTML);
          const labels = new Set(texts.map(({ textContent }) => textContent));
          return [
            ...text(outside),
            ...text(overlapping),
            ...(/NaN|Infinity/.test(svg.outerHTML) ? ["NaN"] : []),
          ].concat(labels.size < 4 ? [`only ${[...labels].join(", ")}`] : []);
        }),
      );
      expect(faults.flat()).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
  });

  test("too many classes for a matrix: leaves it out, and shows the classes with the lowest F1", async () => {
    const data = randomReport({ ...SMALL, classes: 300, images: 900, misread: 0.3 });
    const page = await open(data);
    expect(await page.locator(".confusion").count()).toBe(0);
    expect(await page.locator("#confusion-note").innerText()).toBe("The network has too many classes for a matrix.");
    expect(await page.locator("#classes-note").innerText()).toBe(
      "Of 300 classes these are the 100 with the lowest F1.",
    );
    const shown = (await page.locator("#classes tbody th").allInnerTexts()).map(Number);
    expect(shown).toHaveLength(100);
    const f1 = (label: number) => {
      const row = data.test.classes[label];
      return row.count === 0 ? Number.POSITIVE_INFINITY : row.f1 || 0;
    };
    const others = data.test.classes.map(({ label }) => label).filter((label) => !shown.includes(label));
    expect(Math.max(...shown.map(f1))).toBeLessThanOrEqual(Math.min(...others.map(f1)));
    expect(shown.map(f1)).toEqual(shown.map(f1).sort((a, b) => a - b));
  });

  test("shows hostile content as text", async () => {
    const page = await open(hostile());
    expect(await page.locator("h1").textContent()).toBe(SHOWN);
    expect(await page.locator("#command").textContent()).toBe(SHOWN);
    expect(await page.locator("img").count()).toBe(0);
  });

  const shapes: [string, () => ReportData][] = [
    ["MNIST, the best of a search", () => ({ ...mnist, search: randomSearch(27, 1) })],
    [
      "no mistakes, one epoch, one neuron",
      () => randomReport({ ...SMALL, classes: 2, misread: 0, epochs: 1, neurons: 1 }),
    ],
    ["no history, no weights", () => randomReport({ ...SMALL, epochs: 0, neurons: 0 })],
    [
      "many classes, epochs and neurons, large images",
      () => randomReport({ classes: 20, rows: 100, columns: 60, epochs: 100, images: 300, misread: 0.5, neurons: 150 }),
    ],
    ["more classes than a matrix can have", () => randomReport({ ...SMALL, classes: 300, images: 900, epochs: 1000 })],
  ];
  // Width and colours are checked in all pairs on the first shape, on the others in two.
  const screens = [
    ["light", 360],
    ["dark", 1280],
    ["dark", 360],
    ["light", 1280],
  ] as const;
  const cases = shapes.flatMap(([name, dataOf], i) =>
    screens.slice(0, i === 0 ? 4 : 2).map((screen) => [name, ...screen, dataOf] as const),
  );
  test.each(cases)("%s, %s, %d px: accessible, and no wider than the screen", async (_, colorScheme, width, dataOf) => {
    const page = await open(dataOf(), { colorScheme, viewport: { width, height: 800 } });
    await page.locator("summary").evaluateAll((summaries) => {
      for (const summary of summaries) (summary as HTMLElement).click();
    });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await page.evaluate(axe.source);
    const { violations, passes } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as AxeResults;
    expect(passes.length).toBeGreaterThan(20);
    expect(violations.map(({ id, impact, nodes }) => `${impact}: ${id} at ${nodes[0].target}`)).toEqual([]);
  });
});

function hostile(): ReportData {
  return { ...randomReport(SMALL), title: HOSTILE, command: HOSTILE, configuration: [[HOSTILE, HOSTILE]] };
}

function isFocused(element: Element): boolean {
  return element === document.activeElement;
}
