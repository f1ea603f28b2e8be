// Images drawn on small canvases, pixel by pixel, cut from a sprite, too, and lists of them that grow on demand.

import { formatCount, make } from "./elements.js";

/** Many images of one size in one 8-bit grey PNG: left to right, then top to bottom. */
export interface Sprite {
  /** A data: URI. */
  readonly source: string;
  /** Images in a row. */
  readonly columns: number;
}

/** In pixels. */
export interface ImageSize {
  readonly rows: number;
  readonly columns: number;
}

/** How grey values are shown: a class of page.css, and red, green, blue, alpha for each, all 0 to 255. */
interface Palette {
  readonly name: string;
  readonly colour: (grey: number) => readonly [number, number, number, number];
}

/** Ink without paper: dark mode inverts it in the style sheet. */
export const INK: Palette = { name: "ink", colour: (grey) => [0, 0, 0, grey] };

/** Orange above 0, blue below, transparent at 0 (grey 128): it reads on light and on dark paper. */
export const SIGNED: Palette = {
  name: "signed",
  colour: (grey) =>
    grey >= 128 ? [217, 95, 2, ((grey - 128) * 255) / 127] : [31, 111, 201, ((128 - grey) * 255) / 128],
};

/** The width that images are drawn at, if their pixels are not larger. */
const TARGET = 84;

/** A canvas for an image of this size, `target` pixels wide or a little less. */
export function makeImage(
  { rows, columns }: ImageSize,
  name: string,
  palette: Palette,
  target = TARGET,
): HTMLCanvasElement {
  const canvas = make("canvas", { role: "img", "aria-label": name, class: palette.name });
  canvas.width = columns;
  canvas.height = rows;
  // Whole multiples keep every pixel the same size; larger images shrink smoothly, since dropped pixels would lose strokes.
  const longest = Math.max(rows, columns);
  const scale = longest <= target ? Math.floor(target / longest) : target / longest;
  canvas.style.width = `${columns * scale}px`;
  if (scale >= 1) canvas.classList.add("pixels");
  return canvas;
}

/** The pixel of each grey value, four bytes in a word. */
const WORDS = new Map<Palette, Uint32Array>();

function wordsOf(palette: Palette): Uint32Array {
  let words = WORDS.get(palette);
  if (words === undefined) {
    const bytes = new Uint8ClampedArray(1024);
    for (let grey = 0; grey < 256; grey++) bytes.set(palette.colour(grey), 4 * grey);
    words = new Uint32Array(bytes.buffer);
    WORDS.set(palette, words);
  }
  return words;
}

/** Fills a canvas with grey values, 0 to 255, row by row, as many as it has pixels. */
export function paintImage(canvas: HTMLCanvasElement, greys: ArrayLike<number>, palette: Palette): void {
  const image = new ImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const words = wordsOf(palette);
  for (let p = 0; p < pixels.length; p++) pixels[p] = words[greys[p]];
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

/** Images cut from a sprite. */
export class ImageSheet {
  readonly #image = new Image();
  readonly #decoded: Promise<void>;
  readonly #size: ImageSize;
  readonly #perRow: number;
  readonly #palette: Palette;

  constructor({ source, columns }: Sprite, size: ImageSize, palette: Palette) {
    this.#image.src = source;
    this.#decoded = this.#image.decode();
    this.#size = size;
    this.#perRow = columns;
    this.#palette = palette;
  }

  /** Image i, drawn once the sprite is decoded. */
  draw(i: number, name: string): HTMLCanvasElement {
    const canvas = makeImage(this.#size, name, this.#palette);
    this.#decoded.then(() => this.#paint(canvas, i));
    return canvas;
  }

  #paint(canvas: HTMLCanvasElement, i: number): void {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) return;
    const { rows, columns } = this.#size;
    const x = (i % this.#perRow) * columns;
    const y = Math.floor(i / this.#perRow) * rows;
    context.drawImage(this.#image, -x, -y);
    const { data } = context.getImageData(0, 0, columns, rows);
    const greys = data.filter((_, p) => p % 4 === 0);
    paintImage(canvas, greys, this.#palette);
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
