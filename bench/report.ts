// npm run bench:report: bench/results.json and bench/native.json -> the tables of README.md and docs/performance.md,
// between their markers, and the plot docs/performance.svg. What people read is what was measured.

import { readFile, writeFile } from "node:fs/promises";
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { growthTable, kernelTable, nativeTable, otherTable, type Results, trainingTable } from "./tables.js";

const ROOT = new URL("../../", import.meta.url);

const results: Results = JSON.parse(await readFile(new URL("bench/results.json", ROOT), "utf8"));
const native = JSON.parse(await readFile(new URL("bench/native.json", ROOT), "utf8"));
if (results.quick)
  throw new Error(
    "bench/results.json: expected a full run, got --quick: run npm run bench -- --json bench/results.json",
  );
const where = `${results.machine}, ${results.date}`;
const kernels = results.kernels.map((report) => {
  const { layers, batchSize, peak } = report;
  return `[${layers.join(", ")}], batches of ${batchSize}, peak ${peak.toFixed(1)} GFLOP/s:\n\n${kernelTable(report)}`;
});
await replace("README.md", {
  training: `Samples per second in training, medians; ${where}:\n\n${trainingTable(results.training)}`,
  other: otherTable(results.other),
});
await replace("docs/performance.md", {
  where,
  training: trainingTable(results.training),
  growth: growthTable(results.growth),
  kernels: kernels.join("\n\n"),
  other: otherTable(results.other),
  native: nativeTable(native),
});
await writeFile(new URL("docs/performance.svg", ROOT), plot(results));

/** Replaces what stands between <!-- name --> and <!-- /name -->. */
async function replace(file: string, parts: Record<string, string>): Promise<void> {
  const url = new URL(file, ROOT);
  let text = await readFile(url, "utf8");
  for (const [name, part] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${file}: expected ${start} and then ${end}`);
    text = `${text.slice(0, from + start.length)}\n${part}\n${text.slice(to)}`;
  }
  await writeFile(url, text);
}

/** Samples per second by contender, one group of bars for each network, on a logarithmic scale. */
function plot({ training }: Results): string {
  const { document } = parseHTML("<html></html>");
  const names = { threads: "module, 2 threads", module: "module", reference: "reference", textbook: "textbook" };
  const bars = training
    .filter(({ rates }) => rates.textbook !== undefined)
    .flatMap(({ layers, batchSize, threads, rates }) =>
      (Object.keys(names) as (keyof typeof names)[]).map((contender) => ({
        network: `[${layers.join(", ")}], m = ${batchSize}`,
        contender: contender === "threads" ? `module, ${threads} threads` : names[contender],
        rate: rates[contender]?.median ?? 0,
      })),
    );
  const svg = Plot.plot({
    document,
    ariaLabel: "Samples per second in training, for each network and contender",
    width: 900,
    height: 560,
    marginTop: 30,
    marginLeft: 10,
    marginRight: 20,
    style: { background: "white", color: "black", fontSize: "12px" },
    x: { type: "log", label: "samples/s in training, logarithmic", tickFormat: "~s", grid: true, domain: [100, 3e7] },
    y: { axis: null, domain: [...new Set(bars.map(({ contender }) => contender))] },
    fy: { label: null, padding: 0.25, domain: [...new Set(bars.map(({ network }) => network))], axis: null },
    color: { legend: false, scheme: "tableau10" },
    marks: [
      Plot.barX(bars, { fy: "network", y: "contender", x1: 100, x2: "rate", fill: "contender" }),
      Plot.text(bars, {
        fy: "network",
        y: "contender",
        x: "rate",
        text: ({ contender, rate }) => `${Math.round(rate).toLocaleString("en-US")}  ${contender}`,
        textAnchor: "start",
        dx: 4,
      }),
      Plot.text(
        bars,
        Plot.selectFirst({
          fy: "network",
          frameAnchor: "top-left",
          dx: 0,
          dy: -16,
          text: "network",
          fontWeight: "bold",
        }),
      ),
    ],
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${svg.outerHTML}\n`;
}
