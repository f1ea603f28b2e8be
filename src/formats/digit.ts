// A picture of one handwritten digit in MNIST's form: the digit's bounding box, scaled to fit 20 x 20 pixels with grey
// levels, lies in 28 x 28 so that its centre of mass is at the centre; 0 is paper, 255 ink.
// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".

import { subtractBackground } from "./background.js";
import { downsample } from "./downsample.js";
import { findDigit } from "./find.js";
import { type Region, sideOf } from "./grid.js";
import { normalise } from "./normalise.js";
import { checkPicture, type Picture } from "./picture.js";

/**
 * The longest side, in cells, of the grid on which a digit is looked for; a cell is the mean of its pixels, which
 * lessens noise.
 */
const CELLS = 512;
/** A digit found on fewer cells than this is looked at again, closer. */
const ENOUGH = 100;

/**
 * The digit drawn on a sheet of any size, dark on light, light on dark, or in any colour on transparent,
 * as 28 x 28 pixels from 0, paper, to 255, ink.
 * @returns 784 bytes, row by row: what a network trained on MNIST reads
 * @throws {TypeError} if a member of the picture has the wrong type
 * @throws {RangeError} if sizes are wrong or do not agree, or nothing is drawn
 */
export function toDigit(picture: Picture): Uint8Array {
  checkPicture(picture);
  let sheet: Region = { left: 0, top: 0, right: picture.width, bottom: picture.height };
  for (;;) {
    const factor = Math.ceil(sideOf(sheet) / CELLS);
    const { digit, box } = findDigit(subtractBackground(downsample(picture, sheet, factor)));
    const side = sideOf(box);
    if (factor === 1 || side >= ENOUGH) return normalise(digit, box);
    const margin = Math.ceil(side / 4);
    const { left, top } = sheet;
    sheet = {
      left: left + Math.max(0, box.left - margin) * factor,
      top: top + Math.max(0, box.top - margin) * factor,
      right: Math.min(sheet.right, left + (box.right + margin) * factor),
      bottom: Math.min(sheet.bottom, top + (box.bottom + margin) * factor),
    };
  }
}
