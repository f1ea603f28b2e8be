// Sheets on which people write, around digits of MNIST: paper, ruling, frames, light, surroundings. See kinds.ts.

import type { Picture } from "ductus/formats";
import {
  between,
  type Canvas,
  cropped,
  levelsOf,
  mapped,
  noisy,
  oneOf,
  paper,
  type Random,
  ruled,
  type Stroke,
  strokes,
  written,
} from "./canvas.js";

/** A picture of a digit of 28 x 28 levels. */
export type Sheet = (digit: Uint8Array, random: Random) => Picture;

export const SIDE = 300;
export const PAPER = 245;
export const INK = 40;

export const grey = (canvas: Canvas): Picture => ({
  width: canvas.width,
  height: canvas.height,
  channels: 1,
  depth: 8,
  data: levelsOf(canvas),
});

/** RGBA, each sample from the level and the place. */
export const coloured = (
  canvas: Canvas,
  samples: (level: number, x: number, y: number) => readonly number[],
): Picture => {
  const { width, height } = canvas;
  const levels = levelsOf(canvas);
  const data = new Uint8Array(4 * levels.length);
  levels.forEach((level, i) => {
    data.set(samples(level, i % width, Math.floor(i / width)), 4 * i);
  });
  return { width, height, channels: 4, depth: 8, data };
};

export const blank = (level = PAPER) => paper(SIDE, SIDE, level);

/** The digit on a sheet, a little off its middle. */
export function write(
  sheet: Canvas,
  digit: Uint8Array,
  random: Random,
  { size = 210, x = SIDE / 2, y = SIDE / 2, level = INK, stray = 8 } = {},
): Canvas {
  const place = { size, x: x + between(random, -stray, stray), y: y + between(random, -stray, stray) };
  return written(sheet, strokes(digit, sheet, place), level);
}

/** Parallel lines over a whole sheet, at an angle in radians: 0 across, a quarter turn down. */
function lines(
  random: Random,
  angle: number,
  spacing: number,
  line: { thickness: number; level: number; dash?: number },
) {
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  const far = 2 * SIDE;
  const result: Stroke[] = [];
  for (let offset = -SIDE + spacing * random(); offset < SIDE; offset += spacing) {
    const [x, y] = [SIDE / 2 - dy * offset, SIDE / 2 + dx * offset];
    result.push({ from: [x - dx * far, y - dy * far], to: [x + dx * far, y + dy * far], ...line });
  }
  return result;
}

export const degrees = (angle: number) => (angle * Math.PI) / 180;

export interface Ruling {
  readonly level: number;
  readonly thickness?: number;
  readonly spacing?: readonly [number, number];
  readonly skew?: number;
  readonly dash?: number;
}

export function ruledSheet(
  random: Random,
  { level, thickness, spacing = [35, 55], skew = 0, dash }: Ruling,
  base = blank(),
) {
  const line = { thickness: thickness ?? oneOf(random, [1, 2, 2, 3]), level, dash };
  return ruled(base, lines(random, degrees(between(random, -skew, skew)), between(random, ...spacing), line));
}

export function squaredSheet(
  random: Random,
  { level, thickness, spacing = [20, 34], skew = 0, dash }: Ruling,
  base = blank(),
) {
  const line = { thickness: thickness ?? oneOf(random, [1, 2]), level, dash };
  const [angle, step] = [degrees(between(random, -skew, skew)), between(random, ...spacing)];
  return ruled(base, [...lines(random, angle, step, line), ...lines(random, angle + Math.PI / 2, step, line)]);
}

/** The sides of a box about a centre, with corners cut by arcs of this radius. */
export function box(
  half: number,
  line: { thickness: number; level: number },
  { turn = 0, x = SIDE / 2, y = SIDE / 2, radius = 0 } = {},
) {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const corners: [number, number][] = [];
  for (let quarter = 0; quarter < 4; quarter++) {
    const steps = radius > 0 ? 6 : 0;
    for (let i = 0; i <= steps; i++) {
      const angle = (Math.PI / 2) * (quarter + (steps === 0 ? 0.5 : i / steps));
      const [cx, cy] = [
        [1, 1],
        [-1, 1],
        [-1, -1],
        [1, -1],
      ][quarter].map((sign) => sign * (half - radius));
      const [u, v] = steps === 0 ? [cx, cy] : [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)];
      corners.push([x + cos * u - sin * v, y + sin * u + cos * v]);
    }
  }
  return corners.map((from, i): Stroke => ({ from, to: corners[(i + 1) % corners.length], ...line }));
}

/** A half plane: positive on one side of a line through a point at an angle. */
export function side(random: Random, spread: number, angle = between(random, 0, 2 * Math.PI)) {
  const [px, py] = [SIDE / 2 + between(random, -spread, spread), SIDE / 2 + between(random, -spread, spread)];
  return (x: number, y: number) => (x - px) * Math.cos(angle) + (y - py) * Math.sin(angle);
}

/** Light falls to `strength` on one side of an edge, over so many pixels. */
export function shadow(
  sheet: Canvas,
  random: Random,
  strength: number,
  { soft = 1.5, spread = 60, angle = undefined as number | undefined } = {},
) {
  const distance = side(random, spread, angle);
  return mapped(sheet, (value, x, y) => value * (strength + (1 - strength) / (1 + Math.exp(-distance(x, y) / soft))));
}

export const vignette = (sheet: Canvas, depth: number) =>
  mapped(
    sheet,
    (value, x, y) => value * (1 - (depth * ((x - SIDE / 2) ** 2 + (y - SIDE / 2) ** 2)) / ((SIDE * SIDE) / 2)),
  );

/** Dark bands along sides of the sheet (0 top, 1 right, 2 bottom, 3 left), each of these widths. */
export function bands(sheet: Canvas, widths: readonly (readonly [number, number])[], level: number) {
  return mapped(sheet, (value, x, y) => {
    const distances = [y, SIDE - 1 - x, SIDE - 1 - y, x];
    return widths.some(([at, width]) => distances[at] < width) ? level : value;
  });
}

/** The smallest region with ink above one tenth, widened by a share of its sides. */
export function cut(ink: Canvas): Canvas {
  const cells = Array.from(ink.values.keys()).filter((i) => ink.values[i] > 0.1);
  const [xs, ys] = [cells.map((i) => i % ink.width), cells.map((i) => Math.floor(i / ink.width))];
  const range = (at: number[]) => [at.reduce((a, b) => Math.min(a, b)), at.reduce((a, b) => Math.max(a, b)) + 1];
  const [[left, right], [top, bottom]] = [range(xs), range(ys)];
  return cropped(ink, left, top, right, bottom);
}

/** A digit cut to its strokes, the longer side about `side` pixels. */
export function tight(
  digit: Uint8Array,
  length: number,
  random: Random,
  [ground, ink] = [PAPER, INK],
  noise = 0,
): Picture {
  const size = length * 1.4;
  const field = paper(Math.ceil(size), Math.ceil(size), 0);
  const drawn = cut(strokes(digit, field, { size, x: size / 2, y: size / 2 }));
  return grey(
    noisy(
      mapped(drawn, (share) => ground + (ink - ground) * share),
      noise,
      random,
    ),
  );
}

export const invert = (canvas: Canvas) => mapped(canvas, (value) => 255 - value);
