// What charts have in common: the drawing, its two axes, and the title of the one below.

import { axisBottom, axisLeft } from "d3-axis";
import type { ScaleLinear } from "d3-scale";
import { create, type Selection } from "d3-selection";

/** An axis: its scale, and what stands at which values of it. */
export interface Ticks {
  readonly scale: ScaleLinear;
  readonly labels: ReadonlyMap<number, string>;
}

/** Where the axes lie in a drawing of this size. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
}

/** A drawing with axes and no marks yet. */
export function startPlot(
  { width, height, left, right, bottom }: Frame,
  below: Ticks & { readonly title: string },
  beside: Ticks,
): Selection<SVGSVGElement> {
  const svg = create("svg")
    .attr("class", "plot")
    .attr("viewBox", `0 0 ${width} ${height}`)
    .attr("width", width)
    .attr("height", height)
    // The chart around it has a name.
    .attr("aria-hidden", "true");
  svg
    .append("g")
    .attr("class", "values")
    .attr("transform", `translate(${left},0)`)
    .call(
      axisLeft(beside.scale)
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
      axisBottom(below.scale)
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
