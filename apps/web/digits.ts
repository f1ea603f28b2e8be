// Digits as strokes of a pen: those that a visitor writes, and a ready-made one of each.

import { type Picture, toDigit } from "ductus/formats";

/** Points that the pen goes through: x and y, 0 to 1, as fractions of the sheet's side. */
export type Stroke = readonly (readonly [x: number, y: number])[];

/** The size of the images that networks read here, in pixels: that of MNIST. */
export const IMAGE = { rows: 28, columns: 28 } as const;

/** The side of the sheet that is scaled to the image, in pixels: four times as long, and still fast in every frame. */
const SHEET = 112;
/** The width of the pen, as a fraction of the sheet's side. */
const PEN = 0.08;

/** Draws strokes on a square sheet with a side of `side` pixels, over what is there. */
export function drawStrokes(context: CanvasRenderingContext2D, strokes: readonly Stroke[], side: number): void {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = PEN * side;
  for (const points of strokes) {
    const [[startX, startY]] = points;
    context.beginPath();
    context.moveTo(startX * side, startY * side);
    // A single point is a dot; others are joined by curves, from midpoint to midpoint.
    for (const [i, [x, y]] of points.entries()) {
      const [nextX, nextY] = points[Math.min(i + 1, points.length - 1)];
      context.quadraticCurveTo(x * side, y * side, ((x + nextX) / 2) * side, ((y + nextY) / 2) * side);
    }
    context.stroke();
  }
}

let sheet: CanvasRenderingContext2D | undefined;

/** Strokes as a picture, black on white. */
export function pictureOf(strokes: readonly Stroke[]): Picture {
  if (sheet === undefined) {
    const canvas = new OffscreenCanvas(SHEET, SHEET);
    // It lacks only methods that are not used here.
    sheet = canvas.getContext("2d", { willReadFrequently: true }) as unknown as CanvasRenderingContext2D;
  }
  sheet.fillStyle = "white";
  sheet.fillRect(0, 0, SHEET, SHEET);
  sheet.strokeStyle = "black";
  drawStrokes(sheet, strokes, SHEET);
  const { data } = sheet.getImageData(0, 0, SHEET, SHEET);
  return { width: SHEET, height: SHEET, channels: 4, depth: 8, data };
}

/**
 * The image that a network sees of strokes: [784], from 0 (paper) to 255 (ink), made as `ductus predict` makes it.
 * @param strokes at least one
 */
export function digitOf(strokes: readonly Stroke[]): Uint8Array {
  return toDigit(pictureOf(strokes));
}

/** A stroke, from points in percent. */
function stroke(...points: readonly (readonly [number, number])[]): Stroke {
  return points.map(([x, y]) => [x / 100, y / 100] as const);
}

/** The ten digits, written with a mouse. */
export const DIGITS: readonly (readonly Stroke[])[] = [
  [
    stroke(
      [60, 18],
      [50, 14],
      [38, 18],
      [29, 31],
      [25, 50],
      [28, 68],
      [38, 82],
      [51, 86],
      [64, 80],
      [73, 64],
      [75, 46],
      [70, 28],
      [60, 17],
      [48, 14],
    ),
  ],
  [stroke([48, 22], [53, 18], [58, 12], [55, 30], [53, 44], [50, 60], [47, 74], [44, 87])],
  [
    stroke(
      [28, 32],
      [30, 23],
      [39, 15],
      [52, 13],
      [63, 18],
      [68, 29],
      [65, 42],
      [56, 55],
      [45, 67],
      [35, 77],
      [27, 85],
      [38, 84],
      [50, 82],
      [63, 83],
      [76, 84],
    ),
  ],
  [
    stroke(
      [30, 24],
      [36, 17],
      [46, 13],
      [58, 15],
      [66, 22],
      [66, 32],
      [59, 42],
      [45, 47],
      [60, 50],
      [69, 59],
      [70, 71],
      [63, 81],
      [51, 86],
      [38, 84],
      [28, 76],
    ),
  ],
  [
    stroke([39, 14], [36, 26], [32, 41], [27, 56], [40, 55], [57, 54], [76, 53]),
    stroke([63, 16], [61, 33], [59, 52], [57, 70], [55, 88]),
  ],
  [
    stroke(
      [69, 16],
      [58, 16],
      [47, 17],
      [38, 18],
      [36, 27],
      [34, 37],
      [32, 47],
      [43, 42],
      [55, 42],
      [65, 49],
      [70, 61],
      [67, 74],
      [58, 83],
      [46, 86],
      [35, 83],
      [27, 77],
    ),
  ],
  [
    stroke(
      [63, 13],
      [51, 21],
      [41, 33],
      [33, 49],
      [29, 65],
      [33, 79],
      [43, 86],
      [55, 85],
      [65, 77],
      [67, 66],
      [60, 57],
      [50, 55],
      [40, 59],
      [33, 68],
    ),
  ],
  [stroke([25, 20], [37, 19], [50, 18], [62, 18], [74, 17], [68, 29], [61, 44], [55, 58], [50, 72], [46, 87])],
  [
    stroke(
      [65, 26],
      [59, 16],
      [49, 13],
      [38, 17],
      [34, 27],
      [40, 39],
      [51, 47],
      [63, 57],
      [68, 69],
      [63, 82],
      [51, 87],
      [38, 83],
      [32, 71],
      [38, 59],
      [49, 49],
      [60, 40],
      [66, 29],
      [63, 20],
      [55, 14],
    ),
  ],
  [
    stroke(
      [66, 25],
      [58, 16],
      [48, 14],
      [38, 20],
      [33, 31],
      [37, 42],
      [47, 47],
      [58, 43],
      [65, 34],
      [67, 20],
      [67, 36],
      [65, 54],
      [62, 70],
      [57, 88],
    ),
  ],
];
