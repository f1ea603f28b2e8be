// Digits as strokes of a pen: those that a visitor writes, and ten that were written before.

import { toDigit } from "../src/picture.js";

/** Points that the pen goes through, x and y, 0 to 1 of the sheet's side. */
export type Stroke = readonly (readonly [x: number, y: number])[];

/** The sheet that the network's image is made of, in pixels: so small that its preprocessing takes no time that one could feel. */
const SHEET = 224;
/** The pen's width, in shares of the sheet's side. */
const PEN = 0.08;

/** Draws strokes on a square sheet with so many pixels a side, over what is there. */
export function drawStrokes(context: CanvasRenderingContext2D, strokes: readonly Stroke[], side: number): void {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = PEN * side;
  for (const points of strokes) {
    const [[startX, startY]] = points;
    context.beginPath();
    context.moveTo(startX * side, startY * side);
    // A point alone is a dot. Else curves, from middle to middle of the way between points.
    for (const [i, [x, y]] of points.entries()) {
      const [nextX, nextY] = points[Math.min(i + 1, points.length - 1)];
      context.quadraticCurveTo(x * side, y * side, ((x + nextX) / 2) * side, ((y + nextY) / 2) * side);
    }
    context.stroke();
  }
}

let sheet: CanvasRenderingContext2D | undefined;

/**
 * The image that a network sees of strokes: 28 x 28 pixels from 0, paper, to 255, ink, made as `ductus predict` makes it.
 * @param strokes at least one
 */
export function digitOf(strokes: readonly Stroke[]): Uint8Array {
  if (sheet === undefined) {
    const canvas = new OffscreenCanvas(SHEET, SHEET);
    // The same methods, but for some that are not used here.
    sheet = canvas.getContext("2d", { willReadFrequently: true }) as unknown as CanvasRenderingContext2D;
  }
  sheet.fillStyle = "white";
  sheet.fillRect(0, 0, SHEET, SHEET);
  sheet.strokeStyle = "black";
  drawStrokes(sheet, strokes, SHEET);
  const { data } = sheet.getImageData(0, 0, SHEET, SHEET);
  return toDigit({ width: SHEET, height: SHEET, channels: 4, depth: 8, data });
}

/** A stroke by its points in percent. */
function stroke(...points: readonly (readonly [number, number])[]): Stroke {
  return points.map(([x, y]) => [x / 100, y / 100] as const);
}

/** The ten digits, written with a mouse. */
export const DIGITS: readonly (readonly Stroke[])[] = [
  [
    stroke(
      [52, 16],
      [36, 20],
      [26, 38],
      [25, 60],
      [34, 79],
      [50, 85],
      [66, 78],
      [75, 58],
      [73, 36],
      [64, 20],
      [50, 16],
    ),
  ],
  [stroke([42, 26], [54, 15], [53, 38], [52, 62], [51, 86])],
  [stroke([28, 32], [35, 18], [52, 14], [66, 22], [67, 38], [56, 54], [40, 70], [27, 84], [48, 82], [76, 83])],
  [
    stroke(
      [30, 24],
      [44, 15],
      [60, 17],
      [67, 29],
      [59, 42],
      [45, 47],
      [60, 50],
      [70, 62],
      [66, 77],
      [51, 86],
      [34, 82],
      [27, 74],
    ),
  ],
  [stroke([38, 15], [33, 34], [27, 55], [46, 55], [76, 53]), stroke([63, 16], [60, 40], [57, 62], [55, 87])],
  [
    stroke(
      [69, 16],
      [52, 17],
      [38, 18],
      [35, 32],
      [33, 46],
      [50, 41],
      [65, 48],
      [70, 63],
      [62, 78],
      [46, 86],
      [28, 79],
    ),
  ],
  [
    stroke(
      [62, 14],
      [46, 25],
      [34, 45],
      [29, 65],
      [36, 81],
      [52, 86],
      [66, 76],
      [65, 61],
      [52, 54],
      [38, 60],
      [31, 71],
    ),
  ],
  [stroke([26, 20], [50, 19], [74, 17], [64, 38], [54, 60], [46, 87])],
  [
    stroke(
      [65, 24],
      [51, 14],
      [36, 21],
      [38, 36],
      [52, 47],
      [66, 60],
      [66, 77],
      [50, 87],
      [34, 78],
      [35, 62],
      [50, 48],
      [64, 37],
      [66, 25],
    ),
  ],
  [stroke([66, 29], [53, 16], [36, 22], [33, 39], [46, 49], [61, 42], [67, 27], [66, 50], [63, 70], [57, 87])],
];
