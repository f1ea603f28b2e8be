// The numbers of a layer as coloured cells, one for each neuron, in rows that fit the width.

import { make } from "../../ui/elements.js";
import { SIGNED } from "../../ui/images.js";
import { toGrey } from "./numbers.js";

/** Up to so many neurons are large cells in long rows; more become an image. */
export const MOST_CELLS = 100;
/** The side of a cell, in pixels: about the smallest that a finger can hit, and the largest. */
const SMALL = 22;
const LARGE = 34;
/** Cells with at least this side have an edge. */
const EDGED = 14;
/** Visible on light and on dark backgrounds. */
const EDGE = "rgb(128 128 128 / 45%)";

/** The columns of an image of `count` pixels that is about square; if possible, its last row is full. */
export function columnsOf(count: number): number {
  const least = Math.ceil(Math.sqrt(count));
  for (let columns = least; columns < 2 * least; columns++) if (count % columns === 0) return columns;
  return least;
}

/** As many columns as fit into the width, with rows of about the same length. */
function fittingColumns(count: number, width: number): number {
  if (count > MOST_CELLS) return columnsOf(count);
  const rows = Math.ceil(count / Math.max(1, Math.floor(width / SMALL)));
  return Math.ceil(count / rows);
}

/** The cells of one quantity. */
export class Cells {
  readonly element: HTMLElement;
  /** Cells in a row. */
  columns = 1;
  readonly #canvas: HTMLCanvasElement;
  readonly #mark = make("i", { class: "mark" });
  readonly #count: number;
  /** The side of a cell, in CSS pixels. */
  #side = 0;
  #values: ArrayLike<number> = [];
  #limit = 0;
  #chosen = 0;

  constructor(count: number) {
    this.#count = count;
    this.#canvas = make("canvas", { role: "img", class: SIGNED.name });
    this.element = make("div", { class: "cells" }, this.#canvas, this.#mark);
    new ResizeObserver(([{ contentRect }]) => this.#fit(contentRect.width)).observe(this.element);
  }

  /** Shows the values, coloured from -limit to limit. */
  paint(name: string, values: ArrayLike<number>, limit: number): void {
    this.#canvas.setAttribute("aria-label", name);
    this.#values = values;
    this.#limit = limit;
    this.#draw();
  }

  /** Marks a neuron. */
  choose(neuron: number): void {
    this.#chosen = neuron;
    const [left, top] = this.place(neuron);
    Object.assign(this.#mark.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${this.#side}px`,
      height: `${this.#side}px`,
    });
  }

  /** The neuron at the pointer. */
  at({ clientX, clientY }: PointerEvent | MouseEvent): number | undefined {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const column = Math.floor((clientX - left) / this.#side);
    const neuron = Math.floor((clientY - top) / this.#side) * this.columns + column;
    return column >= 0 && column < this.columns && neuron >= 0 && neuron < this.#count ? neuron : undefined;
  }

  /** The left, top and bottom of a cell, in CSS pixels. */
  place(neuron: number): [left: number, top: number, bottom: number] {
    const top = Math.floor(neuron / this.columns) * this.#side;
    return [(neuron % this.columns) * this.#side, top, top + this.#side];
  }

  #fit(width: number): void {
    if (width === 0) return;
    this.columns = fittingColumns(this.#count, width);
    // In whole device pixels, or some rows would look thicker than others.
    const side = Math.max(1, Math.floor(Math.min(LARGE, width / this.columns) * devicePixelRatio));
    this.#canvas.width = side * this.columns;
    this.#canvas.height = side * Math.ceil(this.#count / this.columns);
    this.#side = side / devicePixelRatio;
    this.#canvas.style.width = `${this.#side * this.columns}px`;
    this.#draw();
    this.choose(this.#chosen);
  }

  #draw(): void {
    const context = this.#canvas.getContext("2d");
    if (context === null || this.#side === 0) return;
    const side = this.#canvas.width / this.columns;
    const gap = this.#side >= EDGED ? Math.round(devicePixelRatio) : 0;
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.strokeStyle = EDGE;
    context.lineWidth = gap;
    for (let j = 0; j < this.#values.length; j++) {
      const [x, y] = [(j % this.columns) * side, Math.floor(j / this.columns) * side];
      const [red, green, blue, alpha] = SIGNED.colour(toGrey(this.#values[j], this.#limit));
      context.fillStyle = `rgb(${red} ${green} ${blue} / ${alpha / 255})`;
      context.fillRect(x + gap, y + gap, side - 2 * gap, side - 2 * gap);
      if (gap > 0) context.strokeRect(x + 1.5 * gap, y + 1.5 * gap, side - 3 * gap, side - 3 * gap);
    }
  }
}
