// The layers of a network from top to bottom: z and a are computed downwards, delta upwards.

import { make } from "../../ui/elements.js";
import { INK, makeImage, paintImage } from "../../ui/images.js";
import { IMAGE } from "../digits.js";
import type { Experiment, ExperimentView } from "./experiment.js";
import { equationsOf, formula } from "./formula.js";
import { HiddenLayer } from "./hidden.js";
import { formatC } from "./numbers.js";
import { makeOutput } from "./output.js";

/** All layers of a network. */
export function makeLayers(experiment: Experiment): ExperimentView {
  const { network } = experiment;
  const equations = equationsOf(network);
  const last = network.layers.length - 1;
  const views: ExperimentView[] = [makeInput()];
  for (let l = 1; l < last; l++) views.push(new HiddenLayer(network, l, equations));
  views.push(makeOutput(network, equations), makeCost(equations.cost, last));
  const elements = views.flatMap(({ element }, l) => (l < 1 || l > last ? [element] : [makeArrows(l), element]));
  return {
    element: make("div", {}, ...elements),
    update: (of) => {
      for (const view of views) view.update(of);
    },
  };
}

/** What passes between layer l - 1 and layer l. */
function makeArrows(l: number): HTMLElement {
  const down = make("span", { class: "forward" }, formula(`a^${l - 1}`), " goes forward");
  const up = make("span", { class: "back" }, formula(`δ^${l}`), " comes back");
  // The image has no error.
  return make("p", { class: "way" }, down, ...(l > 1 ? [up] : []));
}

function makeInput(): ExperimentView {
  const image = makeImage(IMAGE, "The image", INK, 112);
  const note = make("p", {});
  return {
    element: make(
      "div",
      { class: "layer input" },
      image,
      make("div", {}, make("h3", {}, "Layer 0: the image, ", formula("a^0")), note),
    ),
    update({ image: pixels }) {
      paintImage(image, pixels, INK);
      const ink = pixels.reduce((count, pixel) => count + Number(pixel > 0), 0);
      note.textContent =
        `${pixels.length} pixels, 0.0 white to 1.0 black, are the activations that all begins with. ` +
        `${ink} of them are not 0: only their weights have a part in this image.`;
    },
  };
}

function makeCost(equation: string, L: number): ExperimentView {
  const value = make("b", {});
  return {
    element: make(
      "p",
      { class: "turn" },
      make("span", {}, "The cost: ", formula(equation), " = ", value),
      ". ",
      formula(`δ^${L}`),
      " is how it changes with ",
      formula(`z^${L}`),
      ": here the way back begins.",
    ),
    update: ({ pass }) => {
      value.textContent = formatC(pass.cost);
    },
  };
}
