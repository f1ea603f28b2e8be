// ductus evaluate: tests a model on a data set.

import { escapeControls } from "ductus/recipe";
import { DATA, dataFrom, dataOf, type MeasuredSomehow, measure, measureVariants, PARTS } from "./measure.js";
import { MODEL, readModel } from "./model-file.js";
import { namesOf } from "./names.js";
import { VARIANTS } from "./reader.js";
import { bold, formatCount, percent, printLine } from "./terminal.js";
import { type Command, helpOf, parseCommand } from "./usage.js";
import { printUnlike } from "./warnings.js";

export const EVALUATE: Command = {
  usage: "evaluate [MODEL] [options]",
  summary: `Tests a model (default ${MODEL}): accuracy with its standard error, cost, per-class figures, confusion
matrix.`,
  arguments: 1,
  options: {
    ...DATA,
    set: { value: "PART", help: "test, validation or training", default: "test" },
    variants: VARIANTS,
    json: { help: "print JSON" },
  },
};

export async function evaluate(args: readonly string[]): Promise<void> {
  const values = parseCommand(EVALUATE, args);
  if (values === undefined) return printLine(helpOf(EVALUATE));
  const [path = MODEL] = values.args;
  const part = values.choice("set", PARTS) ?? "test";
  const given = dataFrom(values);
  using network = await readModel(path);
  const dataset = await dataOf(network, given, part);
  printUnlike(given.data ?? network.metadata.get("data"), network, dataset);
  const measured = values.flag("variants") ? measureVariants(network, dataset) : await measure(network, dataset);
  if (!values.flag("json")) return printMeasured(`${part} accuracy`, measured, namesOf(network));
  const { predictions, ...figures } = measured.evaluation;
  const { confusion } = measured;
  const named = (label: number) => (network.classNames === undefined ? {} : { name: namesOf(network)(label) });
  const classes = measured.classes.map(({ label, ...rest }) => ({ label, ...named(label), ...rest }));
  printLine(JSON.stringify({ model: path, set: part, ...figures, classes, confusion }, undefined, 2));
}

function printMeasured(
  title: string,
  { evaluation, confusion, classes }: MeasuredSomehow,
  nameOf: (label: number) => string,
): void {
  const { accuracy, standardError, correct, count, cost } = evaluation;
  const figures = `${percent(accuracy)} ± ${percent(standardError)}`;
  printLine(`${bold(`${title.padEnd(20)}${figures}`)}  (${correct} / ${count}, ± one standard error)`);
  printLine(cost === undefined ? "" : `${"cost".padEnd(20)}${cost.toFixed(6)}\n`);
  const names = classes.map(({ label }) => escapeControls(nameOf(label)));
  // As wide as the word and the numbers need, or the longest name.
  const most = Math.max(5, ...names.map(({ length }) => length));
  printLine(bold(`${"class".padEnd(most)}      images   precision      recall          F1`));
  for (const { label, count: images, precision, recall, f1 } of classes) {
    const shares = [precision, recall, f1].map((share) => (Number.isNaN(share) ? "-" : percent(share)).padStart(11));
    printLine(`${names[label].padStart(most)}${formatCount(images).padStart(12)} ${shares.join(" ")}`);
  }
  const width = Math.max(...confusion.flat().map((n) => String(n).length), ...names.map(({ length }) => length)) + 2;
  const row = (cells: readonly (number | string)[]) => cells.map((cell) => String(cell).padStart(width)).join("");
  printLine(`\n${bold("confusion matrix")}: a row for each label, a column for each prediction, a dot for none\n`);
  printLine(bold(`${" ".repeat(most)}${row(names)}`));
  for (const [label, counts] of confusion.entries()) {
    printLine(`${bold(names[label].padStart(most))}${row(counts.map((n) => (n === 0 ? "." : n)))}`);
  }
}
