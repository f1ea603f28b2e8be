// From a JPEG's components to grey or RGB. Source: ITU-T T.871 (JFIF), 7; of CMYK, Adobe's technical note 5116.

import type { Picture } from "../../reading/picture.js";
import type { Component, Frame } from "./frame.js";

/** What Adobe's segment says: 0 for RGB or CMYK, 1 for YCbCr, 2 for YCCK. */
export interface Adobe {
  readonly transform: number;
}

/** Colours of a smaller size are repeated. */
export function colourise(frame: Frame, adobe: Adobe | undefined): Picture {
  const { components, reduction } = frame;
  const [width, height] = [Math.ceil(frame.width / reduction), Math.ceil(frame.height / reduction)];
  const channels = components.length === 1 ? 1 : 3;
  const data = new Uint8ClampedArray(width * height * channels);
  const rows = components.map(() => new Uint8ClampedArray(width));
  const sources = components.map((component) => Int32Array.from({ length: width }, (_, x) => column(component, x)));
  const isYcc = isLuminance(components, adobe);
  for (let y = 0; y < height; y++) {
    for (const [i, { samples, down, size, stride }] of components.entries()) {
      const first = stride * Math.floor((y * down * size * reduction) / (8 * frame.down));
      const [row, from] = [rows[i], sources[i]];
      if (from[width - 1] === width - 1) row.set(samples.subarray(first, first + width));
      else for (let x = 0; x < width; x++) row[x] = samples[first + from[x]];
    }
    const out = data.subarray(y * width * channels, (y + 1) * width * channels);
    if (channels === 1) out.set(rows[0]);
    else mix(rows, out, isYcc, adobe !== undefined);
  }
  return { width, height, channels, depth: 8, data };

  function column({ across, size }: Component, x: number): number {
    return Math.floor((x * across * size * reduction) / (8 * frame.across));
  }
}

function isLuminance(components: readonly Component[], adobe: Adobe | undefined): boolean {
  if (adobe !== undefined) return adobe.transform !== 0;
  const ids = components.map(({ id }) => String.fromCharCode(id)).join("");
  return components.length === 3 && ids !== "RGB";
}

/** Rows of samples into one of RGB. In the numbers of the Independent JPEG Group's jdcolor.c: 16 bits, rounded. */
function mix(rows: readonly Uint8ClampedArray[], out: Uint8ClampedArray, isYcc: boolean, inverted: boolean): void {
  const [first, second, third, black] = rows;
  for (let x = 0, at = 0; x < first.length; x++, at += 3) {
    if (isYcc) {
      const y = first[x];
      const cb = second[x] - 128;
      const cr = third[x] - 128;
      out[at] = y + ((91881 * cr + 32768) >> 16);
      out[at + 1] = y + ((-22554 * cb - 46802 * cr + 32768) >> 16);
      out[at + 2] = y + ((116130 * cb + 32768) >> 16);
    } else {
      out[at] = first[x];
      out[at + 1] = second[x];
      out[at + 2] = third[x];
    }
    if (black === undefined) continue;
    // Adobe's files have CMYK inverted: 255 for no ink. YCCK is YCbCr of the inverse of that.
    const light = inverted ? black[x] : 255 - black[x];
    for (let c = at; c < at + 3; c++) out[c] = ((isYcc || !inverted ? 255 - out[c] : out[c]) * light) / 255;
  }
}
