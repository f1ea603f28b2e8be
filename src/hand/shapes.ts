// Shapes and textures that are no digit. A ring is left out: it is a zero.

import type { Grid } from "../reading/grid.js";
import { blank, fill, MARGIN, mapped, SIDE, stroke } from "./canvas.js";
import { arc, type Draw, type Point, smooth } from "./draw.js";

/** A place within the field that MNIST's digits fill. */
export const anywhere = (draw: Draw): Point => [
  draw.between(MARGIN, SIDE - MARGIN),
  draw.between(MARGIN, SIDE - MARGIN),
];
/** The width of a pen, mostly a thin one. */
export const penWidth = (draw: Draw): number => (draw.chance(0.6) ? draw.between(3, 6.5) : draw.between(6.5, 11));

type Shape = (draw: Draw, sheet: Grid, width: number) => void;

const ring = (sides: number, turn: number, [x, y]: Point, size: number): Point[] => {
  // arc() has 24 points a turn.
  const all = arc([x, y], size, size, turn, turn + 4);
  return Array.from({ length: sides + 1 }, (_, i) => all[Math.round((24 * i) / sides)]);
};
const MIDDLE: Point = [SIDE / 2, SIDE / 2];
const outline = (sheet: Grid, points: readonly Point[], width: number, filled: boolean) =>
  filled ? fill(sheet, points) : stroke(sheet, points, width);

const SHAPES: readonly Shape[] = [
  // Polygons: three or four corners, outlined or full. Six are nearly a zero.
  (draw, sheet, width) =>
    outline(sheet, ring(draw.of([3, 4]), draw.between(0, 4), MIDDLE, 60), width, draw.chance(0.35)),
  (draw, sheet, width) => {
    const [w, h] = [draw.between(14, 30), draw.between(14, 30)];
    const box: Point[] = [
      [42 - w, 42 - h],
      [42 + w, 42 - h],
      [42 + w, 42 + h],
      [42 - w, 42 + h],
      [42 - w, 42 - h],
    ];
    outline(sheet, box, width, draw.chance(0.35));
    if (draw.chance(0.3))
      stroke(
        sheet,
        [
          [42 - w, 42 - h],
          [42 + w, 42 + h],
        ],
        width,
      );
  },
  // A disc, and one on a stick.
  (draw, sheet) => fill(sheet, arc(MIDDLE, draw.between(35, 60), draw.between(35, 60), 0, 4)),
  (draw, sheet, width) => {
    const size = draw.between(16, 38);
    const top = 12 + size / 2;
    fill(sheet, arc([42, top], size, size * draw.between(0.8, 1.2), 0, 4));
    stroke(
      sheet,
      [
        [42, top],
        [42 + draw.between(-10, 10), 72],
      ],
      width,
    );
    if (draw.chance(0.3)) sheet.values.reverse();
  },
  // Stars, asterisks, arrows, ticks, crosses.
  (draw, sheet, width) => {
    const corners = ring(12, draw.between(0, 1), MIDDLE, 60);
    const inner = ring(12, 0, MIDDLE, draw.between(15, 40));
    const star = corners.map((point, i) => (i % 2 === 0 ? point : inner[i]));
    outline(sheet, star, width, draw.chance(0.4));
  },
  (draw, sheet, width) => {
    const ends = ring(2 * draw.of([2, 3, 4]), draw.between(0, 2), MIDDLE, 60);
    for (const end of ends) stroke(sheet, [MIDDLE, end], width);
  },
  (draw, sheet, width) => {
    const tip: Point = [72, 42];
    stroke(sheet, [[12, 42 + draw.between(-6, 6)], tip], width);
    const [back, up] = [draw.between(10, 22), draw.between(8, 22)];
    stroke(sheet, [[72 - back, 42 - up], tip, [72 - back, 42 + up]], width);
  },
  (draw, sheet, width) =>
    stroke(
      sheet,
      [
        [12, draw.between(40, 55)],
        [draw.between(25, 38), 72],
        [72, draw.between(12, 30)],
      ],
      width,
    ),
  // A ring with a cross or a face in it, two rings, a heart.
  (draw, sheet, width) => {
    stroke(sheet, arc(MIDDLE, 60, 60, 0, 4), width);
    if (draw.chance(0.5))
      for (const end of ring(4, draw.between(0, 1), MIDDLE, 60)) stroke(sheet, [MIDDLE, end], width);
    else {
      for (const x of [32, 52]) stroke(sheet, [[x, 34]], width * 1.3);
      stroke(sheet, arc([42, 46], 28, 24, 0.3, 1.7), width);
    }
  },
  (draw, sheet, width) => {
    const size = draw.between(20, 34);
    stroke(sheet, arc([42 - size / 2 - 2, 42], size, size, 0, 4), width);
    stroke(sheet, arc([42 + size / 2 + 2, 42], size, size, 0, 4), width);
  },
  (draw, sheet, width) =>
    outline(
      sheet,
      smooth([
        [42, 26],
        [54, 13],
        [70, 20],
        [68, 42],
        [42, 72],
        [16, 42],
        [14, 20],
        [30, 13],
        [42, 26],
      ]),
      width,
      draw.chance(0.4),
    ),
  // Lines side by side, a grid, dots, a wave, a house.
  (draw, sheet, width) => {
    const count = 2 + draw.below(4);
    for (let i = 0; i < count; i++)
      stroke(
        sheet,
        [
          [14, 16 + (52 * i) / count],
          [70, 16 + (52 * i) / count],
        ],
        width,
      );
    if (draw.chance(0.4))
      for (const x of [26, 42, 58])
        stroke(
          sheet,
          [
            [x, 12],
            [x, 72],
          ],
          width,
        );
  },
  (draw, sheet, width) => {
    for (let i = 2 + draw.below(8); i >= 0; i--) stroke(sheet, [anywhere(draw)], width * draw.between(0.8, 2));
  },
  (draw, sheet, width) =>
    stroke(
      sheet,
      smooth([
        [12, 42],
        [24, 30],
        [36, 46],
        [48, 34],
        [60, 48],
        [72, draw.between(30, 50)],
      ]),
      width,
    ),
  (_, sheet, width) => {
    stroke(
      sheet,
      [
        [20, 72],
        [20, 38],
        [42, 14],
        [64, 38],
        [64, 72],
        [20, 72],
      ],
      width,
    );
    stroke(
      sheet,
      [
        [20, 38],
        [64, 38],
      ],
      width,
    );
  },
  // A lying line.
  (draw, sheet, width) =>
    stroke(
      sheet,
      [
        [12, 42 + draw.between(-9, 9)],
        [72, 42 + draw.between(-9, 9)],
      ],
      width,
    ),
];

/** A shape. */
export function shape(draw: Draw): Grid {
  const sheet = blank();
  draw.of(SHAPES)(draw, sheet, penWidth(draw));
  const slant = draw.between(-0.2, 0.2);
  return mapped(sheet, { a: draw.between(0.7, 1), b: slant, c: draw.between(-0.15, 0.15), d: draw.between(0.7, 1) });
}

/** Blots, stripes, noise. */
export function texture(draw: Draw): Grid {
  const sheet = blank();
  const kind = draw.below(3);
  const [size, slope, share] = [2 + draw.below(6), draw.between(-2, 2), draw.between(0.15, 0.7)];
  const phase = Array.from({ length: SIDE * SIDE }, () => (draw.chance(share) ? 255 : 0));
  sheet.values.forEach((_, cell) => {
    const [x, y] = [cell % SIDE, Math.floor(cell / SIDE)];
    if (x < 12 || y < 12 || x >= 72 || y >= 72) return;
    const stripe = Math.floor((x + slope * y) / size);
    if (kind === 0) sheet.values[cell] = phase[Math.floor(y / size) * SIDE + Math.floor(x / size)];
    else if (kind === 1) sheet.values[cell] = (stripe & 1) === 0 ? 255 : 0;
    else sheet.values[cell] = Math.floor(x / size) % 2 === Math.floor(y / size) % 2 ? 255 : phase[cell] / 3;
  });
  return sheet;
}
