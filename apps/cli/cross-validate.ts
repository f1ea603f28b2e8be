// ductus cross-validate: how well a recipe does, tested on all of the training data, part by part.

import { crossValidate, type Fold, summarizeFolds, UsageError, Values } from "ductus/recipe";
import { checkAgainstData, trainingData } from "./data.js";
import { Interrupted, listenForSignals } from "./signals.js";
import { bold, formatSeconds, percent, printError, printLine } from "./terminal.js";
import { checkFrozen, recipeOptions, TRAIN } from "./train.js";
import { type Command, helpOf, parseCommand } from "./usage.js";
import { printWarnings } from "./warnings.js";
import { useWide } from "./wide.js";

/** Of train's options those that do not choose what is saved, what it starts with, or what is held back. */
const LEFT_OUT = new Set(["checkpoint-every", "force", "from", "json", "out", "patience", "validation"]);
const TAKEN = Object.fromEntries(Object.entries(TRAIN.options).filter(([name]) => !LEFT_OUT.has(name)));
const FOLDS = { min: 2, max: 1000, whole: true, description: "a whole number from 2 to 1000" };

export const CROSS_VALIDATE: Command = {
  usage: "cross-validate [options]",
  summary: `Divides the training data into parts with all classes in proportion. For each part a network is trained on
all others and tested on that one: the mean of the accuracies says how well a recipe does, its standard error how far
off that may be. The test data are not loaded, and no model is saved.`,
  arguments: 0,
  options: {
    folds: { value: "K", help: `parts: ${FOLDS.description}`, default: "5" },
    ...TAKEN,
    json: { help: "print JSON" },
  },
};

export async function crossValidateRecipe(args: readonly string[]): Promise<void> {
  const start = performance.now();
  const values = parseCommand(CROSS_VALIDATE, args);
  if (values === undefined) return printLine(helpOf(CROSS_VALIDATE));
  const folds = values.number("folds", FOLDS) as number;
  const { recipe, hidden, kernels, threads } = recipeOptions(
    new Values(values.given, values.args, { ...TRAIN.options, ...CROSS_VALIDATE.options }),
  );
  checkFrozen(recipe, hidden);
  const wide = kernels === undefined && useWide(values);
  const { training, warnings } = await trainingData({ ...recipe, validation: 0 });
  printWarnings(recipe.data, warnings);
  if (folds > training.length) {
    throw new UsageError(`--folds: expected at most ${training.length}, the training samples, got ${folds}`);
  }
  const least = Math.max(1, training.length - Math.ceil(training.length / folds));
  checkAgainstData(recipe, { training: training.slice(0, least), validation: undefined });
  const json = values.flag("json");
  const interrupt = listenForSignals();
  const done: Fold[] = [];
  if (!json) printLine(bold(`fold            correct   accuracy${wide ? "   (256-bit)" : ""}`));
  try {
    const { signal } = interrupt;
    for await (const fold of crossValidate(recipe, hidden, training, { folds, kernels, threads, signal })) {
      done.push(fold);
      const { correct, count, accuracy } = fold.evaluation;
      const part = `${fold.fold} / ${folds}`.padStart(4).padEnd(8);
      if (!json) printLine(`${part}${`${correct} / ${count}`.padStart(15)}   ${percent(accuracy).padStart(8)}`);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    printError(`ductus: stopped by ${error.signal} after ${done.length} of ${folds} parts`);
    process.exitCode = error.exitCode;
    return;
  } finally {
    interrupt.stop();
  }
  const { mean, standardError } = summarizeFolds(done);
  if (json) {
    const accuracies = done.map(({ evaluation: { correct, count, accuracy } }) => ({ correct, count, accuracy }));
    return printLine(JSON.stringify({ mean, standardError, folds: accuracies }, undefined, 2));
  }
  printLine(
    bold(`mean accuracy  ${percent(mean)} ± ${percent(standardError)}  (${folds} parts, ± one standard error)`),
  );
  printLine(`time           ${formatSeconds((performance.now() - start) / 1000)}`);
}
