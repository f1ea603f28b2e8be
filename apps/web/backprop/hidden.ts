// A hidden layer: z, a and delta of its neurons as coloured cells, of which one can be chosen.

import type { Network } from "ductus";
import { formatCount, make, makeTable } from "../../ui/elements.js";
import { Cells, MOST_CELLS } from "./cells.js";
import type { Experiment } from "./experiment.js";
import { type Equations, formula } from "./formula.js";
import type { View } from "./layers.js";
import { makeNeuron } from "./neuron.js";
import { formatNumber, largest } from "./numbers.js";

const SYMBOLS = ["z", "a", "δ"] as const;

/** Layer l, neither the first nor the last. */
export function makeHidden({ layers, activation }: Network, l: number, equations: Equations): View {
  const count = layers[l];
  const quantities = [
    makeQuantity(count, "forward", equations.z(l)),
    makeQuantity(count, "forward", equations.a(l)),
    makeQuantity(count, "back", equations.delta(l), "(2)"),
  ];
  const picker = make("input", {
    type: "range",
    class: "unseen",
    min: "0",
    max: String(count - 1),
    "aria-label": `Neuron of layer ${l}`,
  });
  const reading = make("div", { class: "reading", "aria-hidden": "true" });
  reading.hidden = true;
  const neurons = make(
    "div",
    { class: count > MOST_CELLS ? "neurons many" : "neurons" },
    picker,
    ...quantities.map(({ element }) => element),
    reading,
  );
  const neuron = makeNeuron(layers[l - 1], l);
  const table = makeNumbers(l);
  let shown: Experiment;
  let chosen: number | undefined;

  const values = ({ pass: { z, a, delta } }: Experiment) => [z[l], a[l], delta[l]];
  const sentence = (j: number) => SYMBOLS.map((symbol, q) => `${symbol} ${formatNumber(values(shown)[q][j])}`);
  const choose = (j: number) => {
    chosen = j;
    picker.value = String(j);
    picker.setAttribute("aria-valuetext", `${j}: ${sentence(j).join(", ").replace("δ", "delta")}`);
    for (const { cells } of quantities) cells.choose(j);
    neuron.update(shown, j);
  };

  picker.addEventListener("input", () => choose(picker.valueAsNumber));
  picker.addEventListener("keydown", (event) => {
    const rows = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (rows === undefined) return;
    // Up and down are where they are on the screen.
    event.preventDefault();
    const j = picker.valueAsNumber + rows * quantities[0].cells.columns;
    if (j >= 0 && j < count) choose(j);
  });
  const hide = () => {
    reading.hidden = true;
  };
  for (const { cells, box } of quantities) {
    cells.element.addEventListener("pointermove", (event) => {
      const j = cells.at(event);
      if (j === undefined) return hide();
      reading.replaceChildren(make("b", {}, `neuron ${j}`), ...sentence(j).map((text) => make("div", {}, text)));
      reading.hidden = false;
      const [left, , bottom] = cells.place(j);
      const most = neurons.clientWidth - reading.offsetWidth;
      reading.style.left = `${Math.max(0, Math.min(box().left + left, most))}px`;
      reading.style.top = `${box().top + bottom + 6}px`;
    });
    cells.element.addEventListener("pointerleave", hide);
    cells.element.addEventListener("click", (event) => {
      const j = cells.at(event);
      if (j === undefined) return;
      choose(j);
      picker.focus({ preventScroll: true });
    });
  }

  const name = activation === "relu" ? "ReLU" : activation;
  return {
    element: make(
      "div",
      { class: "layer" },
      make("h3", {}, `Layer ${l}: ${formatCount(count)} hidden neurons, ${name}`),
      neurons,
      neuron.element,
      ...(count > MOST_CELLS ? [] : [table.element]),
    ),
    update(experiment) {
      shown = experiment;
      const all = values(experiment);
      // Sigmoid, tanh: 1 is the most that there can be. Then steps can be compared.
      const limits = [largest(all[0]), activation === "relu" ? largest(all[1]) : 1, largest(all[2])];
      for (const [q, { paint }] of quantities.entries()) paint(`${SYMBOLS[q]} of layer ${l}`, all[q], limits[q]);
      // Whose error is the largest has most to learn.
      choose(
        chosen ?? all[2].reduce((best, error, j, errors) => (Math.abs(error) > Math.abs(errors[best]) ? j : best), 0),
      );
      table.update(all);
    },
  };
}

/** An equation, and below it a cell for each neuron. */
function makeQuantity(count: number, way: "forward" | "back", equation: string, number?: string) {
  const cells = new Cells(count);
  const range = make("span", { class: "range" });
  const caption = make("p", { class: `caption ${way}` }, formula(equation));
  if (number !== undefined) caption.append(make("span", { class: "number" }, number));
  caption.append(range);
  const element = make("div", {}, caption, cells.element);
  return {
    element,
    cells,
    box: () => ({ left: cells.element.offsetLeft, top: cells.element.offsetTop }),
    paint(name: string, values: Float32Array, limit: number) {
      const text = `${formatNumber(Math.min(...values))} to ${formatNumber(Math.max(...values))}`;
      range.textContent = text;
      cells.paint(`${name.replace("δ", "delta")}: ${count} numbers, ${text}`, values, limit);
    },
  };
}

/** All numbers, made when somebody wants to see them. */
function makeNumbers(l: number) {
  const caption = `Numbers of layer ${l}`;
  const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption });
  const element = make("details", {}, make("summary", {}, "The numbers as a table"), scroll);
  let values: readonly Float32Array[] = [];
  const fill = () => {
    if (!element.open) return;
    const rows = Array.from(values[0], (_, j) => [String(j), ...values.map((of) => formatNumber(of[j]))]);
    scroll.replaceChildren(makeTable(caption, ["neuron", ...SYMBOLS], rows));
  };
  element.addEventListener("toggle", fill);
  return {
    element,
    update(of: readonly Float32Array[]) {
      values = of;
      fill();
    },
  };
}
