// The drawing of ductus read --explain: the picture in grey, above the ink that was told from its paper; the lines that
// were taken out in blue, pieces and cuts in green, digits in red with what they were read as.

import type { Picture, ReadDigits, Region } from "ductus/formats";

/** The longer side of the picture in the drawing, at most, in pixels. */
const SIDE = 800;
const [BLUE, GREEN, RED] = [
  [40, 90, 255],
  [0, 150, 60],
  [220, 0, 0],
] as const;
type Colour = readonly [red: number, green: number, blue: number];
/** Digits of 3 x 5 dots, a row in three bits. */
const FONT = [
  [7, 5, 5, 5, 7],
  [2, 6, 2, 2, 7],
  [7, 1, 7, 4, 7],
  [7, 1, 7, 1, 7],
  [5, 5, 7, 1, 1],
  [7, 4, 7, 1, 7],
  [7, 4, 7, 5, 7],
  [7, 1, 2, 2, 2],
  [7, 5, 7, 5, 7],
  [7, 5, 7, 1, 7],
];
/** Pixels of a dot. */
const DOT = 3;

/** An RGB picture: `width` x `height` x 3 samples. */
export interface Drawing {
  readonly samples: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Draws what was found on a picture, with the ink below it. */
export function drawReading(picture: Picture, found: ReadDigits): Drawing {
  const factor = Math.max(1, Math.ceil(Math.max(picture.width, picture.height) / SIDE));
  const [width, half] = [Math.ceil(picture.width / factor), Math.ceil(picture.height / factor)];
  const drawing = { samples: new Uint8Array(3 * width * 2 * half).fill(255), width, height: 2 * half };
  const put = (x: number, y: number, colour: Colour) => {
    if (x >= 0 && y >= 0 && x < width && y < drawing.height) drawing.samples.set(colour, 3 * (y * width + x));
  };
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < width; x++) {
      const grey = greyAt(picture, x * factor, y * factor);
      put(x, y, [grey, grey, grey]);
    }
  }
  drawInk(found, factor, half, put);
  const outline = ({ left, top, right, bottom }: Region, colour: Colour, down = 0) => {
    const [x0, y0, x1, y1] = [left, top, right, bottom].map((at) => Math.floor(at / factor));
    for (let x = x0; x <= x1; x++) for (const y of [y0, y1]) put(x, y + down, colour);
    for (let y = y0; y <= y1; y++) for (const x of [x0, x1]) put(x, y + down, colour);
  };
  for (const { from, to } of found.lines) {
    const steps = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / factor);
    for (let i = 0; i <= steps; i++) {
      const [x, y] = [0, 1].map((axis) => Math.round((from[axis] + ((to[axis] - from[axis]) * i) / steps) / factor));
      put(x, y, BLUE);
    }
  }
  for (const piece of found.pieces) outline(piece, GREEN, half);
  for (const { digits } of found.numbers) {
    for (const { label, box, kind } of digits) {
      outline(box, RED);
      if (kind !== undefined) continue;
      write(label, Math.floor(box.left / factor), Math.floor(box.top / factor) - 6 * DOT, put);
    }
  }
  return drawing;
}

/** A pixel's grey on white. */
function greyAt({ width, channels, depth, data }: Picture, x: number, y: number): number {
  const at = (y * width + x) * channels;
  const scale = depth === 8 ? 1 : 1 / 257;
  const colours = channels < 3 ? 1 : 3;
  let sum = 0;
  for (let c = 0; c < colours; c++) sum += data[at + c] * scale;
  const opacity = channels % 2 === 0 ? (data[at + colours] * scale) / 255 : 1;
  return Math.round(255 - opacity * (255 - sum / colours));
}

function drawInk({ ink }: ReadDigits, factor: number, down: number, put: (x: number, y: number, c: Colour) => void) {
  const { region, width, height, mask } = ink;
  const side = (region.right - region.left) / width;
  for (let y = Math.ceil(region.top / factor); y * factor < region.bottom; y++) {
    for (let x = Math.ceil(region.left / factor); x * factor < region.right; x++) {
      const column = Math.min(width - 1, Math.floor((x * factor - region.left) / side));
      const row = Math.min(height - 1, Math.floor((y * factor - region.top) / side));
      if (mask[row * width + column] === 1) put(x, y + down, [0, 0, 0]);
    }
  }
}

/** Writes a digit, its upper left corner at x, y. */
function write(label: number, x: number, y: number, put: (x: number, y: number, colour: Colour) => void): void {
  FONT[label].forEach((bits, row) => {
    for (let column = 0; column < 3; column++) {
      if ((bits & (4 >> column)) === 0) continue;
      for (let i = 0; i < DOT * DOT; i++) {
        put(x + column * DOT + (i % DOT), y + row * DOT + Math.floor(i / DOT), RED);
      }
    }
  });
}
