// What a picture is: samples and their sizes, which must agree.

import { checkObject } from "../errors.js";

/** A sheet of pixels, row by row, the samples of a pixel side by side. */
export interface Picture {
  /** Pixels in a row, 1 or more. */
  readonly width: number;
  /** Rows, 1 or more. */
  readonly height: number;
  /** Samples a pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; colours are not multiplied by alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Bits a sample: its range is 0 to 255, or 0 to 65535. */
  readonly depth: 8 | 16;
  /** width x height x channels samples: Uint16Array for 16 bits, one of the others for 8. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
}

/** @throws {TypeError | RangeError} if a member has the wrong type, or sizes are wrong or do not agree */
export function checkPicture(picture: Picture): void {
  checkObject("picture", picture);
  const { width, height, channels, depth, data } = picture;
  for (const [name, value] of Object.entries({ width, height, channels, depth })) {
    if (typeof value !== "number") throw new TypeError(`picture ${name}: expected a number, got ${typeof value}`);
  }
  for (const [name, size] of Object.entries({ width, height })) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`picture ${name}: expected a whole number of pixels from 1, got ${size}`);
    }
  }
  if (![1, 2, 3, 4].includes(channels)) {
    throw new RangeError(`picture channels: expected 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA), got ${channels}`);
  }
  if (depth !== 8 && depth !== 16) throw new RangeError(`picture depth: expected 8 or 16 bits, got ${depth}`);
  const types = depth === 8 ? [Uint8Array, Uint8ClampedArray] : [Uint16Array];
  if (!types.some((type) => data instanceof type)) {
    throw new TypeError(`picture data: expected a Uint${depth}Array for depth ${depth}, got another type`);
  }
  const expected = width * height * channels;
  if (data.length !== expected) {
    throw new RangeError(
      `picture data: expected ${width} x ${height} x ${channels} = ${expected} samples, got ${data.length}; ` +
        "give every row whole",
    );
  }
}
