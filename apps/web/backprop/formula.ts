// Equations as HTML: "z^1 = w^1 a^0 + b^1" with italic letters, superscripts and subscripts, and in words for screen
// readers.

import type { Network } from "ductus";
import { make } from "../../ui/elements.js";

/** An equation: ^ raises and _ lowers the digits and letters that follow it. */
export function formula(text: string): HTMLElement {
  const shown = make("span", { "aria-hidden": "true" });
  let end = 0;
  // Words such as tanh are upright.
  for (const match of text.matchAll(/\^(\w+)|_(\w+)|[A-Za-z]{2,}|([A-Za-zδησ])/gu)) {
    const [all, raised, lowered, letter] = match;
    shown.append(text.slice(end, match.index));
    if (raised !== undefined) shown.append(make("sup", {}, raised));
    else if (lowered !== undefined) shown.append(make("sub", {}, make("var", {}, lowered)));
    else shown.append(letter === undefined ? all : make("var", {}, letter));
    end = match.index + all.length;
  }
  shown.append(text.slice(end));
  return make("span", { class: "formula" }, shown, make("span", { class: "unseen" }, spoken(text)));
}

/** Replaced one after the other. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\^T/g, " transposed"],
  [/\^(\w+)/g, " of layer $1"],
  [/_(\w)(\w)?/g, " $1 $2"],
  [/∂(\w)\/∂/g, "d $1 by d "],
  [/′/g, " prime "],
  [/δ/g, "delta"],
  [/σ/g, "sigma"],
  [/η/g, "eta"],
  [/½ ?\|(.*?)\|²/g, "half of the squared length of $1"],
  [/Σ/g, "the sum of "],
  [/·/g, ", element by element times "],
  [/−/g, " minus "],
  [/←/g, " becomes "],
  [/\s+/g, " "],
];

function spoken(text: string): string {
  return WORDS.reduce((words, [symbol, word]) => words.replace(symbol, word), text).trim();
}

/** The equations of a network, some of which depend on its activation and its cost. */
export interface Equations {
  /** z^l */
  z(l: number): string;
  /** a^l = f(z^l) */
  a(l: number): string;
  /** (1) of the last layer, (2) of the others. */
  delta(l: number): string;
  readonly cost: string;
}

const HIDDEN = { sigmoid: "σ", tanh: "tanh", relu: "ReLU" };
const COSTS = {
  quadratic: (L: number) => `C = ½ |y − a^${L}|²`,
  "cross-entropy": (L: number) => `C = −Σ (y_j ln a_j^${L} + (1 − y_j) ln(1 − a_j^${L}))`,
  "log-likelihood": (L: number) => `C = −Σ y_j ln a_j^${L}`,
};

export function equationsOf({ layers, activation, cost }: Network): Equations {
  const L = layers.length - 1;
  const hidden = HIDDEN[activation];
  const output = cost === "log-likelihood" ? "softmax" : "σ";
  return {
    z: (l) => `z^${l} = w^${l} a^${l - 1} + b^${l}`,
    a: (l) => `a^${l} = ${l === L ? output : hidden}(z^${l})`,
    // With the other costs, sigma' cancels.
    delta: (l) =>
      l < L
        ? `δ^${l} = ((w^${l + 1})^T δ^${l + 1}) · ${hidden}′(z^${l})`
        : cost === "quadratic"
          ? `δ^${L} = (a^${L} − y) · σ′(z^${L})`
          : `δ^${L} = a^${L} − y`,
    cost: COSTS[cost](L),
  };
}
