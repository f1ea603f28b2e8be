// A part of a picture on a coarser grid, in the channel that shows the drawing best.

import { medianTone } from "./background.js";
import type { Grid, Region } from "./grid.js";
import type { Picture } from "./picture.js";

/** The means of factor x factor pixels, 0 to 255, of that channel of the sheet in which there is most to see. */
export function downsample(picture: Picture, sheet: Region, factor: number): Grid {
  const { colours, opacity } = meansOf(picture, sheet, factor);
  if (medianTone(opacity).tone < 128) return opacity;
  const strengths = colours.map((colour) => showPaper(colour, opacity));
  const strongest = Math.max(...strengths);
  // Ink of one colour without paper has its shape in the opacity. The bound is above what rounding makes of one colour.
  return strongest < 1e-6 * opacity.values.length ? opacity : colours[strengths.indexOf(strongest)];
}

/** The means of each colour, weighted by opacity, and of the opacity; 0 to 255. */
function meansOf(picture: Picture, { left, top, right, bottom }: Region, factor: number) {
  const { channels, data } = picture;
  const width = Math.ceil((right - left) / factor);
  const height = Math.ceil((bottom - top) / factor);
  const grid = (): Grid => ({ width, height, values: new Float64Array(width * height) });
  const colours = Array.from({ length: channels < 3 ? 1 : 3 }, grid);
  const opacity = grid();
  const level = picture.depth === 8 ? 1 : 257;
  for (let y = top; y < bottom; y++) {
    let cell = Math.floor((y - top) / factor) * width;
    for (let x = left, i = (y * picture.width + left) * channels; x < right; cell++) {
      for (const end = Math.min(x + factor, right); x < end; x++, i += channels) {
        const alpha = channels % 2 === 0 ? data[i + colours.length] / level : 255;
        for (let c = 0; c < colours.length; c++) colours[c].values[cell] += (data[i + c] / level) * alpha;
        opacity.values[cell] += alpha;
      }
    }
  }
  opacity.values.forEach((sum, cell) => {
    for (const { values } of colours) values[cell] = sum === 0 ? 0 : values[cell] / sum;
    const columns = Math.min(factor, right - left - (cell % width) * factor);
    opacity.values[cell] = sum / columns / Math.min(factor, bottom - top - Math.floor(cell / width) * factor);
  });
  return { colours, opacity };
}

/** Puts paper behind what is transparent; returns the sum of squared differences from the paper. */
function showPaper(colour: Grid, opacity: Grid): number {
  const { values } = colour;
  const paper = medianTone(colour, opacity).tone;
  let strength = 0;
  values.forEach((value, cell) => {
    const difference = ((value - paper) * opacity.values[cell]) / 255;
    values[cell] = paper + difference;
    strength += difference * difference;
  });
  return strength;
}
