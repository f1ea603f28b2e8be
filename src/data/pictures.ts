// Pictures as a network reads them: made as those were that it was trained on.

import { checkArgument, checkBytes, hasObjects } from "../arguments.js";
import { type FoundDigit, toDigit } from "../reading/digit.js";
import { checkPicture, type Picture } from "../reading/picture.js";
import { checkPixels, type Pixels, preparePixels } from "./dataset.js";
import { groundOfBorder, isCentred, rangeOf } from "./measure.js";
import { checkPreparation, opposite, type Preparation } from "./preparation.js";

/** Pictures of the training data's own levels do not go beyond the brightest of them by more than this factor. */
const BEYOND = 1.5;
/** A picture in MNIST's form has this share of pixels without ink, and this much of the range of levels. */
const BLANK = 0.5;
const RANGE = 0.75;
/** Less ink than half a level of a byte is none. */
const NONE = 1 / 510;
/** Of red, green and blue in grey (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;

/** Levels row by row, 0 to 1 where they are what the training pictures had. */
interface Grey {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

/**
 * A picture made into an image for a network, as its training images were made: `network.predict(preparePicture(
 * picture, network.preparation))`. In MNIST's form the digit is looked for, as toDigit() does, unless the picture has
 * that form already; otherwise the whole picture is resampled by area, and what its sides lack is filled with ground.
 * Dark ink on bright ground and the reverse are told apart where all training pictures had the same ground.
 * @param preparation that of the network: Network.preparation
 * @param found what findDigit() found in this picture, where that is known already
 * @returns rows x columns pixels, row by row: bytes if all of the training's levels were, else inputs a^0
 * @throws {TypeError} if a member of the picture or of the preparation has the wrong type
 * @throws {RangeError} if one is out of range, sizes do not agree, or a digit is looked for and nothing is drawn
 */
export function preparePicture(picture: Picture, preparation: Preparation, found?: FoundDigit): Pixels {
  checkPicture(picture);
  checkArgument("found", "what findDigit() found", found, found === undefined || hasObjects(found, "pixels"));
  const { form, rows, columns, levels } = checkPreparation(preparation);
  if (form === "whole") {
    const whole = fitted(greyOf(picture, preparation), columns, rows);
    return toInputs(toGround(whole, preparation).values, preparation);
  }
  if (picture.width === columns && picture.height === rows) {
    const same = toGround(greyOf(picture, preparation), preparation);
    if (isInForm(same, preparation)) return toInputs(same.values, preparation);
  }
  // A digit is not looked for in levels that nobody can tell from each other.
  const dim = levels[1] * BEYOND < 1 && isOwn(rawGrey(picture), preparation);
  if (dim) return prepareDigit(toDigit(asPicture(greyOf(picture, preparation))), preparation);
  return prepareDigit(found?.pixels ?? toDigit(picture), preparation);
}

/**
 * A picture's grey levels as bytes, 0 black to 255 white. What is transparent is paper: black under light ink, white
 * under dark.
 * @returns [height x width]
 */
export function toGrey(picture: Picture): Uint8Array {
  checkPicture(picture);
  const { channels, depth, data } = picture;
  if (channels === 1 && depth === 8) return new Uint8Array(data);
  return Uint8Array.from(rawGrey(picture), (level) => Math.round(255 * level));
}

/** A picture with rows and columns swapped. */
export function transposePicture(picture: Picture): Picture {
  checkPicture(picture);
  const { width, height, channels, data } = picture;
  // A copy in any case: slice() of a Buffer would be none.
  const turned = data instanceof Uint16Array ? new Uint16Array(data) : new Uint8Array(data);
  for (let i = 0; i < width * height; i++) {
    const to = (i % width) * height + Math.floor(i / width);
    for (let c = 0; c < channels; c++) turned[to * channels + c] = data[i * channels + c];
  }
  return { ...picture, width: height, height: width, data: turned };
}

/**
 * A digit in MNIST's form made into an image for a network whose training images have that form: with their levels
 * and their ground.
 * @param digit [28 x 28] levels of ink, 0 to 255, as toDigit() returns them
 * @param preparation that of the network: Network.preparation
 * @returns the pixels: bytes if all of the training's levels were, else inputs a^0
 * @throws {TypeError | RangeError} if a member of the preparation cannot be used, or the digit has another size
 */
export function prepareDigit(digit: Uint8Array, preparation: Preparation): Pixels {
  checkBytes("digit", digit);
  checkPreparation(preparation);
  checkSize("digit", digit, 28, 28);
  const bright = preparation.ground === "bright";
  const values = new Float64Array(digit).map((level) => (bright ? 1 - level / 255 : level / 255));
  return toInputs(values, preparation);
}

/**
 * An image of a data file made into one for a network, as its training images were: scaled, inverted and transposed
 * if they were.
 * @param pixels [rows x columns] as the file has them
 * @param preparation that of the network: Network.preparation
 * @throws {TypeError | RangeError} if a member of the preparation cannot be used, or the image has another size
 */
export function prepareImage(pixels: Pixels, preparation: Preparation): Pixels {
  checkPixels("pixels", pixels);
  checkPreparation(preparation);
  const { pixelMax, invert, transpose, rows, columns } = preparation;
  checkSize("pixels", pixels, rows, columns);
  if (!pixelMax && !invert && !transpose) return pixels;
  return preparePixels(pixels, { pixelMax, invert, transpose }, pixels.length, transpose ? rows : columns);
}

function checkSize(name: string, { length }: Pixels, rows: number, columns: number): void {
  if (length === rows * columns) return;
  throw new RangeError(`${name}: expected ${rows} x ${columns} pixels, got ${length}`);
}

/** Whether a picture's levels are those of the training data, be they ever so dark. */
function isOwn(values: Float64Array, { levels }: Preparation): boolean {
  return rangeOf([values])[1] <= levels[1] * BEYOND;
}

/** The picture's levels, 0 to 1 for those of the training pictures. */
function greyOf(picture: Picture, preparation: Preparation): Grey {
  const { width, height } = picture;
  const values = rawGrey(picture);
  const [dark, bright] = preparation.levels;
  if (isOwn(values, preparation)) {
    for (let i = 0; i < values.length; i++) values[i] = (values[i] - dark) / (bright - dark);
  }
  return { width, height, values };
}

/** Grey levels, 0 black to 1 white. What is transparent is paper: black under light ink, white under dark. */
function rawGrey({ width, height, channels, depth, data }: Picture): Float64Array {
  const full = depth === 8 ? 255 : 65_535;
  const colours = channels > 2 ? 3 : 1;
  const values = new Float64Array(width * height);
  const opacity = channels === colours ? undefined : new Float64Array(width * height);
  let [light, opaque] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const at = i * channels;
    values[i] =
      colours === 1 ? data[at] / full : (LUMA[0] * data[at] + LUMA[1] * data[at + 1] + LUMA[2] * data[at + 2]) / full;
    if (opacity === undefined) continue;
    opacity[i] = data[at + colours] / full;
    light += values[i] * opacity[i];
    opaque += opacity[i];
  }
  const paper = light > opaque / 2 ? 0 : 1;
  return opacity === undefined ? values : values.map((value, i) => paper + (value - paper) * opacity[i]);
}

/** The levels, inverted if the ground is clearly not that of the training pictures. */
function toGround(grey: Grey, { ground }: Preparation): Grey {
  if (ground === "mixed" || groundOfBorder(grey.values, grey.width, grey.height, 0.5) !== opposite(ground)) return grey;
  return { ...grey, values: grey.values.map((value) => 1 - value) };
}

/** Whether a picture of 28 x 28 pixels has MNIST's form already, on pure ground. */
function isInForm({ values }: Grey, { ground }: Preparation): boolean {
  const paper = ground === "dark" ? 0 : 1;
  const ink = values.map((value) => Math.abs(value - paper));
  const [, most] = rangeOf([ink]);
  const blank = ink.filter((share) => share < NONE).length;
  return most >= RANGE && blank >= BLANK * ink.length && isCentred(ink, 0, 1);
}

/** Inputs for levels: bytes if both ends are bytes, and floats otherwise. */
function toInputs(values: Float64Array, { inputs: [dark, bright] }: Preparation): Pixels {
  const isByte = (input: number) => input >= 0 && input <= 1 && Math.abs(255 * input - Math.round(255 * input)) < 1e-6;
  const [least, most] = dark < bright ? [dark, bright] : [bright, dark];
  const inputOf = (value: number) => dark + value * (bright - dark);
  if (!isByte(dark) || !isByte(bright)) {
    return new Float32Array(values.map((value) => Math.min(most, Math.max(least, inputOf(value)))));
  }
  return new Uint8Array(values.map((value) => Math.min(255, Math.max(0, Math.round(255 * inputOf(value))))));
}

/** A picture of bytes of these levels. */
function asPicture({ width, height, values }: Grey): Picture {
  const data = new Uint8Array(values.map((value) => Math.min(255, Math.max(0, Math.round(255 * value)))));
  return { width, height, channels: 1, depth: 8, data };
}

/** The whole picture in this many pixels, by area; what its sides lack has the tone of its border. */
function fitted(grey: Grey, columns: number, rows: number): Grey {
  const scale = Math.min(columns / grey.width, rows / grey.height);
  const width = Math.max(1, Math.round(grey.width * scale));
  const height = Math.max(1, Math.round(grey.height * scale));
  const { values } = resample(grey, width, height);
  if (width === columns && height === rows) return { width, height, values };
  const border = values.filter((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  });
  const sheet = new Float64Array(columns * rows).fill(border.sort()[Math.floor(border.length / 2)]);
  const [left, top] = [Math.floor((columns - width) / 2), Math.floor((rows - height) / 2)];
  for (let y = 0; y < height; y++) {
    sheet.set(values.subarray(y * width, (y + 1) * width), (top + y) * columns + left);
  }
  return { width: columns, height: rows, values: sheet };
}

/** The means of the areas that become one pixel each. */
function resample({ width, height, values }: Grey, columns: number, rows: number): Grey {
  if (width === columns && height === rows) return { width, height, values };
  const across = overlaps(width, columns);
  const down = overlaps(height, rows);
  const resampled = Float64Array.from({ length: rows * columns }, (_, i) => {
    let sum = 0;
    for (const [y, share] of down[Math.floor(i / columns)]) {
      for (const [x, part] of across[i % columns]) sum += share * part * values[y * width + x];
    }
    return sum;
  });
  return { width: columns, height: rows, values: resampled };
}

/** Of each of `to` equal parts of a line the cells it covers, of `from`, and the share of the part in each. */
function overlaps(from: number, to: number): (readonly [cell: number, share: number])[][] {
  const length = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * length, (i + 1) * length];
    const cells: (readonly [number, number])[] = [];
    for (let cell = Math.floor(start); cell < Math.min(from, end); cell++) {
      const share = (Math.min(cell + 1, end) - Math.max(cell, start)) / length;
      if (share > 0) cells.push([cell, share]);
    }
    return cells;
  });
}
