// What a training suffers from in its data, said once before it begins.

import type { DataWarning } from "ductus";
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
