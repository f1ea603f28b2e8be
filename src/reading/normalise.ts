// A digit in MNIST's form: its bounding box, scaled to fit 20 x 20 pixels with grey levels, lies in 28 x 28 so that
// its centre of mass is at the centre; 0 is paper, 255 ink.
// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".

import { type Grid, longerSide, quantile, type Region } from "./grid.js";

const FIELD = 28;
const BOX = 20;
/** The middle of pixel 14, counted from 0: there MNIST's images have their centre of mass, to half a pixel. */
const CENTRE = 14.5;
/** Strokes narrower than this many pixels are drawn wider, which spreads their ink over at most so many pixels. */
const THIN = { stroke: 1.8, spread: 2.5 };
/** The share of the inked pixels that get 255: in most of MNIST's images it is a quarter or more. */
const FULL = 0.25;

/**
 * The ink in the box, scaled to 20 pixels and moved by whole pixels until its centre of mass is at the centre of the
 * field.
 */
export function normalise({ width, height, values }: Grid, box: Region): Uint8Array {
  const scale = longerSide(box) / BOX;
  let [mass, atX, atY] = [0, 0, 0];
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) {
      const value = values[cell];
      if (value === 0) continue;
      mass += value;
      atX += value * (x + 0.5 - box.left);
      atY += value * (y + 0.5 - box.top);
    }
  }
  const offset = (moment: number) => Math.round(CENTRE - moment / mass / scale);
  const [offsetX, offsetY] = [offset(atX), offset(atY)];
  // The mean of the cells within reach: half a cell makes it linear interpolation.
  const sample = (reach: number) => {
    const sums = new Float64Array(FIELD * FIELD);
    for (let pixel = 0; pixel < sums.length; pixel++) {
      const x = box.left + ((pixel % FIELD) + 0.5 - offsetX) * scale;
      const y = box.top + (Math.floor(pixel / FIELD) + 0.5 - offsetY) * scale;
      let sum = 0;
      for (let v = Math.max(0, Math.floor(y - reach)); v < Math.min(height, y + reach); v++) {
        const rows = Math.min(v + 1, y + reach) - Math.max(v, y - reach);
        const end = Math.min(width, x + reach);
        for (let u = Math.max(0, Math.floor(x - reach)); u < end; u++) {
          const value = values[v * width + u];
          if (value !== 0) sum += rows * (Math.min(u + 1, x + reach) - Math.max(u, x - reach)) * value;
        }
      }
      sums[pixel] = sum;
    }
    return sums;
  };
  const levels = sample(Math.max(1, scale) / 2);
  const spread = Math.min(1 + 2 * Math.max(0, THIN.stroke - strokeWidth(levels)), THIN.spread);
  const widened = spread > 1 ? sample((spread * Math.max(1, scale)) / 2) : levels;
  const full = quantile(
    widened.filter((level) => level > 0),
    1 - FULL,
  );
  return new Uint8Array(widened.map((level) => Math.min(255, Math.round((255 * level) / full))));
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
