// The results of a search in lines: on standard output when a rung is complete, on a terminal also while it runs.

import { escapeControls } from "ductus/recipe";
import { percent } from "../terminal.js";
import type { Outcome } from "./halving.js";
import type { Settings } from "./space.js";

const FIGURES = "trial  validation                  cost";

/** Lines on trials, with a column for each option that is searched. */
export class TrialTable {
  /** @param trials grows while trials are proposed */
  constructor(readonly trials: readonly Settings[]) {}

  get header(): string {
    return `${FIGURES}${this.#columns.map(({ name, width }) => name.padStart(width)).join("")}`;
  }

  get #columns(): readonly { readonly name: string; readonly width: number }[] {
    return Object.keys(this.trials[0]).map((name) => ({
      name,
      width: 2 + Math.max(name.length, ...this.trials.map((settings) => settings[name].length)),
    }));
  }

  /** What became of a trial, with what made it. */
  line({ trial, correct, count, cost, error }: Outcome): string {
    const settings = this.#columns.map(({ name, width }) => this.trials[trial - 1][name].padStart(width)).join("");
    const score = `${correct} / ${count}  ${percent(correct / count)}`;
    const figures = error === undefined ? `${score.padEnd(24)}${cost.toFixed(6).padStart(8)}` : "failed".padEnd(32);
    const problem = error === undefined ? "" : `  ${escapeControls(error)}`;
    return `${String(trial).padStart(5)}  ${figures}${settings}${problem}`;
  }
}
