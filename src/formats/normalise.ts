// Size normalisation as MNIST's authors did it: the digit's box scaled to 20 x 20 pixels by area resampling, its centre
// of mass in the middle of 28 x 28, its strokes as wide and as dark as MNIST's.

import { type Grid, quantile, type Region, sideOf } from "./grid.js";

const FIELD = 28;
const BOX = 20;
/** The middle of pixel 14, counted from 0: there MNIST's images have their centre of mass, to half a pixel. */
const CENTRE = 14.5;
/** Strokes narrower than this many pixels are drawn wider, which spreads their ink over at most so many pixels. */
const THIN = { stroke: 1.8, spread: 2.5 };
/** The share of the inked pixels that get 255: in most of MNIST's images it is a quarter or more. */
const FULL = 0.25;

/** A point of the grid. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The ink in the box, scaled to 20 pixels and moved by whole pixels until its centre of mass is at the centre of the
 * field: 784 bytes.
 */
export function normalise(ink: Grid, box: Region): Uint8Array {
  const scale = sideOf(box) / BOX;
  const mass = centreOfMass(ink, box);
  const offset = (centre: number) => Math.round(CENTRE - centre / scale);
  const [offsetX, offsetY] = [offset(mass.x), offset(mass.y)];
  // The mean of the cells within reach of each pixel's middle: half a cell makes it linear interpolation.
  const resample = (reach: number) =>
    Float64Array.from({ length: FIELD * FIELD }, (_, pixel) => {
      const x = box.left + ((pixel % FIELD) + 0.5 - offsetX) * scale;
      const y = box.top + (Math.floor(pixel / FIELD) + 0.5 - offsetY) * scale;
      return sumWithin(ink, { x, y }, reach);
    });
  const levels = resample(Math.max(1, scale) / 2);
  const spread = Math.min(1 + 2 * Math.max(0, THIN.stroke - strokeWidth(levels)), THIN.spread);
  const widened = spread > 1 ? resample((spread * Math.max(1, scale)) / 2) : levels;
  const inked = widened.filter((level) => level > 0);
  const full = quantile(inked, 1 - FULL);
  return Uint8Array.from(widened, (level) => Math.min(255, Math.round((255 * level) / full)));
}

/** In cells from the box's left and top. */
function centreOfMass({ width, values }: Grid, box: Region): Point {
  let [mass, x, y] = [0, 0, 0];
  values.forEach((value, cell) => {
    mass += value;
    x += value * ((cell % width) + 0.5 - box.left);
    y += value * (Math.floor(cell / width) + 0.5 - box.top);
  });
  return { x: x / mass, y: y / mass };
}

/** The cells' values within a square around a point, each by the part of its area that is in the square. */
function sumWithin({ width, height, values }: Grid, { x, y }: Point, reach: number): number {
  let sum = 0;
  for (let v = Math.max(0, Math.floor(y - reach)); v < Math.min(height, y + reach); v++) {
    const rows = Math.min(v + 1, y + reach) - Math.max(v, y - reach);
    for (let u = Math.max(0, Math.floor(x - reach)); u < Math.min(width, x + reach); u++) {
      sum += rows * (Math.min(u + 1, x + reach) - Math.max(u, x - reach)) * values[v * width + u];
    }
  }
  return sum;
}

/**
 * The mean width of strokes, in pixels: their area by half of their outline, of which steps across and down count 4 /
 * pi of the length.
 */
function strokeWidth(levels: Float64Array): number {
  let [area, outline] = [0, 0];
  levels.forEach((level, pixel) => {
    area += level;
    outline += Math.abs(level - (levels[pixel + 1] ?? 0)) + Math.abs(level - (levels[pixel + FIELD] ?? 0));
  });
  return ((8 / Math.PI) * area) / outline;
}
