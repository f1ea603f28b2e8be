// The pictures in tests/formats/fixtures: an F in three colours, 24 x 16, that other programs have written.
// Made by ImageMagick 6.9.11 from f.png, and by libjpeg-turbo's jpegtran 2.1.5 (restart.jpg, restart-progressive.jpg,
// arithmetic.jpg). NAME.png is what ImageMagick decodes from NAME, by libjpeg-turbo and libwebp.

import { readFileSync } from "node:fs";
import type { Picture } from "../../src/reading/picture.js";

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
}

/** Red, green and blue of each pixel, and its opacity if asked for. */
export function colours({ channels, data }: Picture, alpha = false): number[][] {
  const pixels = Array.from({ length: data.length / channels }, (_, i) =>
    Array.from(data.subarray(i * channels, (i + 1) * channels)),
  );
  return pixels.map((samples) => {
    const [opacity] = channels % 2 === 0 ? samples.slice(-1) : [255];
    const [r, g = r, b = r] = channels < 3 ? samples.slice(0, 1) : samples;
    return alpha ? [r, g, b, opacity] : [r, g, b];
  });
}

/** The mean difference of two pictures' colours, in levels; they must be of the same size. */
export function meanDifference(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height) return Number.POSITIVE_INFINITY;
  const [left, right] = [colours(a).flat(), colours(b).flat()];
  return left.reduce((sum, level, i) => sum + Math.abs(level - right[i]), 0) / left.length;
}

/** A JPEG with an orientation from 1 to 8 noted in it, in Exif of either order of bytes. */
export function withOrientation(jpeg: Uint8Array, orientation: number, little: boolean): Uint8Array {
  const exif = new Uint8Array(36);
  exif.set([0xff, 0xe1, 0, 34, ...Buffer.from("Exif\0\0")]);
  const view = new DataView(exif.buffer);
  view.setUint16(10, little ? 0x4949 : 0x4d4d);
  view.setUint16(12, 42, little);
  view.setUint32(14, 8, little);
  view.setUint16(18, 1, little);
  view.setUint16(20, 0x0112, little);
  view.setUint16(22, 3, little);
  view.setUint32(24, 1, little);
  view.setUint16(28, orientation, little);
  return Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
}
