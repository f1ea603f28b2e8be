// Galleries of misread images: each with its label, the prediction, its index and its activations as bars.

import { formatCount, make } from "./elements.js";
import { makeGallery } from "./gallery.js";
import type { ImageSheet } from "./images.js";

/** An image that the network misread. */
export interface Mistake {
  /** Its index in the data set. */
  readonly index: number;
  readonly label: number;
  readonly prediction: number;
}

/** A misread image of a test set. */
export interface TestMistake extends Mistake {
  /** a^L: one for each class. */
  readonly activations: readonly number[];
}

/** With more classes than this, only the STRONGEST activations have bars: their labels must fit below. */
const MOST_BARS = 10;
const STRONGEST = 5;

/** @param chosen indices into `mistakes` */
export function makeMistakes(
  sheet: ImageSheet,
  mistakes: readonly TestMistake[],
  chosen: readonly number[],
  first: number,
  nameOf: (label: number) => string,
): HTMLElement {
  return makeGallery(chosen.length, first, (i) => {
    const { index, label, prediction, activations } = mistakes[chosen[i]];
    const reading = make("p", {}, make("b", {}, nameOf(label)), " read as ", make("b", {}, nameOf(prediction)));
    return [
      sheet.draw(chosen[i], `Image ${index}`),
      reading,
      makeBars(activations, label, prediction, nameOf),
      make("p", { class: "index" }, `image ${formatCount(index)}`),
    ];
  });
}

/** A bar for each activation, by class; the label's class always has one. */
function makeBars(
  activations: readonly number[],
  label: number,
  prediction: number,
  nameOf: (label: number) => string,
): HTMLElement {
  const shown = activations
    .map((activation, k) => ({ k, activation }))
    .sort((a, b) => Number(b.k === label) - Number(a.k === label) || b.activation - a.activation)
    .slice(0, activations.length <= MOST_BARS ? MOST_BARS : STRONGEST)
    .sort((a, b) => a.k - b.k);
  const bars = shown.map(({ k, activation }) => {
    const role = k === prediction ? "prediction" : k === label ? "label" : "";
    const bar = make("span", { class: role, title: `${nameOf(k)}: ${activation.toFixed(3)}` }, make("i"), nameOf(k));
    bar.style.setProperty("--activation", String(activation));
    return bar;
  });
  const name = `Activations: ${shown.map(({ k, activation }) => `${nameOf(k)} ${activation.toFixed(2)}`).join(", ")}`;
  return make("div", { class: "bars", role: "img", "aria-label": name }, ...bars);
}
