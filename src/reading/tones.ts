// A sheet seen from as far as its digit needs: cells, each the mean of its pixels, of one channel.
// Averaging lessens noise and makes the work independent of the picture's size. The channel is that in which most
// differs from paper: yellow ink is hardly seen in the sum of the colours, but well in blue.

import type { Grid, Region } from "./grid.js";
import { paperTone } from "./paper.js";
import type { Picture } from "./picture.js";
import { opaqueSheet } from "./trim.js";

/** Below this opacity the sheet itself is transparent: ink has the shape of what is opaque. */
const TRANSPARENT = 128;
/** The mean square, in levels, below which the colours differ by rounding only. */
const ROUNDING = 1e-6;

/** The tones of a region, 0 to 255, and the part of it, in cells, that is an opaque sheet on transparent ground. */
export function tonesOf(picture: Picture, region: Region, factor: number): { tones: Grid; sheet?: Region } {
  const { colours, opacity } = means(picture, region, factor);
  if (opacity !== undefined && paperTone(opacity).tone < TRANSPARENT) {
    return { tones: opacity, sheet: opaqueSheet(opacity, colours) };
  }
  if (opacity === undefined && colours.length === 1) return { tones: colours[0] };
  const strengths = colours.map((colour) => overPaper(colour, opacity));
  const most = Math.max(...strengths);
  // Ink of one colour without paper has its shape in the opacity.
  return { tones: opacity !== undefined && most < ROUNDING ? opacity : colours[strengths.indexOf(most)] };
}

/**
 * The means of factor x factor pixels of each channel, colours weighted by their opacity, which is undefined if there
 * is none.
 */
function means(picture: Picture, region: Region, factor: number) {
  const { channels, data } = picture;
  const { left, top, right, bottom } = region;
  const [width, height] = [Math.ceil((right - left) / factor), Math.ceil((bottom - top) / factor)];
  const grid = (): Grid => ({ width, height, values: new Float64Array(width * height) });
  const count = channels < 3 ? 1 : 3;
  const [colours, opacity] = [Array.from({ length: count }, grid), grid()];
  const [first, second, third] = [0, 1, 2].map((c) => (colours[c] ?? colours[0]).values);
  const scale = picture.depth === 8 ? 1 : 1 / 257;
  const alpha = channels % 2 === 0;
  if (!alpha && picture.depth === 8) return { colours: opaqueMeans(picture, region, factor), opacity: undefined };
  for (let y = top; y < bottom; y++) {
    let cell = Math.floor((y - top) / factor) * width;
    for (let x = left, i = (y * picture.width + left) * channels; x < right; cell++) {
      let [a, b, c, weight] = [0, 0, 0, 0];
      for (const end = Math.min(x + factor, right); x < end; x++, i += channels) {
        const share = alpha ? data[i + count] * scale : 255;
        a += data[i] * share;
        if (count === 3) {
          b += data[i + 1] * share;
          c += data[i + 2] * share;
        }
        weight += share;
      }
      first[cell] += a * scale;
      if (count === 3) {
        second[cell] += b * scale;
        third[cell] += c * scale;
      }
      opacity.values[cell] += weight;
    }
  }
  for (let cell = 0; cell < width * height; cell++) {
    const sum = opacity.values[cell];
    for (const { values } of colours) values[cell] = sum === 0 ? 0 : values[cell] / sum;
    const columns = Math.min(factor, right - left - (cell % width) * factor);
    opacity.values[cell] = sum / columns / Math.min(factor, bottom - top - Math.floor(cell / width) * factor);
  }
  return { colours, opacity: alpha ? opacity : undefined };
}

/** As means(), sooner: of samples of 8 bits without opacity, as most pictures have, whose sums are whole numbers. */
function opaqueMeans({ channels, data, width: stride }: Picture, { left, top, right, bottom }: Region, factor: number) {
  const [width, height] = [Math.ceil((right - left) / factor), Math.ceil((bottom - top) / factor)];
  const colours = Array.from({ length: channels }, (): Grid => {
    return { width, height, values: new Float64Array(width * height) };
  });
  const sums = new Float64Array(width * channels);
  for (let row = 0; row < height; row++) {
    const [first, end] = [top + row * factor, Math.min(bottom, top + (row + 1) * factor)];
    sums.fill(0);
    for (let y = first; y < end; y++) {
      const line = data.subarray((y * stride + left) * channels, (y * stride + right) * channels);
      if (channels === 3) sumColours(line, factor, sums);
      else sumGreys(line, factor, sums);
    }
    for (let column = 0, i = 0; column < width; column++) {
      const pixels = Math.min(factor, right - left - column * factor) * (end - first);
      for (let c = 0; c < channels; c++, i++) colours[c].values[row * width + column] = sums[i] / pixels;
    }
  }
  return colours;
}

function sumGreys(line: Picture["data"], factor: number, sums: Float64Array): void {
  for (let from = 0, cell = 0; from < line.length; cell++) {
    let sum = 0;
    for (const end = Math.min(line.length, from + factor); from < end; from++) sum += line[from];
    sums[cell] += sum;
  }
}

function sumColours(line: Picture["data"], factor: number, sums: Float64Array): void {
  for (let from = 0, at = 0; from < line.length; at += 3) {
    let [a, b, c] = [0, 0, 0];
    for (const end = Math.min(line.length, from + 3 * factor); from < end; from += 3) {
      a += line[from];
      b += line[from + 1];
      c += line[from + 2];
    }
    sums[at] += a;
    sums[at + 1] += b;
    sums[at + 2] += c;
  }
}

/** Lets paper show through what is transparent; returns the mean square of what differs from paper. */
function overPaper(colour: Grid, opacity: Grid | undefined): number {
  const { values } = colour;
  const paper = paperTone(colour, opacity).tone;
  let strength = 0;
  for (let cell = 0; cell < values.length; cell++) {
    const difference = (values[cell] - paper) * ((opacity?.values[cell] ?? 255) / 255);
    values[cell] = paper + difference;
    strength += difference * difference;
  }
  return strength / values.length;
}
