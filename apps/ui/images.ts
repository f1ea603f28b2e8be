// Images on small canvases: painted from grey values, or cut from a sprite.

import { make } from "./elements.js";

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

/** How grey values are shown: a class of images.css, and red, green, blue and alpha of each value, all 0 to 255. */
export interface Palette {
  readonly name: string;
  readonly colour: (grey: number) => readonly [number, number, number, number];
}

/** Ink on transparent: the style sheet inverts it in dark mode. */
export const INK: Palette = { name: "ink", colour: (grey) => [0, 0, 0, grey] };

/** Orange above 0, blue below, transparent at 0 (grey 128): legible on light and on dark backgrounds. */
export const SIGNED: Palette = {
  name: "signed",
  colour: (grey) =>
    grey >= 128 ? [217, 95, 2, ((grey - 128) * 255) / 127] : [31, 111, 201, ((128 - grey) * 255) / 128],
};

/** The width that images are drawn at by default, in CSS pixels. */
const TARGET = 84;

/** A canvas for an image of this size, at most `target` CSS pixels on its longer side. `name` is for screen readers. */
export function makeImage(
  { rows, columns }: ImageSize,
  name: string,
  palette: Palette,
  target = TARGET,
): HTMLCanvasElement {
  const canvas = make("canvas", { role: "img", "aria-label": name, class: palette.name });
  canvas.width = columns;
  canvas.height = rows;
  // A whole multiple gives every pixel the same size. Larger images shrink smoothly: dropped pixels would lose strokes.
  const longest = Math.max(rows, columns);
  const scale = longest <= target ? Math.floor(target / longest) : target / longest;
  canvas.style.width = `${columns * scale}px`;
  if (scale >= 1) canvas.classList.add("pixels");
  return canvas;
}

/** By palette: the pixel of each grey value, its four bytes in one word. */
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

/** Fills a canvas with grey values, 0 to 255, row by row: one for each pixel. */
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
