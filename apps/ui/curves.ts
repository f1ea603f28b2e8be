// Cost and accuracy by epoch: a solid line for training, a dashed one for validation, and the numbers at the pointer.

import { type Chart, type ChartOptions, drawChart, makeSample, type Series } from "./chart.js";
import { formatCost, formatCount, formatPercent, make, makeTable } from "./elements.js";
import { makeFitted } from "./plot.js";

/** The figures of one epoch; accuracies are fractions. */
export interface Epoch {
  readonly epoch: number;
  readonly cost: number;
  readonly accuracy?: number;
  readonly validationCost?: number;
  readonly validationAccuracy?: number;
  readonly seconds: number;
  /** Why the epoch learnt nothing: in a training's first such epoch. */
  readonly warning?: string;
}

interface Figure extends ChartOptions {
  readonly name: string;
  readonly format: (value: number) => string;
  readonly training: (epoch: Epoch) => number | undefined;
  readonly validation: (epoch: Epoch) => number | undefined;
  /** Where the lines leave room for the numbers: costs fall, accuracies rise. */
  readonly room: "above" | "below";
}

const FIGURES: readonly Figure[] = [
  {
    name: "Cost",
    format: formatCost,
    training: (e) => e.cost,
    validation: (e) => e.validationCost,
    zero: true,
    percent: false,
    room: "above",
  },
  {
    name: "Accuracy",
    format: formatPercent,
    training: (e) => e.accuracy,
    validation: (e) => e.validationAccuracy,
    zero: false,
    percent: true,
    room: "below",
  },
];

const SERIES = [
  { key: "training", name: "Training" },
  { key: "validation", name: "Validation" },
] as const;

/** Between the pointer's epoch and its numbers, in pixels. */
const GAP = 10;

/** A chart for each figure that the history contains. */
export function makeCurves(history: readonly Epoch[]): HTMLElement[] {
  return FIGURES.flatMap((figure) => {
    const series = seriesOf(figure, history);
    if (series.length === 0) return [];
    const legend = series.map((one) => make("span", {}, makeSample(one), one.name));
    return [
      make(
        "figure",
        {},
        make("figcaption", {}, make("b", {}, figure.name), ...legend),
        makeChart(figure, history, series),
      ),
    ];
  });
}

function makeChart(figure: Figure, history: readonly Epoch[], series: readonly Series[]): HTMLElement {
  const name = `${figure.name} by epoch, ${history.length} in all; the table below has the numbers`;
  const epochs = history.map(({ epoch }) => epoch);
  return makeFitted(name, (width) => {
    const chart = drawChart(series, epochs, width, figure);
    const reading = make("div", { class: `reading ${figure.room}` });
    reading.hidden = true;
    listen(chart, reading, figure, history, series, width);
    return [chart.svg, reading];
  });
}

/** Shows the numbers of the epoch that is nearest to the pointer. */
function listen(
  { svg, mark, unmark, epochAt }: Chart,
  reading: HTMLElement,
  figure: Figure,
  history: readonly Epoch[],
  series: readonly Series[],
  width: number,
): void {
  const show = (event: PointerEvent) => {
    const at = epochAt(event);
    const epoch = history.reduce((a, b) => (Math.abs(b.epoch - at) < Math.abs(a.epoch - at) ? b : a));
    const place = mark(epoch.epoch);
    const numbers = series.flatMap((one) => {
      const value = figure[one.key](epoch);
      return value === undefined ? [] : [make("div", {}, makeSample(one), `${one.name} ${figure.format(value)}`)];
    });
    reading.replaceChildren(make("div", {}, `Epoch ${formatCount(epoch.epoch)}`), ...numbers);
    reading.hidden = false;
    const { offsetWidth } = reading;
    const left = place > width / 2 ? place - GAP - offsetWidth : place + GAP;
    reading.style.left = `${Math.max(0, Math.min(left, width - offsetWidth))}px`;
  };
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", ({ pointerType }) => {
    // Lifting a finger also fires this event; what it pointed at should stay readable.
    if (pointerType === "touch") return;
    unmark();
    reading.hidden = true;
  });
}

/** The same numbers as a table: exact, and accessible to screen readers. */
export function makeHistory(history: readonly Epoch[]): HTMLElement {
  const columns = FIGURES.flatMap((figure) =>
    seriesOf(figure, history).map(({ key, name }) => ({
      header: `${name} ${figure.name.toLowerCase()}`,
      format: (epoch: Epoch) => {
        const value = figure[key](epoch);
        return value === undefined ? "–" : figure.format(value);
      },
    })),
  );
  const table = makeTable(
    "Training by epoch",
    ["Epoch", ...columns.map(({ header }) => header), "Seconds"],
    history.map((epoch) => [
      String(epoch.epoch),
      ...columns.map(({ format }) => format(epoch)),
      epoch.seconds.toFixed(2),
    ]),
  );
  // It scrolls sideways, so it must be reachable by keyboard.
  const scroll = make(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Training by epoch" },
    table,
  );
  return make("details", {}, make("summary", {}, "The numbers as a table"), scroll);
}

/** The series of a figure that the history contains. */
function seriesOf(figure: Figure, history: readonly Epoch[]): Series[] {
  return SERIES.map(({ key, name }) => ({
    key,
    name,
    points: history.flatMap((epoch) => {
      const value = figure[key](epoch);
      return value === undefined ? [] : [{ epoch: epoch.epoch, value }];
    }),
  })).filter(({ points }) => points.length > 0);
}
