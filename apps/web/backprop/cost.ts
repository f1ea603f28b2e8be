// The cost by step, as a number and as a line.

import { drawChart } from "../../ui/chart.js";
import { find } from "../../ui/elements.js";
import { makeFitted } from "../../ui/plot.js";
import type { Experiment } from "./experiment.js";
import { formatC, formatNumber } from "./numbers.js";

/** Shows how the steps of an experiment have changed its cost. */
export function drawCost({ costs }: Experiment): void {
  const now = costs[costs.length - 1];
  const before = costs[costs.length - 2];
  const change = before === undefined ? 0 : now.value - before.value;
  find("backprop-cost").textContent = formatC(now.value);
  find("backprop-change").textContent =
    before === undefined ? "" : `${change > 0 ? "+" : ""}${formatNumber(change)} by the last step`;
  const [first] = costs;
  const [start, end] = [first, now].map(({ epoch, value }) => `${formatC(value)} at step ${epoch}`);
  const name = `Cost by step: ${start}, ${end}`;
  const series = [{ key: "training", name: "Cost", points: [...costs] }] as const;
  const steps = costs.map(({ epoch }) => epoch);
  find("backprop-chart").replaceChildren(
    makeFitted(name, (width) => [drawChart(series, steps, width, { zero: true, percent: false, title: "Step" }).svg]),
  );
}
