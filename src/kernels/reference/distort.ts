// A fresh distortion of a training image (Simard, Steinkraus, Platt: Best practices for convolutional neural networks
// applied to visual document analysis; ICDAR 2003), in the f32 steps of assembly/distort.ts, which has the equation.

import type { DistortionBounds } from "../../data/distortions.js";
import { copyPixels, type Pixels } from "../../data/samples.js";
import { DISTORTIONS, RandomStream } from "./random.js";
import { series } from "./series.js";
import { exp32 } from "./sigmoid.js";

/** Image `index` of a data set in epoch `epoch` of a training with this seed; the pixels have rows of `columns`. */
export function distortPixels(
  pixels: Pixels,
  columns: number,
  bounds: DistortionBounds,
  seed: number,
  epoch: number,
  index: number,
): Pixels {
  const f32 = Math.fround;
  const rows = pixels.length / columns;
  const random = new RandomStream(seed, DISTORTIONS, index, epoch);
  const shiftX = bounds.shift * random.nextSigned();
  const shiftY = bounds.shift * random.nextSigned();
  const angle = bounds.rotation * random.nextSigned();
  const scaleX = 1 + bounds.scale * random.nextSigned();
  const scaleY = 1 + bounds.scale * random.nextSigned();
  const shear = bounds.shear * random.nextSigned();
  const dx = displacements(rows, columns, bounds, random);
  const dy = displacements(rows, columns, bounds, random);
  const sine = series(angle, angle * angle, 3);
  const cosine = series(1, angle * angle, 2);
  const [xx, xy] = [f32(cosine * scaleX), f32(cosine * shear - sine * scaleY)];
  const [yx, yy] = [f32(sine * scaleX), f32(sine * shear + cosine * scaleY)];
  const [middleX, middleY] = [f32((columns - 1) / 2), f32((rows - 1) / 2)];
  const [x0, y0] = [f32((columns - 1) / 2 + shiftX), f32((rows - 1) / 2 + shiftY)];
  const pixel = (x: number, y: number) => (x >= 0 && x < columns && y >= 0 && y < rows ? pixels[y * columns + x] : 0);
  /** left + share (right - left) */
  const between = (left: number, right: number, share: number) => f32(left + f32(share * f32(right - left)));
  const distorted = copyPixels(pixels);
  for (let r = 0; r < rows; r++) {
    const down = f32(r - middleY);
    for (let c = 0; c < columns; c++) {
      const across = f32(c - middleX);
      const k = r * columns + c;
      const x = f32(f32(f32(xx * across) + f32(f32(xy * down) + x0)) + dx[k]);
      const y = f32(f32(f32(yx * across) + f32(f32(yy * down) + y0)) + dy[k]);
      const [clampedX, clampedY] = [Math.min(Math.max(x, -1), columns), Math.min(Math.max(y, -1), rows)];
      const [left, top] = [Math.floor(clampedX), Math.floor(clampedY)];
      const [shareX, shareY] = [f32(clampedX - left), f32(clampedY - top)];
      const upper = between(pixel(left, top), pixel(left + 1, top), shareX);
      const lower = between(pixel(left, top + 1), pixel(left + 1, top + 1), shareX);
      const value = between(upper, lower, shareY);
      distorted[k] = pixels instanceof Float32Array ? value : nearest(value);
    }
  }
  return distorted;
}

/**
 * alpha (g * n) for one direction: noise that repeats beyond the edges, smoothed down the columns, then along the rows.
 */
function displacements(rows: number, columns: number, { elastic, sigma }: DistortionBounds, random: RandomStream) {
  const field = new Float32Array(rows * columns);
  if (elastic === 0) return field;
  const amplitude = Math.fround(elastic / 127.5);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c += 4) {
      const word = random.nextWord();
      for (let i = c; i < Math.min(c + 4, columns); i++) {
        field[r * columns + i] = (((word >>> (8 * (i - c))) & 255) - 127.5) * amplitude;
      }
    }
  }
  const g = gaussian(sigma);
  const smoothed = field.map((_, k) => {
    const [r, c] = [Math.floor(k / columns), k % columns];
    return smooth(g, (t) => field[modulo(r + t, rows) * columns + c]);
  });
  return smoothed.map((_, k) => {
    const [r, c] = [Math.floor(k / columns), k % columns];
    return smooth(g, (t) => smoothed[r * columns + modulo(c + t, columns)]);
  });
}

/** g_t = e^(-t^2 / (2 sigma^2)) from the middle to 3 sigma on, its sum over both sides being 1. */
function gaussian(sigma: number): Float32Array {
  const radius = Math.ceil(3 * sigma);
  const g = Float32Array.from({ length: radius + 1 }, (_, t) => exp32(Math.fround(-(t * t) / (2 * sigma * sigma))));
  const sum = g.reduce((sum, gt, t) => sum + (t === 0 ? gt : 2 * gt), 0);
  return g.map((gt) => gt / sum);
}

/** g_0 x_0 + sum over t of g_t (x_-t + x_t), by ascending t. */
function smooth(g: Float32Array, x: (t: number) => number): number {
  const f32 = Math.fround;
  let sum = f32(g[0] * x(0));
  for (let t = 1; t < g.length; t++) sum = f32(sum + f32(g[t] * f32(x(-t) + x(t))));
  return sum;
}

function modulo(i: number, n: number): number {
  return ((i % n) + n) % n;
}

/** The nearest whole number, of two the even one, for 0 to 255. */
export function nearest(x: number): number {
  return Math.fround(Math.fround(x + 12582912) - 12582912);
}
