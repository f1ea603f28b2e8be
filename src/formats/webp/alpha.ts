// The opacity of a lossy WebP. Source: RFC 9649, section 2.7.1.2.

import { decodeVp8lImage } from "./vp8l.js";

const [NONE, LOSSLESS] = [0, 1];
/** What is predicted: from the left, from above, or from both. */
const [LEFT, ABOVE, GRADIENT] = [1, 2, 3];

/**
 * Opacity from 0 to 255, pixel by pixel.
 * @throws {Error} if the data are no whole chunk ALPH
 */
export function decodeAlpha(data: Uint8Array, width: number, height: number): Uint8Array {
  const [compression, filter] = [data[0] & 3, (data[0] >> 2) & 3];
  let alpha: Uint8Array;
  if (compression === NONE) {
    if (data.length < 1 + width * height) throw new Error("opacity cut short (file truncated?)");
    alpha = data.slice(1, 1 + width * height);
  } else if (compression === LOSSLESS) {
    const pixels = decodeVp8lImage(data.subarray(1), width, height);
    alpha = new Uint8Array(pixels.length);
    for (let i = 0; i < alpha.length; i++) alpha[i] = pixels[i] >> 8;
  } else {
    throw new Error(`opacity of compression ${compression}`);
  }
  if (filter > 0) unfilter(alpha, width, filter);
  return alpha;
}

/** Adds what is predicted for each value: of the first row from the left, of the first column from above. */
function unfilter(alpha: Uint8Array, width: number, filter: number): void {
  for (let x = 1; x < width; x++) alpha[x] += alpha[x - 1];
  for (let row = width; row < alpha.length; row += width) {
    alpha[row] += alpha[row - width];
    for (let i = row + 1; i < row + width; i++) {
      const left = alpha[i - 1];
      const above = alpha[i - width];
      if (filter === LEFT) alpha[i] += left;
      else if (filter === ABOVE) alpha[i] += above;
      else if (filter === GRADIENT) alpha[i] += Math.max(0, Math.min(255, left + above - alpha[i - width - 1]));
    }
  }
}
