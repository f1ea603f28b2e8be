// Lines over epochs as SVG, drawn with d3. The colours and dashes of a series are in page.css, under its key.

import { type ScaleLinear, scaleLinear } from "d3-scale";
import { create, pointer, type Selection } from "d3-selection";
import { formatCount } from "./elements.js";
import { startPlot } from "./plot.js";

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
  /** Marks an epoch; returns its place across, in pixels. */
  mark(epoch: number): number;
  unmark(): void;
  /** The place across that the pointer is at, in epochs. */
  epochAt(event: PointerEvent): number;
}

const TOP = 18;
const RIGHT = 24;
const BOTTOM = 46;
/** At most this wide is a character of an axis. */
const CHARACTER = 7.5;
/** Lines across, about. */
const VALUES = 5;
/** Beyond so many the points would hide the line. */
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
  // Charts below each other begin at one place, unless a label needs more room.
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

  const unmark = () => marked.node().replaceChildren();
  return {
    svg: svg.node(),
    mark(epoch) {
      unmark();
      const place = x(epoch);
      marked.append("line").attr("x1", place).attr("x2", place).attr("y1", TOP).attr("y2", bottom);
      for (const { key, points } of series) {
        const point = points.find((p) => p.epoch === epoch);
        if (point !== undefined) addPoint(marked, key, place, y(point.value), 4.5);
      }
      return place;
    },
    unmark,
    epochAt: (event) => x.invert(pointer(event)[0]),
  };
}

/** A line through places in pixels, as SVG has it. */
export function linePath(places: readonly (readonly [number, number])[]): string {
  const ends = places.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`);
  // Of a single place nothing but its round end would be seen.
  return `M${ends.join("L")}${ends.length === 1 ? "Z" : ""}`;
}

/** A piece of a line, as the chart has it, for legends; null stands for a line that never has points. */
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
  return svg.node();
}

function addPoint(parent: Selection<SVGElement>, key: string, x: number, y: number, radius: number): void {
  parent.append("circle").attr("class", key).attr("cx", x).attr("cy", y).attr("r", radius);
}

/** The least and the largest value, never the same. */
function rangeOf(series: readonly Series[], zero: boolean): [number, number] {
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const low = zero ? 0 : values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low < high ? [low, high] : [Math.max(0, low - 0.01), Math.min(1, high + 0.01)];
}

/** Fewer than the epochs, so that all are whole numbers, and so few that their labels do not touch. */
function epochTicks(x: ScaleLinear, epochs: readonly number[], room: number): readonly number[] {
  if (epochs.length === 1) return epochs;
  const longest = formatCount(epochs[epochs.length - 1]).length;
  return x.ticks(Math.max(1, Math.min(epochs.length - 1, room / Math.max(50, 12 * longest))));
}

/** Names at the ends of the lines: where a line jumps from pixel to pixel, nobody sees whether it is dashed. */
function addNames(
  svg: Selection<SVGElement>,
  series: readonly Series[],
  x: ScaleLinear,
  y: ScaleLinear,
  [right, bottom]: readonly [number, number],
): void {
  const ends = series
    .map(({ key, name, points }) => {
      const last = points[points.length - 1];
      // All that the name could cover.
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
