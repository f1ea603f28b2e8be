// The sheet to write on: strokes of a mouse, finger or pen, or a picture instead. Every change can be undone.

import type { Picture } from "ductus/formats";
import { drawStrokes, type Stroke } from "../digits.js";

/** A picture instead of strokes. */
export interface SheetPicture {
  readonly name: string;
  readonly image: OffscreenCanvas;
  /** The pixels of `image`. */
  readonly shown: Picture;
  /** The image that the network sees of it: [784]. */
  readonly digit: Uint8Array;
}

/** What is on the pad. */
export interface Sheet {
  readonly strokes: readonly Stroke[];
  readonly picture?: SheetPicture;
}

const BLANK: Sheet = { strokes: [] };
/** How long write() takes for a digit, in milliseconds. */
const WRITING = 600;
/** Closer points are dropped: as a fraction of the side. They would not be seen, and a fast mouse sends thousands. */
const STEP = 0.003;
/** How many changes undo() can take back. */
const MOST_SHEETS = 100;
/** Behind pictures: ink of any colour on a transparent background is visible on it. */
const BACKDROP = "#a8a8a8";

/** Strokes on a square canvas. Its owner calls draw(), at most once a frame. */
export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #onChange: (finished: boolean) => void;
  #sheet = BLANK;
  #earlier: Sheet[] = [];
  /** The id of the pointer that writes. */
  #pointer: number | undefined;
  /** The strokes that write() is drawing. */
  #replay: readonly Stroke[] | undefined;

  /**
   * @param onChange called at every change; `finished` is false while a stroke is under way, and if only the appearance
   *   has changed
   */
  constructor(canvas: HTMLCanvasElement, onChange: (finished: boolean) => void) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d") as CanvasRenderingContext2D;
    this.#onChange = onChange;
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(end, (event) => this.#lift(event));
    }
    const redraw = () => onChange(false);
    new ResizeObserver(redraw).observe(canvas);
    // Zooming changes the size of a pixel, perhaps not that of the canvas.
    addEventListener("resize", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  get sheet(): Sheet {
    return this.#sheet;
  }

  get isBlank(): boolean {
    return this.#sheet.strokes.length === 0 && this.#sheet.picture === undefined;
  }

  get canUndo(): boolean {
    return this.#earlier.length > 0;
  }

  /** Takes back the last change. */
  undo(): void {
    if (this.#pointer !== undefined) return;
    const sheet = this.#earlier.pop();
    if (sheet === undefined) return;
    this.#replay = undefined;
    this.#sheet = sheet;
    this.#onChange(true);
  }

  clear(): void {
    if (!this.isBlank) this.#replace(BLANK);
  }

  /** Shows a picture. */
  show(picture: SheetPicture): void {
    this.#replace({ strokes: [], picture });
  }

  /** Writes strokes like a hand; at once if the visitor prefers reduced motion. */
  write(strokes: readonly Stroke[]): void {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.#replace({ strokes });
      return;
    }
    this.#replace(BLANK, false);
    this.#replay = strokes;
    const start = performance.now();
    const step = () => {
      // Another change came in between.
      if (this.#replay !== strokes) return;
      const fraction = (performance.now() - start) / WRITING;
      if (fraction >= 1) {
        this.#finishReplay();
        return;
      }
      this.#sheet = { strokes: beginningOf(strokes, fraction) };
      this.#onChange(false);
      requestAnimationFrame(step);
    };
    step();
  }

  /** Draws the sheet as sharp as the screen is, in the canvas's colour. */
  draw(): void {
    const side = Math.max(1, Math.round(this.#canvas.clientWidth * devicePixelRatio));
    if (this.#canvas.width !== side) {
      this.#canvas.width = side;
      this.#canvas.height = side;
    }
    this.#context.clearRect(0, 0, side, side);
    this.#context.strokeStyle = getComputedStyle(this.#canvas).color;
    const { strokes, picture } = this.#sheet;
    if (picture !== undefined) this.#drawPicture(picture.image, side);
    drawStrokes(this.#context, strokes, side);
  }

  #drawPicture(image: OffscreenCanvas, side: number): void {
    const scale = side / Math.max(image.width, image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    const [x, y] = [(side - width) / 2, (side - height) / 2];
    this.#context.fillStyle = BACKDROP;
    this.#context.fillRect(x, y, width, height);
    this.#context.imageSmoothingEnabled = scale < 1;
    this.#context.imageSmoothingQuality = "high";
    this.#context.drawImage(image, x, y, width, height);
  }

  #replace(sheet: Sheet, finished = true): void {
    this.#lift();
    this.#finishReplay();
    this.#earlier = [...this.#earlier, this.#sheet].slice(-MOST_SHEETS);
    this.#sheet = sheet;
    this.#onChange(finished);
  }

  #finishReplay(): void {
    if (this.#replay === undefined) return;
    this.#sheet = { strokes: this.#replay };
    this.#replay = undefined;
    this.#onChange(true);
  }

  #press(event: PointerEvent): void {
    // One pointer at a time: a palm that follows the pen does not write.
    if (event.button !== 0 || this.#pointer !== undefined) return;
    this.#finishReplay();
    // The first stroke replaces a picture.
    this.#replace({ strokes: [...this.#sheet.strokes, [this.#place(event)]] }, false);
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const all = event.getCoalescedEvents();
    const strokes = [...this.#sheet.strokes];
    const stroke = [...strokes[strokes.length - 1]];
    for (const one of all.length > 0 ? all : [event]) {
      const [x, y] = this.#place(one);
      const [lastX, lastY] = stroke[stroke.length - 1];
      if (Math.hypot(x - lastX, y - lastY) >= STEP) stroke.push([x, y]);
    }
    this.#sheet = { strokes: [...strokes.slice(0, -1), stroke] };
    this.#onChange(false);
  }

  /** Ends the stroke that is under way, if any. */
  #lift(event?: PointerEvent): void {
    if (this.#pointer === undefined || (event !== undefined && event.pointerId !== this.#pointer)) return;
    this.#pointer = undefined;
    this.#onChange(true);
  }

  #place({ clientX, clientY }: PointerEvent): readonly [x: number, y: number] {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  }
}

/** What is written of strokes after a fraction of the time. Each step from point to point takes equally long. */
function beginningOf(strokes: readonly Stroke[], fraction: number): Stroke[] {
  let left = fraction * strokes.reduce((sum, points) => sum + points.length, 0);
  const begun: Stroke[] = [];
  for (const points of strokes) {
    if (left < 0) break;
    const whole = Math.min(points.length, Math.floor(left) + 1);
    const part = Math.min(1, left - whole + 1);
    const [[x, y], [nextX, nextY]] = [points[whole - 1], points[Math.min(whole, points.length - 1)]];
    begun.push([...points.slice(0, whole), [x + part * (nextX - x), y + part * (nextY - y)]]);
    left -= points.length;
  }
  return begun;
}
