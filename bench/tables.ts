// The results of a benchmark, and how they are shown: in the terminal, in README.md and in docs/performance.md.

import type { KernelReport } from "./kernels.js";
import type { OtherRow } from "./other.js";
import type { PeerRun } from "./peers/train.js";
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

/** A training by a peer. */
export interface PeerRow extends PeerRun {
  readonly threads: number;
  /** Samples of an epoch. */
  readonly samples: number;
  /** Accuracies in validation that are waited for, in percent. */
  readonly targets: readonly number[];
}

/** Samples per second in the fastest epoch, and seconds to each accuracy. */
export function peersTable(rows: readonly PeerRow[]): string {
  const lines = rows.map(({ name, threads, epochs, samples, targets, ended }) => {
    const times = epochs.map(({ seconds }, i) => seconds - (i === 0 ? 0 : epochs[i - 1].seconds));
    const best = Math.max(0, ...epochs.map(({ correct }) => correct));
    const reached = targets.map((target) => epochs.find(({ correct }) => correct >= 100 * target)?.seconds.toFixed(2));
    const why = epochs.length === 0 ? ended : `${(best / 100).toFixed(2)} %${ended === undefined ? "" : `, ${ended}`}`;
    const rate = times.length === 0 ? "" : count(samples / Math.min(...times));
    return [
      name,
      String(threads),
      rate,
      ...reached.map((seconds) => seconds ?? "not"),
      String(epochs.length),
      why ?? "",
    ];
  });
  const seconds = rows[0].targets.map((target) => `s to ${target} %`);
  return markdownTable(["", "threads", "samples/s", ...seconds, "epochs", "best"], lines, 1);
}

/** Images that are read per second: all in one call, and in a call each. */
export interface ReadingRow {
  readonly name: string;
  readonly all: number;
  readonly one: number;
  /** The largest difference of an activation from Ductus'. */
  readonly off: number;
}

export function readingTable(rows: readonly ReadingRow[]): string {
  const lines = rows.map(({ name, all, one, off }) => [name, count(all), count(one), off.toExponential(0)]);
  return markdownTable(["one thread", "images/s, one call", "images/s, a call each", "off by"], lines, 1);
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
