// What a training suffers from in its data, said once before it begins.

import type { DataWarning } from "ductus";
import { OPTIONS } from "ductus/recipe";
import { printError } from "./terminal.js";

/** Prints warnings, with the options of the command line that mend what they say. */
export function printWarnings(data: string | undefined, warnings: readonly DataWarning[]): void {
  for (const { message, mend = {} } of warnings) {
    const options = Object.entries(mend).map(([key, value]) => {
      return `--${OPTIONS[key].flag}${value === true ? "" : ` ${value}`}`;
    });
    const advice = options.length === 0 ? "" : ` (mended by ${options.join(" ")})`;
    printError(`ductus: ${data ?? "MNIST"}: ${message}${advice}`);
  }
}
