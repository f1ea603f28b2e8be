// What pens, paper, cameras and scanners do to a drawn sheet: the width of strokes, holes, few pixels, blur, noise.

import type { Grid } from "../reading/grid.js";
import { BOX, blank, boxOf, MARGIN, SIDE, stroke } from "./canvas.js";
import type { Draw } from "./draw.js";

/**
 * The distance of each cell to the nearest that is ink (or not), in cells, up to `most`.
 * Source: chamfer 3-4, Borgefors, "Distance transformations in digital images", 1986.
 */
function distances({ width, height, values }: Grid, toInk: boolean): Float64Array {
  const far = 3 * (width + height);
  const steps = values.map((value) => (value >= 128 === toInk ? 0 : far));
  const pass = (first: number, last: number, step: 1 | -1) => {
    for (let cell = first; cell !== last; cell += step) {
      const x = cell % width;
      const atLeft = x === (step > 0 ? 0 : width - 1);
      const atRight = x === (step > 0 ? width - 1 : 0);
      let least = steps[cell];
      const before = cell - step * width;
      if (!atLeft) least = Math.min(least, steps[cell - step] + 3);
      if (before >= 0 && before < steps.length) {
        least = Math.min(least, steps[before] + 3);
        if (!atLeft) least = Math.min(least, steps[before - step] + 4);
        if (!atRight) least = Math.min(least, steps[before + step] + 4);
      }
      steps[cell] = least;
    }
  };
  pass(0, steps.length, 1);
  pass(steps.length - 1, -1, -1);
  return steps.map((count) => count / 3);
}

/** The mean width of strokes in cells: twice their half, of which cells are on average half as far from paper. */
export function penOf(sheet: Grid): number {
  let [sum, count] = [0, 0];
  for (const distance of distances(sheet, false)) {
    if (distance === 0) continue;
    sum += distance;
    count++;
  }
  return count === 0 ? 0 : (4 * sum) / count - 1;
}

/** Strokes wider (or thinner) by so many cells on each side; thinner ones keep a cell. */
export function widened(sheet: Grid, by: number): Grid {
  const away = distances(sheet, by > 0);
  const ink = (distance: number) => (by > 0 ? by + 1 - distance : distance + by);
  return { ...sheet, values: away.map((distance) => 255 * Math.min(1, Math.max(0, ink(distance)))) };
}

/** Holes where ink did not take, or a scratch. */
export function withHoles(sheet: Grid, draw: Draw): Grid {
  const holes = blank();
  const box = boxOf(sheet);
  if (box === undefined) return sheet;
  const place = () => [draw.between(box.left, box.right), draw.between(box.top, box.bottom)] as const;
  if (draw.chance(0.3)) stroke(holes, [place(), place()], draw.between(0.5, 2));
  for (let i = draw.below(12); i >= 0; i--) stroke(holes, [place()], draw.between(1, 4));
  return { ...sheet, values: sheet.values.map((value, cell) => value * (1 - holes.values[cell] / 255)) };
}

/**
 * The ink on so few pixels, 8 to 16 a side, as scanners of old stored it: in two levels or in 17, in their own
 * proportions or stretched to a square.
 */
export function onFewPixels(sheet: Grid, draw: Draw): Grid {
  const box = boxOf(sheet);
  if (box === undefined) return sheet;
  const [w, h] = [box.right - box.left, box.bottom - box.top];
  const most = draw.chance(0.6) ? draw.of([8, 16]) : 8 + draw.below(9);
  const across = draw.chance(0.4) ? most : Math.max(2, Math.round((most * w) / Math.max(w, h)));
  const down = Math.max(2, Math.round((most * h) / Math.max(w, h)));
  const levels = draw.chance(0.5) && most > 10 ? 1 : 16;
  const cutoff = draw.between(0.3, 0.55);
  const few = new Float64Array(across * down);
  for (let j = 0; j < down; j++) {
    for (let i = 0; i < across; i++) {
      const [left, right] = [box.left + (i * w) / across, box.left + ((i + 1) * w) / across];
      const [top, bottom] = [box.top + (j * h) / down, box.top + ((j + 1) * h) / down];
      let [sum, count] = [0, 0];
      for (let y = Math.floor(top); y < bottom; y++) {
        for (let x = Math.floor(left); x < right; x++) {
          sum += sheet.values[y * SIDE + x];
          count++;
        }
      }
      const level = sum / count / 255;
      few[j * across + i] = levels === 1 ? (level >= cutoff ? 255 : 0) : (255 * Math.round(16 * level)) / 16;
    }
  }
  const cell = BOX / Math.max(across, down);
  const out = blank();
  for (let y = 0; y < down * cell; y++) {
    for (let x = 0; x < across * cell; x++) {
      const value = few[Math.min(down - 1, Math.floor(y / cell)) * across + Math.min(across - 1, Math.floor(x / cell))];
      out.values[(y + MARGIN) * SIDE + x + MARGIN] = value;
    }
  }
  return out;
}

/** The mean of squares of 2 reach + 1 cells, twice: about a Gaussian. */
export function blurred(sheet: Grid, reach: number): Grid {
  const pass = (values: Float64Array, along: number, across: number) => {
    const out = new Float64Array(values.length);
    for (let line = 0; line < SIDE; line++) {
      let sum = 0;
      for (let i = -reach; i < SIDE; i++) {
        if (i + reach < SIDE) sum += values[line * across + (i + reach) * along];
        if (i - reach - 1 >= 0) sum -= values[line * across + (i - reach - 1) * along];
        if (i >= 0) out[line * across + i * along] = sum / (2 * reach + 1);
      }
    }
    return out;
  };
  const twice = (values: Float64Array, along: number, across: number) =>
    pass(pass(values, along, across), along, across);
  return { ...sheet, values: twice(twice(sheet.values, 1, SIDE), SIDE, 1) };
}

/** Ink uneven from cell to cell: a share of each value, lost. */
export function withNoise(sheet: Grid, draw: Draw): Grid {
  const most = draw.between(0.1, 0.7);
  return { ...sheet, values: sheet.values.map((value) => (value === 0 ? 0 : value * (1 - draw.between(0, most)))) };
}

/** Some of all this, at random. */
export function worn(sheet: Grid, draw: Draw): Grid {
  let out = sheet;
  if (draw.chance(0.5)) {
    const pen = penOf(out);
    const target = draw.chance(0.5) ? draw.between(2.5, 6) : draw.between(6, 15);
    const by = Math.max((target - pen) / 2, 1 - pen / 2);
    if (Math.abs(by) > 0.3) out = widened(out, by);
  }
  if (draw.chance(0.12)) out = withHoles(out, draw);
  if (draw.chance(0.4)) out = onFewPixels(out, draw);
  if (draw.chance(0.2)) out = blurred(out, 1 + draw.below(4));
  if (draw.chance(0.12)) out = withNoise(out, draw);
  return out;
}
