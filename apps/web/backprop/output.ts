// The output layer as a table with a row for each class: z, a, y and delta; a and delta are drawn as bars, too.

import type { Network } from "ductus";
import { make } from "../../ui/elements.js";
import type { ExperimentView } from "./experiment.js";
import { type Equations, formula } from "./formula.js";
import { formatNumber, largest } from "./numbers.js";

/** The equations of the last layer, and its numbers. */
export function makeOutput({ layers }: Network, equations: Equations): ExperimentView {
  const L = layers.length - 1;
  const rows = Array.from({ length: layers[L] }, (_, j) => makeRow(j));
  const header = (...content: (Node | string)[]) => make("th", { scope: "col" }, ...content);
  const head = make(
    "tr",
    {},
    header("class"),
    header(formula(`z^${L}`)),
    header(formula(`a^${L}`)),
    header(formula("y")),
    header(formula(`δ^${L}`)),
    header(make("span", { class: "unseen" }, "What it is")),
  );
  const table = make(
    "table",
    {},
    make("caption", { class: "unseen" }, "The output layer"),
    make("thead", {}, head),
    make("tbody", {}, ...rows.map(({ element }) => element)),
  );
  const element = make(
    "div",
    { class: "layer output" },
    make("h3", {}, `Layer ${L}: ${layers[L]} outputs, one for each digit`),
    make("p", { class: "caption forward" }, formula(equations.z(L)), make("span", {}, formula(equations.a(L)))),
    make("p", { class: "caption back" }, formula(equations.delta(L)), make("span", { class: "number" }, "(1)")),
    table,
  );
  return {
    element,
    update({ pass, label, prediction }) {
      const [z, a, delta] = [pass.z[L], pass.a[L], pass.delta[L]];
      const limit = largest(delta);
      for (const [j, row] of rows.entries()) {
        row.update(z[j], a[j], delta[j], limit);
        row.mark(j === label, j === prediction);
      }
    },
  };
}

function makeRow(j: number) {
  const z = make("td");
  const [a, y, delta] = [make("span"), make("td"), make("span")];
  const [activation, error] = [make("i", { class: "share" }), make("i", { class: "share error" })];
  const what = make("td", { class: "what" });
  const element = make(
    "tr",
    {},
    make("th", { scope: "row" }, String(j)),
    z,
    make("td", {}, make("div", { class: "figure" }, activation, a)),
    y,
    make("td", {}, make("div", { class: "figure" }, error, delta)),
    what,
  );
  return {
    element,
    update(zj: number, aj: number, deltaj: number, limit: number) {
      z.textContent = formatNumber(zj);
      a.textContent = formatNumber(aj);
      delta.textContent = formatNumber(deltaj);
      activation.style.setProperty("--share", String(aj));
      error.style.setProperty("--share", String(limit === 0 ? 0 : Math.abs(deltaj) / limit));
      error.classList.toggle("below", deltaj < 0);
    },
    mark(label: boolean, prediction: boolean) {
      y.textContent = label ? "1" : "0";
      what.textContent = [...(prediction ? ["answer"] : []), ...(label ? ["label"] : [])].join(", ");
      element.classList.toggle("label", label);
      element.classList.toggle("prediction", prediction);
    },
  };
}
