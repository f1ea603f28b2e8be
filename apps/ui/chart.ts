// Lines over epochs as SVG, drawn with d3. The colours and dashes of a series are in charts.css, under its key.

import { scaleLinear } from "d3-scale";
import { create, pointer } from "d3-selection";
import { formatCount } from "./elements.js";
import { type Drawing, elementOf, type Scale, startPlot } from "./plot.js";

export interface Point {
  readonly epoch: number;
  readonly value: number;
}

export interface Series {
  readonly key: "training" | "validation";
  readonly name: string;
  /** At least one, by epoch. */
  readonly points: readonly Point[];
}

export interface ChartOptions {
  /** Whether the axis begins at 0: a cost does, an accuracy close to 1 would be a flat line. */
  readonly zero: boolean;
  readonly percent: boolean;
  /** What is counted below. Default "Epoch". */
  readonly title?: string;
}

export interface Chart {
  readonly svg: SVGSVGElement;
  /** Marks an epoch; returns its x coordinate in pixels. */
  mark(epoch: number): number;
  unmark(): void;
  /** The epoch at the pointer, not rounded. */
  epochAt(event: PointerEvent): number;
}

const TOP = 18;
const RIGHT = 24;
const BOTTOM = 46;
/** The width of an axis label's widest character, in pixels. */
const CHARACTER = 7.5;
/** About how many horizontal grid lines there are. */
const VALUES = 5;
/** With more points than this, they would hide the line. */
const MOST_POINTS = 50;

export function drawChart(
  series: readonly Series[],
  epochs: readonly number[],
  width: number,
  { zero, percent, title = "Epoch" }: ChartOptions,
): Chart {
  const height = Math.min(280, Math.max(200, width * 0.55));
  const right = width - RIGHT;
  const bottom = height - BOTTOM;
  const y = scaleLinear(rangeOf(series, zero), [bottom, TOP]).nice(VALUES);
  const values = y.ticks(VALUES);
  const format = y.tickFormat(VALUES, percent ? "%" : values[values.length - 1] < 1e-5 ? "e" : undefined);
  const labels = new Map(values.map((value) => [value, value === 0 ? "0" : format(value).replace("%", "\u00a0%")]));
  // Charts below each other are aligned on the left, unless a label needs more room.
  const left = Math.max(56, 12 + CHARACTER * Math.max(...Array.from(labels.values(), ({ length }) => length)));
  const x = scaleLinear([epochs[0], epochs[epochs.length - 1]], [left, right]);

  const ticks = new Map(epochTicks(x, epochs, right - left).map((epoch) => [epoch, formatCount(epoch)]));
  const svg = startPlot(
    { width, height, left, right, bottom },
    { scale: x, labels: ticks, title },
    { scale: y, labels },
  );

  const marked = svg.append("g");
  for (const { key, points } of series) {
    svg
      .append("path")
      .attr("class", key)
      .attr("d", linePath(points.map(({ epoch, value }) => [x(epoch), y(value)])));
  }
  for (const { key, points } of series) {
    if (points.length > MOST_POINTS) continue;
    for (const { epoch, value } of points) addPoint(svg, key, x(epoch), y(value), 2.25);
  }
  if (series.length > 1 && series.some(({ points }) => points.length > MOST_POINTS))
    addNames(svg, series, x, y, [right, bottom]);

  const unmark = () => elementOf(marked).replaceChildren();
  return {
    svg: elementOf(svg),
    mark(epoch) {
      unmark();
      const across = x(epoch);
      marked.append("line").attr("x1", across).attr("x2", across).attr("y1", TOP).attr("y2", bottom);
      for (const { key, points } of series) {
        const point = points.find((p) => p.epoch === epoch);
        if (point !== undefined) addPoint(marked, key, across, y(point.value), 4.5);
      }
      return across;
    },
    unmark,
    epochAt: (event) => x.invert(pointer(event)[0]),
  };
}

/** The path of a line through points given in pixels. */
export function linePath(points: readonly (readonly [number, number])[]): string {
  const ends = points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`);
  // A single point is seen only by its round line ends.
  return `M${ends.join("L")}${ends.length === 1 ? "Z" : ""}`;
}

/** A short piece of a line for legends; `points` is null for lines that are drawn without points. */
export function makeSample({
  key,
  points,
}: {
  readonly key: string;
  readonly points: readonly Point[] | null;
}): SVGSVGElement {
  const svg = create("svg").attr("class", "sample").attr("width", 26).attr("height", 10).attr("aria-hidden", "true");
  svg.append("path").attr("class", key).attr("d", "M0,5H26");
  if (points !== null && points.length <= MOST_POINTS) addPoint(svg, key, 13, 5, 2.25);
  return elementOf(svg);
}

function addPoint<E extends SVGElement>(parent: Drawing<E>, key: string, x: number, y: number, radius: number): void {
  parent.append("circle").attr("class", key).attr("cx", x).attr("cy", y).attr("r", radius);
}

/** The smallest and the largest value; they differ. */
function rangeOf(series: readonly Series[], zero: boolean): [number, number] {
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const low = zero ? 0 : values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low < high ? [low, high] : [Math.max(0, low - 0.01), Math.min(1, high + 0.01)];
}

/** Fewer ticks than epochs, so that all are whole numbers, and so few that their labels do not touch. */
function epochTicks(x: Scale, epochs: readonly number[], room: number): readonly number[] {
  if (epochs.length === 1) return epochs;
  const longest = formatCount(epochs[epochs.length - 1]).length;
  return x.ticks(Math.max(1, Math.min(epochs.length - 1, room / Math.max(50, 12 * longest))));
}

/** Names at the ends of the lines: in a line that jumps from pixel to pixel, dashes cannot be recognised. */
function addNames(
  svg: Drawing,
  series: readonly Series[],
  x: Scale,
  y: Scale,
  [right, bottom]: readonly [number, number],
): void {
  const ends = series
    .map(({ key, name, points }) => {
      const last = points[points.length - 1];
      // The points that the name could cover.
      const near = points.filter((point) => point === last || x(point.epoch) > right - CHARACTER * name.length);
      const heights = near.map(({ value }) => y(value));
      return { key, name, end: y(last.value), highest: Math.min(...heights), lowest: Math.max(...heights) };
    })
    .sort((a, b) => a.end - b.end);
  const [upper, lower] = ends;
  // Below its line the lower name has no line in its way, but perhaps the axis; then between the lines, or above both.
  const places = [lower.lowest + 15, lower.highest - 7, upper.highest - 7];
  const second = places[0] < bottom + 2 ? places[0] : places[1] > upper.lowest + 14 ? places[1] : places[2];
  const first = Math.min(upper.highest - 7, second - 14);
  ends.forEach(({ key, name }, i) => {
    const place = i === 0 ? first : second;
    svg.append("text").attr("class", key).attr("x", right).attr("y", place).attr("text-anchor", "end").text(name);
  });
}
