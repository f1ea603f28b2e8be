// What plot.ts and the charts use of d3, which comes without types.

declare module "d3-selection" {
  export interface Selection<E extends Element = SVGElement> {
    append(name: string): Selection;
    attr(name: string, value: string | number): this;
    text(content: string): this;
    call(change: (selection: Selection) => void): this;
    node(): E;
  }
  export function create(name: "svg"): Selection<SVGSVGElement>;
  /** Where the event happened in the element that listens. */
  export function pointer(event: PointerEvent): [x: number, y: number];
}

declare module "d3-scale" {
  export interface ScaleLinear {
    (value: number): number;
    invert(position: number): number;
    nice(count: number): this;
    ticks(count: number): number[];
    tickFormat(count: number, specifier?: string): (value: number) => string;
  }
  export function scaleLinear(domain: readonly [number, number], range: readonly [number, number]): ScaleLinear;
}

declare module "d3-axis" {
  import type { ScaleLinear } from "d3-scale";
  import type { Selection } from "d3-selection";

  interface Axis {
    (selection: Selection): void;
    tickValues(values: readonly number[]): this;
    tickFormat(format: (value: number) => string): this;
    tickSize(size: number): this;
    tickSizeOuter(size: number): this;
    tickPadding(padding: number): this;
  }
  export function axisLeft(scale: ScaleLinear): Axis;
  export function axisBottom(scale: ScaleLinear): Axis;
}
