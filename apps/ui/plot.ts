// What all charts share: an element that redraws at its own width, and an SVG drawing with two axes.

import { axisBottom, axisLeft } from "d3-axis";
import type { ScaleLinear } from "d3-scale";
import { create, type Selection } from "d3-selection";
import { make } from "./elements.js";

/** From numbers to pixels. */
export type Scale = ScaleLinear<number, number>;

/** d3's handle of an SVG element that has no data bound to it. */
export type Drawing<E extends SVGElement = SVGSVGElement> = Selection<E, undefined, null, undefined>;

/** The SVG element of a selection that has one. */
export function elementOf<E extends SVGElement>(drawing: Drawing<E>): E {
  return drawing.node() as E;
}

/** The ticks of an axis: its scale, and the label of each tick by its value. */
export interface Ticks {
  readonly scale: Scale;
  readonly labels: ReadonlyMap<number, string>;
}

/** The size of a drawing, and where its axes lie, in pixels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
}

/** An element that calls `draw` whenever its width changes, in pixels. `name` is for screen readers. */
export function makeFitted(name: string, draw: (width: number) => readonly Element[]): HTMLElement {
  const box = make("div", { class: "chart", role: "img", "aria-label": name });
  let drawn = 0;
  const observer = new ResizeObserver(([{ contentRect }]) => {
    const { width } = contentRect;
    // Drawing changes the height, which is observed too.
    if (width === 0 || width === drawn) return;
    drawn = width;
    box.replaceChildren(...draw(width));
  });
  observer.observe(box);
  return box;
}

/** A drawing with axes, and no data yet. */
export function startPlot(
  { width, height, left, right, bottom }: Frame,
  below: Ticks & { readonly title: string },
  beside: Ticks,
): Drawing {
  const svg = create("svg")
    .attr("class", "plot")
    .attr("viewBox", `0 0 ${width} ${height}`)
    .attr("width", width)
    .attr("height", height)
    // The element around it has a name.
    .attr("aria-hidden", "true");
  svg
    .append("g")
    .attr("class", "values")
    .attr("transform", `translate(${left},0)`)
    .call(
      axisLeft<number>(beside.scale)
        .tickValues([...beside.labels.keys()])
        .tickFormat((value) => beside.labels.get(value) ?? "")
        .tickSize(left - right)
        .tickPadding(8),
    );
  svg
    .append("g")
    .attr("class", "below")
    .attr("transform", `translate(0,${bottom})`)
    .call(
      axisBottom<number>(below.scale)
        .tickValues([...below.labels.keys()])
        .tickFormat((value) => below.labels.get(value) ?? "")
        .tickSize(4)
        .tickPadding(7),
    );
  svg
    .append("text")
    .attr("x", right)
    .attr("y", height - 6)
    .attr("text-anchor", "end")
    .text(below.title);
  return svg;
}
