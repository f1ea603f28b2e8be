// One neuron of a hidden layer: its weights, and their gradient, which is equation (4) in pictures.

import { make } from "../../ui/elements.js";
import { type ImageSize, INK, makeImage, type Palette, paintImage, SIGNED } from "../../ui/images.js";
import { columnsOf } from "./cells.js";
import type { Experiment } from "./experiment.js";
import { formula } from "./formula.js";
import { formatNumber, largest, toGrey } from "./numbers.js";

/** Pictures of a neuron of layer l. */
export function makeNeuron(inputs: number, l: number) {
  const columns = columnsOf(inputs);
  const size = { rows: Math.ceil(inputs / columns), columns };
  const [weights, activations, gradient] = [
    makePicture(size, SIGNED, formula(`w^${l}`)),
    makePicture(size, l === 1 ? INK : SIGNED, formula(`a^${l - 1}`)),
    makePicture(size, SIGNED, formula("∂C/∂w")),
  ];
  const [title, factor] = [make("b"), make("span")];
  const values = ["z", "a", "δ", "b"].map((symbol) => make("span", {}, formula(symbol), " ", make("span")));
  const times = make("p", { class: "operator" }, "× ", formula("δ"), make("br"), factor);
  const element = make(
    "div",
    { class: "neuron" },
    make("p", { class: "facts-line" }, title, ...values),
    make(
      "div",
      { class: "product" },
      weights.element,
      make(
        "div",
        { class: "equation" },
        activations.element,
        times,
        make("p", { class: "operator" }, "="),
        gradient.element,
      ),
    ),
    makeNote(),
  );
  return {
    element,
    update({ image, pass, parameters }: Experiment, j: number) {
      const { weights: w, biases } = parameters[l - 1];
      const a = pass.a[l - 1];
      const delta = pass.delta[l][j];
      title.textContent = `Neuron ${j}`;
      for (const [i, value] of [pass.z[l][j], pass.a[l][j], delta, biases[j]].entries())
        (values[i].lastChild as Node).textContent = formatNumber(value);
      factor.textContent = formatNumber(delta);
      weights.paint(`Weights of neuron ${j}`, w.subarray(j * inputs, (j + 1) * inputs));
      if (l === 1) activations.show("Activations of layer 0: the image", image);
      else activations.paint(`Activations of layer ${l - 1}`, a);
      gradient.paint(
        `Gradient of the weights of neuron ${j}`,
        a.map((ak) => ak * delta),
      );
    },
  };
}

function makeNote(): HTMLElement {
  return make(
    "p",
    { class: "note" },
    formula("∂C/∂w_kj = a_k δ_j"),
    " ",
    make("span", { class: "number" }, "(4)"),
    " and ",
    formula("∂C/∂b_j = δ_j"),
    " ",
    make("span", { class: "number" }, "(3)"),
    ". A step lowers the weights where the last picture is orange, raises them where it is blue, ",
    "and leaves them where a is 0. ",
    "Choose another neuron by its cell, or with the arrow keys.",
  );
}

/** A small image with its symbol, and the range of its colours. */
function makePicture(size: ImageSize, palette: Palette, symbol: HTMLElement) {
  const canvas = makeImage(size, "", palette, 120);
  const range = make("span", { class: "range" });
  const show = (name: string, greys: ArrayLike<number>) => {
    canvas.setAttribute("aria-label", name);
    paintImage(canvas, greys, palette);
  };
  return {
    element: make("figure", {}, canvas, make("figcaption", {}, symbol, range)),
    show,
    paint(name: string, values: Float32Array) {
      const limit = largest(values);
      range.textContent = limit === 0 ? "all 0" : `±${formatNumber(limit)}`;
      show(
        `${name}, ${range.textContent}`,
        Array.from(values, (value) => toGrey(value, limit)),
      );
    },
  };
}
