// The orientation that a camera notes. Source: CIPA DC-008, "Exchangeable image file format (Exif)", 4.6.

import type { Picture } from "../reading/picture.js";

const ORIENTATION = 0x0112;
const SHORT = 3;

/**
 * The orientation in Exif data: 1 as it is, 2 mirrored, 3 turned by 180 degrees, 4 mirrored top to bottom, 5 to 8 with
 * rows for columns. Undefined if it is not there.
 * @param data "Exif", 0, 0 and then a TIFF file
 */
export function orientationOf(data: Uint8Array): number | undefined {
  if (data.length < 14 || String.fromCharCode(...data.subarray(0, 6)) !== "Exif\0\0") return undefined;
  const view = new DataView(data.buffer, data.byteOffset + 6, data.length - 6);
  const little = view.getUint16(0) === 0x4949;
  const first = view.getUint32(4, little);
  if (first + 2 > view.byteLength) return undefined;
  const count = view.getUint16(first, little);
  for (let i = 0, at = first + 2; i < count && at + 12 <= view.byteLength; i++, at += 12) {
    if (view.getUint16(at, little) !== ORIENTATION || view.getUint16(at + 2, little) !== SHORT) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** The picture as an orientation from 1 to 8 has it to be shown. */
export function oriented(picture: Picture, orientation: number): Picture {
  if (orientation === 1) return picture;
  const { width, height, channels, data } = picture;
  const turned = orientation >= 5;
  const [columns, rows] = turned ? [height, width] : [width, height];
  // Where the first pixel of what is shown comes from, and what leads to the next one of a row and of a column.
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const first = (fromRight ? width - 1 : 0) + (fromBottom ? (height - 1) * width : 0);
  const [across, down] = [fromRight ? -1 : 1, fromBottom ? -width : width];
  const [stepX, stepY] = turned ? [down, across] : [across, down];
  const out = data.slice();
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0, from = (first + y * stepY) * channels; x < columns; x++, from += stepX * channels) {
      for (let c = 0; c < channels; c++) out[to++] = data[from + c];
    }
  }
  return { ...picture, width: columns, height: rows, data: out };
}
