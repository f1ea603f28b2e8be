// What a training suffers from in its data, or a model in what it is tested on, said once before it begins.

import { compareToTraining, type Dataset, type DataWarning, type Network } from "ductus";
import { pixelFlags } from "ductus/recipe";
import { printError } from "./terminal.js";

/** Prints warnings, with the options of the command line that mend what they say. */
export function printWarnings(data: string | undefined, warnings: readonly DataWarning[]): void {
  for (const { message, mend = {} } of warnings) {
    const options = pixelFlags(mend);
    const advice = options === "" ? "" : ` (mended by ${options})`;
    printError(`ductus: ${data ?? "MNIST"}: ${message}${advice}`);
  }
}

/** Prints in what data are unlike those that a model was trained on: its figures then tell little of it. */
export function printUnlike(data: string | undefined, { preparation }: Network, dataset: Dataset): void {
  const cut = dataset.warnings.filter(({ code }) => code === "cut");
  // The model's own options made the pixels: other ones are not advised.
  const found = [...cut, ...compareToTraining(dataset, preparation)].map(({ code, message }) => ({ code, message }));
  printWarnings(data, found);
}
