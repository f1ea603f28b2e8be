// Axes of several kinds, with lines and points on them, for the charts of a search. The colours are in charts.css.

import { scaleLinear } from "d3-scale";
import { linePath } from "../ui/chart.js";
import { elementOf, type Scale, startPlot } from "../ui/plot.js";

/** Where values lie on an axis, and which of them are labelled. */
export interface Axis {
  readonly title: string;
  /** Maps a value to a position, in units of the axis. */
  readonly transform: (value: number) => number;
  /** Least and largest value. */
  readonly domain: readonly [number, number];
  /** Values and their labels, as many as have room in so many pixels. */
  readonly ticks: (room: number) => readonly (readonly [value: number, label: string])[];
}

export interface Mark {
  /** A class of charts.css. */
  readonly key: "trial" | "best";
  /** Shown when the pointer rests on it. */
  readonly title: string;
  /** One is drawn as a point, several as a line. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Pixels from a label to the next, at least: side by side, and one above the other. */
const LABEL_ROOM = 48;
const VALUE_ROOM = 24;
/** Smaller errors count as this one. */
const LEAST_ERROR = 1e-4;
const CHARACTER = 7.5;
const MARGIN = { top: 14, right: 26, bottom: 46, left: 58 };

/** A linear axis, from the smallest value to the largest. */
export function linearAxis(title: string, values: readonly number[]): Axis {
  const domain = widened(values, (value) => [value - (Math.abs(value) / 10 || 1), value + (Math.abs(value) / 10 || 1)]);
  const ticks = (room: number) => {
    const scale = scaleLinear(domain, [0, room]);
    const count = Math.max(2, Math.floor(room / (2 * LABEL_ROOM)));
    const format = scale.tickFormat(count);
    return scale.ticks(count).map((value) => [value, format(value)] as const);
  };
  return { title, transform: (value) => value, domain, ticks };
}

/** A logarithmic axis: 2 and 4 are as far apart as 20 and 40. All values are above 0. */
export function logAxis(title: string, values: readonly number[]): Axis {
  const domain = widened(values, (value) => [value / 2, value * 2]);
  const [low, high] = domain.map(Math.log10);
  const ticks = (room: number) => {
    const decades = range(Math.floor(low), Math.ceil(high));
    // As many digits in a decade as leave room for a label between the two that are closest.
    const digits = [[1, 2, 5], [1, 3], [1]].find(
      ([first, second = 10]) => (room * Math.log10(second / first)) / (high - low) >= LABEL_ROOM,
    );
    const round = decades
      .flatMap((e) => (digits ?? [1]).map((digit) => Number(`${digit}e${e}`)))
      .filter((value) => within(value, domain));
    const shown = round.length < 2 ? domain : thinned(round, Math.max(2, room / LABEL_ROOM));
    return shown.map((value) => [value, formatShort(value)] as const);
  };
  return { title, transform: Math.log, domain, ticks };
}

/** Words side by side: a value is the index of a word. */
export function wordAxis(title: string, words: readonly string[]): Axis {
  const ticks = (room: number) => {
    const most = Math.max(2, Math.floor(room / words.length / CHARACTER));
    return words.map((word, i) => [i, word.length > most ? `${word.slice(0, most - 1)}…` : word] as const);
  };
  return { title, transform: (value) => value, domain: [-0.5, words.length - 0.5], ticks };
}

/** Accuracies on a logarithmic axis of the error, up to 99.99 %: 90, 99 and 99.9 % are equally far apart. */
export function accuracyAxis(title: string, values: readonly number[]): Axis {
  const errors = values.map((value) => Math.max(LEAST_ERROR, 1 - value));
  const most = errors.reduce((a, b) => Math.max(a, b));
  const least = errors.reduce((a, b) => Math.min(a, b));
  // From one round number to another.
  const steps = range(-4, -1).flatMap((e) => [1, 2, 5].map((digit) => Number(`${digit}e${e}`)));
  const from = [...steps, 1].find((step) => step >= most) ?? 1;
  const to = [...steps].reverse().find((step) => step <= least && step < from) ?? LEAST_ERROR;
  const round = [...steps, 1].filter((step) => step >= to && step <= from).reverse();
  const ticks = (room: number) =>
    thinned(round, Math.max(2, room / VALUE_ROOM)).map((step) => [1 - step, formatAccuracy(1 - step)] as const);
  return {
    title,
    transform: (value) => -Math.log(Math.max(LEAST_ERROR, 1 - value)),
    domain: [1 - from, 1 - to],
    ticks,
  };
}

export function drawMarks(marks: readonly Mark[], x: Axis, y: Axis, width: number): SVGSVGElement {
  const height = Math.min(280, Math.max(200, width * 0.55));
  const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
  const across = scaleOf(x, [MARGIN.left, right]);
  const up = scaleOf(y, [bottom, MARGIN.top]);
  const columns = new Map(x.ticks(right - MARGIN.left).map(([value, label]) => [x.transform(value), label]));
  const rows = new Map(y.ticks(bottom - MARGIN.top).map(([value, label]) => [y.transform(value), label]));
  const svg = startPlot(
    { width, height, left: MARGIN.left, right, bottom },
    { scale: across, labels: columns, title: x.title },
    { scale: up, labels: rows },
  );
  for (const { key, title, points } of marks) {
    const pixels = points.map(([a, b]) => [across(x.transform(a)), up(y.transform(b))] as const);
    const [[cx, cy]] = pixels;
    if (pixels.length > 1)
      svg.append("path").attr("d", linePath(pixels)).attr("class", key).append("title").text(title);
    else {
      const circle = svg.append("circle").attr("cx", cx).attr("cy", cy).attr("r", 3.5);
      circle.attr("class", key).append("title").text(title);
    }
  }
  return elementOf(svg);
}

function scaleOf({ domain, transform }: Axis, pixels: readonly [number, number]): Scale {
  return scaleLinear([transform(domain[0]), transform(domain[1])], pixels);
}

/** The smallest and the largest value; if they are equal, a range around them. */
function widened(
  values: readonly number[],
  around: (value: number) => readonly [number, number],
): readonly [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low < high ? [low, high] : around(low);
}

function within(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}

/** Whole numbers from one to another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** At most `most` of the values, evenly spaced. */
function thinned(values: readonly number[], most: number): readonly number[] {
  const every = Math.ceil(values.length / most);
  return values.filter((_, i) => i % every === 0);
}

function formatShort(value: number): string {
  return value < 0.001 || value >= 1e5 ? value.toExponential().replace("+", "") : String(Number(value.toPrecision(3)));
}

function formatAccuracy(accuracy: number): string {
  return `${Number((100 * accuracy).toFixed(3))}\u00a0%`;
}
