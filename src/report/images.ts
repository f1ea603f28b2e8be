// Images cut from a sprite and drawn on small canvases, pixel by pixel, and lists of them that grow on demand.

import type { ReportData, Sprite } from "./data.js";
import { formatCount, make } from "./elements.js";

/** A colour for a grey value: red, green, blue, alpha, all 0 to 255. */
type Palette = (grey: number) => readonly [number, number, number, number];

/** Ink without paper: dark mode inverts it in the style sheet. */
export const INK: Palette = (grey) => [0, 0, 0, grey];

/** Orange above 0, blue below, transparent at 0 (grey 128): it reads on light and on dark paper. */
export const DIVERGING: Palette = (grey) =>
  grey >= 128 ? [217, 95, 2, ((grey - 128) * 255) / 127] : [31, 111, 201, ((128 - grey) * 255) / 128];

/** The width that images are drawn at, if their pixels are not larger. */
const TARGET = 84;

export class ImageSheet {
  readonly #image = new Image();
  readonly #decoded: Promise<void>;
  readonly #rows: number;
  readonly #columns: number;
  readonly #perRow: number;
  readonly #palette: Palette;

  constructor({ source, columns }: Sprite, size: ReportData["image"], palette: Palette) {
    this.#image.src = source;
    this.#decoded = this.#image.decode();
    this.#rows = size.rows;
    this.#columns = size.columns;
    this.#perRow = columns;
    this.#palette = palette;
  }

  /** Image i, drawn once the sprite is decoded. */
  draw(i: number, name: string): HTMLCanvasElement {
    const canvas = make("canvas", { role: "img", "aria-label": name });
    canvas.width = this.#columns;
    canvas.height = this.#rows;
    // Whole multiples keep every pixel the same size; larger images shrink smoothly, since dropped pixels would lose strokes.
    const longest = Math.max(this.#rows, this.#columns);
    const scale = longest <= TARGET ? Math.floor(TARGET / longest) : TARGET / longest;
    canvas.style.width = `${this.#columns * scale}px`;
    if (scale >= 1) canvas.className = "pixels";
    this.#decoded.then(() => this.#paint(canvas, i));
    return canvas;
  }

  #paint(canvas: HTMLCanvasElement, i: number): void {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) return;
    const x = (i % this.#perRow) * this.#columns;
    const y = Math.floor(i / this.#perRow) * this.#rows;
    context.drawImage(this.#image, -x, -y);
    const pixels = context.getImageData(0, 0, this.#columns, this.#rows);
    for (let p = 0; p < pixels.data.length; p += 4) pixels.data.set(this.#palette(pixels.data[p]), p);
    context.putImageData(pixels, 0, 0);
  }
}

/** A list that shows `first` items, and more at a button. */
export function makeGallery(
  count: number,
  first: number,
  makeItem: (i: number) => readonly (Node | string)[],
): HTMLElement {
  const list = make("ul", { class: "gallery" });
  const more = make("button", { type: "button", class: "more" });
  let shown = 0;
  const show = (end: number) => {
    for (; shown < end; shown++) list.append(make("li", { tabindex: "-1" }, ...makeItem(shown)));
    more.textContent = `Show ${formatCount(Math.min(STEP, count - shown))} more of ${formatCount(count)}`;
    more.hidden = shown === count;
  };
  more.addEventListener("click", () => {
    const next = shown;
    show(Math.min(count, shown + STEP));
    // Whoever uses a keyboard goes on reading where the new items begin.
    (list.children[next] as HTMLElement).focus({ preventScroll: true });
  });
  show(Math.min(count, first));
  return make("div", {}, list, more);
}

/** Items that the button adds. */
const STEP = 60;
