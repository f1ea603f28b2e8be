// The results of a benchmark, and how they are shown: in the terminal, in README.md and in docs/performance.md.

import type { KernelReport } from "./kernels.js";
import type { OtherRow } from "./other.js";
import type { Rate } from "./timing.js";
import type { TrainingRow } from "./training.js";

/** What --json writes. */
export interface Results {
  readonly machine: string;
  readonly date: string;
  readonly quick: boolean;
  readonly training: readonly TrainingRow[];
  /** How the module's time grows: rows that differ in one thing each. */
  readonly growth: readonly TrainingRow[];
  readonly kernels: readonly KernelReport[];
  readonly other: readonly OtherRow[];
}

export function trainingTable(rows: readonly TrainingRow[]): string {
  const cell = (rate: number | undefined, base: number | undefined, ratio: (rate: number, base: number) => number) =>
    rate === undefined || base === undefined ? ["", ""] : [count(rate), `${ratio(rate, base).toFixed(1)} x`];
  const lines = rows.map(({ work, layers, batchSize, threads, rates }) => {
    const module = rates.module?.median;
    return [
      work,
      `[${layers.join(", ")}]`,
      String(batchSize),
      count(module ?? 0),
      ...cell(rates.threads?.median, module, (rate, base) => rate / base).map((text, i) =>
        i ? text : `${text} (${threads})`,
      ),
      ...cell(rates.reference?.median, module, (rate, base) => base / rate),
      ...cell(rates.textbook?.median, module, (rate, base) => base / rate),
    ];
  });
  const head = [
    "data",
    "layers",
    "batch",
    "module",
    "threads",
    "gain",
    "reference",
    "module is",
    "textbook",
    "module is",
  ];
  return markdownTable(head, lines, 2);
}

export function growthTable(rows: readonly TrainingRow[]): string {
  const time = (rate: number | undefined) => (rate === undefined ? "" : (1e6 / rate).toFixed(2));
  const lines = rows.map(({ work, samples, layers, batchSize, rates }) => {
    return [
      work,
      count(samples),
      `[${layers.join(", ")}]`,
      String(batchSize),
      time(rates.module?.median),
      time(rates.threads?.median),
    ];
  });
  return markdownTable(
    ["what grows", "samples", "layers", "batch", "one thread", `${rows[0].threads} threads`],
    lines,
    2,
  );
}

export function kernelTable({ steps }: KernelReport): string {
  const lines = steps.map(({ name, nanoseconds, operations, share }) => {
    const figures = operations === 0 ? ["", ""] : [count(operations), `${(100 * share).toFixed(0)} %`];
    return [name, nanoseconds.toFixed(0), ...figures];
  });
  return markdownTable(["step", "ns/sample", "operations", "of the peak"], lines, 1);
}

export function otherTable(rows: readonly OtherRow[]): string {
  const lines = rows.map(({ work, threads, milliseconds }) => [work, String(threads), milliseconds.toFixed(1)]);
  return markdownTable(["work", "threads", "ms"], lines, 1);
}

/** The module against C, whose two variants differ in how layer 1 is updated: sample by sample, or pixel by pixel. */
export interface NativeRow {
  readonly layers: readonly number[];
  readonly batchSize: number;
  readonly scatter: Rate;
  readonly csc: Rate;
  /** The module on one thread, and on two. */
  readonly one: Rate;
  readonly two: Rate;
}

export function nativeTable(rows: readonly NativeRow[]): string {
  const lines = rows.map(({ layers, batchSize, scatter, csc, one, two }) => [
    `[${layers.join(", ")}]`,
    String(batchSize),
    ...[scatter, csc, one, two].map(({ median, best }) => `${count(median)} (${count(best)})`),
    ...[one.median / scatter.median, one.median / csc.median, two.median / one.median].map((x) => `${x.toFixed(2)} x`),
  ]);
  const head = ["layers", "batch", "C, by sample", "C, by pixel", "one thread", "two threads"];
  return markdownTable([...head, "one : C by sample", "one : C by pixel", "two : one"], lines, 1);
}

/** Nodes against each other. */
export interface NodeRow {
  readonly layers: readonly number[];
  readonly batchSize: number;
  readonly threads: number;
  /** By the name of the Node, in the order of the columns. */
  readonly rates: Readonly<Record<string, Rate>>;
}

/** Samples per second, medians, and how many times the first Node's they are. */
export function nodesTable(rows: readonly NodeRow[]): string {
  const lines = rows.map(({ layers, batchSize, threads, rates }) => {
    const [first, ...others] = Object.values(rates).map(({ median }) => median);
    const cells = others.map((rate) => `${count(rate)} (${(rate / first).toFixed(2)} x)`);
    return [`[${layers.join(", ")}]`, String(batchSize), String(threads), count(first), ...cells];
  });
  return markdownTable(["layers", "batch", "threads", ...Object.keys(rows[0].rates)], lines, 1);
}

/** Rows as a Markdown table: the first `left` columns flush left, the rest flush right. */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const format = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
  const rule = widths.map((width, i) => (i < left ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`));
  return [format(head), `|${rule.join("|")}|`, ...rows.map(format)].join("\n");
}

/** 1234567.8 -> "1,234,568". */
function count(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}
