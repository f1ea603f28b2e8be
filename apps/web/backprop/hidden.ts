// A hidden layer: z, a and delta of its neurons as coloured cells. One neuron can be chosen, and is shown in detail.

import type { Network } from "ductus";
import { formatCount, make, makeTable } from "../../ui/elements.js";
import { Cells, MOST_CELLS } from "./cells.js";
import type { Experiment, ExperimentView } from "./experiment.js";
import { type Equations, formula } from "./formula.js";
import { makeNeuron } from "./neuron.js";
import { formatNumber, largest } from "./numbers.js";

const SYMBOLS = ["z", "a", "δ"] as const;
/** Between a cell and the reading below it, in pixels. */
const GAP = 6;

/** Layer l, neither the first nor the last. */
export class HiddenLayer implements ExperimentView {
  readonly element: HTMLElement;
  readonly #l: number;
  readonly #activation: Network["activation"];
  readonly #quantities: readonly Quantity[];
  /** Lets a keyboard choose a neuron. */
  readonly #picker: HTMLInputElement;
  /** The numbers of the neuron at the pointer. */
  readonly #reading = make("div", { class: "reading", "aria-hidden": "true" });
  readonly #neurons: HTMLElement;
  readonly #neuron: ReturnType<typeof makeNeuron>;
  readonly #numbers: Numbers;
  #experiment!: Experiment;
  #chosen: number | undefined;

  constructor({ layers, activation }: Network, l: number, equations: Equations) {
    const count = layers[l];
    this.#l = l;
    this.#activation = activation;
    this.#quantities = [
      new Quantity(count, "forward", equations.z(l)),
      new Quantity(count, "forward", equations.a(l)),
      new Quantity(count, "back", equations.delta(l), "(2)"),
    ];
    this.#picker = this.#makePicker(count);
    this.#reading.hidden = true;
    this.#neurons = make(
      "div",
      { class: count > MOST_CELLS ? "neurons many" : "neurons" },
      this.#picker,
      ...this.#quantities.map(({ element }) => element),
      this.#reading,
    );
    this.#neuron = makeNeuron(layers[l - 1], l);
    this.#numbers = new Numbers(`Numbers of layer ${l}`);
    for (const quantity of this.#quantities) this.#listen(quantity);
    const name = activation === "relu" ? "ReLU" : activation;
    this.element = make(
      "div",
      { class: "layer" },
      make("h3", {}, `Layer ${l}: ${formatCount(count)} hidden neurons, ${name}`),
      this.#neurons,
      this.#neuron.element,
      ...(count > MOST_CELLS ? [] : [this.#numbers.element]),
    );
  }

  update(experiment: Experiment): void {
    this.#experiment = experiment;
    const values = this.#values;
    const [z, a, delta] = values;
    // Sigmoid and tanh are at most 1: with a fixed limit the colours can be compared from step to step.
    const limits = [largest(z), this.#activation === "relu" ? largest(a) : 1, largest(delta)];
    for (const [q, quantity] of this.#quantities.entries())
      quantity.paint(`${SYMBOLS[q]} of layer ${this.#l}`, values[q], limits[q]);
    // At first the neuron with the largest error: it has most to learn.
    this.#choose(
      this.#chosen ?? delta.reduce((best, error, j) => (Math.abs(error) > Math.abs(delta[best]) ? j : best), 0),
    );
    this.#numbers.update(values);
  }

  /** z, a and delta of the layer. */
  get #values(): readonly Float32Array[] {
    const { z, a, delta } = this.#experiment.pass;
    return [z[this.#l], a[this.#l], delta[this.#l]];
  }

  /** The numbers of neuron j as text, each with its symbol. */
  #describe(j: number): string[] {
    return this.#values.map((values, q) => `${SYMBOLS[q]} ${formatNumber(values[j])}`);
  }

  #choose(j: number): void {
    this.#chosen = j;
    this.#picker.value = String(j);
    this.#picker.setAttribute("aria-valuetext", `${j}: ${this.#describe(j).join(", ").replace("δ", "delta")}`);
    for (const { cells } of this.#quantities) cells.choose(j);
    this.#neuron.update(this.#experiment, j);
  }

  #makePicker(count: number): HTMLInputElement {
    const picker = make("input", {
      type: "range",
      class: "unseen",
      min: "0",
      max: String(count - 1),
      "aria-label": `Neuron of layer ${this.#l}`,
    });
    picker.addEventListener("input", () => this.#choose(picker.valueAsNumber));
    picker.addEventListener("keydown", (event) => {
      const rows = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (rows === undefined) return;
      // Up and down move by a row of cells, as on the screen.
      event.preventDefault();
      const j = picker.valueAsNumber + rows * this.#quantities[0].cells.columns;
      if (j >= 0 && j < count) this.#choose(j);
    });
    return picker;
  }

  /** Reads off the cells of a quantity at the pointer, and chooses a neuron by a click. */
  #listen({ cells }: Quantity): void {
    const hide = () => {
      this.#reading.hidden = true;
    };
    cells.element.addEventListener("pointermove", (event) => {
      const j = cells.at(event);
      if (j === undefined) hide();
      else this.#read(cells, j);
    });
    cells.element.addEventListener("pointerleave", hide);
    cells.element.addEventListener("click", (event) => {
      const j = cells.at(event);
      if (j === undefined) return;
      this.#choose(j);
      this.#picker.focus({ preventScroll: true });
    });
  }

  /** Shows the numbers of neuron j below its cell. */
  #read(cells: Cells, j: number): void {
    const reading = this.#reading;
    reading.replaceChildren(make("b", {}, `neuron ${j}`), ...this.#describe(j).map((text) => make("div", {}, text)));
    reading.hidden = false;
    const { offsetLeft, offsetTop } = cells.element;
    const [left, , bottom] = cells.place(j);
    const most = this.#neurons.clientWidth - reading.offsetWidth;
    reading.style.left = `${Math.max(0, Math.min(offsetLeft + left, most))}px`;
    reading.style.top = `${offsetTop + bottom + GAP}px`;
  }
}

/** An equation, and below it a cell for each neuron. */
class Quantity {
  readonly element: HTMLElement;
  readonly cells: Cells;
  readonly #count: number;
  readonly #range = make("span", { class: "range" });

  constructor(count: number, direction: "forward" | "back", equation: string, number?: string) {
    this.#count = count;
    this.cells = new Cells(count);
    const caption = make("p", { class: `caption ${direction}` }, formula(equation));
    if (number !== undefined) caption.append(make("span", { class: "number" }, number));
    caption.append(this.#range);
    this.element = make("div", {}, caption, this.cells.element);
  }

  /** Shows the values, coloured from -limit to limit. */
  paint(name: string, values: Float32Array, limit: number): void {
    const text = `${formatNumber(Math.min(...values))} to ${formatNumber(Math.max(...values))}`;
    this.#range.textContent = text;
    this.cells.paint(`${name.replace("δ", "delta")}: ${this.#count} numbers, ${text}`, values, limit);
  }
}

/** All numbers as a table, which is made when somebody opens it. */
class Numbers {
  readonly element: HTMLDetailsElement;
  readonly #caption: string;
  readonly #scroll: HTMLElement;
  #values: readonly Float32Array[] = [];

  constructor(caption: string) {
    this.#caption = caption;
    this.#scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption });
    this.element = make("details", {}, make("summary", {}, "The numbers as a table"), this.#scroll);
    this.element.addEventListener("toggle", () => this.#fill());
  }

  update(values: readonly Float32Array[]): void {
    this.#values = values;
    this.#fill();
  }

  #fill(): void {
    if (!this.element.open) return;
    const rows = Array.from(this.#values[0], (_, j) => [
      String(j),
      ...this.#values.map((values) => formatNumber(values[j])),
    ]);
    this.#scroll.replaceChildren(makeTable(this.#caption, ["neuron", ...SYMBOLS], rows));
  }
}
